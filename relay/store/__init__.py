"""The one database: what is written goes through one thread, what people ask is read beside it."""

from math import inf
from pathlib import Path
from typing import IO

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from relay.errors import StoreError, UsageError
from relay.store import engine as engines
from relay.store.schema import feed, lane
from relay.store.views import Views
from relay.store.writer import Command, Result, Writer

__all__ = ["Store", "change", "read"]


class Store:
    """The database, opened for a process that polls and delivers; made within the event loop it is used in.

    Raises StoreError when another relay holds it, or it cannot be used.
    """

    def __init__(self, database: str) -> None:
        url = engines.address(database)
        engine = engines.create(url)
        try:
            self._lock: IO[str] | None = engines.lock(url)
        except StoreError:
            engine.dispose()
            raise
        self.alone = self._lock is not None
        self._writer = Writer(engine)
        self._reader = engines.engine(url, write=False)

    async def submit(self, command: Command[Result]) -> Result:
        """The command's result, once it is durable."""
        return await self._writer.submit(command)

    async def close(self) -> None:
        """Write what is waiting and give the database back."""
        await self._writer.close()
        self._reader.dispose()
        if self._lock:
            self._lock.close()

    def lease_for(self, seconds: float) -> float:
        """How long claimed work is left to its worker: without end where no other worker could take over.

        A clock that jumps, or a machine that slept, must not make a process claim what it is still doing.
        """
        return inf if self.alone else seconds

    def next_feed_at(self) -> float | None:
        """When the next feed is due, in seconds since the epoch; None when none ever is."""
        return self._first(select(func.min(feed.c.ready_at)))

    def next_lane_at(self, waits_for: str | None = None) -> float | None:
        """When the next lane is due, of all or of those that wait for this; None when nothing is pending."""
        first = select(func.min(lane.c.ready_at))
        return self._first(first.where(lane.c.waits_for == waits_for) if waits_for else first)

    def queued_feeds(self) -> int:
        """How many feeds wait for the budget of their account."""
        return int(self._first(select(func.count()).where(feed.c.turn_at.is_not(None))) or 0)

    def _first(self, statement: "object") -> float | None:
        try:
            with self._reader.begin() as connection:
                moment: float | None = connection.scalar(statement)  # type: ignore[call-overload]
                return moment
        except SQLAlchemyError as error:
            raise StoreError(f"the database could not be read: {engines.reason(error)}") from None


def read(database: str) -> Views:
    """What people ask of a database, also while `run` works on it. Raises UsageError where there is none, StoreError."""
    url = engines.address(database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise UsageError(f"there is no database at {url.database}: `relay run` makes one; --database names another")
    return Views(engines.reader(url))


def change(database: str, command: Command[Result]) -> Result:
    """The result of one command, written beside a `run` that may be at work. Raises StoreError, UsageError."""
    read(database).close()
    engine = engines.engine(engines.address(database), write=True)
    try:
        with engine.begin() as connection:
            result = type(command).apply(connection, [command])[0]
    except SQLAlchemyError as error:
        raise StoreError(f"the database could not be written: {engines.reason(error)}") from None
    finally:
        engine.dispose()
    if isinstance(result, Exception):
        raise result
    return result
