"""Two transactions at once: what one of them cannot see yet of the other is lost by neither."""

import asyncio
from typing import Any

import psycopg
import pytest

from relay.budget import Budget
from relay.sources.base import Found
from relay.store import engine as engines
from relay.store.commit import Commit, Matched
from relay.store.feeds import DueFeeds, NameFeeds
from relay.store.prune import Prune
from relay.store.settle import Redeliver, Release, Settle, Verdict
from relay.store.writer import Command
from tests.conftest import Databases, created
from tests.stage import until
from tests.store.world import AT, World, bundle, event, intent, on

DAY = 86400.0


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


@pytest.fixture
def shared(postgres: str) -> str:
    return created(postgres)


async def beside(world: World, database: str, first: Command[Any], then: Command[Any]) -> Any:
    """The result of a command that begins when another worker has written the first one, but not committed it."""
    other = engines.engine(engines.address(database), write=True)
    try:
        with other.begin() as connection:
            type(first).apply(connection, [first])
            task = asyncio.ensure_future(world.store.submit(then))
            await until(lambda: task.done() or waits(database))
        return await task
    finally:
        other.dispose()


def waits(database: str) -> bool:
    """Whether a session of the database waits for another's lock."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return found.fetchone() is not None


def test_a_lane_given_back_while_something_is_committed_is_due(shared: str) -> None:
    """Whoever gives a lane back sees what the others have just put into it."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a")
        await world.settle((await world.lanes())["dev"], release=False)
        feed = await world.feed()
        matched = (Matched(Found(event("b")), (intent("dev"),)),)
        commit = Commit(feed.id, feed.source, feed.key, feed.lease, AT, ready_at=AT, matched=matched)
        await beside(world, shared, commit, Release("dev", "sender"))
        return await world.heads()

    assert [("b",)] == on(shared, act)


def test_what_is_redelivered_while_its_lane_is_given_back_is_due(shared: str) -> None:
    """Nothing waits for the next start of a worker."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "b")
        await world.settle((await world.lanes())["dev"], verdict=Verdict("dead"))
        lane = (await world.lanes())["dev"]
        settle = Settle("dev", lane.lease, AT, lane.heads[0].seq, "sent", "ok", Verdict("sent"), release=True)
        await beside(world, shared, settle, Redeliver(None, AT))
        return await world.heads()

    assert [("a",)] == on(shared, act)


def test_what_is_redelivered_is_not_pruned(shared: str) -> None:
    """A delivery older than `keep` that somebody sends again stays, with its event, though pruning had found it."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "newest")
        await world.settle((await world.lanes())["dev"], verdict=Verdict("dead"))
        await beside(world, shared, Redeliver(None, AT + 91 * DAY), Prune(AT + 91 * DAY, 90 * DAY))
        return await world.heads(now=AT + 91 * DAY)

    assert [("a",), ("newest",)] == on(shared, act)


def test_nothing_joins_a_bundle_that_is_being_sent(database: str) -> None:
    """A commit as of a moment before the release, that waited for the lane until after it, opens another delivery."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", slot=bundle("key"))
        claimed = (await world.lanes(now=AT + 3600.0))["dev"]
        await world.tell("b", slot=bundle("key"), now=AT + 3599.9)
        await world.settle(claimed, now=AT + 3601.0)
        return await world.heads(now=AT + 3602.0)

    assert [("b",)] == on(database, act)


def test_a_result_written_twice_repeats_nothing(database: str) -> None:
    """A worker that lost its connection as it committed writes again; what is then redelivered is there once."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "b")
        lane = (await world.lanes())["dev"]
        for _ in range(2):
            await world.settle(lane, parts='{"text":"a"}', release=False, verdict=Verdict("dead"))
        await world.settle(lane, 1)
        await world.store.submit(Redeliver(None, AT))
        return await world.heads()

    assert [("a",)] == on(database, act)


@pytest.mark.parametrize(
    "starts", [NameFeeds(frozenset({("acme", "site")}), AT), DueFeeds(("acme",), AT)], ids=["name", "due"]
)
def test_a_worker_that_starts_stops_none_that_claims(shared: str, starts: Command[Any]) -> None:
    """Feeds are locked before accounts by all: one that has a feed and wants its account waits for nobody."""

    async def act(world: World) -> None:
        await world.store.submit(NameFeeds(frozenset({("acme", "site")}), AT, (Budget("forge", 10),)))
        with psycopg.connect(shared) as connection:
            connection.execute("update feed set turn_at = 1")
            connection.commit()
            connection.execute("select id from feed for update")
            task = asyncio.ensure_future(world.store.submit(starts))
            await until(lambda: waits(shared))
            connection.execute("set local lock_timeout = '300ms'")
            connection.execute("select name from account for update")
        await task

    on(shared, act)
