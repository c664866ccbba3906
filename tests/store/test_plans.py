"""No statement of the hot path grows with history: asked of SQLite itself, for each with the values it was given."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as hooks

from relay.sources.base import Found
from relay.store import read
from relay.store.accounts import Spent
from relay.store.commit import Matched
from relay.store.lanes import LaneState
from relay.store.members import Member, Members
from relay.store.prune import Prune
from relay.store.settle import Redeliver, Verdict
from tests.store.test_incidents import incident
from tests.store.world import AT, World, bundle, event, intent, on

GROWING = ("event", "delivery", "delivery_event", "attempt", "card")
DAY = 86400.0
Statement = tuple[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "relay.db")


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


def scans(path: str, statements: list[Statement], tables: tuple[str, ...] = GROWING) -> list[str]:
    """The statements that read one of the tables, or an index of it, from end to end."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            f"{step}: {text}"
            for text, values in statements
            if text.partition(" ")[0].strip() in ("SELECT", "INSERT", "UPDATE", "DELETE")
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)
            if step.startswith("SCAN") and step.split()[1] in tables
        ]


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


async def fill(world: World) -> None:
    """Enough history that a plan could matter, some of it settled and some pending."""
    wants = (intent("dev"), intent("lake"))
    await world.commit(*(Matched(Found(event(f"old{number}")), wants) for number in range(500)))
    for _ in range(20):
        for lane in (await world.lanes()).values():
            await world.settle(lane, parts="{}")


def test_the_hot_path_scans_nothing_that_grows(path: str) -> None:
    """Commit, claim and settle find their rows by an index, whatever the history."""

    async def act(world: World) -> list[Statement]:
        await fill(world)
        with recorded() as found:
            await work(world)
        return found

    found = on(path, act)
    assert {"event", "delivery", "attempt", "card"} <= {text.split()[2] for text, _ in found if "INSERT" in text}
    assert [] == scans(path, found)


def test_an_idle_poll_scans_nothing_that_grows(path: str) -> None:
    """A poll that finds nothing, and asking what is due, touch feeds and lanes alone."""

    async def act(world: World) -> list[Statement]:
        await fill(world)
        with recorded() as found:
            await world.commit()
            await world.commit(cursor="{}")
            assert await world.store.next_feed_at(["acme"]) is not None
            assert await world.store.next_lane_at(["dev", "lake"]) is not None
        return found

    assert [] == scans(path, on(path, act))


def test_a_listing_scans_no_feeds(path: str) -> None:
    """Members are found by their listing and their keys, and accounts by their names, however many there are."""

    async def act(world: World) -> list[Statement]:
        with recorded() as found:
            for names in ("ab", "bc"):
                listed = tuple(Member(f"ids/{name}", name, "{}") for name in names)
                spent = Spent("forge/1", 3, 1)
                await world.commit(members=Members("acme", "owners/acme", listed, AT, AT), spent=spent)
        return found

    found = on(path, act)
    assert any("INSERT INTO feed" in text for text, _ in found)
    assert [] == scans(path, found, ("feed", "account"))


def test_pruning_scans_nothing_that_grows(path: str) -> None:
    """Each step finds what goes by an index, and what stays costs it nothing."""

    async def act(world: World) -> list[Statement]:
        await fill(world)
        await work(world)
        with recorded() as found:
            for days in (8, 100):
                await world.store.submit(Prune(AT + days * DAY, 90 * DAY))
        return found

    found = on(path, act)
    assert set(GROWING) <= {text.split()[2] for text, _ in found if text.startswith("DELETE")}
    assert [] == scans(path, found)


def test_redelivering_scans_nothing_that_grows(path: str) -> None:
    """All dead ones are listed by an index that holds no others."""

    async def act(world: World) -> list[Statement]:
        await fill(world)
        with recorded() as found:
            await world.store.submit(Redeliver(None, AT))
            await world.store.submit(Redeliver(("dlv_1",), AT))
        return found

    assert [] == [step for step in scans(path, on(path, act)) if "USING INDEX delivery_dead" not in step]


def test_events_are_served_from_their_index(path: str) -> None:
    """What is counted or skipped costs no row of the table."""

    async def act(world: World) -> list[Statement]:
        await fill(world)
        with recorded() as found, closing(read(path)) as views:
            views.events(owner="acme", slug="site", type="pushed", start=3)
            views.events(username="ada")
        return [statement for statement in found if "count(" in statement[0]]

    [(text, values)] = on(path, act)
    with closing(sqlite3.connect(path)) as connection:
        [plan] = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert plan.startswith("SEARCH event USING COVERING INDEX event_repository")
