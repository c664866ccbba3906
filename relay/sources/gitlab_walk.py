"""How far the list of events is to be read, and what in it is new. Pure.

GitLab lists events newest first and filters them by whole days, so the question is always for all since the day before
the newest known one: in its answer stands something known, whatever the server's time zone and however long relay was
away. A page on which everything is known ends the reading; ids decide that, since an event committed late stands below
newer ones. Pages that held an entry that lacks something, or fewer entries than others, are looked at once more. What is older
than first sight read is no news, or the second page would bring it back.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from relay.sources.base import Start
from relay.sources.gitlab_cursor import Memory
from relay.sources.gitlab_entries import Entry

PAGES = 100
"""Pages read at most; a relay that was away for long may face thousands of events."""
_AHEAD = timedelta(minutes=5)
_DAYS = timedelta(days=2)


def after(newest: datetime | None) -> dict[str, str]:
    """The filter that leaves out what need not be read again: `after` is a day, and not listed itself."""
    if newest is None or newest.year < 2000:
        return {}
    return {"after": (newest - _DAYS).date().isoformat()}


class Walk:
    """One reading of a feed's list; `add` its pages until `done`.

    `start` is what first sight asks for; later it is None, and `known` says what was read so far. `cut` means that the
    list went on beyond the pages read.
    """

    def __init__(self, known: Memory, start: Start | None, now: datetime) -> None:
        self._known, self._start, self._now = known, start, now
        self._listed: dict[str, Entry] = {}
        self._pages = 0
        self._longest = 0
        self._short = False
        self._ended = False
        self.cut = False
        self.done = False

    def add(self, page: Sequence[Entry], *, more: bool) -> None:
        """Take a page in; `more` says whether there is another one. An empty page says nothing.

        One that is shorter than others, with more behind it, may lack what the next reading finds.
        """
        self._longest = max(self._longest, len(page))
        self._short = self._short or (more and len(page) < self._longest)
        fresh = [entry for entry in page if entry.key not in self._listed]
        self._listed |= {entry.key: entry for entry in fresh}
        self._pages += 1
        self._ended = not more
        enough = bool(page) and self._pages >= self._known.again and not self._wants(fresh)
        self.cut = more and not enough and self._pages >= PAGES
        self.done = self._ended or enough or self.cut

    def _wants(self, fresh: Sequence[Entry]) -> bool:
        return bool(self._news(fresh)) if self._start is None else self._wants_more(self._start, fresh)

    def _news(self, entries: Sequence[Entry]) -> list[Entry]:
        known = set(self._known.seen.ids)
        return [entry for entry in entries if entry.key not in known and not self._is_old(entry)]

    def _is_old(self, entry: Entry) -> bool:
        """Whether it lies below what first sight read."""
        floor = self._known.floor
        return floor is not None and entry.time is not None and entry.time < floor

    def _wants_more(self, start: Start, fresh: Sequence[Entry]) -> bool:
        if start.kind == "since":
            since = self._now - timedelta(seconds=min(start.seconds, self._now.timestamp()))
            return any(entry.time and entry.time >= since for entry in fresh)
        return bool(fresh) and (start.kind == "all" or len(self._listed) < start.count)

    @property
    def news(self) -> list[Entry]:
        """The entries that were never seen; at first sight all."""
        return self._news([*self._listed.values()])

    @property
    def memory(self) -> Memory:
        """What is remembered once the walk is done; the very `known` where nothing moved."""
        times = [entry.time for entry in self._listed.values() if entry.time and entry.time <= self._now + _AHEAD]
        seen = self._known.seen.after(key for key, entry in self._listed.items() if not self._is_old(entry))
        newest = max((time for time in (self._known.newest, *times) if time), default=None)
        doubtful = self.news and (self._short or not all(entry.is_whole for entry in self.news))
        again = self._pages if self._pages > 1 and doubtful else 0
        if seen is self._known.seen and newest == self._known.newest and again == self._known.again:
            return self._known
        floor = self._known.floor
        if self._start and not self._ended:
            floor = min(times, default=None)
        return replace(self._known, seen=seen, newest=newest, floor=floor, again=again)
