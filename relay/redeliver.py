"""What `relay redeliver` does: deliveries are made pending again, under their old ids."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from relay.status import ensure_lane
from relay.store import change, read
from relay.store.settle import Redeliver
from relay.store.traces import whole_id


@dataclass(frozen=True)
class Redelivered:
    """The ids of those that are pending again, and what was asked for in vain."""

    again: tuple[str, ...]
    missed: tuple[str, ...] = ()


def redeliver(database: str, ids: Sequence[str], now: datetime) -> Redelivered:
    """Send these again; an id's beginning is enough where it is that of one delivery.

    Raises UsageError for the beginning of several, before anything is changed; StoreError.
    """
    with closing(read(database)) as views:
        meant = {asked: whole_id(views, asked) for asked in ids if asked.startswith("dlv_")}  # not "", of an unset $ID
    again = change(database, Redeliver(tuple(id for id in meant.values() if id), now.timestamp()))
    return Redelivered(again, tuple(sorted(asked for asked in {*ids} if meant.get(asked) not in again)))


def redeliver_dead(database: str, to: str | None, now: datetime) -> Redelivered:
    """Send again all that were given up, or those on the way `to` one destination. Raises StoreError, UsageError."""
    with closing(read(database)) as views:
        ensure_lane(to, views.lanes())
    return Redelivered(change(database, Redeliver(None, now.timestamp(), to)))
