"""What counts as an incident, and when people hear of it."""

from datetime import UTC, datetime

import pytest

from relay.errors import FeedDenied, FeedError, FeedGone, FeedMissing, FeedUnavailable
from relay.incidents import Incidents, Tried, is_due
from relay.retry import Outcome, next_attempt
from relay.store.feeds import ClaimedFeed
from relay.store.lanes import WELL, LaneState
from relay.store.pending import Pending
from relay.timing import Policy
from tests.store.world import AT

HOUR = 3600.0
HEARD = Incidents(on_failure=("ops", "lake"), policies={"ops": Policy(), "lake": Policy()}, timezone=UTC)
PENDING = Pending(7, "dlv_7", "*", None, {}, AT, AT, None, 0, None, ())


def feed(since: float | None = None, *, noticed: bool = False, member: bool = False) -> ClaimedFeed:
    return ClaimedFeed(
        1, "acme", "site", "x", None, None, 0, None, "site", member, failing_since=since, noticed=noticed
    )


@pytest.mark.parametrize(
    ("claimed", "error", "due"),
    [
        (feed(), FeedDenied("401"), True),
        (feed(), FeedMissing("404"), True),
        (feed(), FeedGone("410"), True),
        (feed(), FeedUnavailable("503"), False),
        (feed(AT - HOUR + 1), FeedUnavailable("503"), False),
        (feed(AT - HOUR), FeedUnavailable("503"), True),
        (feed(AT - HOUR, noticed=True), FeedDenied("401"), False),
        (feed(member=True), FeedMissing("404"), False),
        (feed(member=True), FeedDenied("401"), True),
    ],
)
def test_when_a_failing_feed_is_told(claimed: ClaimedFeed, error: FeedError, due: bool) -> None:
    """At once if a human must act, else after an hour, once, and never for a member that was deleted."""
    assert due is is_due(claimed, error, AT)


def kinds(before: LaneState, outcome: Outcome) -> list[str]:
    """The kinds of what an attempt of `lake` shows."""
    after = next_attempt(before, PENDING, outcome, Policy(), 0.0, AT, 1.0)
    tried = Tried("lake", "https://lake.example", PENDING, before, after, outcome)
    return [incident.notice.kind for incident in HEARD.of_attempt(tried, AT)]


@pytest.mark.parametrize(
    ("before", "outcome", "expected"),
    [
        (WELL, Outcome("sent", ""), []),
        (WELL, Outcome("refused", "404"), ["dead"]),
        (WELL, Outcome("blocked", "401"), ["blocked"]),
        (LaneState(blocked_at=AT - 9, noticed_at=AT - 9), Outcome("blocked", "401"), []),
        (WELL, Outcome("unavailable", "503"), []),
        (WELL, Outcome("unavailable", "503", 2 * HOUR), ["down"]),
        (LaneState(AT, failures=5, failing_since=AT - HOUR), Outcome("unavailable", "503"), ["down"]),
        (LaneState(AT, failures=6, failing_since=AT - HOUR, noticed_at=AT - 9), Outcome("unavailable", "503"), []),
        (LaneState(AT, failures=6, failing_since=AT - HOUR, noticed_at=AT - 9), Outcome("blocked", "401"), ["blocked"]),
        (LaneState(AT, blocked_at=AT - 9, noticed_at=AT - 9, failing_since=AT - HOUR), Outcome("unavailable", ""), []),
    ],
)
def test_what_an_attempt_shows(before: LaneState, outcome: Outcome, expected: list[str]) -> None:
    """The first sight of a block, an outage once it has lasted or will last an hour, and each death."""
    assert expected == kinds(before, outcome)


def test_a_gap_is_derived_from_its_cursor() -> None:
    """The same gap has the same identity whenever it is seen, and that behind another cursor has another."""
    heard = Incidents(on_gap=("ops",), policies={"ops": Policy()})
    early, late = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    one, two = heard.of_gap(feed(), "it scrolled", early), heard.of_gap(feed(), "it scrolled", late)
    assert one is not None
    assert two is not None
    assert one.identity == two.identity
    assert None is heard.of_gap(feed(), None, early)
    assert None is Incidents().of_gap(feed(), "it scrolled", early)
