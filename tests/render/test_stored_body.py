"""A webhook's body made around the stored JSON of its event is the one that would be made from the event."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from relay.destinations.base import Delivery
from relay.event_types import VOCABULARY
from relay.events import Event, to_json
from relay.render.payload import payload
from relay.samples import sample

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def stored(event: Event) -> str:
    """The event as the database keeps it."""
    return json.dumps(to_json(event), ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("name", VOCABULARY)
def test_the_same_bytes(name: str) -> None:
    """Whether the event's JSON is at hand or not, the body is the same."""
    event = sample(name, NOW)
    delivery = Delivery(id="dlv_1", destination="lake", rule=name, events=(event,))
    assert payload(delivery, "said") == payload(replace(delivery, body=stored(event)), "said")


def test_a_long_text_is_cut_all_the_same() -> None:
    """A stored body that is too long is not taken as it is."""
    event = replace(sample("commit", NOW), title="x" * 5000)
    delivery = Delivery(id="dlv_1", destination="lake", rule="commit", events=(event,), body=stored(event))
    assert json.loads(payload(delivery, "said"))["data"]["title"].endswith("…")
