"""What goes after `keep`, what stays, and that steps end: one contract, on both databases."""

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, literal, select, update

from relay.sources.base import Found
from relay.store import engine, read
from relay.store.commit import Matched
from relay.store.prune import AT_ONCE, Prune
from relay.store.rewind import Rewind
from relay.store.schema import attempt, card, delivery, event
from relay.store.settle import Redeliver, Verdict
from tests.conftest import Databases
from tests.store.world import AT, NOON, World, bundle, intent, on
from tests.store.world import event as make

DAY = 86400.0
KEEP = 90 * DAY


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


def count(database: str, column: object) -> int:
    made = engine.reader(engine.address(database))
    with made.begin() as connection:
        found = connection.scalar(select(func.count(column)))  # type: ignore[arg-type]
    made.dispose()
    return int(found or 0)


async def prune(world: World, days: float) -> int:
    """Prune until nothing is left to do, as many days after; how many steps that took."""
    steps = 1
    while await world.store.submit(Prune(AT + days * DAY, KEEP)):
        steps += 1
    return steps


def ids(database: str) -> list[str]:
    with closing(read(database)) as views:
        listed = views.events(owner="acme", slug="site")
    return [found.id for found in listed.events] if listed else []


def test_pruning_keeps_what_is_pending(database: str) -> None:
    """After `keep`, settled deliveries and told events go; what still waits stays, with its event."""

    async def act(world: World) -> tuple[list[str], int]:
        await world.tell("sent", "waiting", "newest")
        await world.settle((await world.lanes())["dev"])
        await prune(world, 91)
        return ids(database), count(database, delivery.c.seq)

    assert (["newest", "waiting"], 2) == on(database, act)


def test_an_event_goes_with_the_last_that_tells_it(database: str) -> None:
    """What was kept for a pending delivery goes when that delivery does."""

    async def act(world: World) -> tuple[list[str], list[str]]:
        await world.tell("waiting", "newest")
        await prune(world, 91)
        kept = ids(database)
        await world.settle((await world.lanes())["dev"], now=AT + 91 * DAY)
        await prune(world, 182)
        return kept, ids(database)

    assert (["newest", "waiting"], ["newest"]) == on(database, act)


def test_what_a_wrong_clock_saw_keeps_nothing_else(database: str) -> None:
    """An event of the future, committed while a clock was ten years ahead, is passed over."""

    async def act(world: World) -> list[str]:
        future = make("future", seen_at=NOON + timedelta(days=3650))
        await world.commit(*(Matched(Found(found)) for found in (future, make("old"), make("newest"))))
        await prune(world, 91)
        return ids(database)

    assert ["newest", "future"] == on(database, act)


def test_an_event_that_another_delivery_tells_stays(database: str) -> None:
    """Of two destinations of one event, the one that still waits keeps it."""

    async def act(world: World) -> list[str]:
        await world.commit(Matched(Found(make("a")), (intent("dev"), intent("lake"))), Matched(Found(make("newest"))))
        await world.settle((await world.lanes())["dev"])
        await prune(world, 91)
        return ids(database)

    assert ["newest", "a"] == on(database, act)


def test_a_long_history_goes_in_steps(database: str) -> None:
    """Each step takes 1,000 events at most, and what stays is not met again."""

    async def act(world: World) -> tuple[int, int]:
        await world.tell("waiting")
        await world.commit(*(Matched(Found(make(f"e{number}"))) for number in range(2 * AT_ONCE)))
        return await prune(world, 91), len(ids(database))

    assert (3, 2) == on(database, act)


def test_a_large_bundle_goes_whole(database: str) -> None:
    """Deliveries of many events go few at a time, each with all of its events."""

    async def act(world: World) -> tuple[int, list[str]]:
        for name in ("x", "y"):
            await world.tell(*(f"{name}{number}" for number in range(AT_ONCE)), slot=bundle(name, after=0.001))
            lane = (await world.lanes(now=AT + 1, lease=name))["dev"]
            await world.settle(lane, now=AT + 1)
        return await prune(world, 91), ids(database)

    assert (2, ["y999"]) == on(database, act)


def test_words_go_a_week_after_the_delivery_was_settled(database: str) -> None:
    """Neither sooner, nor later than that: the delivery itself stays."""

    async def act(world: World) -> list[int]:
        await world.tell("a")
        await world.settle((await world.lanes())["dev"], parts="{}")
        return [(await prune(world, days), count(database, attempt.c.parts))[1] for days in (0, 6, 8)]

    assert [1, 1, 0] == on(database, act)
    assert 1 == count(database, delivery.c.seq)


def test_words_go_in_due_time_where_the_clock_ran_ahead(database: str) -> None:
    """What is settled once it was put right is not taken for long done."""

    async def act(world: World) -> list[int]:
        await world.tell("a", now=AT + 100 * DAY)
        await prune(world, 100)
        await world.store.submit(Rewind(AT))
        await world.settle((await world.lanes(now=AT + 60))["dev"], now=AT + 60, parts="{}")
        return [(await prune(world, days), count(database, attempt.c.parts))[1] for days in (6, 8)]

    assert [1, 0] == on(database, act)


def test_words_of_what_is_pending_stay(database: str) -> None:
    """A delivery tried for longer than a week is told in the words it was first tried with."""

    async def act(world: World) -> int:
        await world.tell("a")
        await world.settle((await world.lanes())["dev"], parts="{}", verdict=Verdict("pending"))
        await prune(world, 30)
        return count(database, attempt.c.parts)

    assert 1 == on(database, act)


def test_words_settled_again_go_a_week_after_that(database: str) -> None:
    """A dead delivery that was sent again after pruning had passed it loses its words in time."""

    async def act(world: World) -> list[int]:
        await world.tell("a")
        await world.settle((await world.lanes())["dev"], verdict=Verdict("dead", reason="404"))
        await prune(world, 10)
        await world.store.submit(Redeliver(None, AT + 11 * DAY))
        lane = (await world.lanes(now=AT + 11 * DAY))["dev"]
        await world.settle(lane, now=AT + 11 * DAY, parts="{}")
        return [(await prune(world, days), count(database, attempt.c.parts))[1] for days in (17, 19)]

    assert [1, 0] == on(database, act)


def test_many_words_of_one_moment_go_in_steps(database: str) -> None:
    """More words than one step takes, of deliveries given up at once, count as more to do."""

    async def act(world: World) -> None:
        await world.tell(*(f"e{number}" for number in range(AT_ONCE + 1)))

    on(database, act)
    made = engine.create(engine.address(database))
    with made.begin() as connection:
        connection.execute(update(delivery).values(state="dead", settled_at=AT))
        connection.execute(
            attempt.insert().from_select(
                ["delivery", "at", "outcome", "detail", "parts"],
                select(delivery.c.seq, literal(AT), literal("sent"), literal(""), literal("{}")),
            )
        )
    made.dispose()
    assert 2 == on(database, lambda world: prune(world, 8))
    assert 0 == count(database, attempt.c.parts)


def test_many_cards_go_in_steps(database: str) -> None:
    """What a destination remembers of a thing goes after `keep`, 1,000 at a time."""
    made = engine.create(engine.address(database))
    rows = [{"destination": "dev", "thing": str(n), "reference": "1", "updated_at": AT} for n in range(AT_ONCE + 1)]
    with made.begin() as connection:
        connection.execute(card.insert(), rows)
    made.dispose()
    assert 2 == on(database, lambda world: prune(world, 91))
    assert 0 == count(database, card.c.thing)


def test_no_seq_is_used_twice(database: str) -> None:
    """What comes after everything old has gone is pruned in its turn."""

    async def act(world: World) -> list[str]:
        await world.commit(Matched(Found(make("a"))), Matched(Found(make("b"))))
        await prune(world, 91)
        await world.commit(Matched(Found(make("c"))), Matched(Found(make("d"))))
        await prune(world, 91)
        return ids(database)

    assert ["d"] == on(database, act)
    assert 1 == count(database, event.c.seq)


def test_two_prune_at_once(database: str) -> None:
    """Steps of two workers that meet in one transaction leave what one would."""

    async def act(world: World) -> list[str]:
        await world.commit(Matched(Found(make("a"))), Matched(Found(make("b"))))
        await asyncio.gather(prune(world, 91), prune(world, 91))
        return ids(database)

    assert ["b"] == on(database, act)
