"""The body of a webhook: documented, whole, and small enough."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from relay import shipped
from relay.destinations.base import Delivery, Json
from relay.events import Commit, Repository, to_json
from relay.render import Renderer
from tests.render.project import alone
from tests.sentences import NOW, SENTENCES, event

RENDERER = Renderer([shipped.templates()])
WEBHOOK = {"body": Json()}


def posted(delivery: Delivery) -> dict:
    return json.loads(RENDERER.message(delivery, "webhook", WEBHOOK).parts["body"])


def test_the_payload_is_the_documented_one() -> None:
    """A webhook gets the event's one JSON form with its sentence, compact."""
    known = event("pullrequest_fulfilled")
    delivery = replace(alone(known), destination="lake", rule="pullrequest_*")
    body = RENDERER.message(delivery, "webhook", WEBHOOK).parts["body"]
    expected = {
        "type": "pullrequest_fulfilled",
        "timestamp": "2026-11-23T09:14:05Z",
        "summary": SENTENCES["pullrequest_fulfilled"][0],
        "data": to_json(known),
        "relay": {"version": 1, "delivery": "dlv_1", "destination": "lake", "rule": "pullrequest_*"},
    }
    assert json.dumps(expected, separators=(",", ":"), ensure_ascii=False) == body


def test_a_bundle_is_one_payload() -> None:
    """Several events have why they are told together, their span and a headline."""
    events = (event("pushed"), event("mq", repository=Repository("acme", "api")))
    body = posted(Delivery("dlv_1", "lake", "*", events, why="digest", since=NOW - timedelta(days=1), until=NOW))
    assert "2 updates in 2 repositories" == body["summary"]
    assert ["bundle", "2026-11-23T09:14:05Z"] == [body["type"], body["timestamp"]]
    data = {"why": "digest", "from": "2026-11-22T09:14:05Z", "until": "2026-11-23T09:14:05Z"}
    assert {**data, "events": [to_json(known) for known in events]} == body["data"]


def test_long_texts_in_a_payload_are_cut_visibly() -> None:
    """A text of more than 4,000 characters ends in an ellipsis."""
    title = posted(alone(event("mq", title="t" * 5000)))["data"]["title"]
    assert [4000, "…"] == [len(title), title[-1]]


@pytest.mark.parametrize("character", ["m", "é", "\U0001f600", '"'])
def test_a_payload_stays_below_its_cap(character: str) -> None:
    """A hundred events with hundreds of long commits are JSON of at most 256 KiB on the wire, none of them lost."""
    commits = tuple(Commit(f"{number:040}", character * 3000, character * 300) for number in range(300))
    events = (event("pushed", commits=commits, title=character * 9000),) * 100
    body = RENDERER.message(Delivery("dlv_1", "lake", "*", events, why="digest"), "webhook", WEBHOOK).parts["body"]
    assert 100 == len(json.loads(body)["data"]["events"])
    assert len(body.encode()) <= 256 * 1024


def test_one_event_stays_below_the_cap_too() -> None:
    """So does a single event whose characters take several bytes each."""
    commits = tuple(Commit(f"{number:040}", "\U0001f600" * 3000) for number in range(300))
    known = event("pushed", commits=commits, title="\U0001f600" * 9000)
    body = RENDERER.message(alone(known), "webhook", WEBHOOK).parts["body"]
    assert len(body.encode()) <= 256 * 1024
