"""JSON of a forge, read without trust: what is absent, or of another kind than wanted, is None or empty. Pure."""

from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from relay.storable import clean


class Fields:
    """One JSON value; a path of keys leads into it, and to nothing where any of them is missing.

    `Fields(entry).text("user", "name")` is text or None, whatever the forge sent.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def at(self, *path: str | int) -> "Fields":
        """What stands at a path of keys and indices; a Fields of None where there is nothing."""
        value = self.value
        for key in path:
            value = _step(value, key)
        return Fields(value)

    def __bool__(self) -> bool:
        return self.value not in (None, {}, [], "")

    def text(self, *path: str | int) -> str | None:
        """Text that is not empty, without what cannot be stored."""
        value = self.at(*path).value
        return clean(value) if isinstance(value, str) and value else None

    def web(self, *path: str | int) -> str | None:
        """An address that a browser opens; every other scheme is nothing."""
        url = self.text(*path)
        return url if url and url.startswith(("https://", "http://")) else None

    def whole(self, *path: str | int) -> int | None:
        """A whole number of at most 64 bits."""
        value = self.at(*path).value
        return value if type(value) is int and abs(value) < 1 << 63 else None

    def name(self, *path: str | int) -> str | None:
        """An identifier, which forges send as text or as a number."""
        number = self.whole(*path)
        return self.text(*path) if number is None else str(number)

    def flag(self, *path: str | int) -> bool | None:
        """True or false."""
        value = self.at(*path).value
        return value if isinstance(value, bool) else None

    def time(self, *path: str | int) -> datetime | None:
        """An ISO 8601 time, UTC; fractions finer than a microsecond are cut, a time without a zone is UTC.

        None at the ends of the calendar, where no span can be added: a forge written in Go says the year 1 for "never".
        """
        try:
            moment = datetime.fromisoformat(self.text(*path) or "")
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        return moment if MINYEAR < moment.year < MAXYEAR else None

    def millis(self, *path: str | int) -> datetime | None:
        """A time in milliseconds since the epoch, UTC."""
        try:
            moment = datetime.fromtimestamp((self.whole(*path) or 0) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return moment if self.whole(*path) and MINYEAR < moment.year < MAXYEAR else None

    def items(self, *path: str | int) -> Iterator["Fields"]:
        """The items of a list; none where there is no list."""
        value = self.at(*path).value
        yield from map(Fields, value if isinstance(value, list) else ())

    def texts(self, *path: str | int) -> tuple[str, ...]:
        """The texts in a list; other items are passed over."""
        return tuple(text for item in self.items(*path) if (text := item.text()))


def _step(value: Any, key: str | int) -> Any:
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and -len(value) <= key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None
