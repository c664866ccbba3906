"""The one database: what is written goes through one thread, what people ask is read beside it."""

import asyncio
from collections.abc import Awaitable, Collection
from math import inf
from pathlib import Path
from typing import IO, Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError

from relay.clock import Clock
from relay.errors import RelayError, UsageError
from relay.store import engine as engines
from relay.store.schema import feed, lane
from relay.store.views import Views
from relay.store.writer import Command, Result, Writer, as_of

__all__ = ["Store", "change", "read"]


LEASE_FOR = 60.0
"""Seconds that claimed work is left to a worker that says nothing; one that is at work renews its leases."""


class Store:
    """The database, opened for a process that polls and delivers; made within the event loop it is used in.

    `clock` is the one that decides: that passed in, else the database's own, which with SQLite is this machine's.
    `lease_for` is how long claimed work is left to its worker: without end where no other could take over, since a
    clock that jumps, or a machine that slept, must not make a process claim what it is still doing.
    Raises StoreError when another relay holds it, or it cannot be used.
    """

    def __init__(self, database: str, clock: Clock | None = None, lease_for: float = LEASE_FOR) -> None:
        url = engines.address(database)
        self._lock: IO[str] | None = engines.lock(url)  # first: a running relay's tables are not brought up to date
        try:
            engine = engines.create(url)
        except RelayError:
            if self._lock:
                engines.discard(self._lock)
            raise
        self.alone = not engines.shares(engine)
        self.lease_for = inf if self.alone else lease_for
        self.clock = clock or engines.clock(engine)
        self._writer = Writer(engine, stamp=clock is None)
        self._reader = engines.engine(url, write=False)

    def submit(self, command: Command[Result]) -> Awaitable[Result]:
        """The command's result, once it is durable."""
        return self._writer.submit(command)

    def hurry(self, seconds: float) -> None:
        """Wait no longer than that for a disk that is full, or whatever else a human must mend."""
        self._writer.patience = seconds

    async def close(self) -> None:
        """Write what is waiting and give the database back."""
        await self._writer.close()
        self._reader.dispose()
        self._give_back()

    def _give_back(self) -> None:
        if self._lock:
            self._lock.close()

    async def next_feed_at(self, sources: Collection[str]) -> float | None:
        """When the next feed of these sources is due, in seconds since the epoch; None when none ever is."""
        return await self._first(_earliest(feed.c.ready_at, feed.c.source, sources))

    async def next_lane_at(self, names: Collection[str], waits_for: str | None = None) -> float | None:
        """When the next of these lanes is due, of all or of those that wait for this; None when nothing is pending."""
        first = _earliest(lane.c.ready_at, lane.c.destination, names)
        return await self._first(first.where(lane.c.waits_for == waits_for) if waits_for else first)

    async def queued_feeds(self, sources: Collection[str]) -> int:
        """How many feeds of these sources wait for the budget of their account."""
        waiting = select(func.count()).where(feed.c.turn_at.is_not(None), feed.c.source.in_(sources))
        return int(await self._first(waiting) or 0)

    async def _first(self, statement: Any) -> float | None:
        """A database on another machine must not keep the event loop; a file is read at once."""
        return self._scalar(statement) if self.alone else await asyncio.to_thread(self._scalar, statement)

    def _scalar(self, statement: Any) -> float | None:
        try:
            with self._reader.begin() as connection:
                moment: float | None = connection.scalar(statement)
                return moment
        except SQLAlchemyError as error:
            raise engines.failure("the database could not be read", error) from None


def _earliest(ready_at: Any, name: Any, names: Collection[str]) -> Any:
    named = (name + literal_column("''")).in_(names)  # not the bare column, as where they are claimed
    return select(ready_at).where(ready_at.is_not(None), named).order_by(ready_at).limit(1)


def read(database: str) -> Views:
    """What people ask of a database, also while `run` works on it. Raises UsageError where there is none, StoreError."""
    url = engines.address(database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        engines.check_file(Path(url.database or ""))
        raise UsageError(f"there is no database at {url.database}: `relay run` makes one; --database names another")
    return Views(engines.reader(url))


def change(database: str, command: Command[Result]) -> Result:
    """The result of one command, written beside a `run` that may be at work. Raises StoreError, UsageError."""
    read(database).close()
    engine = engines.engine(engines.address(database), write=True)
    try:
        with engine.begin() as connection:
            result = type(command).apply(connection, [as_of(engines.now(connection), command)])[0]
    except SQLAlchemyError as error:
        raise engines.failure("the database could not be written", error) from None
    finally:
        engine.dispose()
    if isinstance(result, Exception):
        raise result
    return result
