"""Accounts as rows: feeds are let in, queued and charged, whichever worker claims them; on both databases."""

from contextlib import closing

import pytest

from relay.budget import Budget
from relay.store import read
from relay.store.accounts import Spent
from relay.store.commit import Commit
from relay.store.feeds import ClaimedFeed, ClaimFeeds, DueFeeds, FreeFeeds, NameFeeds, PollFailed
from tests.conftest import Databases
from tests.store.world import AT, LEASE_FOR, World, on

TEN = frozenset(("acme", f"repositories/acme/{number}") for number in range(10))
ACCOUNTS = {"acme": "forge/1", "other": "forge/1"}


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


async def claim(world: World, now: float = AT, most: int = 64, **more: object) -> list[ClaimedFeed]:
    command = ClaimFeeds("poller", now, LEASE_FOR, most, ("acme", "other"), accounts=ACCOUNTS, **more)  # type: ignore[arg-type]
    return await world.store.submit(command)


async def poll(world: World, feed: ClaimedFeed, asked: int, now: float = AT) -> None:
    """Commit a poll that found nothing and is due again at once."""
    spent = Spent("forge/1", asked, feed.admitted)
    await world.store.submit(Commit(feed.id, feed.source, feed.key, feed.lease, now, now, spent=spent))


async def named(world: World, requests: int, feeds: frozenset[tuple[str, str]] = TEN) -> None:
    await world.store.submit(NameFeeds(feeds, AT, (Budget("forge/1", requests),)))


def test_feeds_are_let_in_as_the_budget_allows(database: str) -> None:
    """Of ten feeds an account of forty requests an hour polls three at once, and then one every 112.5 seconds."""

    async def act(world: World) -> list[int]:
        await named(world, 40)
        return [len(await claim(world, AT + after)) for after in (0, 1, 112.5, 113, 225)]

    assert [3, 0, 1, 0, 1] == on(database, act)


def test_a_queue_hides_nothing_behind_it(database: str) -> None:
    """Feeds of other accounts are claimed however many are queued before them."""

    async def act(world: World) -> list[str]:
        feeds = TEN | {("other", "repositories/lab/1")}
        await world.store.submit(NameFeeds(feeds, AT, (Budget("forge/1", 40), Budget("forge/2", 40))))
        accounts = {"acme": "forge/1", "other": "forge/2"}
        command = ClaimFeeds("poller", AT, LEASE_FOR, 4, ("acme", "other"), accounts=accounts)
        return [feed.source for feed in await world.store.submit(command)]

    assert ["acme", "acme", "acme", "other"] == on(database, act)


def test_every_feed_has_its_turn(database: str) -> None:
    """Feeds that are due again at once are polled one after the other, over and over."""

    async def act(world: World) -> list[str]:
        await named(world, 40)
        seen = []
        for step in range(20):
            now = AT + 112.5 * step
            for feed in await claim(world, now):
                seen.append(feed.key)
                await poll(world, feed, 1, now)
        return seen

    seen = on(database, act)
    assert len(seen) >= 20
    assert seen[:10] == seen[10:20]
    assert 10 == len(set(seen))


def test_what_a_poll_asked_is_charged(database: str) -> None:
    """Also where it failed; the account's requests of the last hour are those that were really asked."""

    async def act(world: World) -> list[tuple[str, int, int]]:
        await named(world, 1000)
        first, second, *_ = await claim(world)
        await poll(world, first, 7)
        await world.store.submit(
            PollFailed(second.id, second.lease, AT, "503", AT, spent=Spent("forge/1", 2, second.admitted))
        )
        with closing(read(database)) as views:
            return [(found.name, found.asked, found.allowed) for found in views.accounts(AT)]

    assert [("forge/1", 9, 1000)] == on(database, act)


def test_a_restart_forgets_nothing(database: str) -> None:
    """What was asked before still counts, under a limit that the forge changed meanwhile."""

    async def act(world: World) -> list[int]:
        await named(world, 40)
        for feed in await claim(world):
            await poll(world, feed, 10)
        await named(world, 40)
        await world.store.submit(FreeFeeds(AT))
        return [len(await claim(world, AT + after)) for after in (600, 3600)]

    assert [0, 5] == on(database, act)


def test_a_forge_that_asks_for_quiet_is_heard_by_all(database: str) -> None:
    """A poll that is told to wait makes the other feeds of the account wait too."""

    async def act(world: World) -> list[int]:
        await named(world, 1000)
        feed = (await claim(world, most=1))[0]
        spent = Spent("forge/1", 1, feed.admitted, not_before=AT + 60)
        await world.store.submit(PollFailed(feed.id, feed.lease, AT, "429", AT, spent=spent))
        return [len(await claim(world, AT + after)) for after in (1, 59, 120)]

    assert [0, 0, 10] == on(database, act)


def test_no_source_takes_all_the_places(database: str) -> None:
    """Of a source that has room for two, two are claimed, and then those that are due later."""

    async def act(world: World) -> list[str]:
        await world.store.submit(NameFeeds(TEN | {("other", "repositories/lab/1")}, AT))
        claimed = await claim(world, AT + 1, places={"acme": 2})
        return sorted(feed.source for feed in claimed)

    assert ["acme", "acme", "other"] == on(database, act)


def test_a_round_of_all_feeds_begins_with_the_longest_unread(database: str) -> None:
    """In cron mode the feeds that had no turn the last time come first, and queues begin anew."""

    async def act(world: World) -> list[list[str]]:
        await named(world, 40)
        rounds = []
        for number in range(3):
            now = AT + number * 3600.0
            await world.store.submit(DueFeeds(("acme",), now))
            claimed = await claim(world, now)
            rounds.append([feed.key for feed in claimed])
            for feed in claimed:
                await poll(world, feed, 1, now)
        return rounds

    rounds = on(database, act)
    assert [3, 3, 3] == [len(keys) for keys in rounds]
    assert 9 == len({key for keys in rounds for key in keys})
