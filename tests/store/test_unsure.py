"""What the outbox knows of deliveries that may have arrived, on both databases."""

import pytest

from relay.store.lanes import ClaimedLane, ClaimLanes
from relay.store.settle import Redeliver, Verdict
from tests.conftest import Databases
from tests.store.world import AT, LEASE_FOR, World, on


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


async def claimed(world: World, now: float, looking: frozenset[str] = frozenset({"dev"})) -> ClaimedLane:
    """The lane `dev`, claimed at a moment for a destination that can look what arrived."""
    claim = ClaimLanes(f"worker of {now}", now, LEASE_FOR, 10, 20, ("dev",), frozenset({"dev"}), frozenset(), looking)
    (lane,) = await world.store.submit(claim)
    return lane


def test_a_worker_that_died_in_mid_send_leaves_word(database: str) -> None:
    """Whoever takes over after the lease knows since when the delivery at the head may have arrived."""

    async def act(world: World) -> list[float | None]:
        await world.tell("a", "b")
        lanes = [await claimed(world, AT + after) for after in (0.0, 100.0, 200.0)]
        return [lane.heads[0].unsure_at for lane in lanes]

    assert [None, AT, AT] == on(database, act)


def test_a_settled_send_leaves_no_word(database: str) -> None:
    """Where a result was heard, what follows is sent without looking."""

    async def act(world: World) -> list[float | None]:
        await world.tell("a", "b")
        await world.settle(await claimed(world, AT), verdict=Verdict("pending", 1))
        again = await claimed(world, AT + 1)
        await world.settle(again)
        return [again.heads[0].unsure_at, (await claimed(world, AT + 2)).heads[0].unsure_at]

    assert [None, None] == on(database, act)


def test_only_destinations_that_can_look_are_told_beforehand(database: str) -> None:
    """The others repeat under the same id, and need no write before each send."""

    async def act(world: World) -> float | None:
        await world.tell("a")
        await claimed(world, AT, looking=frozenset())
        return (await claimed(world, AT + 100)).heads[0].unsure_at

    assert on(database, act) is None


def test_an_unsure_delivery_that_died_is_still_unsure(database: str) -> None:
    """Sent again by hand it is looked for; one that was certainly sent goes out again as asked."""

    async def act(world: World) -> list[float | None]:
        await world.tell("a", "b")
        await world.settle(await claimed(world, AT), verdict=Verdict("dead", unsure_at=AT))
        await world.settle(await claimed(world, AT + 1))
        redelivered = await world.store.submit(Redeliver(None, AT + 2))
        assert 1 == len(redelivered)
        first = await claimed(world, AT + 3)
        await world.settle(first)
        return [first.heads[0].unsure_at]

    assert [AT] == on(database, act)
