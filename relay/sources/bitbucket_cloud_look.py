"""What costs extra requests and is asked for by `include`: how often each list is looked at, and what a look brings.

A list that is refused, missing (a feature may be off, or a token too weak) or no list at all is a warning and asked
again in an hour; its repository's feed goes on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from relay.errors import FeedDenied, FeedGarbled, FeedGone, FeedMissing
from relay.events import Event, text_of
from relay.fields import Fields
from relay.sources.base import Start
from relay.sources.bitbucket_cloud_account import Account
from relay.sources.bitbucket_cloud_cursor import Known
from relay.sources.bitbucket_cloud_entries import Teller
from relay.sources.bitbucket_cloud_pushes import Pushed
from relay.sources.bitbucket_cloud_visit import Visit

HOURLY = timedelta(hours=1)


@dataclass(frozen=True)
class Around:
    """The poll that a look is part of: `known` is None at first sight, `visit` where no pull requests were read.

    `start` is what first sight asks for. `first` is whether a look is to tell what its list holds at first sight: at
    that, and where all of the past is wanted until the list could be read.
    """

    account: Account
    teller: Teller
    known: Known | None
    visit: Visit | None
    pushed: Pushed
    start: Start
    first: bool = False

    @property
    def now(self) -> datetime:
        """The time of the poll."""
        return self.teller.now

    @property
    def path(self) -> str:
        """Where the API has the repository."""
        return self.teller.place.path


@dataclass(frozen=True)
class Look:
    """What a look brought: what to remember of the list, the events by their key, and keys not to be told later.

    `unread` are keys of what could not be read, `warnings` why something of it was not.
    """

    memory: Any
    events: Mapping[str, Event]
    passed: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Kind(Protocol):
    """One list that may be looked at."""

    @property
    def name(self) -> str:
        """What it is called in the cursor and in warnings."""

    @property
    def gives(self) -> frozenset[str]:
        """The event types for which it is looked at."""

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """Whether to look now; `since` is how long ago that was done last, None for never."""

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """What the list holds beside `memory`, None at the first look. Raises FeedError."""


@dataclass(frozen=True)
class Looked:
    """What all looks of a poll brought; `asked` is for the cursor, and so are `passed` and `unread`."""

    asked: Mapping[str, Any]
    events: Mapping[str, Event]
    passed: tuple[str, ...]
    unread: tuple[str, ...]
    warnings: tuple[str, ...]


GARBLED = (FeedDenied, FeedMissing, FeedGone, FeedGarbled)
"""How a list fails that stops nothing else."""


async def look(kinds: Iterable[Kind], around: Around, asked: Mapping[str, Any], include: frozenset[str]) -> Looked:
    """What the lists that are due bring; `asked` itself where none is. Raises FeedError where the forge is down."""
    after, looks, failures = dict(asked), list[Look](), list[str]()
    for kind in kinds:
        memory, since = _last(asked.get(kind.name), around.now)
        if not kind.is_due(around, memory, since):
            continue
        begins = memory is None and _begins(around, asked.get(kind.name))
        try:
            found = await kind.look(replace(around, first=begins or around.known is None), memory, include)
            begins = begins and found.memory is None
        except GARBLED as error:
            found = Look(memory, {})
            failures.append(f"{kind.name} cannot be read, and is tried again in an hour: {error}")
        after[kind.name] = {"at": text_of(around.now), "kept": found.memory} | ({"begins": True} if begins else {})
        looks.append(found)
    return Looked(
        after if after != asked else asked,
        {key: event for found in looks for key, event in found.events.items()},
        tuple(key for found in looks for key in found.passed),
        tuple(key for found in looks for key in found.unread),
        (*failures, *(warning for found in looks for warning in found.warnings)),
    )


def _begins(around: Around, asked: Any) -> bool:
    """Whether all of the past is wanted of a list that could not be read yet."""
    return Fields(asked).flag("begins") is True or (around.known is None and around.start.kind == "all")


def _last(asked: Any, now: datetime) -> tuple[Any, timedelta | None]:
    at = Fields(asked).time("at")
    return Fields(asked).at("kept").value, now - at if at else None


def hourly(since: timedelta | None) -> bool:
    """Whether an hour has passed since the last look."""
    return since is None or since >= HOURLY
