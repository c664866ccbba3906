"""The one thread that writes: commands from a queue, as many as are waiting into one transaction.

That is the group commit: while one transaction goes to disk the next commands gather, and share the next. If a shared
transaction fails, each of its commands is tried alone, so that one command's failure stays its own.
"""

import asyncio
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.errors import StoreError
from relay.store.engine import reason

MOST_AT_ONCE = 500

Result = TypeVar("Result")


class Command(Generic[Result]):
    """Something to be written, and the type of its result.

    `apply` gets all waiting commands of its class and returns one result for each. A result that is an exception is
    raised to whoever submitted that command; the others are not touched by it.
    """

    __slots__ = ()

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence[Any]) -> Sequence[Result | Exception]:
        """Write them, within the transaction that `connection` has begun."""
        raise NotImplementedError


class _Job:
    """A command, and the future of whoever waits for its result."""

    __slots__ = ("command", "future", "result")

    def __init__(self, command: Command[Any]) -> None:
        self.command = command
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.result: Any = None


class Writer:
    """Runs commands in its own thread until it is closed; made and used within one event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="relay-writer", daemon=True)
        self._thread.start()

    async def submit(self, command: Command[Result]) -> Result:
        """The command's result, once its transaction is durable."""
        job = _Job(command)
        self._queue.put(job)
        result: Result = await job.future
        return result

    async def close(self) -> None:
        """Write what is waiting, then end the thread and its connection."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def _run(self) -> None:
        closing = False
        while not closing:
            jobs, closing = self._waiting()
            write(self._engine, jobs)
            self._loop.call_soon_threadsafe(_settle, jobs)

    def _waiting(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST_AT_ONCE:
                return jobs, False
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True


def write(engine: Engine, jobs: list[_Job]) -> None:
    """Write all jobs in one transaction, or else each in its own; leaves each job its result or exception."""
    try:
        with engine.begin() as connection:
            for same in _by_kind(jobs):
                results = type(same[0].command).apply(connection, [job.command for job in same])
                for job, result in zip(same, results, strict=True):
                    job.result = result
    except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to whoever submitted the command
        if len(jobs) == 1:
            jobs[0].result = _told(error)
        else:
            for job in jobs:
                write(engine, [job])


def _by_kind(jobs: list[_Job]) -> list[list[_Job]]:
    kinds: dict[type[Any], list[_Job]] = {}
    for job in jobs:
        kinds.setdefault(type(job.command), []).append(job)
    return list(kinds.values())


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():  # cancelled meanwhile: what it asked for is written all the same
            continue
        if isinstance(job.result, Exception):
            job.future.set_exception(job.result)
        else:
            job.future.set_result(job.result)


def _told(error: Exception) -> Exception:
    if isinstance(error, SQLAlchemyError):
        return StoreError(f"the database could not be written: {reason(error)}")
    return error
