"""How the outbox holds notices: joined, rested, counted and known by derived ids; on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from relay.notice import Notice
from relay.store import read
from relay.store.feeds import PollFailed
from relay.store.lanes import LaneState
from relay.store.opening import Incident
from relay.store.rewind import Rewind
from relay.store.settle import Verdict
from relay.store.views import DeliveryView
from tests.conftest import Databases
from tests.store.world import AT, NOON, World, on

HOUR = 3600.0


def incident(
    identity: str = "1", kind: Any = "gap", name: str = "acme site", to: str = "dev", count: int | None = None
) -> Incident:
    """Something that `dev` is to hear of a minute later, and not in the first ten seconds of an hour."""
    notice = Notice(kind, {name: count}, "it scrolled", NOON, NOON)
    return Incident(notice, f"notice:{kind}", identity, "on_gap", {to: _loud}, HOUR)


def _loud(moment: float) -> float:
    return moment if moment % HOUR >= 10 else moment - moment % HOUR + 10


def told(database: str) -> Sequence[DeliveryView]:
    """The notices in the outbox, oldest first."""
    views = read(database)
    try:
        return [found for found in reversed(views.deliveries()) if found.why == "notice"]
    finally:
        views.close()


async def heads(world: World, now: float) -> list[Notice]:
    """The notices that `dev` has to send."""
    lane = (await world.lanes(now)).get("dev")
    return [notice for head in lane.heads if (notice := head.told()[1])] if lane else []


def test_a_gap_opens_a_notice_with_its_commit(databases: Databases) -> None:
    """It is released a minute later, holds no event, and comes back whole."""

    async def act(world: World) -> tuple[int, list[Notice]]:
        await world.commit(gap="it scrolled", cursor="2", incident=incident())
        return len(await heads(world, AT + 59)), await heads(world, AT + 60)

    assert (0, [incident().notice]) == on(databases(), act)


def test_incidents_of_a_scope_are_told_together(databases: Databases) -> None:
    """What is seen before the notice leaves joins it, in the same transaction or in a later one."""

    async def act(world: World) -> list[Notice]:
        await world.commit(incident=incident("1", name="acme site"))
        await world.commit(incident=incident("2", name="acme web"), now=AT + 10)
        return await heads(world, AT + 60)

    [notice] = on(databases(), act)
    assert {"acme site": None, "acme web": None} == notice.about


def test_a_scope_rests_after_a_notice(databases: Databases) -> None:
    """What comes within the rest is told at its end; what comes after it is told at once."""
    database = databases()

    async def act(world: World) -> None:
        await world.commit(incident=incident("1"))
        for minute, identity in ((5, "2"), (30, "3"), (300, "4")):
            now = AT + 60 * minute
            await world.settle((await world.lanes(now))["dev"], now=now) if identity in "24" else None
            await world.commit(incident=incident(identity), now=now)

    on(database, act)
    assert [60.0, 60 + HOUR, 60 * 301.0] == [found.release_at.timestamp() - AT for found in told(database)]


def test_a_rest_ends_outside_of_quiet_hours(databases: Databases) -> None:
    """What waited for the end of a rest waits for the end of quiet hours too."""
    database, begun = databases(), AT + HOUR - 55

    async def act(world: World) -> None:
        await world.commit(incident=incident("1"), now=begun)
        await world.settle((await world.lanes(begun + 70))["dev"], now=begun + 70)
        await world.commit(incident=incident("2"), now=begun + 80)

    on(database, act)
    assert [AT + HOUR + 10, AT + 2 * HOUR + 10] == [found.release_at.timestamp() for found in told(database)]


def test_a_rest_by_an_old_clock_is_none(databases: Databases) -> None:
    """A clock that was set back by a year keeps nobody from hearing of what goes wrong now."""
    database, year = databases(), 365 * 24 * HOUR

    async def act(world: World) -> None:
        await world.commit(incident=incident("1"), now=AT + year)
        await world.settle((await world.lanes(AT + year + 60))["dev"], now=AT + year + 60)
        await world.store.submit(Rewind(AT))
        await world.commit(incident=incident("2"), now=AT)

    on(database, act)
    assert [AT + year + 60, AT + 60] == [found.release_at.timestamp() for found in told(database)]


def test_an_incident_that_is_seen_again_is_not_told_again(databases: Databases) -> None:
    """Its id is derived, so that the row which is there already stands for it."""
    database = databases()

    async def act(world: World) -> None:
        await world.commit(incident=incident())
        await world.settle((await world.lanes(AT + 60))["dev"], now=AT + 60)
        await world.commit(incident=incident(), now=AT + 2 * HOUR)

    on(database, act)
    assert 1 == len(told(database))


def test_only_whoever_holds_the_feed_tells(databases: Databases) -> None:
    """A worker whose lease has passed on opens nothing."""
    database = databases()

    async def act(world: World) -> None:
        feed = await world.feed()
        failed = PollFailed(feed.id, feed.lease, AT, "401", AT, noticed=True, incident=incident(kind="failing"))
        await world.store.submit(replace(failed, lease="another's"))
        assert [] == told(database)
        await world.store.submit(failed)
        again = await world.feed()
        assert (AT, True) == (again.failing_since, again.noticed)

    on(database, act)
    assert 1 == len(told(database))


def test_a_poll_that_works_ends_the_failing(databases: Databases) -> None:
    """The next failure is a new one."""

    async def act(world: World) -> tuple[float | None, bool]:
        feed = await world.feed()
        await world.store.submit(PollFailed(feed.id, feed.lease, AT, "401", AT, noticed=True))
        await world.commit()
        feed = await world.feed()
        return feed.failing_since, feed.noticed

    assert (None, False) == on(databases(), act)


async def dying(world: World, *, verdict: Verdict, **more: Any) -> None:
    """Four deliveries to `lake`, of which the first is settled as told, with an incident for `dev`."""
    await world.tell("one", "two", "three", "four", to="lake")
    await world.settle((await world.lanes())["lake"], verdict=verdict, **more)


def test_what_died_is_counted_where_it_dies(databases: Databases) -> None:
    """The number is that of the transaction: the attempted one, and those given up with it."""

    async def act(world: World) -> list[Notice]:
        death = incident(kind="dead", name="lake", count=1)
        await dying(world, verdict=Verdict("dead", reason="503"), expire_before=AT, incidents=(death,))
        return await heads(world, AT + 60)

    assert [{"lake": 4}] == [notice.about for notice in on(databases(), act)]


def test_what_waits_is_counted(databases: Databases) -> None:
    """A notice of a lane that is blocked says how many deliveries wait there."""

    async def act(world: World) -> list[Notice]:
        blocked = incident(kind="blocked", name="lake")
        state = LaneState(blocked_at=AT)
        await dying(world, verdict=Verdict("pending"), lane=state, incidents=(blocked,))
        return await heads(world, AT + 60)

    assert [{"lake": 4}] == [notice.about for notice in on(databases(), act)]


def test_notices_that_are_given_up_count_for_nothing(databases: Databases) -> None:
    """An outage in which nothing but notices died is told to nobody."""

    async def act(world: World) -> list[Notice]:
        await world.commit(incident=incident(to="lake"))
        death = incident(kind="dead", name="lake", count=0)
        await world.commit(incident=incident("2", kind="down", to="lake"))
        lane = (await world.lanes(AT + 60))["lake"]
        await world.settle(lane, now=AT + 60, expire_before=AT + 60, incidents=(death,))
        return await heads(world, AT + 120)

    assert [] == on(databases(), act)


def test_a_notice_may_go_to_the_lane_that_is_settled(databases: Databases) -> None:
    """Lanes that tell each other of their trouble in one transaction both get their notices."""

    async def act(world: World) -> list[str]:
        await world.tell("one", to="lake")
        await world.tell("two", to="dev")
        lanes = await world.lanes()
        await world.settle(lanes["lake"], incidents=(incident("3", kind="down", name="lake"),))
        await world.settle(lanes["dev"], incidents=(incident("4", kind="down", name="dev", to="lake"),))
        return sorted(await world.lanes(AT + 60))

    assert ["dev", "lake"] == on(databases(), act)
