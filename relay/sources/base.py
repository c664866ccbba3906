"""What every source is: settings, the feeds it has, and `poll`.

A source reads one feed and says what is new in it since a cursor that only it understands; it never stores, matches
or sends. Parsing is a pure function of what the forge answered; `poll` only asks. Time and transport are passed in.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from relay.events import Event
from relay.http import Http


class SourceSettings(BaseModel):
    """The base of every source's settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def advice(self, every: float) -> str | None:
        """What to say, after the source's name, to somebody who polls this every so many seconds; None is nothing."""
        return None


@dataclass(frozen=True)
class Start:
    """What to do with the history found at first sight: `now`, `all`, the newest `count`, or the last `seconds`."""

    kind: str = "now"
    count: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Tools:
    """What a source may use: the one HTTP client, and a folder of its own for what can be fetched again."""

    http: Http
    folder: Path


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Page:
    """What one poll of a feed brought.

    `cursor` is JSON, and replaces the old one in the transaction that stores `found`; the very object that was passed in
    means that nothing moved and nothing need be written. `gap` is a sentence when history
    may have scrolled past unseen. `ask_after` is the forge's own wish, in seconds. `warnings` are entries that could
    not be read, one line each.
    """

    cursor: Any
    found: tuple[Found, ...] = ()
    gap: str | None = None
    ask_after: float | None = None
    warnings: tuple[str, ...] = ()


class Source(Protocol):
    """An account on a forge, made once per configured source."""

    Settings: ClassVar[type[SourceSettings]]
    """The settings of this kind; what every source has (`every`, `start`, `include`) is not among them."""

    types: ClassVar[frozenset[str]]
    """The event types that it can give; `check` warns of a rule that no source feeds."""

    def __init__(self, name: str, settings: Any, start: Start, tools: Tools) -> None:
        """The source `name` of the file; `settings` are of this kind's own model."""

    def feeds(self) -> tuple[str, ...]:
        """The keys of what is polled, each with a cursor of its own; stable across restarts."""

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor` (None at first sight). Raises a FeedError; the cursor then stays."""
