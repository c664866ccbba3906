"""What an attempt's outcome means: the table of states."""

from dataclasses import replace

import pytest

from relay.retry import ARRIVING_FOR, PAUSES, Kind, NextAttempt, Outcome, next_attempt, pause
from relay.store.lanes import LaneState
from relay.store.pending import Pending
from relay.timing import Policy

NOW = 1_000_000.0
WEEK = 7 * 86400.0
DELIVERY = Pending(7, "dlv_7", "pushed", None, {}, NOW - 60, NOW - 60, None, 0, None, ())


def after(
    kind: Kind,
    lane: LaneState = LaneState(),  # noqa: B008 - a frozen value
    delivery: Pending = DELIVERY,
    policy: Policy = Policy(),  # noqa: B008 - a frozen value
    retry_after: float | None = None,
    pace: float = 0.0,
) -> NextAttempt:
    """The next attempt, without jitter."""
    return next_attempt(lane, delivery, Outcome(kind, "503", retry_after), policy, pace, NOW, 1.0)


def test_sent() -> None:
    """A sent delivery leaves a well lane that goes on."""
    told = after("sent", LaneState(failures=2, failing_since=NOW - 9))
    assert ("sent", LaneState(), False) == (told.verdict.state, told.lane, told.stop)


def test_pace() -> None:
    """A destination with a pace rests after each message."""
    told = after("sent", pace=1.0)
    assert (LaneState(not_before=NOW + 1, waits_for="pace"), True) == (told.lane, told.stop)


def test_refused_is_dead_and_blocks_nobody() -> None:
    """The delivery is dead with its reason, and the lane goes on."""
    told = after("refused")
    assert ("dead", "503", LaneState(), False) == (told.verdict.state, told.verdict.reason, told.lane, told.stop)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5.0), (2, 30.0), (5, 1800.0), (6, 3600.0), (60, 3600.0)])
def test_pauses(failures: int, seconds: float) -> None:
    """The pauses grow to an hour, and stay there."""
    assert seconds == pause(failures, 1.0)


@pytest.mark.parametrize("kind", ["unavailable", "ambiguous"])
def test_unavailable_pauses_the_lane(kind: Kind) -> None:
    """The delivery stays pending in its place, and the lane remembers since when."""
    told = after(kind)
    assert ("pending", None, 1) == (told.verdict.state, told.verdict.aside_at, told.verdict.failures)
    assert (NOW + PAUSES[0], "backoff", NOW) == (told.lane.not_before, told.lane.waits_for, told.lane.failing_since)


def test_what_may_be_arriving_is_given_the_time_to() -> None:
    """However the jitter falls, nobody looks for it or repeats it in the same moment."""
    told = next_attempt(LaneState(), DELIVERY, Outcome("ambiguous", "reset"), Policy(), 0.0, NOW, 0.0)
    assert (NOW + ARRIVING_FOR, NOW) == (told.lane.not_before, told.verdict.unsure_at)


@pytest.mark.parametrize(
    ("kind", "expected"), [("ambiguous", 7.0), ("unavailable", 7.0), ("blocked", 7.0), ("refused", 7.0), ("sent", None)]
)
def test_what_may_have_arrived_stays_unsure(kind: Kind, expected: float | None) -> None:
    """A try that certainly failed says nothing of one that may not have."""
    assert expected == after(kind, delivery=replace(DELIVERY, unsure_at=7.0)).verdict.unsure_at


def test_retry_after_wins() -> None:
    """A destination knows its load better than we do."""
    told = after("unavailable", retry_after=77.0)
    assert (NOW + 77, "retry_after") == (told.lane.not_before, told.lane.waits_for)


def test_blocked_waits_for_a_human() -> None:
    """A blocked lane probes hourly, and remembers since when it is blocked."""
    told = after("blocked", LaneState(blocked_at=NOW - 50))
    assert ("pending", NOW + 3600, NOW - 50) == (told.verdict.state, told.lane.not_before, told.lane.blocked_at)


def test_the_third_failure_raises_a_suspicion() -> None:
    """After three failures in a row of one delivery the next is tried."""
    told = after("unavailable", LaneState(failures=2, failing_since=NOW), replace(DELIVERY, failures=2))
    assert DELIVERY.seq == told.lane.suspect


def test_the_next_is_tried_at_once() -> None:
    """Later, it might find the destination mended, and overtake the suspect; a wish to wait is kept all the same."""
    third = replace(DELIVERY, failures=2)
    assert NOW + 1 == after("unavailable", LaneState(failures=2), third, pace=1.0).lane.not_before
    assert NOW + 77 == after("unavailable", LaneState(failures=2), third, retry_after=77.0).lane.not_before


def test_strict_order_suspects_nobody() -> None:
    """With `order: strict` nothing may pass."""
    policy = Policy(order="strict")
    told = after("unavailable", LaneState(failures=2), replace(DELIVERY, failures=2), policy)
    assert told.lane.suspect is None


def test_a_suspect_is_set_aside_when_the_next_succeeds() -> None:
    """Then the destination works, and the suspect waits alone."""
    told = after("sent", LaneState(failures=3, suspect=5))
    assert ((5, NOW + PAUSES[2]), None) == (told.aside, told.lane.suspect)


def test_nothing_is_set_aside_when_the_destination_is_down() -> None:
    """The next one failing too clears the suspicion."""
    told = after("unavailable", LaneState(failures=3, suspect=5))
    assert (None, None) == (told.aside, told.lane.suspect)


def test_a_delivery_set_aside_fails_alone() -> None:
    """Its back-off is its own, and the lane stays well."""
    told = after("unavailable", delivery=replace(DELIVERY, aside_at=NOW - 60, failures=3))
    assert ("pending", NOW + PAUSES[3], LaneState()) == (told.verdict.state, told.verdict.due_at, told.lane)


def test_waiting_does_not_age_a_delivery() -> None:
    """However old it is, an outage shorter than give_up_after does not kill it."""
    told = after(
        "unavailable",
        LaneState(not_before=NOW, failing_since=NOW - WEEK + 60),
        replace(DELIVERY, release_at=NOW - 2 * WEEK),
    )
    assert ("pending", None) == (told.verdict.state, told.expire_before)


def test_an_outage_of_a_week_gives_up() -> None:
    """What has waited through all of it is dead, and so is whatever was released before."""
    told = after(
        "unavailable", LaneState(not_before=NOW, failing_since=NOW - WEEK), replace(DELIVERY, release_at=NOW - WEEK)
    )
    assert ("dead", NOW - WEEK) == (told.verdict.state, told.expire_before)


def test_a_week_asleep_is_no_outage() -> None:
    """What relay did not try by its own absence ages nothing: neither what waits nor what was set aside."""
    asleep = LaneState(not_before=NOW - WEEK, failures=1, failing_since=NOW - WEEK - 9)
    told = after("unavailable", asleep, replace(DELIVERY, release_at=NOW - 2 * WEEK))
    assert ("pending", NOW - 9, None) == (told.verdict.state, told.lane.failing_since, told.expire_before)
    aside = replace(DELIVERY, aside_at=NOW - WEEK - 9, due_at=NOW - WEEK, failures=3)
    verdict = after("unavailable", delivery=aside).verdict
    assert ("pending", NOW - 9) == (verdict.state, verdict.aside_at)


def test_what_was_set_aside_for_a_week_is_given_up() -> None:
    """Tried all the time, it dies alone."""
    told = after("unavailable", delivery=replace(DELIVERY, aside_at=NOW - WEEK - 9, due_at=NOW - 60, failures=99))
    assert "dead" == told.verdict.state


def test_what_came_during_the_outage_is_kept() -> None:
    """A delivery younger than give_up_after is tried on."""
    told = after("unavailable", LaneState(not_before=NOW, failing_since=NOW - WEEK))
    assert "pending" == told.verdict.state
