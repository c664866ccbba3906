"""What is remembered of a repository between two polls, and what of a pull request is new since. Pure.

Neither order nor time decides what is new where ids can: each pull request of the window is kept as it was listed, and
those whose activities were read with the ids of these and the versions of their comments. Time decides only for one
whose activities were never read: what is younger than it was when it was last seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from relay.cursor import damaged, digest
from relay.events import Event
from relay.fields import Fields
from relay.sources.bitbucket_datacenter_entries import ENDS, Place, Said, Teller, comments_of, threads_of

AHEAD = 300_000
"""Milliseconds by which the server's clock may be ahead of ours; a later time moves nothing."""


@dataclass(frozen=True)
class Pull:
    """A pull request as it was listed (`mark`); the activities and comments that were seen, None if never read.

    `unread` are digests of activities that could not be read; where they are others than before, the mark is empty, so
    that they are asked for once more.
    """

    mark: tuple[int | str | None, ...]
    state: str
    updated: int
    acts: tuple[str, ...] | None = None
    said: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits to be merged or declined, as far as anybody knows."""
        return self.state not in ENDS

    @property
    def is_half(self) -> bool:
        """Whether something of it could not be read the last time, and is asked for once more."""
        return not self.mark


@dataclass(frozen=True)
class Pushes:
    """What was seen of pushes: the ids of the server's log, or the refs as git knows them.

    `denied_at` is when the log was refused last; `refused` says that git may not read either. `doubted`: a log that
    could be read was refused once, which is believed when it is refused again; the refs are those of then. `again` is
    how many entries are read once more, since one of them could not be read.
    """

    log: tuple[str, ...] | None = None
    git: Any = None
    denied_at: float | None = None
    refused: bool = False
    doubted: bool = False
    again: int = 0


@dataclass(frozen=True)
class Snapshot:
    """What an `include` listed last: values by id, when it was asked for, whether that was refused, or empty once.

    `begun` says whether it was ever read: what the first reading lists tells nothing.
    """

    values: Mapping[str, Any]
    asked_at: float
    refused: bool = False
    doubted: bool = False
    begun: bool = True


@dataclass(frozen=True)
class Memory:
    """The cursor of a repository. `first` is what to do at first sight ("start" or "all"), None afterwards.

    `bottom` is the lowest id of the window of pull requests, 0 where it is all of them; `high` the youngest time that
    the server told, in milliseconds. `unread` counts the entries of the window that are none.
    """

    place: Place
    first: str | None = None
    pulls: Mapping[int, Pull] = field(default_factory=dict)
    bottom: int = 0
    high: int = 0
    unread: int = 0
    pushes: Pushes = field(default_factory=Pushes)
    included: Mapping[str, Snapshot] = field(default_factory=dict)

    def floor(self, id: int) -> int | None:
        """The time after which something of an unread pull request is new; None where all of it is.

        One that is not known and lies above the window's bottom appeared since, late or not; one below slid back in.
        """
        known = self.pulls.get(id)
        if known is not None:
            return known.updated
        return None if self.first or id > self.bottom else self.high


@cache
def _form() -> TypeAdapter[Memory]:
    return TypeAdapter(Memory)


def to_json(memory: Memory) -> Any:
    """The cursor."""
    return _form().dump_python(memory, mode="json")


def from_json(cursor: Any) -> Memory:
    """The memory that `to_json` wrote; raises FeedError if it is anything else."""
    try:
        return _form().validate_python(cursor)
    except ValidationError:
        raise damaged() from None


def pull_of(raw: Fields) -> Pull:
    """A pull request as it is listed; whatever can change while its version stays is part of the mark."""
    reviewers = [f"{one.text('user', 'name')}:{one.text('status')}" for one in raw.items("reviewers")]
    counts = [raw.whole("properties", name) for name in ("commentCount", "openTaskCount", "resolvedTaskCount")]
    state, updated = raw.text("state") or "", raw.whole("updatedDate") or 0
    return Pull((raw.whole("version"), updated, state, *counts, *sorted(reviewers)), state, updated)


def youngest(pulls: Iterable[Fields], now: float) -> int:
    """The youngest time of the listed pull requests, in milliseconds; times that lie ahead do not count."""
    times = (pull.whole(name) or 0 for pull in pulls for name in ("createdDate", "updatedDate", "closedDate"))
    return max((time for time in times if time <= now * 1000 + AHEAD), default=0)


@dataclass(frozen=True)
class Story:
    """What happened to a pull request, and what is remembered of it, None if nothing was known or read."""

    events: tuple[Event, ...]
    pull: Pull | None
    warnings: tuple[str, ...] = ()


def opened(teller: Teller, raw: Fields, known: Pull | None, floor: int | None) -> tuple[Event, ...]:
    """That it was opened, if that is new."""
    is_new = known is None and (floor is None or (raw.whole("createdDate") or 0) > floor)
    return (teller.opened(raw),) if is_new else ()


def story(
    teller: Teller, raw: Fields, known: Pull | None, floor: int | None, activities: Sequence[Fields], *, whole: bool
) -> Story:
    """What is new among a pull request's activities; `whole` says that these are all, so that what lacks is gone."""
    before = known if known and known.acts is not None else None
    said = comments_of(threads_of(activities))
    read = [one for one in activities if _is_read(one)]
    news = [one for one in read if _is_new(one.name("id"), one.whole("createdDate"), before, floor)]
    told = [event for one in news if (event := teller.activity(raw, one))]
    told += _ended(teller, raw, known, floor, activities)
    talk = _talk(teller, raw, said, before, floor)
    gone = [teller.comment_gone(raw, id) for id in (before.said if before else ()) if whole and id not in said]
    acts = tuple(dict.fromkeys(id for one in activities if _is_read(one) and (id := one.name("id"))))
    kept = {} if whole or before is None else dict(before.said)
    kept |= {one.id: one.version for one in said.values()}
    pull, unread = pull_of(raw), tuple(digest(one.value) for one in activities if not _is_read(one))
    warnings = (f"pull request {raw.whole('id')}: {len(unread)} activities could not be read",) if unread else ()
    is_known = known is not None and set(unread) <= set(known.unread)
    return Story(
        (*opened(teller, raw, known, floor), *told, *talk, *gone),
        Pull(pull.mark if is_known or not unread else (), pull.state, pull.updated, acts, kept, unread),
        () if is_known else warnings,
    )


def _is_read(activity: Fields) -> bool:
    """Whether an activity says what happened, and of a comment which."""
    if activity.name("id") is None or activity.text("action") is None:
        return False
    return activity.text("action") != "COMMENTED" or activity.name("comment", "id") is not None


def _ended(
    teller: Teller, raw: Fields, known: Pull | None, floor: int | None, activities: Sequence[Fields]
) -> list[Event]:
    """That it was merged or declined, where the list says so and no activity does."""
    state, closed = raw.text("state"), raw.whole("closedDate") or 0
    is_new = known.state != state if known else floor is None or closed > floor
    if state not in ENDS or not is_new or any(one.text("action") == state for one in activities):
        return []
    return [teller.ended(raw)]


def _talk(teller: Teller, raw: Fields, said: Mapping[str, Said], before: Pull | None, floor: int | None) -> list[Event]:
    """The comments that were made or edited."""
    seen: Mapping[str, int] = before.said if before else {}
    events = []
    for one in said.values():
        if one.id in seen:
            events += [teller.comment(raw, one, edited=True)] if one.version > seen[one.id] else []
        elif before or floor is None or one.created > floor:
            events.append(teller.comment(raw, one))
    return events


def _is_new(id: str | None, created: int | None, before: Pull | None, floor: int | None) -> bool:
    if before is not None and before.acts is not None:
        return id not in before.acts
    return floor is None or (created or 0) > floor
