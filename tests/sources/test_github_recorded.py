"""Every payload of GitHub's that was recorded or documented, through the source, the templates and the whole relay.

`python -m pytest -s tests/sources/test_github_recorded.py -k table` prints payload, event type and title line.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay import shipped
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery
from relay.errors import FeedGarbled, Problem
from relay.events import VOCABULARY, Event
from relay.render import Renderer
from tests.servers import Server
from tests.sources.forges.github import NOON, SITE, TOKEN, Forge, entry, issue
from tests.sources.github_polls import Polls
from tests.stage import SHARED, Stage

RECORDED = SHARED / "recordings" / "github"
recordings = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded payloads are not here")
NO_EVENTS = ["openapi_issues_events.json", "openapi_notifications.json"]
COMMENTS = {
    "openapi_commit_comments.json": ("comments", "cset_comment_updated"),
    "openapi_issues_comments.json": ("issues/comments", None),  # on an issue: an edit there has no word
    "openapi_pulls_comments.json": ("pulls/comments", "pullrequest_comment_updated"),
}
PAYLOADS = sorted({path.name for path in RECORDED.glob("*.json")} - {*NO_EVENTS, *COMMENTS})


def refuse(problem: Problem) -> None:
    raise AssertionError(f"a shipped template failed: {problem}")


RENDERER = Renderer([shipped.templates()], complain=refuse)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


def pushed(move: dict[str, Any]) -> dict[str, Any]:
    """The trimmed entry of a push that /activity lists."""
    payload = {"ref": move["ref"], "before": move["before"], "head": move["after"], "push_id": 1}
    return entry("1", "PushEvent", payload, actor=None)


def forge_of(name: str) -> Forge:
    """A GitHub that has this payload."""
    forge, raw = Forge(), recorded(name)
    if name == "openapi_repos_activity.json":
        forge.entries, forge.answers["/repositories/501/activity"] = [pushed(raw[0])], raw
    elif name.startswith("observed_order"):
        forge.entries = [entry(id, "WatchEvent", {"action": "started"}, created_at=at) for id, at in raw["rows"]]
    elif isinstance(raw, list):
        forge.entries = raw
    else:
        forge.entries = [raw if "type" in raw else entry("1", "PublicEvent", raw)]
    return forge


def events_of(name: str) -> list[Event]:
    """What a payload is told as."""
    with Server(forge_of(name).respond) as server:
        return [found.event for found in Polls(server).poll().found]


@recordings
@pytest.mark.parametrize("name", PAYLOADS)
def test_table_of_payloads(name: str):
    """Every payload is told, in words of every destination, none of which fails."""
    events = events_of(name)
    assert events
    say(name, events)


def say(name: str, events: list[Event]) -> None:
    """Render each event for every destination, and print its row of the table."""
    for event in events:
        for kind, destination in DESTINATIONS.items():
            RENDERER.message(Delivery("dlv_1", "dev", "*", (event,)), kind, destination.parts)
        print(f"| github/{name} | {event.type} | {RENDERER.sentence(event)} |")  # noqa: T201 - for `pytest -s`


@recordings
@pytest.mark.parametrize("name", COMMENTS)
def test_table_of_edited_comments(name: str):
    """Comments as they are listed are told once they were edited."""
    (path, type), forge = COMMENTS[name], Forge()
    forge.answers[f"/repositories/501/{path}"] = recorded(name)
    with Server(forge.respond) as server:
        polls = Polls(server, include=["pullrequest_comment_updated", "cset_comment_updated"])
        polls.poll()
        forge.answers[f"/repositories/501/{path}"] = [recorded(name)[0] | {"updated_at": "2011-04-15T16:00:49Z"}]
        events = [found.event for found in polls.poll(NOON + timedelta(minutes=1)).found]
    assert [type] * bool(type) == [event.type for event in events]
    say(name, events)


@recordings
@pytest.mark.parametrize("name", PAYLOADS)
def test_payloads_are_in_the_vocabulary(name: str):
    """Only what GitHub's events no longer tell has no word."""
    unknown = {event.type for event in events_of(name)} - set(VOCABULARY)
    assert unknown <= {"WorkflowRunEvent"}


@recordings
@pytest.mark.parametrize("name", NO_EVENTS)
def test_other_lists_are_not_events(name: str):
    """A list of another kind in the place of events fails the poll in words."""
    with Server(forge_of(name).respond) as server, pytest.raises(FeedGarbled, match="none is an event"):
        Polls(server).poll()


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
    forge, page = Forge(), recorded("recorded_page_2013.json")
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
