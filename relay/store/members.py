"""Members: the feeds that a wildcard stands for, as the feed that lists them told last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Double, bindparam, case, cast, null, select, update

from relay.store.many import Many, chunks, insert_missing
from relay.store.schema import feed


@dataclass(frozen=True)
class Member:
    """A feed that is listed: its key, its name for people, and the JSON that its cursor begins with if it is new."""

    key: str
    name: str
    cursor: str


@dataclass(frozen=True)
class Members:
    """All that the listing feed `parent` of a source stands for now; new ones are due at `due_at`."""

    source: str
    parent: str
    listed: tuple[Member, ...]
    now: float
    due_at: float


def unless_gone(ready_at: ColumnElement[float]) -> ColumnElement[float]:
    """When a feed is due that was polled: never, if its listing dropped it meanwhile."""
    return case((feed.c.gone_at.is_(None), cast(ready_at, Double)), else_=null())


def take_in(connection: Connection, members: Members) -> None:
    """Insert the new ones, rename and wake those that are known, and let rest what is listed no more.

    One that is being polled at the moment commits what it finds, and rests then. A feed that another listing of the
    source had, as that of its former owner, becomes this one's.
    """
    listed = {member.key: member for member in members.listed}
    own = connection.execute(_own, {"of": members.source, "parent": members.parent}).all()
    known = {row.key: row for row in (*own, *_others(connection, members.source, listed.keys() - {r.key for r in own}))}
    new = [member for key, member in listed.items() if key not in known]
    insert_missing(connection, feed, [_row(members, member) for member in new])
    changed = [row for row in known.values() if row.key in listed and _differs(row, members.parent, listed[row.key])]
    _renew.execute(
        connection,
        [{"of": row.id, "under": members.parent, "as": listed[row.key].name, "due": members.due_at} for row in changed],
    )
    gone = [row.id for row in own if row.key not in listed and row.gone_at is None]
    _rest.execute(connection, [{"of": id, "at": members.now} for id in gone])


def _others(connection: Connection, source: str, keys: set[str]) -> Sequence[Any]:
    return [row for chunk in chunks(sorted(keys)) for row in connection.execute(_by_key, {"of": source, "keys": chunk})]


def _differs(row: Any, parent: str, member: Member) -> bool:
    return bool(row.gone_at is not None or row.parent != parent or row.name != member.name)


def _row(members: Members, member: Member) -> dict[str, Any]:
    return {
        "source": members.source,
        "key": member.key,
        "parent": members.parent,
        "name": member.name,
        "cursor": member.cursor,
        "ready_at": members.due_at,
    }


_columns = (feed.c.id, feed.c.key, feed.c.parent, feed.c.name, feed.c.gone_at)
_own = select(*_columns).where(feed.c.source == bindparam("of"), feed.c.parent == bindparam("parent"))
_by_key = select(*_columns).where(feed.c.source == bindparam("of"), feed.c.key.in_(bindparam("keys", expanding=True)))
_back = feed.c.ready_at.is_(None) & (feed.c.gone_at.is_not(None) | (feed.c.parent != bindparam("under")))
_renew = Many(
    update(feed)
    .where(feed.c.id == bindparam("of"))
    .values(
        parent=bindparam("under"),
        name=bindparam("as"),
        gone_at=null(),
        ready_at=case((_back, bindparam("due")), else_=feed.c.ready_at),
    )
)
_rest = Many(
    update(feed)
    .where(feed.c.id == bindparam("of"))
    .values(
        ready_at=case((feed.c.lease.is_(None), null()), else_=feed.c.ready_at), turn_at=null(), gone_at=bindparam("at")
    )
)
