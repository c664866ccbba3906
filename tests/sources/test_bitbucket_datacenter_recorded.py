"""Recordings of a Bitbucket Data Center: one of our own for each type, and every payload that others recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay import shipped
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery
from relay.errors import Problem
from relay.events import Event, to_json
from relay.render import Renderer
from relay.sources.bitbucket_datacenter import BitbucketDatacenter
from tests.servers import Reply, Request, Server
from tests.sources import payload_table
from tests.sources.datacenter_polling import Polls
from tests.sources.forges.bitbucket_datacenter import BASE

RECORDINGS = Path(__file__).parents[1] / "recordings" / "bitbucket-datacenter"
TYPES = sorted(BitbucketDatacenter.coverage)
recordings = pytest.mark.skipif(not payload_table.DATACENTER.is_dir(), reason="the recorded payloads are not here")


def refuse(problem: Problem) -> None:
    raise AssertionError(f"a shipped template failed: {problem}")


RENDERER = Renderer([shipped.templates()], complain=refuse)


def answers(places: dict[str, Any]):
    """A server that has these answers; those of commits say between which."""

    def respond(request: Request) -> Reply:
        place = request.path.removeprefix(BASE)
        between = f"{place}?since={request.query.get('since')}&until={request.query.get('until')}"
        found = places.get(between, places.get(place))
        return Reply(404, {"errors": [{"message": "There is none."}]}) if found is None else Reply(body=found)

    return respond


def told(type: str) -> list[Event]:
    """The events of a type that a recording holds: two polls after what changed, as a list that shrank needs."""
    recording = json.loads((RECORDINGS / f"{type}.json").read_text(encoding="utf-8"))
    how: dict[str, Any] = {"feed": recording["feed"], "include": frozenset(recording["include"])}
    patterns = ("HAR/*",) if recording["feed"].startswith("owners/") else ("HAR/tide-tables",)
    with Server(answers(recording["before"])) as server:
        polls = Polls(server, repositories=patterns)
        polls.poll(**how)
        polls.cursor = _due(polls.cursor)
        server.respond = answers(recording["before"] | recording["after"])
        return polls.events(type, **how) or polls.events(type, **how)


def _due(cursor: Any) -> Any:
    """The cursor as it is ten minutes later, when what is included is asked for again."""
    for snapshot in cursor.get("included", {}).values():
        snapshot["asked_at"] -= 600
    return cursor


def test_every_type_has_a_recording():
    """Each type that the source can give has what was listed before and after, and what is expected."""
    wanted = {f"{type}{ending}" for type in TYPES for ending in (".json", ".expected.json")}
    assert wanted == {path.name for path in RECORDINGS.glob("*.json")}


@pytest.mark.parametrize("type", TYPES)
def test_recording(type: str):
    """Each recorded change is the event written down beside it, id included."""
    expected = json.loads((RECORDINGS / f"{type}.expected.json").read_text(encoding="utf-8"))
    assert expected == to_json(told(type)[0])


@recordings
@pytest.mark.parametrize("payload", payload_table.DATACENTER_PAYLOADS)
def test_payloads_of_others(payload: str):
    """Every payload that others recorded is told, in words of every destination, none of which fails."""
    events = payload_table.datacenter_events(payload)
    assert events
    for event in events:
        for kind, destination in DESTINATIONS.items():
            RENDERER.message(Delivery("dlv_1", "dev", "*", (event,)), kind, destination.parts)
