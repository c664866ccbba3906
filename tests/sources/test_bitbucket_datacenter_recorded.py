"""Recordings of a Bitbucket Data Center, one for each type that it gives."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay.events import Event, to_json
from relay.sources.bitbucket_datacenter import BitbucketDatacenter
from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import Polls
from tests.sources.forges.bitbucket_datacenter import BASE

RECORDINGS = Path(__file__).parents[1] / "recordings" / "bitbucket-datacenter"
TYPES = sorted(BitbucketDatacenter.coverage)


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
