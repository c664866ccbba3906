"""Polling over a database: members come and go, budgets are kept, and no source takes another's places."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from relay.budget import Budget, Meter
from relay.errors import FeedError, FeedLimited, FeedMissing
from relay.events import Event
from relay.finding import Finding
from relay.poller import LEAST_PLACES, Matcher, Polled, Poller
from relay.rules import Rulebook
from relay.sources.base import Found, Gives, Listed, Page, SourceSettings
from relay.storable import LONGEST
from relay.store import Store
from relay.store.feeds import NameFeeds
from tests.conftest import created
from tests.stage import MovedClock, until
from tests.store.world import event


class Scripted:
    """A source whose forge answers as the test says; each poll asks `costs` requests."""

    Settings: ClassVar[type[SourceSettings]] = SourceSettings
    coverage: ClassVar[Mapping[str, Gives]] = {}

    def __init__(self, *keys: str, budget: Budget | None = None) -> None:
        self.keys, self.budget = keys, budget
        self.meter, self.costs = Meter(), 1
        self.answers: dict[str, Page | FeedError] = {}
        self.polled: list[tuple[str, Any]] = []
        self.hanging: asyncio.Event | None = None

    def feeds(self) -> tuple[str, ...]:
        return self.keys

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        self.polled.append((feed, cursor))
        self.meter.spend(self.costs)
        if self.hanging:
            await self.hanging.wait()
        answer = self.answers.get(feed, Page(cursor))
        if isinstance(answer, FeedError):
            raise answer
        return answer

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        return ()


class Polling:
    """A poller of scripted sources, on a database of its own and a clock that the test moves."""

    def __init__(self, store: Store, sources: dict[str, Any]) -> None:
        self.store, self.sources, self.clock, self.woken = store, sources, MovedClock(), 0
        self.committed: list[Sequence[Event]] = []
        matcher = Matcher(Rulebook(()), {}, UTC)
        polled = {name: Polled(source, 60.0) for name, source in sources.items()}
        self.poller = Poller(store, polled, matcher, self.clock, self.committed.append, self._wake, 64)

    def _wake(self) -> None:
        self.woken += 1

    async def begin(self) -> "Polling":
        feeds = frozenset((name, key) for name, source in self.sources.items() for key in source.feeds())
        budgets = tuple(source.budget for source in self.sources.values() if source.budget)
        await self.store.submit(NameFeeds(feeds, self.clock.now().timestamp(), budgets))
        return self

    async def round(self, **moved: float) -> list[str]:
        """Move the clock, and poll whatever is due; the keys in their order."""
        self.clock.move(**moved)
        claimed = await self.poller.claim(64)
        for feed in claimed:
            await self.poller.poll(feed)
        return [feed.key for feed in claimed]


def on(tmp_path: Path, act: Callable[[Polling], Awaitable[Any]], **sources: Scripted) -> Any:
    """What `act` returns, done to sources by name."""

    async def run() -> Any:
        store = Store(str(tmp_path / "relay.db"), MovedClock())
        try:
            return await act(await Polling(store, sources).begin())
        finally:
            await store.close()

    return asyncio.run(run())


def listing(*names: str, cursor: object = 1) -> Page:
    """A page of a listing, with members whose ids are their first letters and whose cursors are their names."""
    return Page(cursor, listed=tuple(Listed(f"ids/{name[0]}", f"acme/{name}", name) for name in names))


def test_an_id_of_any_length_is_told_once(tmp_path: Path) -> None:
    """However long the ids are that a forge sends, each is stored under one of its own."""
    source = Scripted("site")
    ids = ["7" * 5000 + end for end in "ab"]

    async def act(polling: Polling) -> list[Sequence[Event]]:
        source.answers["site"] = Page(1, tuple(Found(event(id)) for id in ids))
        for _ in range(2):
            await polling.round(minutes=2)
        return polling.committed

    told = [[len(found.id) for found in events] for events in on(tmp_path, act, acme=source)]
    assert [[LONGEST, LONGEST]] == told


def test_what_a_listing_brings_is_polled(tmp_path: Path) -> None:
    """New members begin with the cursors that the listing gave them, and the pump hears of them."""
    source = Scripted("owners/acme")
    source.answers["owners/acme"] = listing("site", "web")

    async def act(polling: Polling) -> tuple[list[str], int]:
        await polling.round()
        return sorted(await polling.round()), polling.woken

    assert (["ids/s", "ids/w"], 1) == on(tmp_path, act, acme=source)
    assert [("ids/s", "site"), ("ids/w", "web")] == sorted(source.polled[1:])


def test_a_key_that_no_index_holds_is_left_out(tmp_path: Path) -> None:
    """A forge whose ids are absurd keeps no other repository from being followed."""
    source = Scripted("owners/acme")
    page = listing("site")
    source.answers["owners/acme"] = Page(1, listed=(*(page.listed or ()), Listed("ids/" + "9" * 3000, "x" * 3000, 1)))

    async def act(polling: Polling) -> list[str]:
        await polling.round()
        return await polling.round()

    assert ["ids/s"] == on(tmp_path, act, acme=source)


def test_a_member_that_is_missing_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A repository deleted between two listings ends without a warning."""
    source = Scripted("owners/acme")
    source.answers = {"owners/acme": listing("site"), "ids/s": FeedMissing("answered 404")}

    async def act(polling: Polling) -> int:
        await polling.round()
        await polling.round()
        return polling.poller.failed

    assert 0 == on(tmp_path, act, acme=source)
    assert [] == [record for record in caplog.records if record.levelname == "WARNING"]


def test_polls_wait_for_their_accounts_budget(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Ten feeds that may ask forty times an hour do, each in its turn, and one line says how slow they are."""
    source = Scripted(*(f"repositories/acme/{number}" for number in range(10)), budget=Budget("forge/1", 40))

    async def act(polling: Polling) -> None:
        for _ in range(400):
            await polling.round(seconds=45)

    on(tmp_path, act, acme=source)
    polls = [key for key, _ in source.polled]
    assert 32 * 5 - 10 <= len(polls) <= 36 * 5 + 4
    assert max(map(polls.count, source.keys)) - min(map(polls.count, source.keys)) <= 1
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("acme asks more than forge/1 allows (40 requests an hour): every 60 s becomes about ")


def test_a_forge_that_limits_one_feed_limits_its_account(tmp_path: Path) -> None:
    """After a 429 no feed of the account asks until its Retry-After is over; those of another account do."""
    source = Scripted("repositories/acme/a", "repositories/acme/b", budget=Budget("forge/1", 1000))
    other = Scripted("repositories/lab/c", budget=Budget("forge/2", 1000))
    source.answers = {"repositories/acme/a": FeedLimited("answered 429", retry_after=300.0)}

    async def act(polling: Polling) -> list[int]:
        await polling.round()
        return [len(await polling.round(seconds=after)) for after in (100, 100, 200)]

    assert [1, 1, 3] == on(tmp_path, act, acme=source, lab=other)


def test_a_source_that_hangs_keeps_no_other_waiting(tmp_path: Path) -> None:
    """However many of its feeds are due first, the others of the file find places."""
    hanging = Scripted(*(f"repositories/acme/{number:03}" for number in range(200)))
    others = {f"well{number}": Scripted(f"repositories/lab/{number}") for number in range(9)}

    async def act(polling: Polling) -> tuple[int, int]:
        hanging.hanging = asyncio.Event()
        claimed = await polling.poller.claim(64)
        tasks = [asyncio.create_task(polling.poller.poll(feed)) for feed in claimed if feed.source == "acme"]
        await asyncio.sleep(0)
        for feed in claimed:
            if feed.source != "acme":
                await polling.poller.poll(feed)
        later = await polling.round(seconds=70)
        hanging.hanging.set()
        await asyncio.gather(*tasks)
        return len(tasks), len(later)

    assert (LEAST_PLACES, 9) == on(tmp_path, act, acme=hanging, **others)


def test_a_poll_that_is_broken_off_is_another_workers_at_once(postgres: str) -> None:
    """A worker that is stopped, or reads a changed file, leaves no feed to the end of its lease."""
    source, database = Scripted("repositories/acme/a"), created(postgres)

    async def act() -> list[str]:
        store = Store(database, MovedClock())
        try:
            polling = await Polling(store, {"acme": source}).begin()
            source.hanging = asyncio.Event()
            task = asyncio.create_task(polling.poller.poll((await polling.poller.claim(1))[0]))
            await until(lambda: bool(source.polled))
            task.cancel()
            await asyncio.wait([task])
            source.hanging = None
            return await polling.round()
        finally:
            await store.close()

    assert ["repositories/acme/a"] == asyncio.run(act())
