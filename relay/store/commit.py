"""Commit: the events of a poll, what they mean for deliveries, and the feed's new cursor, in one transaction.

Commits that wait together are written together: the statements are per table, not per feed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal_column, null, select, update

from relay.cursor import occurrence_id
from relay.errors import LeaseLost
from relay.events import Event, keep
from relay.sources.base import Found
from relay.storable import LONGEST
from relay.store.accounts import Spent, charge
from relay.store.many import Many, chunks, numbers
from relay.store.members import Members, take_in, unless_gone
from relay.store.opening import Incident, Intent, open_deliveries
from relay.store.schema import event, feed
from relay.store.writer import Command
from relay.value import value


@value
class Matched:
    """An event that a poll found, with the deliveries it is wanted for; `late`: relay was away when it should have come."""

    found: Found
    intents: tuple[Intent, ...] = ()
    late: bool = False


@dataclass(frozen=True)
class Commit(Command[tuple[Event, ...]]):
    """One poll's outcome; `cursor` is None when it did not change. `ready_at` is when the feed is due again.

    `spent` is what it cost its account; `members` is what it lists, where it is the feed of a wildcard; `incident` is
    the gap as people are to hear of it.
    """

    feed: int
    source: str
    key: str
    lease: str
    now: float
    ready_at: float
    cursor: str | None = None
    matched: tuple[Matched, ...] = ()
    gap: str | None = None
    not_before: float = 0.0
    spent: Spent | None = None
    members: Members | None = None
    incident: Incident | None = None

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Commit"]) -> list["tuple[Event, ...] | LeaseLost"]:
        """The events that were new, for each; LeaseLost for a feed that meanwhile belongs to another worker."""
        held = _held(connection, commands)
        kept = [command for command in commands if held.get(command.feed) == command.lease]
        for command in kept:  # feeds before lanes: whoever holds lanes waits for no feed
            if command.members:
                take_in(connection, command.members)
        stored = _store(connection, [command for command in kept if command.matched or command.incident])
        _move_on(connection, kept)
        charge(connection, [(command.spent, command.now) for command in commands])
        return [
            tuple(matched.found.event for matched in stored.get(command.feed, ()))
            if held.get(command.feed) == command.lease
            else LeaseLost(f"feed {command.source} {command.key}: another worker has taken it over")
            for command in commands
        ]


_leases = (
    select(feed.c.id, feed.c.lease)
    .where(feed.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(feed.c.id)
    .with_for_update()
)


def _held(connection: Connection, commands: Sequence[Commit]) -> dict[int, str | None]:
    ids = sorted({command.feed for command in commands})
    return {row.id: row.lease for chunk in chunks(ids) for row in connection.execute(_leases, {"ids": chunk})}


def _store(connection: Connection, commands: Sequence[Commit]) -> dict[int, list[Matched]]:
    """Insert what is new, open its deliveries and those of incidents; returns what was new, by feed."""
    taken = _Taken(connection, commands)
    new = {
        command.feed: [free for matched in command.matched if (free := taken.place(command, matched))]
        for command in commands
    }
    flat = [(command, matched) for command in commands for matched in new[command.feed]]
    seqs = _insert(connection, flat)
    open_deliveries(
        connection,
        [
            (seq, matched.found.event, matched.intents, command.now)
            for seq, (command, matched) in zip(seqs, flat, strict=True)
        ],
        [(command.incident, command.now) for command in commands if command.incident],
    )
    return new


class _Taken:
    """The ids that the events of these commits may not have any more, by source."""

    def __init__(self, connection: Connection, commands: Sequence[Commit]) -> None:
        self._connection = connection
        wanted: dict[str, set[str]] = {}
        for command in commands:
            wanted.setdefault(command.source, set()).update(matched.found.event.id for matched in command.matched)
        self._ids = {(source, id) for source, ids in wanted.items() for id in self._stored(source, sorted(ids))}

    def _stored(self, source: str, ids: Sequence[str]) -> Iterable[str]:
        for chunk in chunks(ids):
            yield from self._connection.scalars(_existing, {"of": source, "ids": chunk})

    def place(self, command: Commit, matched: Matched) -> Matched | None:
        """The event under an id of its own, or None if it is stored already.

        An id that relay derived may be taken by an older twin that memory has forgotten. Without a gap this cannot be
        the same entry read again, since events and cursor commit together: it gets the next free occurrence.
        """
        found = matched.found
        while (command.source, found.event.id) in self._ids:
            if found.fingerprint is None or command.gap:
                return None
            occurrence = found.occurrence + 1
            id = occurrence_id(command.source, command.key, found.fingerprint, occurrence)
            found = replace(found, occurrence=occurrence, event=replace(found.event, id=id))
            self._ids.update((command.source, taken) for taken in self._stored(command.source, [id]))
        self._ids.add((command.source, found.event.id))
        return replace(matched, found=found)


_existing = select(event.c.id).where(
    event.c.source == bindparam("of"), event.c.id.in_(bindparam("ids", expanding=True))
)
_insert_events = Many(
    insert(event),
    ("seq", "source", "id", "type", "owner", "slug", "username", "public", "seen_at", "feed", "sight", "body"),
)


def _insert(connection: Connection, new: Sequence[tuple[Commit, Matched]]) -> Sequence[int]:
    """Insert in order; returns each event's seq."""
    seqs = numbers(connection, event.c.seq, len(new))
    rows = [{"seq": seq} | _row(command, matched) for seq, (command, matched) in zip(seqs, new, strict=True)]
    _insert_events.execute(connection, rows)
    return seqs


def _name(text: str | None) -> str | None:
    """A name as it is looked up."""
    return text.lower()[:LONGEST] if text else None


def _row(command: Commit, matched: Matched) -> dict[str, Any]:
    item = matched.found.event
    repository, actor = item.repository, item.actor
    return {
        "source": item.source,
        "id": item.id,
        "type": item.type[:LONGEST],
        "owner": _name(repository.owner) if repository else None,
        "slug": _name(repository.slug) if repository else None,
        "username": _name(actor.username) if actor else None,
        "public": repository is not None and repository.private is False,
        "seen_at": item.seen_at.timestamp(),
        "feed": command.feed,
        "sight": "history" if matched.found.history else "late" if matched.late else None,
        "body": keep(item),
    }


def _move_on(connection: Connection, commands: Sequence[Commit]) -> None:
    """Give the feeds back, with their new cursors where they moved."""
    _idle.execute(connection, [_polled(command) for command in commands if command.cursor is None])
    _moved.execute(connection, [_polled(item) | {"json": item.cursor} for item in commands if item.cursor is not None])
    _gapped.execute(connection, [{"of": item.feed, "text": item.gap, "at": item.now} for item in commands if item.gap])


def _polled(command: Commit) -> dict[str, Any]:
    cost = command.spent.requests if command.spent else None
    return {
        "of": command.feed,
        "at": command.now,
        "ready": command.ready_at,
        "earliest": command.not_before,
        "asked": cost,
    }


_rest = (
    update(feed)
    .where(feed.c.id == bindparam("of"))
    .values(
        lease=null(),
        polled_at=bindparam("at"),
        tried_at=bindparam("at"),
        ready_at=unless_gone(bindparam("ready")),
        not_before=bindparam("earliest"),
        failures=literal_column("0"),
        error=null(),
        failing_since=null(),
        noticed_at=null(),
        cost=bindparam("asked"),
    )
)
_idle = Many(_rest)
_moved = Many(_rest.values(cursor=bindparam("json")))
_gapped = Many(update(feed).where(feed.c.id == bindparam("of")).values(gap=bindparam("text"), gap_at=bindparam("at")))
