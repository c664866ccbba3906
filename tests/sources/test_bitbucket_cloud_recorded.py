"""Recordings of Bitbucket Cloud, one for each type that it gives: what was listed before and after, and what is told."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from relay import shipped
from relay.events import to_json
from relay.render import Renderer
from relay.sources.base import Page
from relay.sources.bitbucket import Bitbucket
from tests.servers import Reply, Request, Server
from tests.sources.bitbucket_cloud_polls import Polls
from tests.sources.forges.bitbucket import NOON

RECORDINGS = Path(__file__).parents[1] / "recordings" / "bitbucket"
TYPES = sorted(Bitbucket.coverage)
HOME = json.loads((RECORDINGS / "repository.json").read_text(encoding="utf-8"))
RENDERER = Renderer([shipped.templates()])


@pytest.fixture(autouse=True)
def no_git(monkeypatch: pytest.MonkeyPatch):
    """A machine on which git is not installed: refs are read by REST."""
    monkeypatch.setenv("PATH", "")


def answers(places: dict[str, Any]) -> Callable[[Request], Reply]:
    """A Bitbucket that has these lists, by their path below the repository or workspace, and all others empty.

    Commits are told apart by what they are asked for.
    """

    def respond(request: Request) -> Reply:
        path = unquote(request.path).removeprefix("/2.0/")
        if path == "repositories/harbour/tide-tables":
            return Reply(body=HOME)
        if path == "repositories/harbour":
            return Reply(body={"values": places.get("workspace", [HOME])})
        below = path.removeprefix(f"repositories/harbour/{HOME['uuid']}/").removeprefix("workspaces/harbour/")
        asked = f"{below}?include={request.query.get('include')}&exclude={request.query.get('exclude')}"
        found = places.get(asked, [] if "exclude" in request.query else places.get(below, []))
        return Reply(body={"values": found} if isinstance(found, list) else found)

    return respond


def polled(type: str, folder: Path) -> Page:
    """The last of the polls that tell a type: an hour after what changed, again where a list that shrank is doubted."""
    recording = json.loads((RECORDINGS / f"{type}.json").read_text(encoding="utf-8"))
    feed, include = recording["feed"], [type] if Bitbucket.coverage[type] == "include" else []
    pattern = "harbour/*" if feed.startswith("owners/") else "harbour/tide-tables"
    with Server(answers(recording["before"])) as server:
        polls = Polls(server, folder, include=include, repositories=(pattern,))
        polls.poll(feed=feed)
        server.respond = answers(recording["before"] | recording["after"])
        pages = (polls.poll(NOON + timedelta(hours=hours), feed) for hours in (1, 2))
        return next(page for page in pages if type in [found.event.type for found in page.found])


def test_every_type_has_a_recording():
    """Each type that the source can give has what was listed before and after, and what is expected."""
    wanted = {f"{type}{ending}" for type in TYPES for ending in (".json", ".expected.json")}
    assert wanted | {"repository.json"} == {path.name for path in RECORDINGS.glob("*.json")}


@pytest.mark.parametrize("type", TYPES)
def test_recording(type: str, tmp_path: Path):
    """Each recorded change is the event and the sentence written down beside it, id included."""
    expected = json.loads((RECORDINGS / f"{type}.expected.json").read_text(encoding="utf-8"))
    told = [found.event for found in polled(type, tmp_path).found if found.event.type == type]
    assert [expected] == [{"words": RENDERER.sentence(event)} | to_json(event) for event in told]
