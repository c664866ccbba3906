"""Several workers on one database: whose work is whose, whose clock decides, and what a lost connection does not lose."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from relay.errors import LeaseLost, StoreError, UsageError
from relay.sources.base import Found
from relay.store import Store
from relay.store.commit import Matched
from relay.store.engine import address, create
from relay.store.feeds import ClaimFeeds, HoldFeeds, NameFeeds, WakeFeeds
from relay.store.lanes import ClaimLanes, HoldLanes, NamedLane, NameLanes
from tests.conftest import Databases, created
from tests.stage import MovedClock
from tests.store.world import AT, LEASE_FOR, World, event, intent, on

SITE, WEB, OTHER = ("acme", "site"), ("acme", "web"), ("lab", "tools")


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


@pytest.fixture
def shared(postgres: str) -> str:
    return created(postgres)


def together(database: str, act: Callable[[World, World], Awaitable[Any]]) -> Any:
    """What `act` returns, done by two workers on one database."""

    async def run() -> Any:
        stores = [Store(database, MovedClock()) for _ in range(2)]
        try:
            return await act(*[await World(store).prepare() for store in stores])
        finally:
            for store in stores:
                await store.close()

    return asyncio.run(run())


def test_two_workers_never_claim_the_same(shared: str) -> None:
    """What one has claimed the other passes over, and both deliver in order."""

    async def deliver(world: World, told: list[str]) -> None:
        while lanes := await world.lanes():
            for lane in lanes.values():
                told += [found.id for head in lane.heads[:1] for found in head.told()[0]]
                await world.settle(lane)

    async def act(one: World, other: World) -> list[str]:
        for number in range(20):
            await one.tell(f"dev{number:02}", to="dev")
            await one.tell(f"lake{number:02}", to="lake")
        told: list[str] = []
        await asyncio.gather(deliver(one, told), deliver(other, told))
        await deliver(one, told)
        return told

    told = together(shared, act)
    assert 40 == len(told)
    assert [sorted(ids) for ids in by_lane(told)] == by_lane(told)


def by_lane(ids: list[str]) -> list[list[str]]:
    return [[id for id in ids if id.startswith(lane)] for lane in ("dev", "lake")]


def test_workers_in_each_others_way(shared: str) -> None:
    """Commits to lanes that the other sends from, and pauses of a shared account, end without a failure."""

    async def send(world: World, told: list[str]) -> None:
        for lane in (await world.lanes()).values():
            told += [f"{lane.destination} {found.id}" for found in lane.heads[0].told()[0]]
            await world.settle(lane, pause=True)

    async def act(one: World, other: World) -> list[str]:
        lanes = tuple(NamedLane(name, "slack", "2") for name in ("dev", "lake"))
        await one.store.submit(NameLanes(lanes, AT, free=False))
        told: list[str] = []
        for number in range(20):
            wanted = Matched(Found(event(f"{number:02}")), (intent("lake"), intent("dev")))
            await asyncio.gather(one.commit(wanted), send(other, told), send(one, told))
        while len(told) < 40:
            await send(one, told)
        return told

    numbers = range(20)
    assert sorted(f"{lane} {n:02}" for lane in ("dev", "lake") for n in numbers) == sorted(together(shared, act))


def test_a_lane_whose_send_goes_on_stays_ones_own(database: str) -> None:
    """A renewed lease is not taken over at its first end, and one that was taken over is not renewed."""

    async def act(world: World) -> tuple[int, str]:
        await world.tell("a")
        slow = (await world.lanes(lease="slow"))["dev"]
        hold = HoldLanes((("dev", slow.lease),), AT + LEASE_FOR / 2, LEASE_FOR)
        await world.store.submit(hold)
        kept = len(await world.lanes(now=AT + LEASE_FOR))
        await world.lanes(now=AT + 2 * LEASE_FOR, lease="other")
        await world.store.submit(hold)
        with pytest.raises(LeaseLost) as lost:
            await world.settle(slow)
        return kept, str(lost.value)

    assert (0, "lane dev was taken over") == on(database, act)


def test_a_feed_whose_poll_goes_on_stays_ones_own(database: str) -> None:
    """A poll that takes longer than a lease is nobody else's as long as it is renewed."""

    async def act(world: World) -> tuple[int, int]:
        feed = await world.feed(lease="slow")
        await world.store.submit(HoldFeeds(((feed.id, "slow"),), AT + LEASE_FOR / 2, LEASE_FOR))
        return len(await claim(world, AT + LEASE_FOR)), len(await claim(world, AT + 2 * LEASE_FOR))

    assert (0, 1) == on(database, act)


async def claim(world: World, now: float = AT, **more: Any) -> list[str]:
    """The keys of the feeds that are claimed now."""
    command = ClaimFeeds("poller", now, LEASE_FOR, 10, ("acme", "lab"), **more)
    return [feed.key for feed in await world.store.submit(command)]


def test_what_another_file_names_is_left_to_its_worker(database: str) -> None:
    """A feed of a source that both files have is claimed only by the one that names it."""

    async def act(world: World) -> list[list[str]]:
        await world.store.submit(NameFeeds(frozenset({SITE, WEB}), AT))
        return [await claim(world, feeds=frozenset({SITE})), await claim(world, feeds=frozenset({SITE, WEB}))]

    assert [["site"], ["web"]] == on(database, act)


def test_the_feeds_of_other_sources_do_not_rest(database: str) -> None:
    """A worker lets rest what its file no longer names of its own sources, not the sources of others."""

    async def act(world: World) -> list[str]:
        await world.store.submit(NameFeeds(frozenset({SITE, WEB, OTHER}), AT))
        await world.store.submit(NameFeeds(frozenset({WEB}), AT, only_of=frozenset({"acme"})))
        return sorted(await claim(world))

    assert ["tools", "web"] == on(database, act)


def test_nobodys_file_stops_the_feeds_of_another_for_long(database: str) -> None:
    """What another let rest is woken by the worker whose file names it; what that does not name rests on."""

    async def act(world: World) -> list[str]:
        await world.store.submit(NameFeeds(frozenset({SITE, WEB}), AT))
        await world.store.submit(NameFeeds(frozenset(), AT))
        await world.store.submit(WakeFeeds(frozenset({SITE}), AT))
        return await claim(world)

    assert ["site"] == on(database, act)


def test_naming_lanes_beside_others_takes_none_away(database: str) -> None:
    """A worker that starts neither frees what another sends from, nor lets rest what it does not name."""

    async def act(world: World) -> list[list[str]]:
        await world.tell("a", to="dev")
        await world.tell("b", to="lake")
        await world.store.submit(ClaimLanes("other", AT, LEASE_FOR, 1, 1, ("dev",)))
        await world.store.submit(NameLanes((NamedLane("dev", "slack", "2"),), AT, free=False))
        return [sorted(await world.lanes()), sorted(await world.lanes(now=AT + LEASE_FOR))]

    assert [["lake"], ["dev", "lake"]] == on(database, act)


def test_the_clock_of_the_database_decides(shared: str) -> None:
    """A worker whose own clock is a day ahead claims nothing early, and its leases end when the others' do."""

    async def act() -> tuple[int, bool]:
        store = Store(shared)
        try:
            await store.submit(NameFeeds(frozenset({SITE}), 0.0))
            now = store.clock.now().timestamp()
            await store.submit(ClaimFeeds("poller", now, LEASE_FOR, 10, ("acme",)))
            claimed = await store.submit(ClaimFeeds("ahead", now + 86400.0, LEASE_FOR, 10, ("acme",)))
            ends_at = await store.next_feed_at(["acme"])
            return len(claimed), ends_at is not None and abs(ends_at - now - LEASE_FOR) < LEASE_FOR / 2
        finally:
            await store.close()

    assert (0, True) == asyncio.run(act())


def test_workers_that_start_together_make_the_tables_once(shared: str) -> None:
    """Whoever comes first makes them, and the others wait for that."""
    with ThreadPoolExecutor(4) as pool:
        for engine in [*pool.map(lambda _: create(address(shared)), range(4))]:
            engine.dispose()


def test_a_lost_connection_loses_nothing(shared: str) -> None:
    """When the server ends all sessions, what is written next is written over a new one, and so is what is read."""

    async def act(world: World) -> tuple[float | None, list[tuple[str, ...]]]:
        await world.store.next_feed_at(["acme"])
        with psycopg.connect(shared, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        await world.tell("a")
        return await world.store.next_feed_at(["acme"]), await world.heads()

    assert (AT, [("a",)]) == on(shared, act)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://relay:hunter-2-hunter@127.0.0.1:1/relay", "127.0.0.1:1/relay"),
        ("postgresql://relay@127.0.0.1:1/relay?password=hunter-2-hunter", "127.0.0.1:1/relay"),
        ("postgresql://relay:hunter-2-hunter@127.0.0.1:port/relay", "not a URL like postgresql://"),
        ("mysql://relay:hunter-2-hunter@127.0.0.1/relay", "SQLite or PostgreSQL"),
    ],
)
def test_no_error_tells_the_password(url: str, told: str) -> None:
    """A database that cannot be reached, or is of another kind, is named without what opens it."""
    with pytest.raises((StoreError, UsageError)) as failed:
        create(address(url))
    assert told in str(failed.value)
    assert "hunter" not in str(failed.value)
