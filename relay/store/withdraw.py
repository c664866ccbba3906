"""Notices whose trouble ended before they left: withdrawn when they are claimed, or left to what is still in trouble.

Asked at the last moment, so that whatever ended it counts: a poll or an attempt that worked, or a changed file.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, null, select, update

from relay.errors import InvalidEvent
from relay.notice import OF_FEEDS, Notice, keep, named, restore
from relay.store.schema import delivery, feed, lane

OVER = "what it was about had ended before it was sent"
_ENDING = frozenset({"failing", "blocked", "down"})
"""The kinds that end; a gap and a death stay what they are."""


def withdraw(connection: Connection, row: Any, heads: Sequence[Any], now: float) -> bool:
    """Withdraw those heads of a claimed lane's row that are notices of what is over; whether any of them changed.

    A scope whose notice was withdrawn does not rest: nobody was told.
    """
    changed, scopes = False, []
    for head in heads:
        notice = _notice(head)
        if notice is None:
            continue
        lasting = _lasting(connection, notice)
        if not lasting:
            connection.execute(_withdrawn, {"of": head.seq, "at": now})
            scopes.append(head.bundle)
        elif len(lasting) < len(notice.about):
            connection.execute(_less, {"of": head.seq, "text": keep(replace(notice, about=lasting))})
        changed = changed or len(lasting) < len(notice.about)
    if scopes and row.limits:
        limits = {scope: rest for scope, rest in json.loads(row.limits).items() if scope not in scopes}
        connection.execute(_rests, {"of": row.destination, "text": json.dumps(limits) if limits else None})
    return changed


def _notice(head: Any) -> Notice | None:
    """The notice of a head that may be withdrawn: not one that may have arrived, or that somebody wants redelivered."""
    redelivered = head.aside_at is not None and not head.failures
    if not head.notice or head.unsure_at is not None or redelivered:
        return None
    try:
        notice = restore(head.notice)
    except InvalidEvent:
        return None
    return notice if notice.kind in _ENDING and not notice.others else None


def _lasting(connection: Connection, notice: Notice) -> dict[str, int | None]:
    """What of it is in trouble still."""
    names = sorted(notice.about)
    if notice.kind in OF_FEEDS:
        sources = sorted({name.partition(" ")[0] for name in names})
        rows = connection.execute(_failing, {"sources": sources})
        found = {named(f"{row.source} {row.name or row.key}") for row in rows}
    else:
        found = {row.destination for row in connection.execute(_in_trouble, {"names": names})}
    return {name: count for name, count in notice.about.items() if name in found}


_failing = select(feed.c.source, feed.c.key, feed.c.name).where(
    feed.c.source.in_(bindparam("sources", expanding=True)), feed.c.failing_since.is_not(None)
)
_in_trouble = select(lane.c.destination).where(
    lane.c.destination.in_(bindparam("names", expanding=True)),
    lane.c.blocked_at.is_not(None) | lane.c.failing_since.is_not(None),
)
_withdrawn = (
    update(delivery)
    .where(delivery.c.seq == bindparam("of"))
    .values(state="withdrawn", settled_at=bindparam("at"), reason=OVER, aside_at=null(), due_at=null())
)
_less = update(delivery).where(delivery.c.seq == bindparam("of")).values(notice=bindparam("text"))
_rests = update(lane).where(lane.c.destination == bindparam("of")).values(limits=bindparam("text"))
