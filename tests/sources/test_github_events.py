"""What GitHub's entries are told as: every type, trimmed and whole payloads, what is missing, what is hostile."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay.events import to_json
from relay.sources.base import Page
from tests.servers import Server
from tests.sources.forges.github import NOON, Forge, entry, issue
from tests.sources.github_polls import Polls, titles, types

RECORDINGS = Path(__file__).parents[1] / "recordings" / "github"
CASES = sorted(path.name.removesuffix(".expected.json") for path in RECORDINGS.glob("*.expected.json"))


def poll(forge: Forge, **more: Any) -> Page:
    """What a first poll tells of it."""
    with Server(forge.respond) as server:
        return Polls(server, url=server.url, **more).poll()


def forge_of(case: str) -> Forge:
    """A GitHub that has what was recorded."""
    recorded, forge = json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8")), Forge()
    forge.entries = recorded["entries"]
    forge.answers |= recorded["answers"]
    return forge


def told(case: str) -> list[dict[str, Any]]:
    """The events of a recording in their JSON form, at home on github.com."""
    with Server(forge_of(case).respond) as server:
        page = Polls(server).poll()
        text = json.dumps([to_json(found.event) for found in page.found])
        return json.loads(text.replace(server.url, "https://github.com"))


def test_every_recording_has_its_expectation():
    """Beside each recording stands what it is told as."""
    names = {path.name for path in RECORDINGS.glob("*.json")}
    assert {name for case in CASES for name in (f"{case}.json", f"{case}.expected.json")} == names


@pytest.mark.parametrize("case", CASES)
def test_recording(case: str):
    """Each recording is told as the events written down beside it, ids included."""
    expected = json.loads((RECORDINGS / f"{case}.expected.json").read_text(encoding="utf-8"))
    assert expected == told(case)
