"""Events read for an explanation."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.errors import InvalidEvent, RelayError, UsageError
from relay.events import to_json
from relay.explain import read_event
from relay.samples import sample

EVENT = sample("pushed", datetime(2026, 11, 22, 14, tzinfo=UTC))


@pytest.mark.parametrize("wrap", [lambda event: event, lambda event: {"type": "pushed", "data": event}])
def test_an_event_is_read_from_a_file(tmp_path: Path, wrap):
    """Its JSON form is read as it is, and out of the body of a webhook."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps(wrap(to_json(EVENT))), encoding="utf-8")
    assert EVENT == read_event(str(path), io.StringIO())


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("[", InvalidEvent, "what is piped in is not JSON: Expecting value: line 1 column 2 (char 1)"),
        ("[1]", InvalidEvent, "event: expected an object, not list"),
        ("{}", InvalidEvent, "event.id is missing"),
        ("[" * 100_000, InvalidEvent, "what is piped in is not JSON: "),
    ],
)
def test_what_is_no_event_is_refused(text: str, kind: type[RelayError], told: str):
    """What is wrong with it is said in one line."""
    with pytest.raises(kind) as refused:
        read_event("-", io.StringIO(text))
    assert told == str(refused.value)[: len(told)]


def test_a_file_that_is_not_there_is_misuse(tmp_path: Path):
    """The file is named, with why it cannot be read."""
    with pytest.raises(UsageError, match=r"gone\.json cannot be read: No such file or directory"):
        read_event(str(tmp_path / "gone.json"), io.StringIO())
