"""Pruning: what is older than `keep` goes, a little at a time; the memory of what was seen is in the cursors and stays.

Two marks in `meta` say how far it has come, so that what must stay a while is not met again at every step: events are
walked once, in the order of their commits, and one that is still told then goes with the last delivery that tells it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, null, select, update

from relay.store.many import Many, chunks, insert_missing
from relay.store.schema import attempt, card, delivery, delivery_event, event, feed, meta
from relay.store.writer import Command

WORDS_FOR = 7 * 86400.0
AT_ONCE = 1000


@dataclass(frozen=True)
class Prune(Command[bool]):
    """Delete up to 1,000 rows of each kind settled or seen before `now - keep` seconds; whether there may be more.

    An event that a delivery still tells is kept, and so is the newest of all: SQLite would use its `seq` again.
    Rendered words go 7 days after their delivery was settled, and the feed of a repository `keep`
    after that was listed last.
    """

    now: float
    keep: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Prune"]) -> list[bool]:
        """Each in its own small steps, so that sending never waits long."""
        return [_prune(connection, command) for command in commands]


def _prune(connection: Connection, command: Prune) -> bool:
    before = command.now - command.keep
    marks = _Marks(connection)
    more = [
        _prune_deliveries(connection, marks, before),
        _prune_events(connection, marks, before, command.now),
        _prune_words(connection, marks, command.now - WORDS_FOR),
        _prune_cards(connection, before),
        connection.execute(_gone, {"before": before, "most": AT_ONCE}).rowcount == AT_ONCE,
    ]
    return any(more)


class _Marks:
    """How far pruning has come: the last event walked, and the settlements whose words are gone.

    Their rows are locked: no two workers on one database prune at once.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        insert_missing(
            connection, meta, [{"name": "pruned_event", "value": "0"}, {"name": "pruned_words", "value": "0"}]
        )
        found = {row.name: row.value for row in connection.execute(_marks)}
        self.event = int(found["pruned_event"])
        self.words = float(found["pruned_words"])

    def move(self, name: str, to: float) -> None:
        """Go on from there the next time."""
        self._connection.execute(_move, {"of": name, "to": repr(to)})


_marks = select(meta).where(meta.c.name.in_(["pruned_event", "pruned_words"])).order_by(meta.c.name).with_for_update()
_move = update(meta).where(meta.c.name == bindparam("of")).values(value=bindparam("to"))


def _prune_deliveries(connection: Connection, marks: _Marks, before: float) -> bool:
    """The deliveries settled longest ago, and the events that only they told."""
    found = connection.execute(_settled, {"before": before, "most": AT_ONCE}).all()
    old = [row.seq for row in _first(found)]
    told: list[int] = []
    for chunk in chunks(old):
        told += connection.scalars(_told_by, {"of": chunk})
        for statement in (_attempts, _held, _deliveries):
            connection.execute(statement, {"of": chunk})
    for chunk in chunks(told):
        connection.execute(_untold, {"of": chunk, "last": marks.event})
    return len(found) == AT_ONCE or len(old) < len(found)


def _first(rows: Sequence[Any]) -> Sequence[Any]:
    """So many that they tell at most 1,000 events, but at least one."""
    told = 0
    for index, row in enumerate(rows):
        told += row.size
        if index and told > AT_ONCE:
            return rows[:index]
    return rows


_settled = (
    select(delivery.c.seq, delivery.c.size)
    .where(delivery.c.settled_at < bindparam("before"))
    .order_by(delivery.c.settled_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # one that is being sent again stays
)
_of: BindParameter[Any] = bindparam("of", expanding=True)
_told_by = select(delivery_event.c.event).where(delivery_event.c.delivery.in_(_of))
_attempts = delete(attempt).where(attempt.c.delivery.in_(_of))
_unspoken = update(attempt).where(attempt.c.delivery.in_(_of)).values(parts=null())
_held = delete(delivery_event).where(delivery_event.c.delivery.in_(_of))
_deliveries = delete(delivery).where(delivery.c.seq.in_(_of))
_told = select(delivery_event.c.event).where(delivery_event.c.event == event.c.seq).exists()
_untold = delete(event).where(event.c.seq.in_(_of), event.c.seq <= bindparam("last"), ~_told)


def _prune_events(connection: Connection, marks: _Marks, before: float, now: float) -> bool:
    """The events that follow the mark and are old, but for those that are still told.

    Those of the future, which a clock that ran ahead has seen, are passed over: they would stop the walk until then.
    """
    found = connection.execute(_next, {"after": marks.event, "most": AT_ONCE}).all()
    old = list(takewhile(lambda row: not before <= row.seen_at <= now, found))
    if old:
        connection.execute(_stretch, {"after": marks.event, "last": old[-1].seq, "before": before})
        marks.move("pruned_event", old[-1].seq)
    return len(old) == AT_ONCE


_newest = select(func.max(event.c.seq)).scalar_subquery()
_next = (
    select(event.c.seq, event.c.seen_at)
    .where(event.c.seq > bindparam("after"), event.c.seq < _newest)
    .order_by(event.c.seq)
    .limit(bindparam("most"))
)
_stretch = delete(event).where(
    event.c.seq > bindparam("after"), event.c.seq <= bindparam("last"), event.c.seen_at < bindparam("before"), ~_told
)


def _prune_words(connection: Connection, marks: _Marks, before: float) -> bool:
    """The words of deliveries settled since the mark; one at the mark itself has none, unless it is not done yet."""
    old = connection.execute(_spoken_since, {"since": marks.words, "before": before, "most": AT_ONCE}).all()
    for chunk in chunks([row.seq for row in old]):
        connection.execute(_unspoken, {"of": chunk})
    more = len(old) == AT_ONCE
    if more or marks.words < before:
        marks.move("pruned_words", old[-1].settled_at if more else before)
    return more


_spoken = select(attempt.c.id).where(attempt.c.delivery == delivery.c.seq, attempt.c.parts.is_not(None)).limit(1)
_spoken_since = (
    select(delivery.c.seq, delivery.c.settled_at)
    .where(
        delivery.c.settled_at >= bindparam("since"),
        delivery.c.settled_at < bindparam("before"),
        _spoken.scalar_subquery().is_not(None),  # EXISTS lets PostgreSQL read all attempts for a few deliveries
    )
    .order_by(delivery.c.settled_at)
    .limit(bindparam("most"))
)


def _prune_cards(connection: Connection, before: float) -> bool:
    """What was told longest ago, one by one: in one statement PostgreSQL would read all cards for them."""
    old = connection.execute(_oldest, {"before": before, "most": AT_ONCE}).all()
    _forget.execute(connection, [{"to": row.destination, "about": row.thing, "before": before} for row in old])
    return len(old) == AT_ONCE


_oldest = (
    select(card.c.destination, card.c.thing)
    .where(card.c.updated_at < bindparam("before"))
    .order_by(card.c.updated_at)
    .limit(bindparam("most"))
)
_forget = Many(
    delete(card).where(
        card.c.destination == bindparam("to"),
        card.c.thing == bindparam("about"),
        card.c.updated_at < bindparam("before"),
    )
)
_unlisted = select(feed.c.id).where(feed.c.gone_at < bindparam("before")).limit(bindparam("most"))
_gone = delete(feed).where(feed.c.id.in_(_unlisted))
