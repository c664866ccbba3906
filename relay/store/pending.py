"""Pending deliveries as they are claimed: which a lane may send now, in order, and all that sending them takes."""

from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, literal_column, select

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

    `parts` are its words if an earlier attempt rendered them; `bodies` are its events as they are kept, and `notice` is
    what it tells in place of events, both JSON: `told` reads them, when it is their turn. `attempts` is how many there
    were. `unsure_at` is since when it may have arrived, as a send of it broke off; `due_at` when one that was set aside
    was to be tried again.
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
    bodies: tuple[str, ...]
    notice: str | None = None
    attempts: int = 0
    unsure_at: float | None = None
    due_at: float | None = None
    reference: str | None = None

    def told(self) -> tuple[tuple[Event, ...], Notice | None]:
        """The events, or the notice. Raises InvalidEvent where the database is damaged.

        Thousands of claimed deliveries wait as text alone: with events they would take twice the room (measured).
        """
        if not self.bodies and not self.notice:
            raise InvalidEvent("the database holds a delivery whose events are gone")
        return tuple(map(restore, self.bodies)), restore_notice(self.notice) if self.notice else None


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
_words = select(func.min(attempt.c.parts)).where(attempt.c.delivery == delivery.c.seq).scalar_subquery()
_columns = (
    delivery.c.seq,
    delivery.c.id,
    delivery.c.rule,
    delivery.c.why,
    delivery.c.options,
    delivery.c.opened_at,
    delivery.c.release_at,
    delivery.c.aside_at,
    delivery.c.failures,
    case((delivery.c.attempts > literal_column("0"), _words)).label("parts"),
    delivery.c.notice,
    delivery.c.attempts,
    delivery.c.unsure_at,
    delivery.c.due_at,
    delivery.c.bundle,
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
    heads = {name: [_pending(row, bodies) for row in found] for name, found in rows.items()}
    _refer(connection, {name: found for name, found in heads.items() if name in remembering})
    return heads


def _bodies(connection: Connection, seqs: Sequence[int]) -> dict[int, list[str]]:
    """The JSON of each delivery's events, in order."""
    bodies: dict[int, list[str]] = {seq: [] for seq in seqs}
    for chunk in chunks(seqs):
        for seq, body in connection.execute(_events_of, {"of": chunk}):
            bodies[seq].append(body)
    return bodies


@lru_cache(maxsize=1024)
def _options(text: str) -> Mapping[str, object]:
    """A route's options; thousands of deliveries share a few."""
    return MappingProxyType(read(text))


def _pending(row: Sequence[Any], bodies: Mapping[int, list[str]]) -> Pending:
    seq, id, rule, why, options, opened, release, since, failures, parts, notice, attempts, unsure, due, _ = row
    route, words, told = _options(options), read(parts) if parts else None, tuple(bodies[seq])
    return Pending(
        seq, id, rule, why, route, opened, release, since, failures, words, told, notice, attempts, unsure, due
    )


def _refer(connection: Connection, heads: dict[str, list[Pending]]) -> None:
    """Give deliveries of a single event what their destination remembers of the thing it is about."""
    things = {head.seq: key for found in heads.values() for head in found if (key := _about(head))}
    if not things:
        return
    rows = connection.execute(_references, {"of": list(heads), "things": sorted(set(things.values()))})
    known = {(row.destination, row.thing): row.reference for row in rows}
    for name, found in heads.items() if known else ():
        found[:] = [replace(head, reference=known.get((name, things.get(head.seq, "")))) for head in found]


def _about(head: Pending) -> str | None:
    """The thing that a delivery of a single event is about."""
    with suppress(InvalidEvent):
        return thing(restore(head.bodies[0])) if len(head.bodies) == 1 else None
    return None
