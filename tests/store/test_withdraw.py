"""Notices whose trouble ended before they left are withdrawn; on both databases."""

from typing import Any

from relay.store.feeds import PollFailed
from relay.store.lanes import WELL, LaneState
from relay.store.settle import Redeliver, Verdict
from relay.store.withdraw import OVER
from tests.conftest import Databases
from tests.store.test_incidents import heads, incident, told
from tests.store.world import AT, World, on

BLOCKED = LaneState(not_before=AT + 10, waits_for="blocked", blocked_at=AT, noticed_at=AT, reason="401")


async def block(world: World, now: float = AT, identity: str = "1") -> None:
    """A delivery to `lake` that shows a block, of which `dev` is to hear."""
    await world.tell(identity, to="lake", now=now)
    blocked = (incident(identity, "blocked", "lake"),)
    lane = (await world.lanes(now))["lake"]
    await world.settle(lane, now=now, verdict=Verdict("pending", 1, "401"), lane=BLOCKED, incidents=blocked)


async def mend(world: World, now: float = AT + 20) -> None:
    """What waits at `lake` is sent."""
    await world.settle((await world.lanes(now))["lake"], now=now, lane=WELL)


async def fail(world: World) -> None:
    """A poll that was denied, of which `dev` is to hear."""
    feed = await world.feed()
    failing = incident(kind="failing")
    await world.store.submit(PollFailed(feed.id, feed.lease, AT, "401", AT, noticed=True, incident=failing))


def states(database: str) -> list[tuple[str, str | None]]:
    """The state and the reason of each notice, oldest first."""
    return [(found.state, found.reason) for found in told(database)]


def test_a_block_that_ended_is_not_told(databases: Databases) -> None:
    """Its notice is settled with the reason, and its lane has nothing to send."""
    database = databases()

    async def act(world: World) -> list[Any]:
        await block(world)
        await mend(world)
        return await heads(world, AT + 60)

    assert [] == on(database, act)
    assert [("withdrawn", OVER)] == states(database)


def test_a_block_that_goes_on_is_told(databases: Databases) -> None:
    """As long as nothing worked, it leaves as it is."""

    async def act(world: World) -> list[Any]:
        await block(world)
        return await heads(world, AT + 60)

    assert [{"lake": 1}] == [notice.about for notice in on(databases(), act)]


def test_a_feed_that_works_again_is_not_told(databases: Databases) -> None:
    """The poll that worked ends it."""
    database = databases()

    async def act(world: World) -> list[Any]:
        await fail(world)
        await world.commit()
        return await heads(world, AT + 60)

    assert [] == on(database, act)
    assert [("withdrawn", OVER)] == states(database)


def test_a_feed_that_still_fails_is_told(databases: Databases) -> None:
    """It is known by its name, as the notice has it."""

    async def act(world: World) -> list[Any]:
        await fail(world)
        return await heads(world, AT + 60)

    assert [{"acme site": None}] == [notice.about for notice in on(databases(), act)]


def test_a_notice_names_what_lasts(databases: Databases) -> None:
    """Of two destinations in trouble the one that was mended is left out."""

    async def act(world: World) -> list[Any]:
        await world.commit(incident=incident("2", "blocked", "team"))
        await block(world)
        return await heads(world, AT + 60)

    assert [{"lake": 1}] == [notice.about for notice in on(databases(), act)]


def test_a_gap_does_not_end(databases: Databases) -> None:
    """What is missing stays missing, however well the feed is read now."""

    async def act(world: World) -> list[Any]:
        await world.commit(incident=incident())
        await world.commit()
        return await heads(world, AT + 60)

    assert 1 == len(on(databases(), act))


def test_nobody_rests_after_what_was_not_told(databases: Databases) -> None:
    """A block that comes back is told a minute later, not after the rest that a told one begins."""
    database = databases()

    async def act(world: World) -> None:
        await block(world)
        await mend(world)
        await heads(world, AT + 60)
        await block(world, AT + 120, "2")

    on(database, act)
    assert [AT + 60, AT + 180] == [found.release_at.timestamp() for found in told(database)]


def test_whoever_wants_it_redelivers_it(databases: Databases) -> None:
    """A withdrawn notice is sent after all where somebody asks for it."""
    database = databases()

    async def act(world: World) -> list[Any]:
        await block(world)
        await mend(world)
        assert [] == await heads(world, AT + 60)
        [withdrawn] = told(database)
        await world.store.submit(Redeliver((withdrawn.id,), AT + 61))
        return await heads(world, AT + 300)

    assert 1 == len(on(database, act))


def test_what_is_behind_it_is_sent(databases: Databases) -> None:
    """A notice that is withdrawn holds up nothing."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await block(world)
        await mend(world)
        await world.tell("news", now=AT + 61)
        return await world.heads(now=AT + 70)

    assert [("news",)] == on(databases(), act)
