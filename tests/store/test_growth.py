"""What an act costs is the same however much lies behind it or waits: counted by the databases themselves, not timed.

SQLite counts the steps of its machine, PostgreSQL the pages that a statement touches, where a tree that has become a
level higher is one more page. One thing is not among these acts: how many deliveries wait is counted when people are told
of an outage, once.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy import event as hooks

from relay.store.lanes import LaneState
from relay.store.rewind import Rewind
from relay.store.settle import Verdict
from tests.conftest import Databases
from tests.store.history import fill, fill_lane
from tests.store.world import AT, World, bundle, on

DAY = 86400.0
MOST = {"sqlite": 1.0, "postgresql": 2.0}
"""How many times the cost may be as high with twenty-five times as much."""
Costs = dict[str, int]


@contextmanager
def counted() -> Iterator[Costs]:
    """What each statement costs meanwhile."""
    costs: Costs = {}

    def note(connection: Connection, cursor: Any, text: str, values: Any, _context: Any, many: bool) -> None:
        if connection.dialect.name == "sqlite":
            cursor.connection.set_progress_handler(lambda: _step(costs, text), 1)
        elif text.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            costs[text] = costs.get(text, 0) + _pages(cursor.connection, text, values[0] if many else values)

    hooks.listen(Engine, "before_cursor_execute", note)
    try:
        yield costs
    finally:
        hooks.remove(Engine, "before_cursor_execute", note)


def _step(costs: Costs, text: str) -> None:
    costs[text] = costs.get(text, 0) + 1


def _pages(connection: Any, text: str, values: Any) -> int:
    """Those that it touches when it is really done, which is undone again."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT tried")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", values)
        [[[explained]]] = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT tried")
    plan = explained["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


async def settle(world: World) -> None:
    """A lane goes on, fails, passes over what it failed of, sets that aside, and goes on."""
    for _ in range(3):
        await world.settle((await world.lanes())["dev"], parts="{}")
    lane = (await world.lanes())["dev"]
    failing = LaneState(AT + 1, "backoff", failures=3, failing_since=AT - DAY, suspect=lane.heads[0].seq)
    await world.settle(lane, lane=failing, verdict=Verdict("pending", 3, "503"), expire_before=AT - 7 * DAY)
    lane = (await world.lanes(now=AT + 1))["dev"]
    await world.settle(lane, lane=LaneState(), aside=(failing.suspect or 0, AT + 60), now=AT + 1)


async def deliver(world: World) -> None:
    """Poll, commit, and send what came; some of it in a digest."""
    await world.tell("a", "b", "c", "d", "e", "f")
    await world.tell("g", "h", slot=bundle("digest:1"))
    await settle(world)
    await world.store.submit(Rewind(AT))


async def carry_on(world: World) -> None:
    """The same with a lane that has more than enough to send."""
    await settle(world)
    await world.tell("a", slot=bundle("digest:1"))
    await world.store.submit(Rewind(AT))


def cost(database: str, act: Callable[[World], Awaitable[None]]) -> Costs:
    async def run(world: World) -> Costs:
        with counted() as costs:
            await act(world)
        return costs

    return on(database, run)  # type: ignore[no-any-return]


def grown(small: Costs, large: Costs, kind: str) -> list[str]:
    """The statements that cost more."""
    return [f"{small[text]} became {large[text]}: {text}" for text in small if large[text] > MOST[kind] * small[text]]


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["databases"])


def test_history_costs_nothing(databases: Databases, kind: str) -> None:
    """A thousand old events or twenty-five thousand."""
    small, large = databases(), databases()
    fill(small, 1_000, AT)
    fill(large, 25_000, AT)
    assert [] == grown(cost(small, deliver), cost(large, deliver), kind)


def test_a_backlog_costs_nothing(databases: Databases, kind: str) -> None:
    """A thousand deliveries wait, or twenty-five thousand, as in a lane that was down for days."""
    small, large = databases(), databases()
    fill_lane(small, "dev", 1_000, AT)
    fill_lane(large, "dev", 25_000, AT)
    assert [] == grown(cost(small, carry_on), cost(large, carry_on), kind)
