"""What changed between two readings of one of GitLab's lists, of which only the end is read. Pure.

A thing is known by its key, and by a value that stands for what matters of it. What was never listed is either new, or
was there before and beyond the end of the list: when it was made tells which.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from relay import snapshot
from relay.cursor import digest
from relay.events import Event, text_of
from relay.fields import Fields
from relay.snapshot import Snapshot


@dataclass(frozen=True)
class Item:
    """A thing as it is listed now, and the event (without an id) that it would be; None says nothing.

    `under` is the key of a thing that it may have come to later, as files come to a release.
    """

    key: str
    value: str
    event: Event | None
    created_at: datetime | None = None
    touched_at: datetime | None = None
    under: str | None = None


@dataclass(frozen=True)
class Known:
    """What is remembered of a list: `since` is when the newest thing was made that first sight found.

    `newest` is when the newest was touched; `values` and `touches` are what each had when it was listed last. `unread`
    are digests of what could not be read the last time.
    """

    since: datetime | None = None
    newest: datetime | None = None
    values: Snapshot = field(default_factory=Snapshot)
    touches: Snapshot = field(default_factory=Snapshot)
    unread: tuple[str, ...] = ()

    def holds(self, item: Item) -> bool:
        """Whether the thing was listed before."""
        return item.key in self.values.held

    def is_born(self, item: Item) -> bool:
        """Whether a stranger was made since first sight."""
        if item.under in self.values.held:
            return True
        return self.since is None or item.created_at is None or item.created_at >= self.since

    def told(self, items: Sequence[Item], prefix: str, *, births: bool, quiet: Set[str]) -> Iterator[Event]:
        """The events of what changed; of strangers, those born are told if `births`, else those that were there before.

        Ids begin with `prefix`. `quiet` are strangers that were touched for a reason that is known.
        """
        listed = {item.key: item for item in items}
        for change in self.values.changes({item.key: item.value for item in items}, whole=False):
            item = listed[change.key]
            is_news = change.old is not None or (item.key not in quiet and self.is_born(item) == births)
            if is_news and item.event:
                yield replace(item.event, id=f"{prefix}:{digest(change.id)}")

    def touched(self, items: Iterable[Item]) -> dict[str, datetime | None]:
        """The things touched since they were listed last, and when that was; of strangers, when any was."""
        changes = self.touches.changes(_touches(items), whole=False)
        return {change.key: Fields(change.old).time() or self.newest for change in changes}

    def after(self, items: Sequence[Item], unread: Sequence[str] = ()) -> "Known":
        """What is remembered once these were read; what could not be read is looked at once more."""
        values = self.values.after({item.key: item.value for item in items}, whole=False)
        if not set(unread) <= set(self.unread):
            return replace(self, values=values, unread=tuple(unread))
        times = [item.touched_at for item in items if item.touched_at]
        newest = max([*times, *filter(None, [self.newest])], default=None)
        touches = self.touches.after(_touches(items), whole=False)
        return Known(self.since, newest, values, touches, tuple(unread))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        times = {"since": _text(self.since), "newest": _text(self.newest)}
        unread = {"unread": list(self.unread)} if self.unread else {}
        return {**times, "values": self.values.to_json(), "touches": self.touches.to_json(), **unread}


def first(items: Sequence[Item], unread: Sequence[str]) -> Known:
    """What is remembered after first sight, at which nothing is told."""
    since = max((item.created_at for item in items if item.created_at), default=None)
    return Known(since, unread=tuple(unread)).after(items, unread)


def from_json(value: Any) -> Known:
    """What `to_json` wrote. Raises FeedError if it is anything else."""
    fields = Fields(value)
    values, touches = (snapshot.from_json(fields.at(name).value) for name in ("values", "touches"))
    return Known(fields.time("since"), fields.time("newest"), values, touches, fields.texts("unread"))


def _touches(items: Iterable[Item]) -> dict[str, str]:
    return {item.key: text_of(item.touched_at) for item in items if item.touched_at}


def _text(moment: datetime | None) -> str | None:
    return text_of(moment) if moment else None
