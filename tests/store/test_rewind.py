"""A clock that was set back: nothing waits for the moments of the old one, on both databases."""

from datetime import timedelta

import pytest

from relay.sources.base import Found
from relay.store.commit import Commit, Matched
from relay.store.feeds import ClaimFeeds
from relay.store.lanes import LaneState
from relay.store.rewind import Rewind
from relay.store.settle import Verdict
from relay.timing import Slot
from tests.conftest import Databases
from tests.store.world import AT, NOON, World, event, intent, on

DAY = 86400.0
BACK = AT - DAY


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


def due(id: str, after: float = 0.0, why: str | None = None) -> Matched:
    """An event for `dev` that is to be told so many seconds after noon."""
    slot = Slot(NOON + timedelta(seconds=after), f"{why}:1" if why else None, why)
    return Matched(Found(event(id)), (intent("dev", slot),))


async def polled(world: World, *matched: Matched, now: float, rest: float = 60.0) -> None:
    """A poll that ends with a rest."""
    feed = await world.feed(now)
    commit = Commit(feed.id, feed.source, feed.key, feed.lease, now, ready_at=now + rest, matched=matched)
    await world.store.submit(commit)


async def feeds_at(world: World, now: float) -> int:
    """How many feeds are due."""
    return len(await world.store.submit(ClaimFeeds("poller", now, 60.0, 10, ("acme",))))


def test_a_clock_that_went_on_changes_nothing(database: str) -> None:
    """Nor does one that was put right by seconds."""

    async def act(world: World) -> list[float]:
        await polled(world, due("a"), now=AT)
        return [await world.store.submit(Rewind(AT + after)) for after in (60.0, DAY, -20.0)]

    assert [0.0, 0.0, 0.0] == on(database, act)


def test_a_feed_rests_no_longer_than_before(database: str) -> None:
    """It is due a minute later by the new clock, as it was by the old one; the second rewind finds nothing to do."""

    async def act(world: World) -> list[float]:
        await polled(world, now=AT)
        rewound = [await world.store.submit(Rewind(BACK)) for _ in range(2)]
        return [*rewound, await feeds_at(world, BACK + 59), await feeds_at(world, BACK + 60)]

    assert [DAY, 0.0, 0, 1] == on(database, act)


def test_a_lane_pauses_no_longer_than_before(database: str) -> None:
    """What failed before the jump is tried again after its pause."""

    async def act(world: World) -> list[list[tuple[str, ...]]]:
        await polled(world, due("a"), now=AT)
        down = LaneState(not_before=AT + 120, waits_for="backoff", failures=1, failing_since=AT)
        await world.settle((await world.lanes())["dev"], verdict=Verdict("pending", 1), lane=down)
        await world.store.submit(Rewind(BACK))
        return [await world.heads(now=BACK + 119), await world.heads(now=BACK + 120)]

    assert [[], [("a",)]] == on(database, act)


def test_what_waits_keeps_its_place(database: str) -> None:
    """What happened before the jump is told before what happened after it, be that before anybody noticed it or later."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await polled(world, due("a"), now=AT)
        await polled(world, due("b", 7200), now=AT + 7200)
        feed = await world.feed(AT + 7300)
        early = due("c", 7200 - DAY + 1)
        await world.store.submit(Commit(feed.id, "acme", "site", feed.lease, BACK + 7201, BACK, matched=(early,)))
        await world.store.submit(Rewind(BACK + 7202))
        await polled(world, due("d", 7300 - DAY), now=BACK + 7300)
        return await world.heads(now=BACK + 7300)

    assert [("a",), ("b",), ("c",), ("d",)] == on(database, act)


def test_what_was_set_aside_is_tried_when_it_was_to_be(database: str) -> None:
    """Its back-off is as long as it was."""

    async def act(world: World) -> list[list[tuple[str, ...]]]:
        await polled(world, due("a"), now=AT)
        aside = Verdict("pending", 3, aside_at=AT, due_at=AT + 600)
        await world.settle((await world.lanes())["dev"], verdict=aside)
        await world.store.submit(Rewind(BACK))
        return [await world.heads(now=BACK + 599), await world.heads(now=BACK + 600)]

    assert [[], [("a",)]] == on(database, act)


def test_a_digest_stays_at_its_time_of_day(database: str) -> None:
    """It was asked for by the clock on the wall; a group's minutes go on."""

    async def act(world: World) -> list[list[tuple[str, ...]]]:
        await polled(world, due("a", 3600, "digest"), due("b", 600, "group"), now=AT)
        await world.store.submit(Rewind(BACK))
        return [await world.heads(now=BACK + 601), await world.heads(now=AT + 3601)]

    assert [[("b",)], [("a",), ("b",)]] == [sorted(found) for found in on(database, act)]


def test_nothing_failed_in_the_future(database: str) -> None:
    """What people are told of began now at the latest."""

    async def act(world: World) -> float | None:
        await polled(world, due("a"), now=AT)
        down = LaneState(not_before=AT + 1, waits_for="backoff", failures=1, failing_since=AT)
        await world.settle((await world.lanes())["dev"], verdict=Verdict("pending", 1), lane=down)
        await world.store.submit(Rewind(BACK))
        return (await world.lanes(BACK + 1))["dev"].state.failing_since

    assert BACK == on(database, act)
