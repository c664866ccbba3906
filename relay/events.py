"""Event, EventType, and their one JSON form.

The vocabulary is that of the Bitbucket 1.0 `events` resource; what today's forges add is marked as an extension here
and nowhere else. The JSON form is what `explain` reads, webhooks carry as `data`, the served resource carries as each
event's `relay` key, and the store keeps.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from relay.errors import InvalidEvent


@dataclass(frozen=True, slots=True)
class EventType:
    """A word of the vocabulary and what it means; `about` is the kind of thing it happened to."""

    name: str
    about: str
    meaning: str
    extension: bool = False


_WORDS = [
    ("pushed", "branch", "commits were pushed; state tells a created, deleted or forced branch, title names a tag"),
    ("commit", "commit", "one commit; derived ones come with a pushed and are matched only by a key that names commit"),
    ("fork", "repository", "the repository was forked; title is the fork"),
    ("mq", "repository", "a Mercurial patch queue was created"),
    ("create", "repository", "the repository was created"),
    ("delete", "repository", "the repository was deleted"),
    ("strip", "branch", "commits were removed from history"),
    ("report_issue", "issue", "an issue was reported"),
    ("issue_update", "issue", "an issue was changed"),
    ("issue_comment", "issue", "a comment on an issue"),
    ("wiki_created", "wiki", "a wiki page was created; title is the page"),
    ("wiki_updated", "wiki", "a wiki page was edited"),
    ("wiki_deleted", "wiki", "a wiki page was deleted (never documented, but sent)"),
    ("file_uploaded", "file", "a file was added to the downloads; title is its name"),
    ("start_follow_repo", "repository", "somebody follows the repository"),
    ("stop_follow_repo", "repository", "somebody no longer follows the repository"),
    ("start_follow_issue", "issue", "somebody follows an issue"),
    ("stop_follow_issue", "issue", "somebody no longer follows an issue"),
    ("start_follow_user", "user", "somebody follows a user; title is that user"),
    ("stop_follow_user", "user", "somebody no longer follows a user"),
    ("pullrequest_created", "pull request", "a pull request was opened"),
    ("pullrequest_updated", "pull request", "a pull request was changed or pushed to"),
    ("pullrequest_fulfilled", "pull request", "a pull request was merged"),
    ("pullrequest_rejected", "pull request", "a pull request was closed without merging"),
    ("pullrequest_superseded", "pull request", "a pull request was replaced by another"),
    ("pullrequest_comment_created", "pull request", "a comment on a pull request"),
    ("pullrequest_comment_updated", "pull request", "a comment on a pull request was edited"),
    ("pullrequest_comment_deleted", "pull request", "a comment on a pull request was deleted"),
    ("pullrequest_like", "pull request", "a pull request was approved"),
    ("pullrequest_unlike", "pull request", "an approval of a pull request was withdrawn"),
    ("cset_comment_created", "commit", "a comment on a commit"),
    ("cset_comment_updated", "commit", "a comment on a commit was edited"),
    ("cset_comment_deleted", "commit", "a comment on a commit was deleted"),
    ("cset_like", "commit", "a commit was approved"),
    ("cset_unlike", "commit", "an approval of a commit was withdrawn"),
    ("team_access_gained_admin", "team", "somebody became an administrator of a team; title is the team"),
    ("team_access_gained_collab", "team", "somebody became a collaborator of a team"),
    ("team_lost_access", "team", "somebody lost access to a team"),
    ("team_access_changed_admin", "team", "somebody's access to a team changed to administrator"),
    ("team_access_changed_collab", "team", "somebody's access to a team changed to collaborator"),
]
_EXTENSIONS = [
    ("pullrequest_changes_requested", "pull request", "a reviewer asked for changes"),
]
VOCABULARY: Mapping[str, EventType] = MappingProxyType(
    {name: EventType(name, about, meaning) for name, about, meaning in _WORDS}
    | {name: EventType(name, about, meaning, extension=True) for name, about, meaning in _EXTENSIONS}
)


@dataclass(frozen=True, slots=True)
class Repository:
    """Where it happened; `private` is None when the source did not say."""

    owner: str | None
    slug: str
    name: str | None = None
    url: str | None = None
    private: bool | None = None

    @property
    def full_name(self) -> str:
        """`owner/slug`, or the slug alone."""
        return f"{self.owner}/{self.slug}" if self.owner else self.slug


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; at least one of the two names is set."""

    username: str | None
    name: str | None = None
    url: str | None = None
    avatar_url: str | None = None

    @property
    def display_name(self) -> str:
        """The name to show: the full name, else the username."""
        return self.name or self.username or ""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `message` is whole, `author` a name to show."""

    hash: str
    message: str | None = None
    author: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What was said, or only its id where the forge told no more; `path` is the file it stands beside."""

    id: str | None
    text: str | None = None
    url: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    Absent is None or empty, never a made-up value; what the source had to guess is named in `guessed`.
    `commits` are newest first; `total_commits` is how many there were where the source cut the list and counted
    (a name of the 1.0 resource; a key more than the design's page lists, which it allows at any time); an incomplete
    list without a count has "commits" in `guessed`. `state` of a pull request or issue is open, merged, closed,
    superseded; of a pushed it is created, deleted or forced. A pushed tag has no branch and its name as title.
    Times are aware and UTC.
    """

    id: str
    type: str
    source: str
    occurred_at: datetime | None = None
    seen_at: datetime
    repository: Repository | None = None
    actor: Actor | None = None
    title: str | None = None
    url: str | None = None
    number: int | None = None
    state: str | None = None
    branch: str | None = None
    target_branch: str | None = None
    commits: tuple[Commit, ...] = ()
    total_commits: int | None = None
    comment: Comment | None = None
    labels: tuple[str, ...] = ()
    draft: bool | None = None
    reviewers: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    derived: bool = False

    @property
    def time(self) -> datetime:
        """When it happened, else when relay saw it."""
        return self.occurred_at or self.seen_at


def thing(event: Event) -> str | None:
    """What the event is about, as a key that later events of the same thing share, or None if it stands alone.

    Mail threads, Slack threads and `group:` use it: a pull request, an issue, or a commit, in its repository.
    """
    about = VOCABULARY[event.type].about if event.type in VOCABULARY else None
    place = event.repository.full_name.lower() if event.repository else ""
    if about in ("pull request", "issue") and event.number is not None:
        return f"{event.source}/{place}/{about.replace(' ', '-')}/{event.number}"
    if about == "commit" and event.commits:
        return f"{event.source}/{place}/commit/{event.commits[0].hash[:12]}"
    return None


def to_json(event: Event) -> dict[str, Any]:
    """The one JSON form; every key is always there, in the documented order."""
    repository, actor, comment = event.repository, event.actor, event.comment
    return {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "occurred_at": _text_of(event.occurred_at) if event.occurred_at else None,
        "seen_at": _text_of(event.seen_at),
        "repository": repository
        and {
            "owner": repository.owner,
            "slug": repository.slug,
            "name": repository.name,
            "url": repository.url,
            "private": repository.private,
        },
        "actor": actor
        and {"username": actor.username, "name": actor.name, "url": actor.url, "avatar_url": actor.avatar_url},
        "title": event.title,
        "url": event.url,
        "number": event.number,
        "state": event.state,
        "branch": event.branch,
        "target_branch": event.target_branch,
        "commits": [{"hash": c.hash, "message": c.message, "author": c.author, "url": c.url} for c in event.commits],
        "total_commits": event.total_commits,
        "comment": comment and {"id": comment.id, "text": comment.text, "url": comment.url, "path": comment.path},
        "labels": list(event.labels),
        "draft": event.draft,
        "reviewers": list(event.reviewers),
        "guessed": list(event.guessed),
        "derived": event.derived,
    }


def from_json(value: object) -> Event:
    """The event that `to_json` wrote, from a file, the database or another relay.

    Unknown keys are passed over, absent ones are None; only `id`, `type`, `source` and `seen_at` must be there.
    Raises InvalidEvent with the field that is wrong.
    """
    data = _Fields(value, "event")
    return Event(
        id=data.need("id", _text),
        type=data.need("type", _text),
        source=data.need("source", _text),
        occurred_at=data.maybe("occurred_at", _time),
        seen_at=data.need("seen_at", _time),
        repository=data.maybe("repository", _repository),
        actor=data.maybe("actor", _actor),
        title=data.maybe("title", _text),
        url=data.maybe("url", _text),
        number=data.maybe("number", _whole),
        state=data.maybe("state", _text),
        branch=data.maybe("branch", _text),
        target_branch=data.maybe("target_branch", _text),
        commits=data.list("commits", _commit),
        total_commits=data.maybe("total_commits", _whole),
        comment=data.maybe("comment", _comment),
        labels=data.list("labels", _text),
        draft=data.maybe("draft", _flag),
        reviewers=data.list("reviewers", _text),
        guessed=data.list("guessed", _text),
        derived=data.maybe("derived", _flag) or False,
    )


T = TypeVar("T")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with lone surrogates and NUL as U+FFFD: neither can be stored or sent as UTF-8 everywhere."""
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")


class _Fields:
    """Checked access to one JSON object; remembers its path for the error."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise InvalidEvent(f"{path}: expected an object, not {type(value).__name__}")
        self.value: dict[str, Any] = value
        self.path = path

    def maybe(self, key: str, read: Callable[[Any, str], T]) -> T | None:
        value = self.value.get(key)
        return None if value is None else read(value, f"{self.path}.{key}")

    def need(self, key: str, read: Callable[[Any, str], T]) -> T:
        found = self.maybe(key, read)
        if found is None:
            raise InvalidEvent(f"{self.path}.{key} is missing")
        return found

    def list(self, key: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        value = self.value.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise InvalidEvent(f"{self.path}.{key}: expected a list, not {type(value).__name__}")
        return tuple(read(item, f"{self.path}.{key}[{index}]") for index, item in enumerate(value))


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidEvent(f"{path}: expected text, not {type(value).__name__}")
    return clean(value)


def _whole(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise InvalidEvent(f"{path}: expected a whole number of at most 64 bits")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidEvent(f"{path}: expected true or false, not {type(value).__name__}")
    return value


def _time(value: object, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value, path))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidEvent(f"{path}: {value!r} is not a time like 2026-11-22T13:00:00Z") from None


def _text_of(moment: datetime) -> str:
    """UTC with `Z`; fractions only where there are any."""
    return moment.isoformat().replace("+00:00", "Z")


def _repository(value: object, path: str) -> Repository:
    data = _Fields(value, path)
    return Repository(
        owner=data.maybe("owner", _text),
        slug=data.need("slug", _text),
        name=data.maybe("name", _text),
        url=data.maybe("url", _text),
        private=data.maybe("private", _flag),
    )


def _actor(value: object, path: str) -> Actor | None:
    data = _Fields(value, path)
    actor = Actor(
        username=data.maybe("username", _text),
        name=data.maybe("name", _text),
        url=data.maybe("url", _text),
        avatar_url=data.maybe("avatar_url", _text),
    )
    return actor if actor.display_name else None


def _commit(value: object, path: str) -> Commit:
    data = _Fields(value, path)
    return Commit(
        hash=data.need("hash", _text),
        message=data.maybe("message", _text),
        author=data.maybe("author", _text),
        url=data.maybe("url", _text),
    )


def _comment(value: object, path: str) -> Comment:
    data = _Fields(value, path)
    return Comment(
        id=data.maybe("id", _text),
        text=data.maybe("text", _text),
        url=data.maybe("url", _text),
        path=data.maybe("path", _text),
    )
