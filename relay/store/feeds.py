"""Feeds: which there are, claiming the due ones, and what a poll that failed leaves behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relay.store.many import Many
from relay.store.schema import feed
from relay.store.writer import Command


@dataclass(frozen=True)
class ClaimedFeed:
    """A feed that is this worker's until `lease` ends; `cursor` is its JSON, None at first sight."""

    id: int
    source: str
    key: str
    lease: str
    cursor: str | None
    polled_at: float | None
    failures: int
    told: str | None


def insert_missing(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose key is not there yet; the same words on both databases."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


@dataclass(frozen=True)
class NameFeeds(Command[None]):
    """The feeds that the file names, as (source, key): new ones are due now, ones it no longer names rest."""

    feeds: frozenset[tuple[str, str]]
    now: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["NameFeeds"]) -> list[None]:
        """Called once at each start, before anything is claimed."""
        for command in commands:
            _name(connection, command)
        return [None] * len(commands)


def _name(connection: Connection, command: NameFeeds) -> None:
    known = {
        (row.source, row.key): row
        for row in connection.execute(select(feed.c.id, feed.c.source, feed.c.key, feed.c.ready_at))
    }
    insert_missing(
        connection,
        feed,
        [
            {"source": source, "key": key, "ready_at": command.now}
            for source, key in sorted(command.feeds - known.keys())
        ],
    )
    due = [row.id for name, row in known.items() if name in command.feeds and row.ready_at is None]
    gone = [row.id for name, row in known.items() if name not in command.feeds and row.ready_at is not None]
    _wake.execute(connection, [{"of": id, "at": command.now} for id in due])
    _rest.execute(connection, [{"of": id} for id in gone])


_wake = Many(update(feed).where(feed.c.id == bindparam("of")).values(ready_at=bindparam("at")))
_rest = Many(update(feed).where(feed.c.id == bindparam("of")).values(ready_at=null(), lease=null()))


@dataclass(frozen=True)
class FreeFeeds(Command[None]):
    """Give up every lease and make every feed due that rests for its interval: for a process that is the only worker.

    `all_due` is the cron mode: polled now, though never before a forge's Retry-After.
    """

    now: float
    all_due: bool = False

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["FreeFeeds"]) -> list[None]:
        """Leases of a process that was killed are of no use to anybody."""
        for command in commands:
            connection.execute(
                update(feed).where(feed.c.lease.is_not(None)).values(lease=None, ready_at=_allowed(command.now))
            )
            if command.all_due:
                connection.execute(
                    update(feed).where(feed.c.ready_at.is_not(None)).values(ready_at=_allowed(command.now))
                )
        return [None] * len(commands)


def _allowed(now: float) -> Any:
    return case((feed.c.not_before > now, feed.c.not_before), else_=now)


@dataclass(frozen=True)
class ClaimFeeds(Command[list[ClaimedFeed]]):
    """Up to `most` due feeds of these sources, earliest due first, left to the caller for `lease_for` seconds."""

    lease: str
    now: float
    lease_for: float
    most: int
    sources: tuple[str, ...]

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["ClaimFeeds"]) -> list[list[ClaimedFeed]]:
        """One statement a command; rows that another worker is claiming are passed over."""
        return [_claim(connection, command) for command in commands]


_source = feed.c.source + literal_column("''")  # not the bare column, whose index would lead past that of what is due
_due = (
    select(feed.c.id)
    .where(feed.c.ready_at <= bindparam("now"), _source.in_(bindparam("sources", expanding=True)))
    .order_by(feed.c.ready_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_claim_due = (
    update(feed)
    .where(feed.c.id.in_(_due))
    .values(lease=bindparam("token"), ready_at=bindparam("until"))
    .returning(feed.c.id, feed.c.source, feed.c.key, feed.c.cursor, feed.c.polled_at, feed.c.failures, feed.c.error)
)


def _claim(connection: Connection, command: ClaimFeeds) -> list[ClaimedFeed]:
    rows = connection.execute(
        _claim_due,
        {
            "now": command.now,
            "most": command.most,
            "sources": command.sources,
            "token": command.lease,
            "until": command.now + command.lease_for,
        },
    )
    return [
        ClaimedFeed(row.id, row.source, row.key, command.lease, row.cursor, row.polled_at, row.failures, row.error)
        for row in rows
    ]


@dataclass(frozen=True)
class PollFailed(Command[None]):
    """A poll brought nothing: the cursor stays, the error is kept, and the feed rests until `ready_at` (None: for good).

    `not_before` is set where the forge asked for quiet.
    """

    feed: int
    lease: str
    now: float
    error: str
    ready_at: float | None
    not_before: float = 0.0

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["PollFailed"]) -> list[None]:
        """A feed whose lease has passed on is left as it is."""
        connection.execute(
            _failed,
            [
                {
                    "of": command.feed,
                    "token": command.lease,
                    "at": command.now,
                    "text": command.error,
                    "ready": command.ready_at,
                    "earliest": command.not_before,
                }
                for command in commands
            ],
        )
        return [None] * len(commands)


_failed = (
    update(feed)
    .where(feed.c.id == bindparam("of"), feed.c.lease == bindparam("token"))
    .values(
        lease=None,
        tried_at=bindparam("at"),
        failures=feed.c.failures + 1,
        error=bindparam("text"),
        ready_at=bindparam("ready"),
        not_before=bindparam("earliest"),
    )
)
