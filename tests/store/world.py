"""A store with feeds and lanes named, and values to put into it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.events import Event, Repository
from relay.sources.base import Found
from relay.store import Store
from relay.store.commit import Commit, Matched
from relay.store.feeds import ClaimedFeed, ClaimFeeds, NameFeeds
from relay.store.lanes import ClaimedLane, ClaimLanes, NamedLane, NameLanes
from relay.store.opening import Intent
from relay.store.settle import Settle, Settled, Verdict
from relay.timing import Slot
from tests.stage import MovedClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = NOON.timestamp()
LEASE_FOR = 60.0


def event(id: str, **more: Any) -> Event:
    """An event in acme/site."""
    blank = Event(
        id=id, type="pushed", source="acme", seen_at=NOON, repository=Repository("acme", "site", private=False)
    )
    return replace(blank, **more)


def intent(destination: str, slot: Slot | None = None, most: int | None = None) -> Intent:
    """A wish to tell an event to a destination, at once unless a slot says otherwise."""
    return Intent(destination, "pushed", "{}", slot or Slot(NOON), most)


def bundle(key: str, why: str = "digest", after: float = 3600.0) -> Slot:
    """A slot in a bundle."""
    return Slot(NOON + timedelta(seconds=after), key, why)


class World:
    """One feed `acme site` and lanes `dev` and `lake`, on a store of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def prepare(self) -> "World":
        await self.store.submit(NameFeeds(frozenset({("acme", "site")}), AT))
        lanes = tuple(NamedLane(name, f"account of {name}", "1") for name in ("dev", "lake"))
        await self.store.submit(NameLanes(lanes, AT, free=True))
        return self

    async def feed(self, now: float = AT, lease: str = "poller") -> ClaimedFeed:
        """The one feed, claimed."""
        return (await self.store.submit(ClaimFeeds(lease, now, LEASE_FOR, 10, ("acme",))))[0]

    async def commit(self, *matched: Matched, now: float = AT, **more: Any) -> tuple[Event, ...]:
        """Claim the feed, and commit the events."""
        feed = await self.feed(now)
        return await self.store.submit(
            Commit(feed.id, feed.source, feed.key, feed.lease, now, ready_at=now, matched=matched, **more)
        )

    async def tell(
        self, *ids: str, to: str = "dev", slot: Slot | None = None, now: float = AT, most: int | None = None
    ) -> None:
        """Commit events that one destination wants."""
        await self.commit(*(Matched(Found(event(id)), (intent(to, slot, most),)) for id in ids), now=now)

    async def lanes(self, now: float = AT, lease: str = "sender") -> dict[str, ClaimedLane]:
        """The due lanes, claimed, by name."""
        claimed = await self.store.submit(ClaimLanes(lease, now, LEASE_FOR, 10, 20, ("dev", "lake")))
        return {lane.destination: lane for lane in claimed}

    async def heads(self, name: str = "dev", now: float = AT) -> list[tuple[str, ...]]:
        """The event ids of each released delivery of a lane, in its order."""
        lane = (await self.lanes(now)).get(name)
        return [tuple(event.id for event in head.told()[0]) for head in lane.heads] if lane else []

    async def settle(self, claimed: ClaimedLane, index: int = 0, now: float = AT, **more: Any) -> Settled:
        """Settle a head of a claimed lane; sent, unless told otherwise."""
        verdict = more.pop("verdict", Verdict("sent"))
        settled = Settle(
            destination=claimed.destination,
            lease=claimed.lease,
            now=now,
            delivery=claimed.heads[index].seq,
            outcome="sent",
            detail="ok",
            verdict=verdict,
            release=more.pop("release", True),
        )
        return await self.store.submit(replace(settled, **more))


def on(database: str, act: Callable[[World], Awaitable[Any]]) -> Any:
    """What `act` returns, done to a prepared store."""

    async def run() -> Any:
        store = Store(database, MovedClock())
        try:
            return await act(await World(store).prepare())
        finally:
            await store.close()

    return asyncio.run(run())
