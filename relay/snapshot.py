"""What a list held, and what changed in it since: for what a forge tells no history of. Pure.

Keys and values are texts, the source's own: an id, and what it stands for or a digest of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.cursor import damaged

REMEMBERED = 1000
"""Keys remembered of what is not listed any more, those that were listed last."""


@dataclass(frozen=True)
class Change:
    """One key that came (no `old`), changed or went (no `new`); `count` is how often it had changed before."""

    key: str
    old: str | None
    new: str | None
    count: int

    @property
    def id(self) -> str:
        """What tells this change from every other of the list, and is the same when it is read again."""
        return f"{self.key}:{'+' if self.old is None else '-' if self.new is None else self.new}:{self.count}"


@dataclass(frozen=True)
class Snapshot:
    """Each key with its value, None for what went, and how often that changed: what comes, goes and comes is three events.

    `emptied` is for a list that was suddenly empty: that is believed when it is empty the next time too.
    """

    held: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    emptied: bool = False

    @property
    def values(self) -> list[str]:
        """What is listed."""
        return [value for value, _ in self.held.values() if value is not None]

    def doubts(self, listed: Mapping[str, str]) -> bool:
        """Whether the list is to be read once more before it is believed."""
        return not listed and bool(self.values) and not self.emptied

    def changes(self, listed: Mapping[str, str], *, whole: bool = True) -> tuple[Change, ...]:
        """What changed, by key; what a list that is not `whole` leaves out has not gone. Nothing, while in doubt."""
        if whole and self.doubts(listed):
            return ()
        keys = [*listed, *(key for key in self.held if whole and key not in listed)]
        found = []
        for key in keys:
            old, count = self.held.get(key, (None, 0))
            if old != listed.get(key):
                found.append(Change(key, old, listed.get(key), count))
        return tuple(found)

    def after(self, listed: Mapping[str, str], *, whole: bool = True) -> "Snapshot":
        """The snapshot once the list was read."""
        if self.doubts(listed):
            return Snapshot(self.held, emptied=whole)
        counts = {change.key: change.count + 1 for change in self.changes(listed, whole=whole)}
        gone = {
            key: (None if whole else value, counts.get(key, count))
            for key, (value, count) in self.held.items()
            if key not in listed
        }
        now = {key: (value, counts.get(key, self.held.get(key, (None, 0))[1])) for key, value in listed.items()}
        return Snapshot(dict([*gone.items()][-REMEMBERED:]) | now)

    def to_json(self) -> dict[str, Any]:
        """The snapshot as a part of a cursor."""
        return {"held": {key: list(pair) for key, pair in self.held.items()}, "emptied": self.emptied}


def from_json(value: Any) -> Snapshot:
    """The snapshot that `to_json` wrote; raises FeedError if it is anything else."""
    try:
        held = {key: _pair(*pair) for key, pair in value["held"].items()}
        return Snapshot(held, value["emptied"] is True)
    except (TypeError, KeyError, AttributeError):
        raise damaged() from None


def _pair(value: Any, count: Any) -> tuple[str | None, int]:
    if not isinstance(value, str | None) or not isinstance(count, int):
        raise TypeError
    return value, count
