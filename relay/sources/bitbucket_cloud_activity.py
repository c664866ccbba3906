"""The entries of a repository's pull request activity: which are new, and where the list ends too early. Pure.

An entry is `{pull_request, <kind>: {…}}`, newest first, without an id: its pull request, kind, time and, for approvals,
person stand for one. A comment has its own id, and an edit of it no entry.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.cursor import digest
from relay.fields import Fields
from relay.sources.bitbucket_cloud_account import Read
from relay.sources.bitbucket_cloud_cursor import Known
from relay.sources.bitbucket_cloud_entries import CLOSED, person, stamp

OVERLAP = timedelta(minutes=10)
"""How far behind the newest time known an entry may still appear."""
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_TIMES = ("date", "created_on")


@dataclass(frozen=True)
class Entry:
    """One entry; `key` tells it from all others of its repository."""

    kind: str
    number: int
    pull: Fields
    body: Fields
    at: datetime
    key: str

    @property
    def closes(self) -> bool:
        """Whether it says that the pull request was merged, declined or superseded."""
        return self.kind == "update" and self.body.text("state") in CLOSED

    @property
    def person(self) -> str | None:
        """Who approved it or asked for changes."""
        return person(self.body.at("user"))


def read(raw: Fields) -> Entry | str:
    """The entry, or in a few words why it cannot be read."""
    kinds = [key for key in raw.value if key != "pull_request"] if isinstance(raw.value, dict) else []
    kind = next((key for key in kinds if _KIND.fullmatch(key) and isinstance(raw.value[key], dict)), None)
    if kind is None:
        return "it says nothing that happened"
    body = raw.at(kind)
    pull = raw.at("pull_request") or body.at("pullrequest")
    number = pull.whole("id")
    field = next((name for name in _TIMES if body.time(name)), None)
    at = body.time(field) if field else None
    if number is None or at is None or field is None:
        return f"its {kind} has no pull request" if number is None else f"its {kind} has no time"
    key = _key(kind, number, body, stamp(body, field) or "")
    return Entry(kind, number, pull, body, at, key) if key else f"its {kind} has no id"


def _key(kind: str, number: int, body: Fields, at: str) -> str | None:
    if kind == "comment":
        id = body.name("id")
        return f"prc:{id}" if id else None
    if kind == "update":
        return f"pr:{number}:upd:{at}"
    word = {"approval": "like", "changes_requested": "changes"}.get(kind, kind)
    return f"pr:{number}:{word}:{person(body.at('user')) or ''}:{at}"


@dataclass(frozen=True)
class Activity:
    """What was read of a list: its entries, what is new among them, and why others cannot be read, by their key."""

    entries: tuple[Entry, ...]
    news: tuple[Entry, ...]
    unread: Mapping[str, str]
    gap: str | None

    @property
    def keys(self) -> tuple[str, ...]:
        """What is remembered of all that is listed."""
        return (*(entry.key for entry in self.entries), *self.unread)


def activity(read_: Read, known: Known | None) -> Activity:
    """What a list says beside what was read before, None at first sight.

    New is what was never seen and either stands above something that was, however old it is, or is younger than the
    oldest entry of first sight: where entries were deleted, ones move up that were out of sight then.
    """
    parsed = [(raw, read(raw)) for raw in read_.values]
    entries = tuple(entry for _, entry in parsed if isinstance(entry, Entry))
    unread = {f"unread:{digest(raw.value)}": why for raw, why in parsed if isinstance(why, str)}
    if known is None:
        return Activity(entries, _once(entries), unread, None)
    seen = set(known.seen.ids)
    last = max((index for index, entry in enumerate(entries) if entry.key in seen), default=-1)
    news = [
        entry
        for index, entry in enumerate(entries)
        if entry.key not in seen and (index < last or known.since is None or entry.at >= known.since)
    ]
    return Activity(entries, _once(news), unread, _gap(read_, entries, known))


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple({entry.key: entry for entry in entries}.values())


def _gap(read_: Read, entries: Sequence[Entry], known: Known) -> str | None:
    """Whether what happened since the last visit may be more than was read."""
    if not read_.whole:
        return f"more than {len(entries)} things happened to pull requests; older ones were not read"
    seen = set(known.seen.ids)
    before = any(id.startswith("prc:") or ":upd:" in id or ":like:" in id for id in seen)
    reaches = not entries or any(entry.key in seen for entry in entries)
    if before and not reaches and known.high and min(entry.at for entry in entries) > known.high:
        return "the activity of its pull requests no longer reaches back to what was read last"
    return None


def is_older(page: Sequence[Fields], floor: datetime | None) -> bool:
    """Whether a whole page of the activity lies before a moment, so that nothing new follows; False where None is."""
    if floor is None:
        return False
    times = [entry.at for raw in page if isinstance(entry := read(raw), Entry)]
    return bool(times) and max(times) < floor
