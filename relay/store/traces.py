"""What `relay trace` asks: which events or deliveries somebody means, and everything that is known about them.

Nothing here is hot, so nothing has an index for it. A whole id is found by the indexes that keep ids unique. An id's
beginning is looked for in those indexes from end to end: under a second for a million (measured with SQLite). An address or
the hash of a commit may stand in many places of an event, so the newest 50,000 events are looked through, and no more
however many there are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from relay.errors import UsageError
from relay.events import Event, restore
from relay.jsontext import read
from relay.store.schema import WAITING, attempt, delivery, delivery_event, event, feed, lane
from relay.store.views import DeliveryView, Views, moment

LOOKED_THROUGH = 50_000
MOST = 20
"""Events that are shown of an address, the newest."""
_SHOWN = 5
_HASH = re.compile("[0-9a-f]{6,64}")


@dataclass(frozen=True)
class TracedEvent:
    """An event, the feed that brought it (None where that is gone), and the ids of the deliveries that tell it.

    `sight` is history for what was there before relay, late for what happened while it was away, else None.
    """

    event: Event
    feed: str | None
    sight: str | None
    deliveries: tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """The lane of a pending delivery: how many go `before` it, whether it is `sending`, and what it waits for."""

    before: int
    sending: bool
    due_at: datetime | None
    waits_for: str | None
    reason: str | None


@dataclass(frozen=True)
class TracedDelivery:
    """What became of a delivery, its rendered words by part (None where there are none, or not any more), its queue."""

    delivery: DeliveryView
    words: Mapping[str, str] | None
    queue: Queue | None


@dataclass(frozen=True)
class Trace:
    """What was meant: events with the deliveries that tell them, or a delivery with its events."""

    events: tuple[TracedEvent, ...]
    deliveries: tuple[TracedDelivery, ...]


def trace(views: Views, asked: str) -> Trace:
    """Everything about the event or delivery of that id, or an id that begins so, or the events of that address or commit.

    Raises UsageError where there is none, or more than one is meant.
    """
    if asked.startswith(("http://", "https://")):
        return _of_events(views, _by_address(views, asked))
    if rows := views.rows(select(delivery).where(delivery.c.id == asked)):
        return _of_delivery(views, rows[0])
    if seqs := _by_id(views, asked):
        return _of_events(views, seqs)
    if found := _by_beginning(views, asked):
        return found
    if _HASH.fullmatch(asked) and (seqs := _holding(views, [f'"hash":"{asked}'])):
        return _of_events(views, seqs)
    raise UsageError(f"there is no event or delivery {asked}; what is older than `keep` is gone")


def whole_id(views: Views, beginning: str) -> str | None:
    """The id of the delivery that begins so; None where there is none. Raises UsageError for several."""
    ids = [
        row.id for row in views.rows(select(delivery.c.id).where(_begins(delivery.c.id, beginning)).limit(_SHOWN + 1))
    ]
    return _alone(beginning, ids)


def _by_address(views: Views, url: str) -> list[int]:
    """The newest events in which the address stands, or one that leads to a place on its page."""
    page = url.partition("#")[0].rstrip("/")
    found = _holding(views, [f'"{page}{end}' for end in ('"', '/"', "#")])
    if not found:
        raise UsageError(
            f"none of the newest {LOOKED_THROUGH:,} events has the address {url}; an event's id finds older ones"
        )
    return found


def _holding(views: Views, texts: Sequence[str]) -> list[int]:
    """The newest events whose JSON holds one of these texts."""
    newest = select(event.c.seq, event.c.body).order_by(event.c.seq.desc()).limit(LOOKED_THROUGH).subquery()
    places = [newest.c.body.contains(text, autoescape=True) for text in texts]
    rows = views.rows(select(newest.c.seq).where(or_(*places)).order_by(newest.c.seq.desc()).limit(MOST))
    return [row.seq for row in rows]


def _by_id(views: Views, id: str) -> list[int]:
    """The events of that id: ids are unique within a source."""
    sources = [row.source for row in views.rows(select(feed.c.source).distinct())]
    return [row.seq for row in views.rows(select(event.c.seq).where(event.c.source.in_(sources), event.c.id == id))]


def _by_beginning(views: Views, beginning: str) -> Trace | None:
    deliveries = views.rows(select(delivery).where(_begins(delivery.c.id, beginning)).limit(_SHOWN + 1))
    events = views.rows(select(event.c.seq, event.c.id).where(_begins(event.c.id, beginning)).limit(_SHOWN + 1))
    if _alone(beginning, [row.id for row in (*deliveries, *events)]) is None:
        return None
    return _of_delivery(views, deliveries[0]) if deliveries else _of_events(views, [row.seq for row in events])


def _alone(beginning: str, found: Sequence[str]) -> str | None:
    """The only id of those that begin so, if there is one. Raises UsageError for several."""
    ids = sorted({*found})
    if len(ids) > 1:
        more = " and more" if len(ids) > _SHOWN else ""
        raise UsageError(f"{beginning} is the beginning of {', '.join(ids[:_SHOWN])}{more}; write more of it")
    return ids[0] if ids else None


def _begins(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    return func.substr(column, 1, len(beginning)) == beginning


def _of_events(views: Views, seqs: Sequence[int]) -> Trace:
    told = select(delivery_event.c.delivery).where(delivery_event.c.event.in_(seqs))
    rows = views.rows(select(delivery).where(delivery.c.seq.in_(told)).order_by(delivery.c.seq))
    return Trace(_events(views, seqs), tuple(_deliveries(views, rows)))


def _of_delivery(views: Views, row: Any) -> Trace:
    held = select(delivery_event.c.event).where(delivery_event.c.delivery == row.seq)
    return Trace(_events(views, held), tuple(_deliveries(views, [row])))


def _events(views: Views, seqs: "Sequence[int] | Select[tuple[int]]") -> tuple[TracedEvent, ...]:
    """In the order in which they were committed."""
    rows = views.rows(
        select(event, feed.c.key, feed.c.name)
        .outerjoin(feed, feed.c.id == event.c.feed)
        .where(event.c.seq.in_(seqs))
        .order_by(event.c.seq)
    )
    told: dict[int, list[str]] = {}
    for row in views.rows(
        select(delivery_event.c.event, delivery.c.id)
        .join_from(delivery_event, delivery)
        .where(delivery_event.c.event.in_(seqs))
        .order_by(delivery.c.seq)
    ):
        told.setdefault(row.event, []).append(row.id)
    return tuple(
        TracedEvent(restore(row.body), row.name or row.key, row.sight, tuple(told.get(row.seq, ()))) for row in rows
    )


def _deliveries(views: Views, rows: Sequence[Any]) -> list[TracedDelivery]:
    seqs = [row.seq for row in rows]
    spoken = select(attempt.c.delivery, attempt.c.parts).where(
        attempt.c.delivery.in_(seqs), attempt.c.parts.is_not(None)
    )
    words = {row.delivery: read(row.parts) for row in views.rows(spoken)}
    return [
        TracedDelivery(view, words.get(row.seq), _queue(views, row) if row.state == "pending" else None)
        for row, view in zip(rows, views.described(rows), strict=True)
    ]


def _queue(views: Views, row: Any) -> Queue | None:
    [found] = views.rows(select(lane).where(lane.c.destination == row.destination)) or [None]
    if found is None:
        return None
    first = (delivery.c.release_at < row.release_at) | (
        (delivery.c.release_at == row.release_at) & (delivery.c.seq < row.seq)
    )
    before = select(func.count()).where(delivery.c.destination == row.destination, WAITING, first)
    ahead = 0 if row.aside_at is not None else views.rows(before)[0][0]
    due_at = None if found.lease else moment(found.ready_at)  # a lease may have no end
    return Queue(ahead, found.lease is not None, due_at, found.waits_for, found.reason)
