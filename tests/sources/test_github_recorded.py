"""Every payload of GitHub's that was recorded or documented: in its vocabulary, and through the whole relay."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay.errors import FeedGarbled
from relay.event_types import VOCABULARY
from tests.servers import Server
from tests.sources.forges.github import NOON, SITE, TOKEN, Forge, entry, issue
from tests.sources.github_payloads import NO_EVENTS, events_of
from tests.stage import SHARED, Stage

RECORDED = SHARED / "recordings" / "github"
recordings = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded payloads are not here")
PAYLOADS = sorted({path.name for path in RECORDED.glob("*.json")} - NO_EVENTS.keys())


@recordings
@pytest.mark.parametrize("name", PAYLOADS)
def test_payloads_are_in_the_vocabulary(name: str):
    """Only what GitHub's events no longer tell has no word."""
    unknown = {event.type for event in events_of(RECORDED / name)} - set(VOCABULARY)
    assert unknown <= {"WorkflowRunEvent"}


@recordings
@pytest.mark.parametrize("name", NO_EVENTS)
def test_other_lists_are_not_events(name: str):
    """A list of another kind in the place of events fails the poll in words."""
    with pytest.raises(FeedGarbled, match="none is an event"):
        events_of(RECORDED / name)


def news(first: int, last: int) -> list[dict[str, Any]]:
    """Newer entries, whose ids lie above and below those of the page."""
    return [
        entry(
            str(1_652_857_000 + n), "IssuesEvent", {"action": "opened", "issue": issue(n, f"New {n}")}, NOON, repo=SITE
        )
        for n in range(first, last)
    ]


@recordings
def test_recorded_page_through_the_whole_relay(tmp_path: Path):
    """The page polled twice, then with newer entries in its middle, then a page of them late: 30, 0, the new ones."""
    forge, page = Forge(), json.loads((RECORDED / "recorded_page_2013.json").read_text(encoding="utf-8"))
    forge.entries = list(page)
    with Server(forge.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(server, sink))
        assert (30, 0) == (told(stage, sink), told(stage, sink))
        forge.entries = page[:12] + news(0, 150) + page[12:]
        assert {f"New {n}" for n in range(150)} == titles(stage, sink)
        forge.entries = page[:7] + news(800, 900) + page[7:12] + news(0, 150) + page[12:]
        assert {f"New {n}" for n in range(800, 900)} == titles(stage, sink)
        assert 0 == told(stage, sink)


def rules(forge: Server, sink: Server) -> str:
    return f"""
sources:
  hub: {{kind: github, url: "{forge.url}", token: {TOKEN}, repositories: [acme/site], start: all}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules:
  "*": lake
"""


def told(stage: Stage, sink: Server) -> int:
    """How many messages a round of the relay sends."""
    before = len(sink.requests)
    assert stage.once(minutes=2)
    return len(sink.requests) - before


def titles(stage: Stage, sink: Server) -> set[str]:
    """The titles of what a round sends, each once."""
    count = told(stage, sink)
    sent = [request.json()["data"]["title"] for request in sink.requests[-count:]]
    assert len(sent) == len(set(sent))
    return set(sent)
