"""Notices whose trouble ended before they left: withdrawn when they are claimed for the first time.

Asked at the last moment, so that whatever ended it counts: a poll or an attempt that worked, or a changed file.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, null, select, update

from relay.errors import InvalidEvent
from relay.notice import OF_FEEDS, Notice, named, restore
from relay.store.many import Many
from relay.store.schema import delivery, feed, lane

OVER = "what it was about had ended before it was sent"
_ENDING = frozenset({"failing", "blocked", "down"})
"""The kinds that end; a gap and a death stay what they are."""


def withdraw(connection: Connection, destination: str, heads: Sequence[Any], now: float) -> bool:
    """Withdraw those heads of a claimed lane that are notices of what is over; whether there were any.

    A scope whose notice was withdrawn does not rest: nobody was told.
    """
    scopes = {head.bundle: head.seq for head in heads if _is_over(connection, head)}
    settled = {"is": "withdrawn", "at": now, "because": OVER}
    _withdrawn.execute(connection, [{"of": seq} | settled for seq in scopes.values()])
    limits = connection.scalar(_limits, {"of": destination}) if scopes else None
    if limits:
        left = {scope: rest for scope, rest in json.loads(limits).items() if scope not in scopes}
        connection.execute(_rests, {"of": destination, "text": json.dumps(left) if left else None})
    return bool(scopes)


def _is_over(connection: Connection, head: Any) -> bool:
    """Whether all that a head tells of is known to be well.

    What was claimed before may have arrived, or somebody wants it redelivered: it is in no bundle any more.
    """
    notice = _notice(head) if head.notice and head.bundle else None
    if notice is None or notice.kind not in _ENDING or notice.others:
        return False
    names = {*notice.about}
    return names <= (_well_feeds(connection, names) if notice.kind in OF_FEEDS else _well_lanes(connection, names))


def _notice(head: Any) -> Notice | None:
    try:
        return restore(head.notice)
    except InvalidEvent:  # it dies as what it is when it is rendered
        return None


def _well_feeds(connection: Connection, names: set[str]) -> set[str]:
    """The feeds that do not fail, as a notice names them; one that has another name by now is not known to be well."""
    rows = connection.execute(_feeds, {"sources": sorted({name.partition(" ")[0] for name in names})}).all()
    found = [(named(f"{row.source} {row.name or row.key}"), row.failing_since is None) for row in rows]
    return {name for name, is_well in found if is_well} - {name for name, is_well in found if not is_well}


def _well_lanes(connection: Connection, names: set[str]) -> set[str]:
    return {*connection.scalars(_lanes, {"names": sorted(names)})}


_feeds = select(feed.c.source, feed.c.key, feed.c.name, feed.c.failing_since).where(
    feed.c.source.in_(bindparam("sources", expanding=True))
)
_lanes = select(lane.c.destination).where(
    lane.c.destination.in_(bindparam("names", expanding=True)),
    lane.c.blocked_at.is_(None),
    lane.c.failing_since.is_(None),
)
_withdrawn = Many(
    update(delivery)
    .where(delivery.c.seq == bindparam("of"))
    .values(state=bindparam("is"), settled_at=bindparam("at"), reason=bindparam("because"), bundle=null())
)
_limits = select(lane.c.limits).where(lane.c.destination == bindparam("of"))
_rests = update(lane).where(lane.c.destination == bindparam("of")).values(limits=bindparam("text"))
