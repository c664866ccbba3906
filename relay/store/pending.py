"""Pending deliveries as they are claimed: which a lane may send now, in order, and all that sending them takes."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from relay.errors import InvalidEvent
from relay.events import Event, restore, thing
from relay.jsontext import read
from relay.notice import Notice
from relay.notice import restore as restore_notice
from relay.store.many import chunks
from relay.store.schema import ASIDE, WAITING, attempt, card, delivery, delivery_event, event
from relay.value import value


@value
class Pending:
    """A delivery at the head of a claimed lane.

    `parts` are its words if an earlier attempt rendered them; `body` is the JSON of its event if it is a single one;
    `attempts` is how many there were. `unsure_at` is since when it may have arrived, as a send of it broke off;
    `due_at` when one that was set aside was to be tried again. One with a `flaw` cannot be told: the database is
    damaged there.
    """

    seq: int
    id: str
    rule: str
    why: str | None
    options: Mapping[str, object]
    opened_at: float
    release_at: float
    aside_at: float | None
    failures: int
    parts: Mapping[str, str] | None
    events: tuple[Event, ...]
    body: str | None = None
    reference: str | None = None
    notice: Notice | None = None
    attempts: int = 0
    unsure_at: float | None = None
    due_at: float | None = None
    flaw: str | None = None


def released(connection: Connection, lane: Any, now: float, most: int) -> list[Any]:
    """The rows that a lane may send now; while it fails, just one as a probe, and not the one under suspicion."""
    probing = lane.suspect is not None or lane.failures > 0
    asked = {"of": lane.destination, "now": now, "most": 1 if probing else most}
    found = connection.execute(_heads, asked | {"suspect": lane.suspect or 0}).all()
    if lane.suspect and not found:  # nothing else to try: the suspect itself
        found = connection.execute(_heads, asked | {"suspect": 0}).all()
    if probing and found:
        return list(found)
    return [*connection.execute(_retries, asked), *found][: asked["most"]]


waiting = (delivery.c.destination == bindparam("of")) & WAITING
"""What a lane sends in order."""
aside = (delivery.c.destination == bindparam("of")) & ASIDE
"""What a lane sends at times of their own."""
_columns = (
    delivery.c.seq,
    delivery.c.id,
    delivery.c.destination,
    delivery.c.rule,
    delivery.c.why,
    delivery.c.options,
    delivery.c.opened_at,
    delivery.c.release_at,
    delivery.c.aside_at,
    delivery.c.failures,
    delivery.c.attempts,
    delivery.c.notice,
    delivery.c.unsure_at,
    delivery.c.due_at,
    delivery.c.bundle,
    select(func.min(attempt.c.parts)).where(attempt.c.delivery == delivery.c.seq).scalar_subquery().label("parts"),
)
_heads = (
    select(*_columns)
    .where(waiting, delivery.c.release_at <= bindparam("now"), delivery.c.seq != bindparam("suspect"))
    .order_by(delivery.c.release_at, delivery.c.seq)
    .limit(bindparam("most"))
)
_retries = (
    select(*_columns)
    .where(aside, delivery.c.due_at <= bindparam("now"))
    .order_by(delivery.c.due_at)
    .limit(bindparam("most"))
)
_events_of = (
    select(delivery_event.c.delivery, event.c.body)
    .join_from(delivery_event, event, event.c.seq == delivery_event.c.event)
    .where(delivery_event.c.delivery.in_(bindparam("of", expanding=True)))
    .order_by(delivery_event.c.delivery, delivery_event.c.event)
)
_references = select(card.c.destination, card.c.thing, card.c.reference).where(
    card.c.destination.in_(bindparam("of", expanding=True)), card.c.thing.in_(bindparam("things", expanding=True))
)


def described(
    connection: Connection, rows: Mapping[str, Sequence[Any]], remembering: Container[str]
) -> dict[str, list[Pending]]:
    """The deliveries of these rows, by lane; those of `remembering` lanes with what is remembered of their things."""
    bodies = _bodies(connection, [row.seq for found in rows.values() for row in found])
    heads = {name: [_pending(row, bodies[row.seq]) for row in found] for name, found in rows.items()}
    _refer(connection, {name: found for name, found in heads.items() if name in remembering})
    return heads


def _bodies(connection: Connection, seqs: Sequence[int]) -> dict[int, list[str]]:
    """The JSON of each delivery's events, in order."""
    bodies: dict[int, list[str]] = {seq: [] for seq in seqs}
    for chunk in chunks(seqs):
        for row in connection.execute(_events_of, {"of": chunk}):
            bodies[row.delivery].append(row.body)
    return bodies


@lru_cache(maxsize=1024)
def _options(text: str) -> Mapping[str, object]:
    """A route's options; thousands of deliveries share a few."""
    return MappingProxyType(read(text))


def _told(notice: str | None, bodies: Sequence[str]) -> tuple[tuple[Event, ...], Notice | None, str | None]:
    """The events, or the notice; what is wrong with them where they cannot be read."""
    try:
        return tuple(map(restore, bodies)), restore_notice(notice) if notice else None, None
    except InvalidEvent as error:
        return (), None, str(error)


def _pending(row: Any, bodies: list[str]) -> Pending:
    events, notice, flaw = _told(row.notice, bodies)
    return Pending(
        row.seq,
        row.id,
        row.rule,
        row.why,
        _options(row.options),
        row.opened_at,
        row.release_at,
        row.aside_at,
        row.failures,
        read(row.parts) if row.parts else None,
        events,
        bodies[0] if len(bodies) == 1 else None,
        notice=notice,
        attempts=row.attempts,
        unsure_at=row.unsure_at,
        due_at=row.due_at,
        flaw=flaw,
    )


def _refer(connection: Connection, heads: dict[str, list[Pending]]) -> None:
    """Give deliveries of a single event what their destination remembers of the thing it is about."""
    things = {
        head.seq: key
        for found in heads.values()
        for head in found
        if len(head.events) == 1 and (key := thing(head.events[0]))
    }
    if not things:
        return
    rows = connection.execute(_references, {"of": list(heads), "things": sorted(set(things.values()))})
    known = {(row.destination, row.thing): row.reference for row in rows}
    for name, found in heads.items() if known else ():
        found[:] = [replace(head, reference=known.get((name, things.get(head.seq, "")))) for head in found]
