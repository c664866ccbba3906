"""When a delivery leaves, and with what else."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from relay.events import Event, Repository
from relay.rules import Route
from relay.schedule import Digest, Limit, Quiet
from relay.timing import Policy, Slot, Window, slot

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)  # a Sunday, 15:00 in Berlin
NIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)
EVENT = Event(
    id="1", type="pullrequest_updated", source="acme", seen_at=NOW, repository=Repository("acme", "site"), number=12
)
ROUTE = Route("pullrequest_*", "rules.pullrequest_*", "dev")
DIGEST = Digest((time(8, 30),))
QUIET = Quiet(time(22), time(7))
LATE = "late:repositories/acme/site:1"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def when(route: Route = ROUTE, policy: Policy | None = None, now: datetime = NOW, late: str | None = None) -> Slot:
    return slot(EVENT, route, policy or Policy(), now, BERLIN, late)


def test_an_event_leaves_at_once_by_itself() -> None:
    """Without digest, group, limit, quiet hours or lateness there is nothing to wait for."""
    assert Slot(NOW) == when()


@pytest.mark.parametrize(
    ("route", "policy"),
    [
        (replace(ROUTE, digest=DIGEST), Policy()),
        (ROUTE, Policy(digest=DIGEST)),
        (replace(ROUTE, digest=DIGEST), Policy(digest=Digest((time(9),)))),
    ],
)
def test_a_digest_waits_for_its_time(route: Route, policy: Policy) -> None:
    """The route's digest comes before the destination's; its bundle is known by the moment it leaves."""
    assert Slot(utc("2026-11-23 07:30"), "digest:2026-11-23T07:30:00Z", "digest") == when(route, policy)


def test_digests_that_leave_together_are_one() -> None:
    """Two rules with the same times fill one digest of their destination."""
    other = Route("issue_*", "rules.issue_*", "dev", digest=Digest((time(8, 30), time(17)), frozenset({0})))
    assert when(replace(ROUTE, digest=DIGEST)).bundle == when(other).bundle


def test_a_digest_in_quiet_hours_is_held_to_their_end() -> None:
    """A digest that would go out in the night goes out in the morning."""
    policy = Policy(digest=Digest((time(3),)), quiet=QUIET)
    assert Slot(MORNING, "digest:2026-11-23T06:00:00Z", "digest") == when(policy=policy)


def test_quiet_hours_hold_everything_as_one() -> None:
    """What happens in the night is told together in the morning."""
    assert Slot(MORNING, "quiet:2026-11-23T06:00:00Z", "quiet") == when(policy=Policy(quiet=QUIET), now=NIGHT)


def test_quiet_hours_hold_nothing_by_day() -> None:
    """Outside of its hours a quiet destination is like any other."""
    assert Slot(NOW) == when(policy=Policy(quiet=QUIET))


def test_what_is_urgent_waits_for_nothing() -> None:
    """An urgent route passes the destination's digest, quiet hours and limit."""
    policy = Policy(digest=DIGEST, quiet=QUIET, limit=Limit(1, 3600))
    assert Slot(NIGHT) == when(replace(ROUTE, urgent=True), policy, NIGHT)


def test_late_events_of_one_poll_are_one() -> None:
    """What relay was too long away for goes out now, together."""
    assert Slot(NOW, LATE, "late") == when(late=LATE)


def test_late_events_respect_quiet_hours() -> None:
    """In the night the late bundle waits too, apart from what is urgent."""
    policy = Policy(quiet=QUIET)
    assert Slot(MORNING, f"{LATE}:quiet", "late") == when(policy=policy, now=NIGHT, late=LATE)
    assert Slot(NIGHT, LATE, "late") == when(replace(ROUTE, urgent=True), policy, NIGHT, LATE)


def test_a_digest_takes_late_events_too() -> None:
    """A digest never claims to be fresh, so nothing is told beside it."""
    assert "digest" == when(policy=Policy(digest=DIGEST), late=LATE).why


def test_a_group_gathers_what_happens_to_one_thing() -> None:
    """Events of one pull request within the span of the route join."""
    expected = Slot(utc("2026-11-22 14:05"), "group:pullrequest_*:acme/acme/site/pull-request/12", "group")
    assert expected == when(replace(ROUTE, group=300.0))


def test_what_is_about_nothing_in_particular_is_not_grouped() -> None:
    """A push shares nothing with the next one."""
    event = replace(EVENT, type="pushed", number=None)
    assert Slot(NOW) == slot(event, replace(ROUTE, group=300.0), Policy(), NOW, BERLIN)


def test_a_group_that_ends_in_quiet_hours_is_held() -> None:
    """A group opened just before the night is told in the morning."""
    now = utc("2026-11-22 20:58")
    assert MORNING == when(replace(ROUTE, group=300.0), Policy(quiet=QUIET), now).release_at


def test_a_limit_names_its_window() -> None:
    """The store counts deliveries within the window, and bundles those beyond the limit until it ends."""
    window = Window(20, "limit:2026-11-22T15:00:00Z", utc("2026-11-22 15:00"))
    assert Slot(NOW, limit=window) == when(policy=Policy(limit=Limit(20, 3600)))


def test_a_limit_of_a_route_counts_for_itself() -> None:
    """The route's own limit comes before the destination's, in a window of its own."""
    window = Window(2, "limit:pullrequest_*:2026-11-22T14:10:00Z", utc("2026-11-22 14:10"))
    assert window == when(replace(ROUTE, limit=Limit(2, 600)), Policy(limit=Limit(20, 3600))).limit


def test_what_is_beyond_a_limit_waits_for_the_end_of_quiet_hours() -> None:
    """A window that ends in the night gives way to the morning."""
    limited = when(policy=Policy(quiet=QUIET, limit=Limit(1, 3600)), now=utc("2026-11-22 20:30"))
    assert Window(1, "limit:2026-11-22T21:00:00Z", MORNING) == limited.limit
