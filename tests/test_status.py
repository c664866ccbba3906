"""What `relay status` shows of feeds and destinations that are at work."""

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from relay.status import deliveries, status
from relay.store.feeds import ClaimFeeds
from relay.store.lanes import ClaimLanes
from tests.store.world import AT, NOON, World, bundle, on


@pytest.fixture
def database(tmp_path: Path) -> str:
    """One whose only feed and only busy lane are claimed without an end, as by a `run`."""
    path = str(tmp_path / "relay.db")
    on(path, _claim)
    return path


async def _claim(world: World) -> None:
    await world.tell("one")
    await world.store.submit(ClaimFeeds("poller", AT, inf, 10, ("acme",)))
    await world.store.submit(ClaimLanes("sender", AT, inf, 10, 20, ("dev",)))


def lines(parts: list[Any]) -> list[list[str]]:
    """The words of each line printed."""
    console = Console(width=200)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return [line.split() for line in capture.get().splitlines()]


def test_what_is_claimed_is_due_now(database: str) -> None:
    """A feed that is being polled and a lane that is sending are at work now, and well."""
    shown = lines(status(database, frozenset({"dev", "lake"}), NOON, json=False))
    assert ["acme", "site", "0", "s", "ago", "now", "ok"] in shown
    assert ["dev", "1", "0", "0", "now", "ok"] in shown


def test_what_is_claimed_has_no_time_in_json(database: str) -> None:
    """A program learns that a feed is claimed, without a time at which that ends."""
    feed = json.loads(status(database, None, NOON, json=True)[0])["feeds"][0]
    assert (True, None) == (feed["claimed"], feed["due_at"])


def test_what_is_bundled_is_counted(tmp_path: Path) -> None:
    """One event in a digest is one event, two are two."""
    database = str(tmp_path / "relay.db")
    on(database, _bundle)
    shown = lines([deliveries(database, dead=False, json=False)])
    assert [["digest:", "2", "events"], ["digest:", "1", "event"]] == [line[4:7] for line in shown[1:]]


async def _bundle(world: World) -> None:
    await world.tell("one", slot=bundle("monday"))
    await world.tell("two", "three", to="lake", slot=bundle("monday"))
