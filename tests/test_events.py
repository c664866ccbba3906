"""The one JSON form of an event, and the text of it that the store keeps."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event_types import VOCABULARY
from relay.events import Comment, Event, from_json, keep, restore, to_json
from relay.jsontext import read, write
from relay.samples import sample
from relay.storable import clean

TIMES = st.datetimes(timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)


@pytest.mark.parametrize("type", VOCABULARY)
def test_what_is_kept_is_the_one_json_form(type: str):
    """The text that the store keeps of every type is what `to_json` gives."""
    event = sample(type, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert write(to_json(event)) == keep(event)


@given(TIMES, TIMES, TEXTS)
def test_any_time_and_text_is_kept_as_it_is_told(occurred_at: datetime, seen_at: datetime, text: str):
    """Whatever stands in an event, the store keeps the very text that webhooks carry."""
    event = Event(
        id="1", type="commit", source="s", seen_at=seen_at, occurred_at=occurred_at, comment=Comment("1", text)
    )
    assert write(to_json(event)) == keep(event)


@given(TEXTS)
def test_what_is_kept_comes_back(text: str):
    """A kept event is read as the very event that its JSON form is."""
    event = Event(id="1", type="commit", source="s", seen_at=datetime(2026, 1, 1, tzinfo=UTC), title=clean(text))
    assert from_json(read(keep(event))) == restore(keep(event))
