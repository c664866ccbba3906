"""A walk over a list that moves while it is read: where the next page starts, when to stop, and what was new.

Pure: a source asks for the pages and adds them. Each page is made to repeat the end of the one before, which shows how
far the list moved between the two requests; offsets alone would skip what was deleted and double what was prepended.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from relay.cursor import FINGERPRINTS, MEMORY, Cursor, Policy, Settled, digest, enough, settle
from relay.value import value

LIMIT = 50  # entries asked for in one request
OVERLAP = 5  # entries that a page repeats of the one before
PAGES = 200  # of one walk: a relay that was away may face thousands of entries of another relay
FIRST_PAGES = 1000  # of the walk at first sight
RESTARTS = 3  # of one walk whose list was torn

T = TypeVar("T")


def stitch(walk: Sequence[str], page: Sequence[str], expected: int) -> int | None:
    """How many of the walk's last entries the page repeats, nearest to `expected`; None if the list was torn.

    More than expected: events were prepended between the two requests; fewer: deleted.
    """
    least = max(1, min(3, expected))
    sizes = range(least, min(len(walk), len(page)) + 1)
    nearest = sorted(sizes, key=lambda size: abs(size - expected))
    return next((size for size in nearest if walk[-size] == page[0] and walk[-size:] == page[:size]), None)


@dataclass(frozen=True)
class Listing(Generic[T]):
    """One page as it was read: fingerprints with what stands behind them, newest first.

    `count` is what the server says the whole list holds, which is believed only where nothing else decides.
    """

    items: tuple[tuple[str, T], ...]
    body: str
    count: int | None = None

    @property
    def fingerprints(self) -> list[str]:
        """The page as the cursor sees it."""
        return [fingerprint for fingerprint, _ in self.items]


class Walk(Generic[T]):
    """One reading of a list, page by page, while it moves.

    Ask for the page that starts at `start` and `add` it, until `start` is None. Neither a short page nor the server's
    count ends it, only a page that holds nothing beyond what it should repeat, or `done`: what was read is enough.
    """

    def __init__(self, done: Callable[["Walk[T]"], bool], pages: int) -> None:
        self._done, self._most = done, pages
        self._pages = self._restarts = 0
        self.cut: str | None = None
        self._begin()

    def _begin(self) -> None:
        self.start: int | None = 0
        self.fingerprints: list[str] = []
        self.items: list[T] = []
        self.fresh: tuple[T, ...] = ()
        self.first: Listing[T] = Listing((), "")
        self._repeats = self._pushed = 0
        self.ended = False

    @property
    def mark(self) -> str | None:
        """The digest of the first page, unless an unchanged first page could hide an event that looks like all."""
        page = self.first.fingerprints
        different = len(set(page))
        whole = self.ended and len(self.fingerprints) == len(page) == different
        return digest(*page) if whole or different > FINGERPRINTS.reach else None

    def add(self, page: Listing[T]) -> None:
        """Take the page in, and decide where to read on."""
        self._pages += 1
        if self.start == 0:
            self.first = page
        beyond = self._beyond(page)
        if beyond is None and self._restarts < RESTARTS:
            self._restarts += 1
            self._begin()
        elif beyond is None and self._repeats:
            self._stop("the list kept changing while it was read")
        else:
            self._take(page, page.items if beyond is None else beyond)

    def _beyond(self, page: Listing[T]) -> Sequence[tuple[str, T]] | None:
        """What the page holds beyond what it repeats; None if the list was torn under the walk."""
        if not self.fingerprints:
            return page.items
        if not page.items:
            return None if self._repeats else ()
        if self._is_whole(page):
            return ()
        repeated = stitch(self.fingerprints, page.fingerprints, self._repeats)
        return None if repeated is None else page.items[repeated:]

    def _take(self, page: Listing[T], beyond: Sequence[tuple[str, T]]) -> None:
        self.fresh = tuple(item for _, item in beyond)
        self.fingerprints += [fingerprint for fingerprint, _ in beyond]
        self.items += self.fresh
        self.ended = not beyond and self._is_end(page)
        if self.ended or self._done(self):
            self.start = None
        elif self._pages >= self._most or len(self.items) >= self._most * LIMIT:
            self._stop(f"the list is longer than the {self._pages} pages that were read of it")
        else:
            self._repeats = min(OVERLAP, len(page.items) - 1)
            self.start = (self.start or 0) + len(page.items) - self._repeats

    def _is_whole(self, page: Listing[T]) -> bool:
        """Whether the server does not look at `start`, and says so; a list of equal events would never end."""
        return page.body == self.first.body and page.count == len(page.items)

    def _is_end(self, page: Listing[T]) -> bool:
        """Whether a page with nothing beyond what it repeats is the list's last.

        One that repeats more than it should was pushed down by new events, and may have more below; of a server that
        does not look at `start` every page is like that.
        """
        self._pushed += 1
        return len(page.items) <= self._repeats or self._pushed > RESTARTS or self._is_whole(page)

    def _stop(self, why: str) -> None:
        self.cut = why
        self.start = None

    def entries(self, policy: Policy) -> Iterator[tuple[str, T]]:
        """The whole walk, newest first; of unique fingerprints each once."""
        seen: set[str] = set()
        for fingerprint, item in zip(self.fingerprints, self.items, strict=True):
            if not policy.unique or fingerprint not in seen:
                seen.add(fingerprint)
                yield fingerprint, item


def at_rest(cursor: Cursor, page: Listing[Any]) -> Cursor | None:
    """The cursor to go on with if the first page alone shows that nothing is new, else None.

    An empty page is an outage or a missing permission, never news that all events vanished.
    """
    if not page.items and cursor.memory:
        return cursor
    return replace(cursor, body=page.body) if cursor.mark == digest(*page.fingerprints) else None


def follow(cursor: Cursor) -> Walk[T]:
    """A walk that reads on until it shows what is new since the cursor."""
    old = [fingerprint for fingerprint, _ in cursor.memory]
    return Walk(lambda walk: enough(old, walk.fingerprints, FINGERPRINTS.reach), PAGES)


@dataclass(frozen=True)
class Wanted:
    """What is asked for of the history found at first sight: the newest `most`, and nothing from before `since`."""

    most: float = 0
    since: datetime | None = None

    def read(self, time: Callable[[T], datetime | None]) -> Walk[T]:
        """A walk that reads what is wanted, and always as much as is remembered.

        With less memory, a purge of the top would let old events that were never seen stand between known ones.
        """

        def done(walk: Walk[T]) -> bool:
            if len(walk.items) < MEMORY:
                return False
            return len(walk.items) >= self.most or not any(self.recent(time(item)) for item in walk.fresh)

        return Walk(done, FIRST_PAGES)

    def recent(self, moment: datetime | None) -> bool:
        """Whether the time is wanted; an event without one is not, where a time was asked for."""
        return self.since is None or (moment is not None and moment >= self.since)

    def takes(self, index: int, moment: datetime | None) -> bool:
        """Whether the event at an index of the walk is asked for, or only kept."""
        return index < self.most and self.recent(moment)


@value
class New(Generic[T]):
    """An event that was not seen before; `index` is its place in the walk, 0 the newest."""

    item: T
    fingerprint: str
    occurrence: int
    index: int


@dataclass(frozen=True)
class Conclusion(Generic[T]):
    """What a walk brought: the new events oldest first, the next cursor, and a sentence where some may be missing."""

    new: tuple[New[T], ...]
    cursor: Cursor
    gap: str | None


def conclude(cursor: Cursor | None, walk: Walk[T], policy: Policy) -> Conclusion[T]:
    """What is new in a walk since the cursor; at first sight everything.

    The same walk as the last brings nothing, also where few fingerprints make up a long list and matching could differ.
    """
    entries = list(walk.entries(policy))
    seen = [fingerprint for fingerprint, _ in entries]
    whole, body = digest(*seen), walk.mark and walk.first.body
    if cursor and cursor.walk == whole:
        return Conclusion((), replace(cursor, mark=walk.mark, body=body), None)
    settled = settle(cursor.memory if cursor else (), seen, policy)
    new = tuple(New(entries[j][1], entries[j][0], n, j) for j, n in settled.new)
    return Conclusion(new, Cursor(settled.memory, walk.mark, body, whole), _gap(walk, settled))


def _gap(walk: Walk[Any], settled: Settled) -> str | None:
    if walk.cut and not settled.sure:
        return f"{walk.cut}; older events were not seen"
    return (
        "too few of the events seen before are still listed; others may have scrolled past unseen"
        if settled.gap
        else None
    )
