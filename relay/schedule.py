"""Clock times of a week: when a digest goes out, how long it stays quiet, which window a limit counts in; pure.

A local time that the clocks skip in spring means the next minute that exists, one that they repeat in autumn means its
first pass: a daily digest goes out once on both days. No cron library: quiet hours are spans, which cron lines cannot
pair, and within the repeated hour cronsim answers with a time that has passed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count

EVERY_DAY = frozenset(range(7))
"""Days of the week as in `date.weekday()`: 0 is Monday."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything since the last one, told together at fixed local times."""

    at: tuple[time, ...]
    on: frozenset[int] = EVERY_DAY

    def after(self, now: datetime, zone: tzinfo) -> datetime:
        """The next time it goes out, later than `now`; UTC."""
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in count())
        return next(moment for day in days for moment in self._moments(day, zone) if moment > now)

    def _moments(self, day: date, zone: tzinfo) -> list[datetime]:
        return sorted(instant(day, clock, zone) for clock in self.at) if day.weekday() in self.on else []


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing is sent; `on` names the days on which they begin. Equal times mean a whole day."""

    begin: time
    end: time
    on: frozenset[int] = EVERY_DAY

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet that reigns at `now` is over, in UTC, or None if it does not; adjoining hours count as one."""
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            begin, end = self._span(day, zone)
            if day.weekday() in self.on and begin <= now < end:
                return self.until(end, zone) or end
        return None

    def _span(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        last = day if self.begin < self.end else day + timedelta(days=1)
        return instant(day, self.begin, zone), instant(last, self.end, zone)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many deliveries in each window of `per` seconds, counted from the epoch; the rest is told together."""

    most: int
    per: float

    def window_ends_at(self, now: datetime) -> datetime:
        """The end of the window that `now` lies in; UTC."""
        return datetime.fromtimestamp((now.timestamp() // self.per + 1) * self.per, UTC)


def instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which a zone's clocks show this time on this day."""
    wall = datetime.combine(day, clock)
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)


_SPAN = re.compile(r"(\d{1,6})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_span(text: str) -> float:
    """Seconds of a span like 60s, 5m, 2h, 7d or 1w. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise ValueError(f"{text!r} is not a span of time like 60s, 5m, 2h, 7d or 1w")
    return float(int(found[1]) * _SECONDS[found[2]])


def read_clock(text: str) -> time:
    """The time of day of a text like 08:30. Raises ValueError."""
    found = _CLOCK.fullmatch(text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"{text!r} is not a time of day like 08:30")
    return time(int(found[1]), int(found[2]))


def read_days(text: str) -> frozenset[int]:
    """The days of a text like mon-fri, sat,sun or daily. Raises ValueError."""
    if text.strip().casefold() == "daily":
        return EVERY_DAY
    return frozenset(day for part in text.split(",") for day in _range(part))


def read_limit(text: str) -> Limit:
    """The limit of a text like 20/1h. Raises ValueError."""
    most, slash, per = text.partition("/")
    if not slash or not most.strip().isdecimal() or not int(most):
        raise ValueError(f"{text!r} is not a limit like 20/1h")
    return Limit(int(most), read_span(per))


def _range(text: str) -> Iterator[int]:
    first, dash, last = text.partition("-")
    begin, end = _day(first), _day(last if dash else first)
    yield from ((begin + ahead) % 7 for ahead in range((end - begin) % 7 + 1))


def _day(text: str) -> int:
    word = text.strip().casefold()
    for number, name in enumerate(_DAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ValueError(f"{text.strip()!r} is not a day; days are like mon, mon-fri, sat,sun or daily")
