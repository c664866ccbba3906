"""A clock that was set back: what waited for a moment of the old one waits as long by the new one.

Every moment in the database was told by the clock of its time. Once that has gone back a day, feeds would rest for a
day, lanes would pause for a day, and what happens now would be sent before what already waits. Digests and the ends of
quiet hours stay at the times of day that were asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, bindparam, case, func, select, update

from relay.store.lanes import ready_at
from relay.store.prune import WORDS_FOR
from relay.store.schema import ASIDE, PENDING, WAITING, account, delivery, feed, lane, meta
from relay.store.writer import Command

SLACK = 30.0
"""Seconds that a clock may be put right by: what they make late is not worth the trouble. It is noticed as soon."""


@dataclass(frozen=True)
class Rewind(Command[float]):
    """By how many seconds the clock went back since feeds were tried and deliveries opened; 0.0 if it did not.

    What it brings up to date shows no future any more, so that nothing is rewound twice, by another worker either.
    """

    now: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Rewind"]) -> list[float]:
        """Submitted at each start, and when a worker sees its clock go back."""
        return [_rewind(connection, command.now) for command in commands]


def _rewind(connection: Connection, now: float) -> float:
    latest = [connection.scalar(_tried_at), *(connection.scalar(opened, {"now": now}) for opened in _opened_at)]
    back = max((moment for moment in latest if moment is not None), default=now) - now
    if back <= SLACK:
        return 0.0
    connection.execute(_feeds_in_order)
    names = connection.scalars(_lanes_in_order).all()
    connection.execute(update(feed).values(_shifted(now, back, *_FEED) | _capped(now, *_FEED_PAST)))
    connection.execute(update(account).values(_shifted(now, back, *_ACCOUNT)))
    connection.execute(update(lane).values(_shifted(now, back, *_LANE) | _capped(now, *_LANE_PAST)))
    _rewind_deliveries(connection, now, back)
    _rewind_pruning(connection, now)
    for name in names:
        _make_ready(connection, name)
    return back


def _rewind_deliveries(connection: Connection, now: float, back: float) -> None:
    """All that were opened before the last one by the old clock move with it, and before what came since that went back."""
    last = connection.scalar(select(func.max(delivery.c.seq)).where(PENDING, delivery.c.opened_at > now)) or 0
    soon = delivery.c.why.is_(None) | delivery.c.why.not_in(("digest", "quiet"))
    moved = PENDING & (delivery.c.seq <= last) & soon
    connection.execute(update(delivery).where(moved).values(release_at=delivery.c.release_at - back - SLACK))
    values = _shifted(now, back, delivery.c.opened_at, delivery.c.due_at)
    past = _capped(now, delivery.c.aside_at, delivery.c.unsure_at)
    connection.execute(update(delivery).where(PENDING).values(values | past))


def _rewind_pruning(connection: Connection, now: float) -> None:
    """What is settled from now on has its words taken in due time, however far a clock that ran ahead had come."""
    done = connection.scalar(_pruned_words)
    if done is not None and float(done) > now - WORDS_FOR:
        connection.execute(_pruned_again, {"to": repr(now - WORDS_FOR)})


def _make_ready(connection: Connection, name: str) -> None:
    """A lane that nobody has is due with what it has to send."""
    not_before = connection.scalar(select(lane.c.not_before).where(lane.c.destination == name))
    at = ready_at(connection, name, not_before or 0.0)
    free = (lane.c.destination == name) & lane.c.lease.is_(None) & lane.c.ready_at.is_not(None)
    connection.execute(update(lane).where(free).values(ready_at=at))


def _shifted(now: float, back: float, *columns: Column[Any]) -> dict[str, Any]:
    """Moments to come, as far ahead as they were."""
    return {column.name: case((column > now, column - back), else_=column) for column in columns}


def _capped(now: float, *columns: Column[Any]) -> dict[str, Any]:
    """Moments that have passed, by whichever clock."""
    return {column.name: case((column > now, now), else_=column) for column in columns}


def _newest(*which: ColumnElement[bool]) -> Select[tuple[float | None]]:
    """When the newest of these was opened, asked lane by lane: each lane's are found by a moment."""
    of_lane = select(func.max(delivery.c.opened_at)).where(delivery.c.destination == lane.c.destination, *which)
    return select(func.max(of_lane.scalar_subquery())).select_from(lane)


_FEED = (feed.c.ready_at, feed.c.not_before, feed.c.turn_at)
_FEED_PAST = (feed.c.polled_at, feed.c.tried_at, feed.c.failing_since, feed.c.noticed_at, feed.c.gap_at, feed.c.gone_at)
_ACCOUNT = (account.c.earned_at, account.c.queue_until, account.c.not_before)
_LANE = (lane.c.ready_at, lane.c.not_before)
_LANE_PAST = (lane.c.failing_since, lane.c.blocked_at, lane.c.noticed_at)
_tried_at = select(func.max(feed.c.tried_at))
_opened_at = (  # what was opened in the future is released or due in the future too
    _newest(WAITING, delivery.c.release_at > bindparam("now")),
    _newest(ASIDE, delivery.c.due_at > bindparam("now")),
)
_pruned_words = select(meta.c.value).where(meta.c.name == "pruned_words")
_pruned_again = update(meta).where(meta.c.name == "pruned_words").values(value=bindparam("to"))
_feeds_in_order = select(feed.c.id).order_by(feed.c.id).with_for_update()
_lanes_in_order = select(lane.c.destination).order_by(lane.c.destination).with_for_update()
