"""Pruning: what is older than `keep` goes, a little at a time; the memory of what was seen is in the cursors and stays."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select

from relay.store.schema import attempt, card, delivery, delivery_event, event, words
from relay.store.writer import Command

BODIES_AFTER = 7 * 86400.0
AT_ONCE = 1000


@dataclass(frozen=True)
class Prune(Command[bool]):
    """Delete up to 1,000 rows of each kind settled or seen before `now - keep` seconds; whether there may be more.

    An event that a pending delivery still tells is kept. Rendered words go after 7 days.
    """

    now: float
    keep: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Prune"]) -> list[bool]:
        """Each in its own small steps, so that sending never waits long."""
        return [_prune(connection, command) for command in commands]


def _prune(connection: Connection, command: Prune) -> bool:
    before = {"before": command.now - command.keep, "most": AT_ONCE}
    old = connection.scalars(_settled, before).all()
    for statement in (_attempts, _spoken, _held, _deliveries):
        if old:
            connection.execute(statement, {"of": old})
    gone = connection.execute(_events, before).rowcount
    connection.execute(_cards, {"before": command.now - command.keep})
    connection.execute(_words, {"before": command.now - BODIES_AFTER, "most": AT_ONCE})
    return len(old) == AT_ONCE or gone == AT_ONCE


_settled = (
    select(delivery.c.seq)
    .where(delivery.c.settled_at.is_not(None), delivery.c.settled_at < bindparam("before"))
    .limit(bindparam("most"))
)
_attempts = delete(attempt).where(attempt.c.delivery.in_(bindparam("of", expanding=True)))
_held = delete(delivery_event).where(delivery_event.c.delivery.in_(bindparam("of", expanding=True)))
_spoken = delete(words).where(words.c.delivery.in_(bindparam("of", expanding=True)))
_deliveries = delete(delivery).where(delivery.c.seq.in_(bindparam("of", expanding=True)))
_told = (
    select(delivery_event.c.event)
    .join_from(delivery_event, delivery, delivery.c.seq == delivery_event.c.delivery)
    .where(delivery_event.c.event == event.c.seq)
    .exists()
)
_old = select(event.c.seq).where(event.c.seen_at < bindparam("before"), ~_told).limit(bindparam("most"))
_events = delete(event).where(event.c.seq.in_(_old))
_cards = delete(card).where(card.c.updated_at < bindparam("before"))
_oldest = select(words.c.delivery, words.c.at).order_by(words.c.delivery).limit(bindparam("most")).subquery()
_wordy = select(_oldest.c.delivery).where(_oldest.c.at < bindparam("before"))
_words = delete(words).where(words.c.delivery.in_(_wordy))
