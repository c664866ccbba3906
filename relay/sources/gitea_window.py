"""What is new in an activity feed since it was last read. Pure.

The forge numbers activities as they are made, over all its repositories, and lists them by time, in whole seconds. So a
number far below the highest one known is old, however it comes to be listed, and one close to it may have come late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from relay.cursor import damaged
from relay.fields import Fields
from relay.seen import Seen
from relay.seen import from_json as seen_from_json
from relay.sources.gitea_entries import Entry, pairs

OVERLAP = 200
"""Numbers below the highest known one among which others may still appear."""
SCROLLED = "nothing of what was seen before is listed any more; others may have scrolled past unseen"
COUNTS_ANEW = "the forge numbers its activities anew; those from before its newest known one were not told"


@dataclass(frozen=True)
class Window:
    """What is known: `high` is the highest number, up to `floor` all are old, `at` is the newest time.

    `waiting` are entries that only say that a branch was created, and whose push was not yet listed. `again` is how many
    entries are read once more, since one of them waits, could not be read and may have been mended, or was counted and
    not shown.
    """

    high: int = 0
    floor: int = 0
    at: datetime | None = None
    seen: Seen = field(default_factory=Seen)
    waiting: tuple[str, ...] = ()
    again: int = 0

    def to_json(self) -> dict[str, Any]:
        """The window as a part of a cursor."""
        at = self.at.isoformat() if self.at else None
        seen, waiting = list(self.seen.ids), list(self.waiting)
        kept = {"high": self.high, "floor": self.floor, "at": at, "seen": seen, "waiting": waiting}
        return kept | ({"again": self.again} if self.again else {})

    @cached_property
    def _told(self) -> frozenset[str]:
        return frozenset(self.seen.ids)

    def knows(self, entry: Entry) -> bool:
        """Whether the entry was told, or is older than anything that would be."""
        return self.is_old(entry) or entry.uid in self._told

    def is_old(self, entry: Entry) -> bool:
        """Whether its number says that it is older than anything that would be told."""
        below = entry.id is not None and entry.id <= self.floor
        return below and not self.later(entry) and entry.uid not in self.waiting

    def reached_by(self, entries: Sequence[Entry]) -> bool:
        """Whether reading has come down to what was there before."""
        return any(self.knows(entry) or (entry.id or self.high + 1) <= self.high for entry in entries)

    def counts_anew(self, entries: Sequence[Entry]) -> bool:
        """Whether the forge has begun to number again, as one does that was set up anew from its repositories."""
        ids = [entry.id for entry in entries if entry.id]
        return bool(ids) and max(ids) < self.floor and any(self.later(entry) for entry in entries)

    def later(self, entry: Entry) -> bool:
        """Whether the entry was made after everything that was seen."""
        return self.at is not None and entry.at is not None and entry.at > self.at


def from_json(value: Any) -> Window:
    """The window that `to_json` wrote; raises FeedError if it is anything else."""
    fields = Fields(value)
    high, floor, waiting = fields.whole("high"), fields.whole("floor"), fields.texts("waiting")
    if high is None or floor is None:
        raise damaged()
    seen = seen_from_json(fields.at("seen").value)
    return Window(high, floor, fields.time("at"), seen, waiting, fields.whole("again") or 0)


@dataclass(frozen=True)
class News:
    """What a reading brought: the entries to tell, which of them tell a new branch, and the window from now on."""

    entries: tuple[Entry, ...]
    branches: frozenset[str]
    window: Window
    gap: str | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why some of them cannot be read."""
        return tuple(entry.problem for entry in self.entries if entry.problem)


def first(entries: Sequence[Entry], *, ended: bool) -> News:
    """What first sight brings: everything. Unless the list was read to its end, what stood below it is old."""
    ids = [entry.id for entry in entries if entry.id]
    floor = 0 if ended or not ids else min(ids) - 1
    return _news(Window(floor=floor), entries, None, hold=False)


def since(window: Window, entries: Sequence[Entry]) -> News:
    """What is new in what was read down to known entries, or as far as there was any."""
    if window.counts_anew(entries):
        fresh = [entry for entry in entries if window.later(entry)]
        old = [entry.uid for entry in entries if not window.later(entry)]
        return _news(Window(0, 0, window.at, window.seen.after(old)), fresh, COUNTS_ANEW, hold=False)
    gap = SCROLLED if window.high and entries and not window.reached_by(entries) else None
    return _news(window, entries, gap, hold=True)


def _news(before: Window, entries: Sequence[Entry], gap: str | None, *, hold: bool) -> News:
    """The unknown entries, each once; one whose other half is still to come is left for the next time if `hold`."""
    paired = pairs(entries)
    unknown = {entry.uid: entry for entry in entries if not before.knows(entry)}
    alone = {uid for uid, entry in unknown.items() if entry.only_creates and uid not in paired}
    waiting = tuple(sorted(alone - {*before.waiting})) if hold else ()
    told = tuple(entry for uid, entry in unknown.items() if uid not in paired and uid not in waiting)
    high = max([before.high, *(entry.id for entry in entries if entry.id)])
    at = max((time for time in (before.at, *(entry.at for entry in entries)) if time), default=None)
    floor = max(before.floor, high - OVERLAP)
    listed = [entry for entry in entries if entry.uid not in waiting]
    seen = before.seen.after(entry.uid for entry in listed if not before.is_old(entry))
    branches = frozenset(push.uid for push in paired.values())
    return News(told, branches, Window(high, floor, at, seen, waiting), gap)
