"""Clock times of a week, through the changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.schedule import Digest, Limit, Quiet, read_clock, read_days, read_limit, read_span

BERLIN = ZoneInfo("Europe/Berlin")
MON_TO_FRI = frozenset(range(5))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "on", "now", "next_at"),
    [
        ("08:30", "daily", "2026-11-22 07:00", "2026-11-22 07:30"),
        ("08:30", "daily", "2026-11-22 07:30", "2026-11-23 07:30"),
        ("08:30", "mon-fri", "2026-11-20 07:30", "2026-11-23 07:30"),
        ("08:30,17:00", "mon-fri", "2026-11-20 07:30", "2026-11-20 16:00"),
        ("17:00,08:30", "mon-fri", "2026-11-20 16:00", "2026-11-23 07:30"),
        ("00:00", "sun", "2026-11-22 12:00", "2026-11-28 23:00"),
        ("02:30", "daily", "2026-03-28 12:00", "2026-03-29 01:00"),  # skipped: the next minute that exists
        ("02:30", "daily", "2026-03-29 01:00", "2026-03-30 00:30"),
        ("03:00", "daily", "2026-03-29 00:59", "2026-03-29 01:00"),
        ("08:30", "daily", "2026-03-28 12:00", "2026-03-29 06:30"),
        ("02:30", "daily", "2026-10-24 12:00", "2026-10-25 00:30"),  # repeated: the first pass
        ("02:30", "daily", "2026-10-25 00:30", "2026-10-26 01:30"),
        ("02:30", "daily", "2026-10-25 01:15", "2026-10-26 01:30"),  # 02:15 for the second time
    ],
)
def test_a_digest_goes_out_once_a_day(at: str, on: str, now: str, next_at: str) -> None:
    """The next digest is the next time that the clocks of the zone show, on a day that is named."""
    digest = Digest(tuple(read_clock(text) for text in at.split(",")), read_days(on))
    assert utc(next_at) == digest.after(utc(now), BERLIN)


def test_a_day_that_a_zone_skips_is_made_up_for() -> None:
    """Samoa had no 30 December 2011; its digest goes out as the next day begins."""
    moment = Digest((time(8, 30),), frozenset({4})).after(utc("2011-12-29 12:00"), ZoneInfo("Pacific/Apia"))
    assert utc("2011-12-30 10:00") == moment


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.times())
def test_digests_are_about_a_day_apart(now: datetime, clock: time) -> None:
    """Daily digests follow one another by 23 to 25 hours, whatever the clocks do."""
    digest = Digest((clock.replace(second=0, microsecond=0),))
    first = digest.after(now.replace(tzinfo=UTC), BERLIN)
    assert timedelta(hours=23) <= digest.after(first, BERLIN) - first <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("begin", "end", "on", "now", "until"),
    [
        ("22:00", "07:00", "daily", "2026-11-22 20:59", None),
        ("22:00", "07:00", "daily", "2026-11-22 21:00", "2026-11-23 06:00"),
        ("22:00", "07:00", "daily", "2026-11-23 05:59", "2026-11-23 06:00"),
        ("22:00", "07:00", "daily", "2026-11-23 06:00", None),
        ("12:00", "13:00", "daily", "2026-11-23 11:30", "2026-11-23 12:00"),
        ("22:00", "07:00", "mon-fri", "2026-11-21 01:00", "2026-11-21 06:00"),  # Friday's night
        ("22:00", "07:00", "mon-fri", "2026-11-21 22:00", None),  # Saturday
        ("00:00", "00:00", "sat,sun", "2026-11-21 12:00", "2026-11-22 23:00"),  # two days adjoin
        ("00:00", "00:00", "sat,sun", "2026-11-23 00:00", None),
        ("01:00", "02:30", "daily", "2026-03-29 00:30", "2026-03-29 01:00"),  # the end is skipped
        ("02:10", "02:50", "daily", "2026-03-29 00:59", None),  # skipped whole
        ("22:00", "02:30", "daily", "2026-10-25 00:15", "2026-10-25 00:30"),  # the first of two
        ("22:00", "02:30", "daily", "2026-10-25 00:45", None),
    ],
)
def test_quiet_hours_have_an_end(begin: str, end: str, on: str, now: str, until: str | None) -> None:
    """It is quiet from one local time to another, on nights that begin on the days named."""
    quiet = Quiet(read_clock(begin), read_clock(end), read_days(on))
    assert (until and utc(until)) == quiet.until(utc(now), BERLIN)


@pytest.mark.parametrize(
    ("limit", "now", "ends_at"),
    [
        ("20/1h", "2026-11-22 14:00", "2026-11-22 15:00"),
        ("20/1h", "2026-11-22 14:59:59", "2026-11-22 15:00"),
        ("5/10m", "2026-11-22 14:09:59", "2026-11-22 14:10"),
        ("1/1d", "2026-11-22 14:00", "2026-11-23 00:00"),
    ],
)
def test_windows_are_counted_from_the_epoch(limit: str, now: str, ends_at: str) -> None:
    """The same moment lies in the same window after every restart."""
    assert utc(ends_at) == read_limit(limit).window_ends_at(utc(now))


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("5m", 300), ("2h", 7200), ("7d", 604800), ("1w", 604800), (" 1 d ", 86400)]
)
def test_spans(text: str, seconds: float) -> None:
    """A span is a number and a unit."""
    assert seconds == read_span(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
        ("mon-fri", MON_TO_FRI),
        ("Mon, wed", {0, 2}),
        ("sat-mon", {5, 6, 0}),
        ("monday-tuesday,sunday", {0, 1, 6}),
    ],
)
def test_days(text: str, days: set[int]) -> None:
    """Days are names, ranges, or several of them."""
    assert days == read_days(text)


def test_a_limit_is_a_number_and_a_span() -> None:
    """At most twenty an hour is written 20/1h."""
    assert Limit(20, 3600.0) == read_limit("20 / 1h")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_span, "60"),
        (read_span, "0s"),
        (read_span, "1.5h"),
        (read_span, "-1s"),
        (read_span, "9999999d"),
        (read_clock, "8"),
        (read_clock, "24:00"),
        (read_clock, "12:60"),
        (read_clock, "08:30:00"),
        (read_days, "mo"),
        (read_days, "workdays"),
        (read_days, ""),
        (read_limit, "20"),
        (read_limit, "0/1h"),
        (read_limit, "20/hour"),
        (read_limit, "²/1h"),
    ],
)
def test_what_is_no_time_is_refused(read, text) -> None:
    """Each reader refuses with a sentence that shows what it takes."""
    with pytest.raises(ValueError, match="like"):
        read(text)
