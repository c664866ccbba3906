"""Event, and its one JSON form.

The JSON form is what `explain` reads, webhooks carry as `data`, the served resource carries as each
event's `relay` key, and the store keeps.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY
from datetime import UTC, datetime
from functools import cache
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from relay.errors import InvalidEvent
from relay.event_types import VOCABULARY
from relay.jsontext import write
from relay.storable import clean, fitting
from relay.value import value


@value
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


@value
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


@value
class Commit:
    """One commit; `message` is whole, `author` a name to show."""

    hash: str
    message: str | None = None
    author: str | None = None
    url: str | None = None


@value
class Comment:
    """What was said, or only its id where the forge told no more; `path` is the file it stands beside."""

    id: str | None
    text: str | None = None
    url: str | None = None
    path: str | None = None


@value
class Event:
    """One thing that happened.

    Absent is None or empty, never a made-up value; what the source had to guess is named in `guessed`.
    `commits` are newest first; `total_commits` is how many there were where the source cut the list and counted
    (a name of the 1.0 resource; a key more than the design's page lists, which it allows at any time); an incomplete
    list without a count has "commits" in `guessed`. `state` of a pull request or issue is open, merged, closed,
    superseded; of a pushed it is created, deleted or forced. A pushed tag has no branch and its name as title.
    Times are aware and UTC.
    """

    _: KW_ONLY
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
    place = fitting(event.repository.full_name.lower()) if event.repository else ""
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
        "occurred_at": text_of(event.occurred_at) if event.occurred_at else None,
        "seen_at": text_of(event.seen_at),
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
    data = _object(value, "event")
    return Event(
        id=_needed(data, "id", "event"),
        type=_needed(data, "type", "event"),
        source=_needed(data, "source", "event"),
        occurred_at=_time(data, "occurred_at"),
        seen_at=_time(data, "seen_at") or _missing("event.seen_at"),
        repository=_part(data, "repository", _repository),
        actor=_part(data, "actor", _actor),
        title=_text(data, "title", "event"),
        url=_text(data, "url", "event"),
        number=_whole(data, "number"),
        state=_text(data, "state", "event"),
        branch=_text(data, "branch", "event"),
        target_branch=_text(data, "target_branch", "event"),
        commits=tuple(_commit(item, f"event.commits[{index}]") for index, item in enumerate(_list(data, "commits"))),
        total_commits=_whole(data, "total_commits"),
        comment=_part(data, "comment", _comment),
        labels=_texts(data, "labels"),
        draft=_flag(data, "draft", "event"),
        reviewers=_texts(data, "reviewers"),
        guessed=_texts(data, "guessed"),
        derived=_flag(data, "derived", "event") or False,
    )


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Event)


def keep(event: Event) -> str:
    """The event as relay itself keeps it: the text of `to_json`, in half the time; lone surrogates become U+FFFD."""
    try:
        return _adapter().dump_json(event).decode()
    except PydanticSerializationError:
        return write(to_json(event))


def restore(text: str) -> Event:
    """The event of a text that relay itself kept: in a third of the time of `from_json`, which explains what is wrong.

    Raises InvalidEvent for what can only be a damaged database.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise InvalidEvent(f"the database holds an event that is damaged: {error.errors()[0]['msg']}") from None


T = TypeVar("T")
Data = dict[str, Any]


def _object(value: object, path: str) -> Data:
    if not isinstance(value, dict):
        raise _wrong(path, "an object", value)
    return value


def _wrong(path: str, expected: str, value: object) -> InvalidEvent:
    return InvalidEvent(f"{path}: expected {expected}, not {type(value).__name__}")


def _missing(path: str) -> NoReturn:
    raise InvalidEvent(f"{path} is missing")


def _text(data: Data, key: str, path: str) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _wrong(f"{path}.{key}", "text", value)
    return clean(value)


def _needed(data: Data, key: str, path: str) -> str:
    found = _text(data, key, path)
    return _missing(f"{path}.{key}") if found is None else found


def _whole(data: Data, key: str) -> int | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise _wrong(f"event.{key}", "a whole number of at most 64 bits", value)
    return value


def _flag(data: Data, key: str, path: str) -> bool | None:
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        raise _wrong(f"{path}.{key}", "true or false", value)
    return value


def _time(data: Data, key: str) -> datetime | None:
    text = _text(data, key, "event")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidEvent(f"event.{key}: {text!r} is not a time like 2026-11-22T13:00:00Z") from None


def text_of(moment: datetime) -> str:
    """A UTC time as every JSON of relay's has it: with `Z`, and fractions only where there are any."""
    return f"{moment.isoformat()[:-6]}Z"


def _list(data: Data, key: str) -> list[Any]:
    value = data.get(key) or []
    if not isinstance(value, list):
        raise _wrong(f"event.{key}", "a list", value)
    return value


def _texts(data: Data, key: str) -> tuple[str, ...]:
    for index, item in enumerate(items := _list(data, key)):
        if not isinstance(item, str):
            raise _wrong(f"event.{key}[{index}]", "text", item)
    return tuple(map(clean, items))


def _part(data: Data, key: str, read: Callable[[Data, str], T]) -> T | None:
    value = data.get(key)
    return None if value is None else read(_object(value, f"event.{key}"), f"event.{key}")


def _repository(data: Data, path: str) -> Repository:
    return Repository(
        owner=_text(data, "owner", path),
        slug=_needed(data, "slug", path),
        name=_text(data, "name", path),
        url=_text(data, "url", path),
        private=_flag(data, "private", path),
    )


def _actor(data: Data, path: str) -> Actor | None:
    actor = Actor(
        username=_text(data, "username", path),
        name=_text(data, "name", path),
        url=_text(data, "url", path),
        avatar_url=_text(data, "avatar_url", path),
    )
    return actor if actor.display_name else None


def _commit(value: object, path: str) -> Commit:
    data = _object(value, path)
    return Commit(
        hash=_needed(data, "hash", path),
        message=_text(data, "message", path),
        author=_text(data, "author", path),
        url=_text(data, "url", path),
    )


def _comment(data: Data, path: str) -> Comment:
    return Comment(
        id=_text(data, "id", path),
        text=_text(data, "text", path),
        url=_text(data, "url", path),
        path=_text(data, "path", path),
    )
