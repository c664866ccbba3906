"""Reading the lists that `include` asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relay.errors import FeedDenied, FeedMissing
from relay.events import Event, text_of
from relay.fields import Fields
from relay.snapshot import Snapshot
from relay.snapshot import from_json as snapshot_from_json
from relay.sources.gitea_entries import Home
from relay.sources.gitea_events import Teller
from relay.sources.gitea_lists import LISTS, List, events, since
from relay.sources.gitea_reading import Listing, Reader

AGAIN_AFTER = 600.0
"""Seconds between two readings of a whole list."""


@dataclass(frozen=True)
class Held:
    """What a list held, None until it was read; when it was asked for, of a whole one; and whether that was refused."""

    snapshot: Snapshot | None = None
    asked_at: float = 0.0
    refused: bool = False

    def to_json(self) -> dict[str, Any]:
        """As a part of a cursor."""
        snapshot = self.snapshot.to_json() if self.snapshot else None
        return {"snapshot": snapshot, "asked_at": self.asked_at, "refused": self.refused}


def from_json(value: Any) -> dict[str, Held]:
    """Every list by its place, as a cursor has them; raises FeedError if a snapshot is damaged."""
    return {asked.place: _held(Fields(value).at(asked.place)) for asked in LISTS if Fields(value).at(asked.place)}


def _held(fields: Fields) -> Held:
    snapshot, asked_at = fields.at("snapshot"), fields.at("asked_at").value
    read = snapshot_from_json(snapshot.value) if snapshot else None
    return Held(read, asked_at if isinstance(asked_at, float) else 0.0, fields.flag("refused") or False)


@dataclass(frozen=True)
class Included:
    """The lists as they are now, and what happened since they were read before."""

    lists: Mapping[str, Held] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()


class Lists:
    """Reads those lists of a repository that give one of the types in `include`."""

    def __init__(self, reader: Reader, include: frozenset[str]) -> None:
        self._reader, self._include = reader, include
        self._wanted = [asked for asked in LISTS if asked.types & include]

    async def read(
        self, before: Mapping[str, Held], home: Home, at: datetime | None, teller: Teller, now: datetime
    ) -> Included:
        """What changed since `before`; `at` is the newest time that the forge told. Raises a FeedError."""
        lists, found, warnings = dict[str, Held](), list[Event](), list[str]()
        for asked in self._wanted:
            held = before.get(asked.place, Held())
            lists[asked.place] = held
            if asked.whole and 0 <= now.timestamp() - held.asked_at < AGAIN_AFTER:
                continue
            try:
                listing = await self._ask(asked, held, home, at, now)
            except FeedDenied as error:
                warnings += [] if held.refused else [str(error)]
                lists[asked.place] = Held(held.snapshot, now.timestamp() if asked.whole else 0.0, refused=True)
            else:
                told, lists[asked.place] = _settled(asked, held, listing, home, teller, now)
                found += [event for event in told if event.type in self._include]
        return Included(lists, tuple(found), tuple(warnings))

    async def _ask(self, asked: List, held: Held, home: Home, at: datetime | None, now: datetime) -> Listing:
        place, snapshot = f"{home.place}/{asked.place}", held.snapshot
        try:
            if asked.whole:
                return await self._reader.listing(place, now)
            if asked.newest_first:
                enough = lambda page, _: bool(snapshot and not _changed(asked, snapshot, page))  # noqa: E731
                query, pages = {"state": "all", "sort": "recentupdate"}, 40 if snapshot else 4
                return await self._reader.listing(place, now, enough, query, pages=pages)
            begin = since(snapshot.values if snapshot else (), at)
            return await self._reader.listing(place, now, query={"since": text_of(begin)} if begin else {})
        except FeedMissing:  # there is no wiki, or it is switched off
            return Listing((), ended=True)


def _changed(asked: List, snapshot: Snapshot, page: list[Fields]) -> bool:
    return bool(snapshot.changes(asked.held(page), whole=False))


def _settled(
    asked: List, held: Held, listing: Listing, home: Home, teller: Teller, now: datetime
) -> tuple[list[Event], Held]:
    """What a reading tells, at first sight nothing, and what is held from now on.

    Nothing has gone from a list of which an entry cannot be read.
    """
    items, values = asked.items(filter(asked.reads, listing.items)), asked.held(listing.items)
    whole, before = asked.whole and listing.ended and all(map(asked.reads, listing.items)), held.snapshot or Snapshot()
    changes = before.changes(values, whole=whole) if held.snapshot else ()
    after = before.after(values, whole=whole)
    return list(events(asked, changes, items, home, teller)), Held(after, now.timestamp() if asked.whole else 0.0)
