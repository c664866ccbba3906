"""What `include` asks for of a repository: lists that tell what its activities do not. Pure.

Most are whole lists without a history, which are compared with what they were (`relay.snapshot`); comments and pull
requests are read from the most recently changed on, and have times. Who edited something is never told.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from relay.cursor import digest
from relay.events import Actor, Comment, Event
from relay.fields import Fields
from relay.snapshot import Change
from relay.sources.gitea_entries import Home
from relay.sources.gitea_events import Teller, about

_EDITED = timedelta(seconds=1)
_WORKING = re.compile(r"\s*(\[wip\]|wip:)\s*", re.IGNORECASE)
_INDEX = re.compile(r".*/(\d{1,18})", re.ASCII)

Items = dict[str, tuple[str, Fields]]
Telling = Callable[[Change, Fields], tuple[str, dict[str, Any]] | None]


@dataclass(frozen=True)
class List:
    """A list of a repository at a `place`, with the `types` it is asked for.

    `reads` says whether an entry can be read; `items` are the values of such entries by key, with what stands behind
    each; `tell` says what a change means: a type, and the fields of its event. `whole` is read to its end every ten
    minutes, the others' newest part at each poll.
    """

    place: str
    types: frozenset[str]
    reads: Callable[[Fields], bool]
    items: Callable[[Iterable[Fields]], Items]
    tell: Telling
    whole: bool = True
    newest_first: bool = False

    def held(self, raws: Iterable[Fields]) -> dict[str, str]:
        """The values of what can be read."""
        return {key: value for key, (value, _) in self.items(filter(self.reads, raws)).items()}


def events(asked: List, changes: Iterable[Change], items: Items, home: Home, teller: Teller) -> Iterator[Event]:
    """What the changes of a list mean, under the name that the repository has now."""
    for change in changes:
        raw = items.get(change.key, ("", Fields(None)))[1]
        meant = asked.tell(change, raw)
        if meant:
            type, fields = meant
            yield teller.event(f"{home.id}:{asked.place}:{digest(change.id)}", type, home, **fields)


def _people(came: str, went: str) -> Telling:
    def tell(change: Change, raw: Fields) -> tuple[str, dict[str, Any]] | None:
        if change.old is not None and change.new is not None:
            return None  # another name for the same person
        login = change.new or change.old
        return (came if change.new else went), {"actor": Actor(login, raw.text("full_name"), raw.web("html_url"))}

    return tell


def _is_person(raw: Fields) -> bool:
    return bool(raw.whole("id") and raw.text("login"))


def _by_login(raws: Iterable[Fields]) -> Items:
    return {str(raw.whole("id")): (raw.text("login") or "", raw) for raw in raws}


def _has_id(raw: Fields) -> bool:
    return bool(raw.whole("id"))


def _forks(raws: Iterable[Fields]) -> Items:
    return {str(raw.whole("id")): ("", raw) for raw in raws}


def _fork(change: Change, raw: Fields) -> tuple[str, dict[str, Any]] | None:
    """A fork's owner is not always who made it."""
    if change.count:
        return None
    owner = raw.text("owner", "login")
    return "fork", {
        "title": raw.text("full_name"),
        "url": raw.web("html_url"),
        "occurred_at": raw.time("created_at"),
        "actor": Actor(owner) if owner else None,
        "guessed": ("actor",) if owner else (),
    }


def _has_assets(raw: Fields) -> bool:
    return isinstance(raw.at("assets").value, list) and all(map(_has_id, raw.items("assets")))


def _assets(raws: Iterable[Fields]) -> Items:
    pairs = [(asset, raw.at("author").value) for raw in raws for asset in raw.items("assets")]
    return {str(asset.whole("id")): ("", Fields({"asset": asset.value, "author": by})) for asset, by in pairs}


def _asset(change: Change, raw: Fields) -> tuple[str, dict[str, Any]] | None:
    """A file of a release; that the release's author added it is a guess."""
    if change.count:
        return None
    author = raw.text("author", "login")
    return "file_uploaded", {
        "title": raw.text("asset", "name"),
        "url": raw.web("asset", "browser_download_url"),
        "occurred_at": raw.time("asset", "created_at"),
        "actor": Actor(author, raw.text("author", "full_name")) if author else None,
        "guessed": ("actor",) if author else (),
    }


def _name(raw: Fields) -> str:
    return raw.text("sub_url") or raw.text("title") or ""


def _is_page(raw: Fields) -> bool:
    return bool(_name(raw) and raw.text("last_commit", "sha"))


def _wiki(raws: Iterable[Fields]) -> Items:
    return {_name(raw): (raw.text("last_commit", "sha") or "", raw) for raw in raws}


def _page(change: Change, raw: Fields) -> tuple[str, dict[str, Any]]:
    """A page of the wiki, which is a git repository: who and when are those of its last commit."""
    if change.new is None:
        return "wiki_deleted", {"title": change.key}
    author = raw.text("last_commit", "author", "name")
    return "wiki_created" if change.old is None else "wiki_updated", {
        "title": raw.text("title") or change.key,
        "url": raw.web("html_url"),
        "occurred_at": raw.time("last_commit", "commiter", "date") or raw.time("last_commit", "committer", "date"),
        "actor": Actor(None, author) if author else None,
    }


def _is_pull(raw: Fields) -> bool:
    return bool(raw.whole("number"))


def _pulls(raws: Iterable[Fields]) -> Items:
    return {str(raw.whole("number")): (_version(raw), raw) for raw in raws}


def _version(raw: Fields) -> str:
    """What an edit or a push changes. Whether it is open or a draft is told by activities, and marks its title."""
    said = about(raw)
    return digest(
        _WORKING.sub("", raw.text("title") or ""),
        raw.text("body"),
        raw.text("head", "sha"),
        raw.text("base", "ref"),
        raw.whole("milestone", "id"),
        sorted(said["labels"]),
        sorted(said["reviewers"]),
        sorted(name for user in raw.items("assignees") if (name := user.text("login"))),
    )


def _pull(change: Change, raw: Fields) -> tuple[str, dict[str, Any]] | None:
    if change.old is None or change.new is None:
        return None  # seen for the first time: what it was before is not known
    state = "merged" if raw.flag("merged") else raw.text("state")
    return "pullrequest_updated", {
        "number": raw.whole("number"),
        "title": raw.text("title"),
        "url": raw.web("html_url"),
        "occurred_at": raw.time("updated_at"),
        "state": state,
        **about(raw),
    }


def _is_comment(raw: Fields) -> bool:
    """Whether it is one, on an issue or on a pull request; those on issues have an empty `pull_request_url`."""
    place = raw.at("pull_request_url").value or ""
    said = raw.whole("id") and raw.time("created_at") and raw.time("updated_at")
    return bool(said and isinstance(place, str) and (not place or _INDEX.fullmatch(place)))


def _comments(raws: Iterable[Fields]) -> Items:
    return {str(raw.whole("id")): (at.isoformat(), raw) for raw in raws if (at := raw.time("updated_at"))}


def _edited(change: Change, raw: Fields) -> tuple[str, dict[str, Any]] | None:
    """That somebody edited a comment on a pull request; its author is a guess."""
    made, at = raw.time("created_at"), raw.time("updated_at")
    place = _INDEX.fullmatch(raw.text("pull_request_url") or "")
    if place is None or made is None or at is None or at - made <= _EDITED:
        return None
    author, url = raw.text("user", "login"), raw.web("html_url")
    return "pullrequest_comment_updated", {
        "number": int(place[1]),
        "url": url and url.partition("#")[0],
        "occurred_at": at,
        "actor": Actor(author, raw.text("user", "full_name")) if author else None,
        "comment": Comment(change.key, raw.text("body"), url),
        "guessed": ("actor",) if author else (),
    }


LISTS = (
    List(
        "stargazers",
        frozenset({"start_follow_repo", "stop_follow_repo"}),
        _is_person,
        _by_login,
        _people("start_follow_repo", "stop_follow_repo"),
    ),
    List(
        "collaborators",
        frozenset({"team_access_gained_collab", "team_lost_access"}),
        _is_person,
        _by_login,
        _people("team_access_gained_collab", "team_lost_access"),
    ),
    List("forks", frozenset({"fork"}), _has_id, _forks, _fork),
    List("releases", frozenset({"file_uploaded"}), _has_assets, _assets, _asset),
    List("wiki/pages", frozenset({"wiki_created", "wiki_updated", "wiki_deleted"}), _is_page, _wiki, _page),
    List("pulls", frozenset({"pullrequest_updated"}), _is_pull, _pulls, _pull, whole=False, newest_first=True),
    List("issues/comments", frozenset({"pullrequest_comment_updated"}), _is_comment, _comments, _edited, whole=False),
)
"""Every list that can be asked for."""


def since(values: Iterable[str], at: datetime | None) -> datetime | None:
    """From when on comments are asked for: ten minutes before the newest time that the forge told."""
    known = [moment for value in values if (moment := Fields(value).time())]
    newest = max([*known, *([at] if at else [])], default=None)
    return newest and newest - timedelta(minutes=10)
