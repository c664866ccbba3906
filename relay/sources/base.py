"""What every source is: settings, the feeds it has, and `poll`.

A source reads one feed and says what is new in it since a cursor that only it understands; it never stores, matches
or sends. Parsing is a pure function of what the forge answered; `poll` only asks. Time and transport are passed in.
"""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from relay.budget import Budget, Meter
from relay.discovery import selection
from relay.events import Event
from relay.finding import Finding
from relay.http import Http
from relay.value import value

Gives = Literal["direct", "snapshot", "partly", "include"]
"""How a source comes by a type: told by the forge, found by comparing two snapshots, or only if `include` asks.

`partly`: some of it is told by the forge, all of it only if `include` asks.
"""


class SourceSettings(BaseModel):
    """The base of every source's settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    takes_addresses: ClassVar[bool] = False
    """Whether an address alone may be one of these, so that `relay watch https://…` tries it."""

    @property
    def gives(self) -> frozenset[str]:
        """The event types that these settings name, beyond what their kind gives by itself."""
        return frozenset()

    def advice(self, every: float) -> str | None:
        """What to say, after the source's name, to somebody who polls this every so many seconds; None is nothing."""
        return None

    def cost(self, every: float) -> str | None:
        """What polling this every so many seconds costs while nothing happens, as `hourly` says it; None if nothing.

        Known without asking the forge: of patterns, whose repositories are not known yet, it says so.
        """
        return None

    @classmethod
    def of_target(cls, target: str, given: Mapping[str, str]) -> dict[str, Any]:
        """The settings, as rules.yaml has them, that follow what `relay watch` was told: a repository's name.

        `given` is what the environment says of the account: url, token and the like. Kinds that follow addresses
        override this.
        """
        return {"repositories": [target], **given}


def _selectable(items: tuple[str, ...]) -> tuple[str, ...]:
    selection(items)
    return items


Selected = Annotated[tuple[str, ...], AfterValidator(_selectable)]
"""A list of repositories, as `owner/slug`, `owner/web-*` and `!owner/old-*`; see `relay.discovery.selection`."""


def names(pattern: re.Pattern[str], what: str) -> AfterValidator:
    """For a list of names, each of which is to fit; the complaint says that one is not the name of `what`."""

    def fitting(given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            if not pattern.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of {what}")
        return given

    return AfterValidator(fitting)


def check_login(token: SecretStr | None, username: str | None, password: SecretStr | None) -> None:
    """Raises ValueError unless this is a token, a whole login, or nothing."""
    if (username is None) != (password is None):
        raise ValueError("username and password belong together")
    if token and username:
        raise ValueError("takes either a token or username and password")


def login_headers(token: SecretStr | None, username: str | None, password: SecretStr | None) -> dict[str, str]:
    """What a request says of who asks: the token, the whole login, or nothing."""
    if token:
        return {"authorization": f"Bearer {token.get_secret_value()}"}
    if username is None or password is None:
        return {}
    return {"authorization": basic(username, password.get_secret_value())}


def basic(user: str, secret: str) -> str:
    """A login as HTTP's basic authentication has it."""
    return f"Basic {b64encode(f'{user}:{secret}'.encode()).decode()}"


@dataclass(frozen=True)
class Start:
    """What to do with the history found at first sight: `now`, `all`, the newest `count`, or the last `seconds`."""

    kind: str = "now"
    count: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Tools:
    """What a source works with: the one HTTP client, a folder for what can be fetched again, and what was asked for.

    `include` are the event types that cost extra requests and are wanted; `meter` counts what the forge counts.
    """

    http: Http
    folder: Path
    include: frozenset[str] = frozenset()
    meter: Meter = field(default_factory=Meter)


@value
class Found:
    """An event that a poll found, oldest first in its page.

    `history`: seen at first sight and not asked for by `start`: kept and served, never routed.
    `fingerprint` and `occurrence` are set where the id is derived from them because the forge gives none; if the id
    is already stored, the store then takes the next occurrence (see `relay.cursor.occurrence_id`), unless the page has
    a gap. Without them the id is the forge's own, and an event stored already is the same event.
    """

    event: Event
    history: bool = False
    fingerprint: str | None = None
    occurrence: int = 0


_RANKS: Mapping[str, int] = {
    type: rank
    for rank, types in enumerate(
        (
            ("create",),
            ("pushed",),
            ("commit",),
            ("report_issue", "pullrequest_created"),
            ("issue_update", "pullrequest_updated"),
            ("issue_comment", "pullrequest_comment_created", "cset_comment_created"),
            ("pullrequest_like", "pullrequest_unlike", "pullrequest_changes_requested", "cset_like", "cset_unlike"),
            ("pullrequest_fulfilled", "pullrequest_rejected", "pullrequest_superseded", "delete"),
        )
    )
    for type in types
}
_OTHER = _RANKS["issue_comment"]


TRIED = 20
"""Repositories of a source that `check --online` asks for."""
LONGEST_ID = 200
"""Characters of an id: an index of PostgreSQL takes no row of much more, and a forge may send any id."""


def told(events: Iterable[Event], start: Start | None, now: datetime) -> tuple[Found, ...]:
    """The events as a page gives them: each once, oldest first, and what the same second brought in its natural order.

    Derived ones are given right after what they were derived from, and stay there however old they are. `start` is for
    first sight: what it does not ask for is history. Afterwards it is None, and nothing is. For sources whose ids are
    the forge's own.
    """
    groups = sorted(_groups(events), key=lambda group: (group[0].time, _rank(group[0]), group[0].id))
    past = 0 if start is None else _past(groups, start, now)
    found: dict[str, Found] = {}
    for index, group in enumerate(groups):
        for event in group:
            id = _bounded(event.id)
            found.setdefault(id, Found(event if id == event.id else replace(event, id=id), history=index < past))
    return tuple(found.values())


def _groups(events: Iterable[Event]) -> list[list[Event]]:
    """Each event with those that were derived from it."""
    groups: list[list[Event]] = []
    for event in events:
        if event.derived and groups:
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def _rank(event: Event) -> int:
    return _RANKS.get(event.type, _OTHER)


def _past(groups: Sequence[Sequence[Event]], start: Start, now: datetime) -> int:
    """How many of the oldest groups are history."""
    if start.kind == "all":
        return 0
    if start.kind == "since":
        since = now - timedelta(seconds=min(start.seconds, now.timestamp()))
        return sum(group[0].time < since for group in groups)
    return max(len(groups) - start.count, 0)


def _bounded(id: str) -> str:
    """The id, cut with a digest where it would be longer than an index holds."""
    if len(id) <= LONGEST_ID:
        return id
    return f"{id[: LONGEST_ID - 17]}~{blake2b(id.encode(errors='replace'), digest_size=8).hexdigest()}"


@dataclass(frozen=True)
class Listed:
    """A repository that a wildcard stands for now.

    `key` is made of the forge's own id, so that a renamed repository stays the same feed; `name` is for people;
    `cursor` is what the feed begins with if it is new, and says how much of its history is wanted.
    """

    key: str
    name: str
    cursor: Any


@dataclass(frozen=True)
class Page:
    """What one poll of a feed brought.

    `cursor` is JSON, and replaces the old one in the transaction that stores `found`; the very object that was passed in
    means that nothing moved and nothing need be written. `gap` is a sentence when history
    may have scrolled past unseen. `ask_after` is the forge's own wish, in seconds. `warnings` are entries that could
    not be read, one line each. `listed` is for the feed of a wildcard: all that it stands for now; None says nothing.
    """

    cursor: Any
    found: tuple[Found, ...] = ()
    gap: str | None = None
    ask_after: float | None = None
    warnings: tuple[str, ...] = ()
    listed: tuple[Listed, ...] | None = None


async def tried(names: Sequence[str], reach: Callable[[str], Awaitable[Finding]]) -> tuple[Finding, ...]:
    """What `reach` finds out about the first 20, one after the other, and how many more there are."""
    found = [await reach(name) for name in names[:TRIED]]
    left = len(names) - TRIED
    return (*found, *([Finding(f"{left} more were not tried")] if left > 0 else []))


class Source(Protocol):
    """An account on a forge, made once per configured source."""

    Settings: ClassVar[type[SourceSettings]]
    """The settings of this kind; what every source has (`every`, `start`, `include`) is not among them."""

    coverage: ClassVar[Mapping[str, Gives]]
    """The event types that it can give, and how; `check` warns of a rule that no source feeds."""

    budget: Budget | None
    """What the forge lets its account ask in an hour, where it counts; polls stretch before that is used up."""

    def __init__(self, name: str, settings: Any, start: Start, tools: Tools) -> None:
        """The source `name` of the file; `settings` are of this kind's own model."""

    def feeds(self) -> tuple[str, ...]:
        """The keys of what is polled, each with a cursor of its own; stable across restarts."""

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor` (None at first sight). Raises a FeedError; the cursor then stays."""

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """What `check --online` says: credentials, reachable repositories, and the requests an hour that `every` means.

        Raises nothing: what is wrong is a finding that is not fine.
        """
