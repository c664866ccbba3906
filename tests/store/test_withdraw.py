"""Notices whose trouble ended before they left are withdrawn; on both databases."""

from typing import Any

from relay.store.feeds import PollFailed
from relay.store.lanes import WELL, ClaimLanes, LaneState
from relay.store.settle import Redeliver, Release, Verdict
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


def test_a_feed_of_another_name_is_told(databases: Databases) -> None:
    """A feed that no feed is called by now, since it was renamed, is not known to be well."""

    async def act(world: World) -> list[Any]:
        await world.commit(incident=incident(kind="failing", name="acme former"))
        return await heads(world, AT + 60)

    assert [{"acme former": None}] == [notice.about for notice in on(databases(), act)]


def test_a_notice_of_two_is_told_whole(databases: Databases) -> None:
    """As long as one of two destinations is in trouble, both stand in it as they were."""

    async def act(world: World) -> list[Any]:
        await world.commit(incident=incident("2", "blocked", "dev"))
        await block(world)
        return await heads(world, AT + 60)

    assert [{"dev": None, "lake": 1}] == [notice.about for notice in on(databases(), act)]


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


def test_it_is_redelivered_until_it_is_sent(databases: Databases) -> None:
    """A withdrawn notice that somebody asks for is tried again after an attempt that failed."""
    database = databases()

    async def act(world: World) -> list[Any]:
        await block(world)
        await mend(world)
        await world.lanes(AT + 60)
        await world.store.submit(Release("dev", "sender"))
        [withdrawn] = told(database)
        await world.store.submit(Redeliver((withdrawn.id,), AT + 61))
        later = Verdict("pending", 1, "503", AT + 61, AT + 70)
        await world.settle((await world.lanes(AT + 62))["dev"], now=AT + 63, verdict=later)
        return await heads(world, AT + 80)

    assert 1 == len(on(database, act))


def test_what_may_be_on_its_way_is_not_withdrawn(databases: Databases) -> None:
    """A notice that was claimed once is sent, whatever ended meanwhile."""
    database = databases()

    async def act(world: World) -> list[Any]:
        await block(world)
        await world.lanes(AT + 60)
        for name in ("dev", "lake"):
            await world.store.submit(Release(name, "sender"))
        await mend(world, AT + 62)
        await world.store.submit(Release("dev", "sender"))
        return await heads(world, AT + 70)

    assert 1 == len(on(database, act))


def test_two_scopes_are_withdrawn_one_after_the_other(databases: Databases) -> None:
    """A lane with a pace finds the second when the first is gone; neither of their scopes rests."""
    database = databases()

    async def act(world: World) -> None:
        await world.commit(incident=incident("9", "down", "lake"))
        await block(world)
        await mend(world)
        await world.store.submit(ClaimLanes("s", AT + 60, 60.0, 10, 20, ("dev",), single=frozenset({"dev"})))
        await world.store.submit(Release("dev", "s"))
        await world.commit(now=AT + 120, incident=incident("8", "down", "lake"))
        await block(world, AT + 120, "2")

    on(database, act)
    assert [AT + 60, AT + 60, AT + 180, AT + 180] == [found.release_at.timestamp() for found in told(database)]


def test_what_is_behind_it_is_sent(databases: Databases) -> None:
    """A notice that is withdrawn holds up nothing."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await block(world)
        await mend(world)
        await world.tell("news", now=AT + 61)
        return await world.heads(now=AT + 70)

    assert [("news",)] == on(databases(), act)
