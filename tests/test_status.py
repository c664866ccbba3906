"""What `relay status` shows of feeds and destinations that are at work."""

import json
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from relay.budget import Budget
from relay.errors import UsageError
from relay.status import Named, deliveries, status
from relay.store.accounts import Spent
from relay.store.commit import Commit
from relay.store.feeds import ClaimFeeds, NameFeeds, PollFailed
from relay.store.lanes import ClaimLanes, LaneState
from relay.store.members import Member, Members
from relay.store.settle import Verdict
from tests.store.world import AT, NOON, World, bundle, on

NAMED = Named({"dev": 1.0, "lake": 0.0}, frozenset({("acme", "site")}))


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
    shown = lines(status(database, NAMED, NOON, json=False))
    assert ["acme", "site", "0", "s", "ago", "now", "ok"] in shown
    assert ["dev", "1", "0", "0", "1", "in", "1", "s", "now", "ok"] in shown


def test_what_is_claimed_has_no_time_in_json(database: str) -> None:
    """A program learns that a feed is claimed, without a time at which that ends."""
    feed = json.loads(status(database, None, NOON, json=True)[0])["feeds"][0]
    assert (True, None) == (feed["claimed"], feed["due_at"])


async def _list(world: World) -> None:
    """A wildcard with three members, of which one is gone, one waits for the account, and one is well."""
    await world.store.submit(NameFeeds(frozenset({("acme", "owners/acme")}), AT, (Budget("forge/3fa9c1", 40),)))
    for asked, names in ((2, ["site", "web", "old"]), (0, ["site", "web"])):
        [feed] = await world.store.submit(ClaimFeeds("poller", AT, 60.0, 1, ("acme",)))
        listed = tuple(Member(f"ids/{name[0]}", f"acme/{name}", "{}") for name in names)
        members = Members("acme", feed.key, listed, AT, AT + 1)
        spent = Spent("forge/3fa9c1", asked, 0)
        await world.store.submit(Commit(feed.id, "acme", feed.key, "poller", AT, AT, members=members, spent=spent))
    accounts = {"acme": "forge/3fa9c1"}
    await world.store.submit(ClaimFeeds("poller", AT + 1, inf, 10, ("acme",), accounts=accounts))


def test_members_and_accounts_are_shown(tmp_path: Path) -> None:
    """Repositories go by their names, below the wildcard that they come from; accounts say what is left."""
    database = str(tmp_path / "relay.db")
    on(database, _list)
    shown = [" ".join(line) for line in lines(status(database, None, NOON, json=False))]
    assert "acme owners/acme 0 s ago now ok" == shown[1]
    assert "acme acme/old never not there any more since 2026-11-22T12:00:00Z" == shown[2]
    assert ["acme acme/site never now ok", "acme acme/web never in 1 min waits for its account"] == shown[3:5]
    assert "forge/3fa9c1 2 40 38 ok" in shown


def test_members_and_accounts_in_json(tmp_path: Path) -> None:
    """A program learns the same."""
    database = str(tmp_path / "relay.db")
    on(database, _list)
    told = json.loads(status(database, None, NOON, json=True)[0])
    assert [{"name": "forge/3fa9c1", "asked": 2, "allowed": 40, "left": 38, "until": None}] == told["accounts"]
    members = [(feed["key"], feed["name"]) for feed in told["feeds"] if feed["parent"] == "owners/acme"]
    assert [("ids/o", "acme/old"), ("ids/s", "acme/site"), ("ids/w", "acme/web")] == members


def test_what_is_bundled_is_counted(tmp_path: Path) -> None:
    """One event in a digest is one event, two are two."""
    database = str(tmp_path / "relay.db")
    on(database, _bundle)
    shown = lines(deliveries(database, dead=False, json=False))
    assert [["digest:", "2", "events"], ["digest:", "1", "event"]] == [line[4:7] for line in shown[1:]]


async def _bundle(world: World) -> None:
    await world.tell("one", slot=bundle("monday"))
    await world.tell("two", "three", to="lake", slot=bundle("monday"))


def test_what_waits_for_its_destination_says_why(tmp_path: Path) -> None:
    """What stands behind a delivery that failed is due when its destination is tried again, for the same reason."""
    database = str(tmp_path / "relay.db")
    on(database, _down)
    shown = [" ".join(line) for line in lines(deliveries(database, dead=False, json=False))][1:]
    assert 2 == len([line for line in shown if line.endswith("pending, due 2026-11-22T12:10:00Z: 503")])


def test_a_list_that_goes_on_says_so(tmp_path: Path) -> None:
    """As many as were asked for, and a line where older ones are left out."""
    database = str(tmp_path / "relay.db")
    on(database, _bundle)
    [_, more] = deliveries(database, dead=False, json=False, most=1)
    assert "the newest 1 of more; --most 10 shows older ones" == more
    assert 1 == len(deliveries(database, dead=False, json=False, most=2))


def test_deliveries_to_one_destination(tmp_path: Path) -> None:
    """Those alone, and a name that no destination has is an error."""
    database = str(tmp_path / "relay.db")
    on(database, _bundle)
    assert [["lake"]] == [line[2:3] for line in lines(deliveries(database, dead=False, json=False, to="lake"))[1:]]
    with pytest.raises(UsageError, match="nothing ever went to a destination 'laek'; did you mean 'lake'"):
        deliveries(database, dead=False, json=False, to="laek")


async def _down(world: World) -> None:
    await world.tell("one", "two")
    down = LaneState(failing_since=AT, not_before=AT + 600, waits_for="backoff", reason="503")
    await world.settle((await world.lanes())["dev"], lane=down, verdict=Verdict("pending", failures=1, reason="503"))


async def _trouble(world: World) -> None:
    """A feed that has failed since noon, another that is not polled in time, and a lane that was asked to wait."""
    await world.store.submit(NameFeeds(frozenset({("acme", "site"), ("acme", "web")}), AT))
    for feed in await world.store.submit(ClaimFeeds("poller", AT, 60.0, 2, ("acme",))):
        commit = Commit(feed.id, "acme", feed.key, "poller", AT, AT)
        await world.store.submit(commit if feed.key == "web" else PollFailed(feed.id, "poller", AT, "503", AT + 600))
    await world.tell("one", to="lake")
    waiting = LaneState(not_before=AT + 600, waits_for="retry_after")
    await world.settle((await world.lanes())["lake"], lane=waiting)


def test_lag_and_pauses_are_shown(tmp_path: Path) -> None:
    """How far relay is behind a feed, and until when a destination asked for rest."""
    database, later = str(tmp_path / "relay.db"), NOON + timedelta(minutes=2)
    on(database, _trouble)
    shown = [" ".join(line) for line in lines(status(database, None, later, json=False))]
    assert "acme site never 2 min in 8 min failing (1 in a row): 503" in shown
    assert "acme web 2 min ago 2 min now ok" in shown
    assert "lake 0 0 0 asked to wait, in 8 min" in shown


def test_what_the_file_does_not_name_is_shown(database: str) -> None:
    """Feeds and destinations whose names are gone say so, to people and to programs."""
    other = Named({"dev": 0.0}, frozenset())
    shown = [" ".join(line) for line in lines(status(database, other, NOON, json=False))]
    assert ["acme site 0 s ago now not in the file", "lake 0 0 0 not in the file"] == [shown[1], shown[-1]]
    told = json.loads(status(database, other, NOON, json=True)[0])
    assert [False, True, False] == [it["in_file"] for it in (*told["feeds"], *told["lanes"])]
