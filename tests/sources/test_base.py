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
    same = [
        event(type, 5, type) for type in ("pullrequest_fulfilled", "issue_comment", "pullrequest_created", "create")
    ]
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


@pytest.mark.parametrize("start", [None, Start("since", seconds=300)])
def test_derived_events_follow_their_own(start: Start | None):
    """A commit older than everything comes after the push that brought it, as far in the past as that is."""
    push, commits = event("push", 3, "pushed"), [event(id, 9000, "commit", derived=True) for id in ("y", "x")]
    found = told([event("later", 1), push, *commits, event("before", 4)], start, NOW)
    assert ["before", "push", "y", "x", "later"] == [one.event.id for one in found if not one.history]


def test_each_event_once():
    """What two pushes brought is told once, with the older push."""
    commit = event("c", 60, "commit", derived=True)
    pushes = [event("new", 1, "pushed"), commit, event("old", 2, "pushed"), commit]
    assert ["old", "c", "new"] == [one.event.id for one in told(pushes, None, NOW)]


def test_long_ids_are_cut():
    """An id that an index cannot hold becomes one of 200 characters, the same each time and different from others."""
    ids = [told([event("é\ud800" * 5000 + end, 1)], None, NOW)[0].event.id for end in "aab"]
    assert ([200, 200, 200], 2) == ([len(id) for id in ids], len(set(ids)))
