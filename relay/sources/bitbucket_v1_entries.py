"""One entry of the events resource as an event, whatever it holds. Pure.

The resource has no ids and no links, so both are made here: the fingerprint of what never changes in an entry (its
repository and user carry sizes, follower counts and avatars, which do), and addresses on bitbucket.org, where even the
recorded pages lead today. Shapes are those of the recorded pages; what no recording has is read as forgivingly as the
clients of that time did. An entry that another relay serves carries its whole event under `relay`.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cache
from json import dumps, loads
from typing import Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from relay.cursor import DOUBT, digest
from relay.errors import InvalidEvent
from relay.event_types import VOCABULARY
from relay.events import Actor, Comment, Commit, Event, Repository, from_json
from relay.storable import clean

_SITE = "https://bitbucket.org"
_LISTS = {"pull request": "/pull-requests", "issue": "/issues", "wiki": "/wiki", "file": "/downloads"}
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")  # the zone of created_on, which names none: all recorded pages agree
_KINDS = (("node", (str,)), ("description", (str, int, dict)), ("user", (dict,)), ("repository", (dict,)))
_ALWAYS = frozenset({"event", "node", "description", "user", "repository"})
_ID_MOST = 200  # characters of another relay's id
_NUMBER = re.compile(r"[0-9]+")

Raw = dict[str, Any]


class Entry(NamedTuple):
    """What an entry says: `relayed` is another relay's event; `raw` is None there, and where it could not be read."""

    raw: Raw | None
    relayed: Event | None = None
    warning: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, where the entry tells."""
        if self.relayed:
            return self.relayed.occurred_at
        return _occurred_at(self.raw) if self.raw else None


def read(raw: Any, source: str, now: datetime) -> tuple[str, Entry]:
    """The entry and its fingerprint; one that cannot be read has one too, or it would shift its neighbours."""
    relayed, warning = _relayed(raw, source, now)
    if relayed:
        return digest("relay", relayed.id), Entry(None, relayed)
    complaint = _complaint(raw)
    if complaint:
        warning = f"an entry cannot be read ({complaint}): {_excerpt(raw)}"
        return DOUBT + digest("raw", raw), Entry(None, warning=warning)
    doubt = DOUBT if warning or _is_doubtful(raw) else ""
    return doubt + fingerprint_of(raw), Entry(raw, warning=warning)


def fingerprint_of(raw: Raw) -> str:
    """The digest of the fields that stay the same while repository and user change."""
    user, repository = raw.get("user") or {}, raw.get("repository") or {}
    return digest(
        raw.get("event"),
        raw.get("node"),
        raw.get("description"),
        raw.get("utc_created_on") or raw.get("created_on"),
        user.get("username"),
        repository.get("owner"),
        repository.get("slug"),
    )


def _is_doubtful(raw: Raw) -> bool:
    """Whether the entry lacks what all entries have, or holds something else there: it may be mended some day."""
    user, repository = raw.get("user") or {}, raw.get("repository") or {}
    names = (user.get("username"), repository.get("owner"), repository.get("slug"))
    return (
        not raw.keys() >= _ALWAYS
        or not all(name is None or isinstance(name, str) for name in names)
        or _occurred_at(raw) is None
    )


def _relayed(raw: Any, source: str, now: datetime) -> tuple[Event | None, str | None]:
    """The event that another relay put under `relay`, under this source's name, or why it cannot be used."""
    if not isinstance(raw, dict) or raw.get("relay") is None:
        return None, None
    try:
        event = from_json(raw["relay"])
    except InvalidEvent as error:
        return None, f"the key relay of an entry is not an event ({error}); its other keys were read"
    if not event.type or not 0 < len(event.id) <= _ID_MOST:
        return None, f"the key relay of an entry needs a type, and an id of 1 to {_ID_MOST} characters"
    return replace(event, source=source, seen_at=now), None


def _complaint(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return f"it is not an object but {_kind(raw)}"
    if not isinstance(raw.get("event"), str) or not raw["event"]:
        return "it has no event type"
    for key, kinds in _KINDS:
        value = raw.get(key)
        if value is not None and type(value) not in kinds:
            return f"its {key} is {_kind(value)}"
    return None


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _excerpt(raw: Any) -> str:
    text = dumps(raw)
    return text if len(text) <= 100 else f"{text[:99]}…"


class Teller:
    """Makes the events of one walk, once their ids are known: of most entries of most pages none is ever made.

    Repositories and people are made once, however many entries name them.
    """

    def __init__(self, source: str, now: datetime) -> None:
        self._source, self._now = source, now
        self._repository, self._actor = cache(_repository), cache(_actor)

    def event(self, raw: Raw, id: str) -> Event:
        """The event of an entry that could be read."""
        type = clean(raw["event"])
        repository, actor = self._place(raw.get("repository")), self._person(raw.get("user"))
        description = _description(type, raw.get("description"))
        text = description if isinstance(description, str) else None
        commits = _commits(type, _text(raw.get("node")), description, repository, actor)
        title = _title(type, text)
        return Event(
            id=id,
            type=type,
            source=self._source,
            occurred_at=_occurred_at(raw),
            seen_at=self._now,
            repository=repository,
            actor=actor,
            title=title,
            url=_url(type, repository, actor, commits, title),
            commits=commits,
            total_commits=_total(description, commits),
            comment=_comment(text) if text and "_comment" in type else None,
        )

    def _place(self, raw: Raw | None) -> Repository | None:
        """Where it happened; null and {} stand for deleted repositories and for events that have none."""
        if not raw:
            return None
        private = raw.get("is_private")
        return self._repository(*_strings(raw, "owner", "slug", "name"), private if isinstance(private, bool) else None)

    def _person(self, raw: Raw | None) -> Actor | None:
        """Who did it; null and {} are people without an account."""
        return (
            self._actor(*_strings(raw, "username", "display_name", "first_name", "last_name", "avatar"))
            if raw
            else None
        )


def _strings(raw: Raw, *keys: str) -> list[str | None]:
    return [value if isinstance(value := raw.get(key), str) else None for key in keys]


def _text(value: Any) -> str | None:
    return (clean(value).strip() or None) if isinstance(value, str) else None


def _occurred_at(raw: Raw) -> datetime | None:
    return _moment(raw.get("utc_created_on"), UTC) or _moment(raw.get("created_on"), _AMSTERDAM)


def _moment(value: Any, zone: tzinfo) -> datetime | None:
    """The time, read in a zone where it names none; None for what is no time."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _repository(owner: str | None, slug: str | None, name: str | None, private: bool | None) -> Repository | None:
    owner, slug = _text(owner), _text(slug)
    if slug is None:
        return None
    url = f"{_SITE}/{_quoted(owner)}/{_quoted(slug.lower())}" if owner else None
    return Repository(owner, slug, _text(name), url, private)


def _actor(*texts: str | None) -> Actor | None:
    username, display_name, first, last, avatar = map(_text, texts)
    name = display_name or " ".join(part for part in (first, last) if part) or None
    if not (username or name):
        return None
    avatar = avatar if avatar and avatar.startswith(("https://", "http://")) else None
    return Actor(username, name, f"{_SITE}/{_quoted(username)}" if username else None, avatar)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _description(type: str, raw: Any) -> str | Raw | None:
    """The text or the object with commits; some clients saw the object as text."""
    if isinstance(raw, dict):
        return raw
    text = None if raw is None else clean(str(raw)).rstrip("\n")
    if type == "pushed" and text and text.lstrip().startswith("{"):
        try:
            inside = loads(text)
        except (ValueError, RecursionError):
            return text
        return inside if isinstance(inside, dict) else text
    return text if text and text.strip() else None


def _commits(
    type: str,
    node: str | None,
    description: str | Raw | None,
    repository: Repository | None,
    actor: Actor | None,
) -> tuple[Commit, ...]:
    """What was pushed, newest first as it came, or the one commit that the entry is about."""
    base = f"{repository.url}/commits/" if repository and repository.url else None
    if isinstance(description, dict):
        listed = [(_text(item.get("hash")), _message(item.get("description"))) for item in _items(description)]
        return tuple(Commit(hash, message, url=base and base + _quoted(hash)) for hash, message in listed if hash)
    if node is None:
        return ()
    message = description if type in ("commit", "pushed") else None
    author = actor.display_name if actor and type == "commit" else None  # a commit's user is its author, mapped
    return (Commit(node, message, author, base and base + _quoted(node)),)


def _items(description: Raw) -> list[Raw]:
    commits = description.get("commits")
    return [item for item in commits if isinstance(item, dict)] if isinstance(commits, list) else []


def _message(value: Any) -> str | None:
    return (clean(value).rstrip("\n") or None) if isinstance(value, str) else None


def _total(description: Any, commits: tuple[Commit, ...]) -> int | None:
    """How many commits there were, where the list has fewer: it was cut, or some of it could not be read."""
    if not isinstance(description, dict):
        return None
    told, listed = description.get("total_commits"), description.get("commits")
    total = told if isinstance(told, int) and not isinstance(told, bool) and told < 1 << 63 else 0
    total = max(total, len(listed) if isinstance(listed, list) else 0)
    return total if total > len(commits) else None


def _comment(text: str) -> Comment:
    return Comment(text) if _NUMBER.fullmatch(text) else Comment(None, text)


def _title(type: str, text: str | None) -> str | None:
    """The first line of the text, where that is what the event is called; a pushed and a comment have no title."""
    if not text or type == "pushed" or "_comment" in type:
        return None
    line = text.strip().splitlines()[0]
    return (line.lstrip("/") or None) if type.startswith("wiki_") else line


def _url(
    type: str, repository: Repository | None, actor: Actor | None, commits: tuple[Commit, ...], title: str | None
) -> str | None:
    """The nearest page that is certain: issues and pull requests have no number here, so it is their list."""
    about = VOCABULARY[type].about if type in VOCABULARY else None
    if about == "user":
        return actor.url if actor else None
    if about == "team" or repository is None or repository.url is None:
        return None
    if type == "delete":
        return repository.url.rpartition("/")[0]
    if type in ("wiki_created", "wiki_updated") and title:
        return f"{repository.url}/wiki/{quote(title, safe='/')}"
    if len(commits) == 1 and about in ("commit", "branch"):
        return commits[0].url
    return repository.url + _LISTS.get(about or "", "")
