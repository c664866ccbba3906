"""JSON of a forge, read without trust."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.fields import Fields

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T14:00:00.123456789+02:00", NOON + timedelta(microseconds=123456)),
        ("2026-11-22T12:00:00", NOON),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("soon", None),
        (7, None),
    ],
)
def test_times(said: Any, time: datetime | None):
    """A time is UTC; what is none, or stands at an end of the calendar for "never", is absent."""
    assert time == Fields({"at": said}).time("at")


@pytest.mark.parametrize(("said", "time"), [(NOON.timestamp() * 1000, None), (0, None), (253402300799999, None)])
def test_milliseconds(said: Any, time: datetime | None):
    """Milliseconds are a whole number within the calendar, and 0 is "never"."""
    assert time == Fields({"at": said}).millis("at")
    assert NOON == Fields({"at": int(NOON.timestamp() * 1000)}).millis("at")
