"""How far a feed of GitHub's has been read, and the reading of its window.

The window is up to 300 events of 30 days, in no order, with late ones anywhere in it: it is read whole whenever its
first page changed, and known by ids alone. Only the first page is asked for conditionally.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from relay.api import Answer, Api
from relay.cursor import damaged
from relay.errors import FeedGarbled
from relay.fields import Fields
from relay.seen import Seen
from relay.seen import from_json as seen_from_json
from relay.sources.github_entries import Entry, read

PAGES = 3  # of a hundred entries; the fourth is answered with 422
_EXPIRES = 30 * 86_400.0
_SLOWEST = 3600.0


@dataclass(frozen=True)
class Mark:
    """The cursor of an events feed.

    `place` is the path of its events; `read_at` when it was read whole last, in seconds since the epoch; `seen` is None
    before first sight, where `created` says that the repository is to be read from its creation. `edits` is what
    `relay.sources.github_edits` remembers.
    """

    place: str
    seen: Seen | None = None
    etag: str | None = None
    read_at: float = 0.0
    created: bool = False
    edits: Any = None

    def to_json(self) -> dict[str, Any]:
        """What `mark` reads again."""
        kept = {"place": self.place, "created": self.created} if self.created else {"place": self.place}
        if self.seen is None:
            return kept
        edits = {} if self.edits is None else {"edits": self.edits}
        return kept | {"seen": list(self.seen.ids), "etag": self.etag, "read_at": self.read_at} | edits


def mark(cursor: Any) -> Mark | None:
    """The cursor, None at first sight. Raises FeedError if it is damaged."""
    if cursor is None:
        return None
    fields = Fields(cursor)
    place, read_at = fields.text("place"), fields.at("read_at").value
    if place is None or not isinstance(read_at, int | float | None):
        raise damaged()
    seen = seen_from_json(cursor["seen"]) if "seen" in cursor else None
    created, edits = fields.flag("created") or False, fields.at("edits").value
    return Mark(place, seen, fields.text("etag"), read_at or 0.0, created, edits)


@dataclass(frozen=True)
class Reading:
    """A whole window: what could be read of it, and a warning by its id for what could not."""

    entries: dict[str, Entry]
    complaints: dict[str, str]
    etag: str | None
    full: bool

    @property
    def ids(self) -> tuple[str, ...]:
        """All that is listed."""
        return (*self.entries, *self.complaints)

    def after(self, before: Mark, now: datetime) -> Mark:
        """The cursor once all of it was told; without an ETag the moment of a reading means nothing."""
        read_at = now.timestamp() if self.etag else 0.0
        return replace(before, seen=(before.seen or Seen()).after(self.ids), etag=self.etag, read_at=read_at)

    def gap(self, before: Mark, now: datetime) -> str | None:
        """Why events may have been missed; that the old ones expired is no reason, unless relay was away as long."""
        seen = before.seen
        if seen is None or not (seen.missed(self.ids) or (self.full and not seen.ids)):
            return None
        away = before.read_at and now.timestamp() - before.read_at > _EXPIRES
        if not self.full and not away:
            return None
        return "nothing that was seen before is still listed; others may have scrolled past unseen"


async def first_page(api: Api, place: str, now: datetime, etag: str | None) -> Answer:
    """The newest hundred, or 304. Raises a FeedError."""
    return await api.get(place, now, {"per_page": 100}, etag=etag)


async def rest(api: Api, first: Answer, now: datetime) -> Reading:
    """The whole window that a first page begins. Raises a FeedError."""
    answers = [first]
    while len(answers) < PAGES and (onward := answers[-1].link("next")):
        answers.append(await api.get(onward, now))
    raws = [raw for answer in answers for raw in _entries(answer)]
    try:
        found = dict(map(read, raws))
    except RecursionError:
        raise FeedGarbled(f"{_where(first)} sent entries nested too deep to be read") from None
    entries = {id: entry for id, entry in found.items() if isinstance(entry, Entry)}
    complaints = {id: entry for id, entry in found.items() if isinstance(entry, str)}
    if complaints and not entries:
        complaint = next(iter(complaints.values()))
        raise FeedGarbled(f"{_where(first)} sent {len(raws)} entries and none is an event: {complaint}")
    return Reading(entries, complaints, first.etag, full=len(answers) == PAGES)


def _entries(answer: Answer) -> list[Any]:
    if not isinstance(answer.json, list):
        raise FeedGarbled(f"{_where(answer)} sent JSON that is no list of events; is this the API's address?")
    return answer.json


def _where(answer: Answer) -> str:
    return answer.url.partition("?")[0]


def wish(answer: Answer) -> float | None:
    """The seconds that GitHub wants to pass before the feed is asked again: X-Poll-Interval."""
    wanted = answer.headers.get("x-poll-interval", "")
    return min(float(wanted), _SLOWEST) if re.fullmatch(r"\d{1,9}", wanted, re.ASCII) else None
