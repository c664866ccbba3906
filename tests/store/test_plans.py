"""No statement of the hot path grows with history: asked of both databases, for each with the values it was given.

PostgreSQL plans by what it knows of a table's size, so it is asked about tables that hold a history, as the connection
of a worker has it: its own choice, not what it would take if it had to. Each statement is explained twice, since one that
is asked often is soon planned once for all values. Of an index that is read without a condition every entry may be read,
so that is a scan as well, unless just its first entry is wanted.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy import event as hooks

from relay.budget import Budget
from relay.store import engine as engines
from relay.store import read
from relay.store.accounts import Spent
from relay.store.feeds import DueFeeds, NameFeeds
from relay.store.lanes import LaneState, NamedLane, NameLanes
from relay.store.members import Member, Members
from relay.store.prune import Prune
from relay.store.rewind import Rewind
from relay.store.settle import Redeliver, Verdict
from tests.conftest import Databases
from tests.store.history import fill
from tests.store.test_incidents import incident
from tests.store.world import AT, World, bundle, on

GROWING = ("event", "delivery", "attempt", "card")
DAY = 86400.0
OLD = {"sqlite": 1_000, "postgresql": 10_000}
"""Events; SQLite plans by its indexes alone."""
Statement = tuple[str, Any]


@pytest.fixture
def database(request: pytest.FixtureRequest, databases: Databases) -> str:
    """One with a history."""
    made = databases()
    fill(made, OLD[request.node.callspec.params["databases"]], AT)
    return made


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """What is executed meanwhile, with the values of its first row."""
    found: list[Statement] = []

    def note(_c: Any, _cursor: Any, text: str, values: Any, _context: Any, many: bool) -> None:
        found.append((text, values[0] if many else values))

    hooks.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        hooks.remove(Engine, "before_cursor_execute", note)


class Step(NamedTuple):
    """How a statement reads a table or an index, and whether it does so from end to end."""

    how: str
    of: str
    whole: bool


def steps(database: str, statements: list[Statement]) -> Iterator[tuple[str, Step]]:
    """The steps of each statement that reads or writes rows."""
    asked = {text: values for text, values in statements if text.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")}
    made = engines.engine(engines.address(database), write=True)
    explained = _by_sqlite if made.dialect.name == "sqlite" else _by_postgres
    with made.connect() as connection:
        yield from ((text, step) for text, values in asked.items() for step in explained(connection, text, values))
    made.dispose()


def scans(database: str, statements: list[Statement], tables: tuple[str, ...] = GROWING) -> list[str]:
    """The steps by which statements read one of the tables, or an index of it, from end to end."""
    found = steps(database, statements)
    return [f"{step.how}: {text}" for text, step in found if step.whole and step.of.startswith(tables)]


def _by_sqlite(connection: Connection, text: str, values: Any) -> Iterator[Step]:
    """Reading all that an index holds for a minimum or a maximum is called a search, without a condition."""
    for *_, how in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values):
        if how.startswith(("SCAN", "SEARCH")):
            whole = how.startswith("SCAN") or ("INDEX" in how and "(" not in how)
            yield Step(how, how.split()[1], whole)


def _by_postgres(connection: Connection, text: str, values: Any) -> Iterator[Step]:
    """Those of the plan for these values, and of the one for all."""
    names = sorted(set(re.findall(r"%\((\w+)\)s", text)))
    numbered = re.sub(r"%\((\w+)\)s", lambda name: f"${names.index(name[1]) + 1}", text)
    nulls = f"({', '.join(['NULL'] * len(names))})" if names else ""
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    connection.exec_driver_sql(f"PREPARE asked AS {numbered}")
    for explained in (
        connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {text}", values),
        connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE asked{nulls}"),
    ):
        yield from _of_node(explained.scalar_one()[0]["Plan"], first=False)
    connection.exec_driver_sql("DEALLOCATE asked")


def _of_node(node: dict[str, Any], *, first: bool) -> Iterator[Step]:
    """The steps of a node and those under it; with `first` nothing but the first row of it is read."""
    how = node["Node Type"]
    of = node.get("Index Name", node.get("Relation Name", ""))
    if how.endswith("Scan"):
        yield Step(f"{how} {of}", of, how == "Seq Scan" or ("Index" in how and "Index Cond" not in node and not first))
    for under in node.get("Plans", ()):
        yield from _of_node(under, first=how == "Limit" and node["Plan Rows"] == 1)


async def work(world: World) -> None:
    """A little of everything that a lane and a feed go through."""
    await world.tell("digested", "too", slot=bundle("digest:1", after=1.0))
    await world.tell("told", "tried", "aside", "more")
    await world.settle((await world.lanes())["dev"], parts="{}", remember=("pull request 1", "ts"))
    lane = (await world.lanes())["dev"]
    await world.settle(lane, 0, verdict=Verdict("pending", 1, "503"), aside=(lane.heads[1].seq, AT + 2), parts="{}")
    failing = LaneState(not_before=AT + 1, waits_for="backoff", failures=1, failing_since=AT, suspect=lane.heads[0].seq)
    lane = (await world.lanes())["dev"]
    await world.settle(lane, lane=failing, verdict=Verdict("pending", 2), pause=True)
    lane = (await world.lanes(now=AT + 3))["dev"]
    noticed = (incident("1", "dead", "dev", to="lake"), incident("2", "down", "dev", to="lake"))
    dead = Verdict("dead", reason="404")
    await world.settle(lane, verdict=dead, expire_before=AT - DAY, now=AT + 3, incidents=noticed)
    await world.commit(incident=incident("3", "dead", "lake", to="lake"))
    await world.commit(incident=incident("4", "failing", "acme site", to="lake"))
    lane = (await world.lanes(now=AT + 100))["lake"]
    assert ["dead", "down"] == [notice.kind for head in lane.heads if (notice := head.told()[1])]


def test_the_hot_path_scans_nothing_that_grows(database: str) -> None:
    """Commit, claim and settle find their rows by an index, whatever the history."""

    async def act(world: World) -> list[Statement]:
        with recorded() as found:
            await work(world)
        return found

    found = on(database, act)
    assert {"event", "delivery", "attempt", "card"} <= {text.split()[2] for text, _ in found if "INSERT" in text}
    assert [] == scans(database, found)


def test_an_idle_poll_scans_nothing_that_grows(database: str) -> None:
    """A poll that finds nothing, and asking what is due, touch feeds and lanes alone."""

    async def act(world: World) -> list[Statement]:
        with recorded() as found:
            await world.commit()
            await world.commit(cursor="{}")
            assert await world.store.next_feed_at(["acme"]) is not None
            assert await world.store.next_lane_at(["dev", "lake"]) is None
        return found

    assert [] == scans(database, on(database, act))


def test_a_start_scans_nothing_that_grows(database: str) -> None:
    """Cron starts relay every minute: it names its lanes, asks whether the clock went back, and makes its feeds due."""
    lanes = (NamedLane("dev", "another account", "2"), NamedLane("new", "account", "1"))

    async def act(world: World) -> list[Statement]:
        await world.tell("a")
        with recorded() as found:
            await world.store.submit(NameLanes(lanes, AT, free=True, probe=True))
            assert 0.0 == await world.store.submit(Rewind(AT))
            await world.store.submit(DueFeeds(("acme",), AT))
        return found

    assert [] == scans(database, on(database, act))


def test_a_listing_scans_no_feeds(databases: Databases) -> None:
    """Members are found by their listing and their keys, and accounts by their names, however many there are."""
    others = frozenset({("acme", "site"), *(("other", f"r{number}") for number in range(2000))})
    budgets = tuple(Budget(f"forge/{number}", 5000) for number in range(2000))
    database = databases()

    async def act(world: World) -> list[Statement]:
        await world.store.submit(NameFeeds(others, AT, budgets))
        with recorded() as found:
            for names in ("ab", "bc"):
                listed = tuple(Member(f"ids/{name}", name, "{}") for name in names)
                spent = Spent("forge/1", 3, 1)
                await world.commit(members=Members("acme", "owners/acme", listed, AT, AT), spent=spent)
        return found

    found = on(database, act)
    assert any("INSERT INTO feed" in text for text, _ in found)
    assert [] == scans(database, found, ("feed", "account"))


def test_pruning_scans_nothing_that_grows(database: str) -> None:
    """Each step finds what goes by an index, and what stays costs it nothing."""

    async def act(world: World) -> list[Statement]:
        await work(world)
        with recorded() as found:
            for days in (8, 100):
                await world.store.submit(Prune(AT + days * DAY, 90 * DAY))
        return found

    found = on(database, act)
    assert {*GROWING, "delivery_event"} <= {text.split()[2] for text, _ in found if text.startswith("DELETE")}
    assert [] == scans(database, found)


def test_redelivering_scans_nothing_that_grows(database: str) -> None:
    """All dead ones are listed by an index that holds no others."""

    async def act(world: World) -> list[Statement]:
        with recorded() as found:
            await world.store.submit(Redeliver(None, AT))
            await world.store.submit(Redeliver(("dlv_1",), AT))
        return found

    assert [] == [step for step in scans(database, on(database, act)) if "delivery_dead" not in step]


def test_events_are_served_from_their_index(database: str) -> None:
    """What is counted or skipped costs no row of the table."""

    async def act(_world: World) -> list[Statement]:
        with recorded() as found, closing(read(database)) as views:
            assert views.events(owner="acme", slug="r7", type="pushed", start=3)
            assert views.events(username="u7")
        return found

    counted = [statement for statement in on(database, act) if "count(" in statement[0]]
    assert 2 == len(counted)
    covered = ("SEARCH event USING COVERING INDEX event_", "Index Only Scan event_")
    assert [] == [step.how for _, step in steps(database, counted) if not step.how.startswith(covered)]
