"""What GitHub's entries are told as: every type, trimmed and whole payloads, what is missing, what is hostile."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from relay.events import from_json, to_json
from relay.fields import Fields
from relay.sources.github_answers import Site
from relay.sources.github_entries import Entry, Window, needs, read
from relay.sources.github_events import Teller
from relay.sources.github_extras import facts
from tests.mutated.odd import DATES, ODD, TEXTS
from tests.servers import Server
from tests.sources.forges.github import NOON, Forge
from tests.sources.github_polls import Polls

RECORDINGS = Path(__file__).parents[1] / "recordings" / "github"
CASES = sorted(path.name.removesuffix(".expected.json") for path in RECORDINGS.glob("*.expected.json"))


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


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its key or index there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in list(pairs):
        yield value, key
        yield from spots(inside)


def broken(case: str) -> Iterator[dict[str, Any]]:
    """A recording with something odd in the place of each of its values in turn."""
    whole, random = json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8")), Random(case)
    for index in range(sum(1 for _ in spots(whole))):
        copy = deepcopy(whole)
        holder, key = list(spots(copy))[index]
        holder[key] = random.choice([*ODD, *DATES, *TEXTS])
        yield copy


@pytest.mark.parametrize("case", CASES)
def test_hostile_values(case: str):
    """Whatever stands in any place of an entry or of an answer, what is told can be kept, and ids stay short."""
    site = Site("https://github.com")
    for recorded in broken(case):
        entries, answers = recorded.get("entries"), recorded.get("answers")
        listed = (
            [found for raw in entries if isinstance(found := read(raw)[1], Entry)] if isinstance(entries, list) else []
        )
        window = Window(listed, listed)
        facts_of = {
            path[1:]: facts(path, Fields(raw), site)
            for path, raw in (answers if isinstance(answers, dict) else {}).items()
        }
        teller = Teller("gh", site, NOON, window, facts_of)
        for event in (event for entry in listed for event in teller.events(entry)):
            assert event == from_json(json.loads(json.dumps(to_json(event))))
            assert len(event.id) <= 200
        assert all(len(need.path) < 2000 for entry in listed for need in needs(entry, window, updates=True))
