"""What all sources share: the order of what a poll tells, and what of it is history."""

from datetime import UTC, datetime, timedelta

import pytest

from relay.events import Event
from relay.sources.base import Start, told

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)


def event(id: str, minutes: float, type: str = "fork", *, derived: bool = False) -> Event:
    at = NOW - timedelta(minutes=minutes)
    return Event(id=id, type=type, source="acme", occurred_at=at, seen_at=NOW, derived=derived)


STORY = (event("b", 1), event("a", 1), event("c", 0), event("push", 3, "pushed"), event("d", 3, "commit", derived=True))


def test_oldest_first():
    """Events come by time, then in their natural order, then by id."""
    same = [event("z", 5, type) for type in ("pullrequest_fulfilled", "issue_comment", "pullrequest_created", "create")]
    types = [found.event.type for found in told([event("new", 1), *same], None, NOW)]
    assert ["create", "pullrequest_created", "issue_comment", "pullrequest_fulfilled", "fork"] == types


@pytest.mark.parametrize(
    ("start", "routed"),
    [
        (None, ["push", "d", "a", "b", "c"]),
        (Start("all"), ["push", "d", "a", "b", "c"]),
        (Start("now"), []),
        (Start("count", count=2), ["b", "c"]),
        (Start("count", count=4), ["push", "d", "a", "b", "c"]),
        (Start("count", count=9), ["push", "d", "a", "b", "c"]),
        (Start("since", seconds=90), ["a", "b", "c"]),
        (Start("since", seconds=1e12), ["push", "d", "a", "b", "c"]),
    ],
)
def test_what_first_sight_asks_for(start: Start | None, routed: list[str]):
    """What `start` does not ask for is history; derived events are not counted and go with their own."""
    assert routed == [found.event.id for found in told(STORY, start, NOW) if not found.history]
