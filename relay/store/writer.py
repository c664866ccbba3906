"""The one thread that writes: commands from a queue, as many as are waiting into one transaction.

That is the group commit: while one transaction goes to disk the next commands gather, and share the next. If a shared
transaction fails, each of its commands is tried alone, so that one command's failure stays its own. Where other workers
write too, a transaction holds commands of one kind: each kind locks its rows in an order, so that no two workers wait for
each other. What failed since the database went away is tried again for a while: a lease tells what was written after all.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.store.engine import failure, now, passing, reason, shares

log = logging.getLogger("relay.store")

MOST_AT_ONCE = 500
AGAIN_AFTER = 0.2
"""Seconds until what failed of something that may pass is tried again."""

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
    """Runs commands in its own thread until it is closed; made and used within one event loop.

    With `stamp` every command is as of the time that the database has, not of the one that it came with. `patience` is
    for how many seconds a command waits for what a human must mend: without end, unless somebody waits for its result.
    """

    def __init__(self, engine: Engine, *, stamp: bool) -> None:
        self._engine, self._stamp = engine, stamp
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._gathered: list[_Job] = []
        self._at_work = self._closing = False
        self.patience = inf
        self._thread = threading.Thread(target=self._run, name="relay-writer", daemon=True)
        self._thread.start()

    def submit(self, command: Command[Result]) -> "asyncio.Future[Result]":
        """The command's result, once its transaction is durable."""
        job = _Job(command)
        self._gathered.append(job)
        if not self._at_work:
            self._at_work = True
            self._loop.call_soon(self._hand_over)
        return job.future

    async def close(self) -> None:
        """Write what is waiting, then end the thread and its connection."""
        self._closing = True
        while self._gathered:
            self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def _hand_over(self) -> None:
        """Give the thread what has gathered while it was at work, all at once: waking it for each costs more."""
        jobs, self._gathered = self._gathered[:MOST_AT_ONCE], self._gathered[MOST_AT_ONCE:]
        self._at_work = bool(jobs)
        if jobs:
            self._queue.put(jobs)

    def _run(self) -> None:
        while (jobs := self._queue.get()) is not None:
            kinds = _by_kind(jobs)
            for together in ([kind] for kind in kinds) if shares(self._engine) else [kinds]:
                self._write(together)
            self._loop.call_soon_threadsafe(self._written, jobs)

    def _written(self, jobs: list[_Job]) -> None:
        self._hand_over()
        _settle(jobs)

    def _write(self, kinds: list[list[_Job]]) -> None:
        """Write all jobs in one transaction, or else each in its own; leaves each job its result or exception."""
        jobs = [job for same in kinds for job in same]
        try:
            self._persist(kinds)
        except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to whoever submitted the command
            if len(jobs) == 1 or passing(error):
                for job in jobs:
                    job.result = _told(error)
            else:
                for job in jobs:
                    self._write([[job]])

    def _persist(self, kinds: list[list[_Job]]) -> None:
        """Write all jobs in one transaction, and again as long as what it fails of may pass."""
        began, tries, told = time.monotonic(), 0, False
        while True:
            try:
                self._transact(kinds)
            except SQLAlchemyError as error:
                tries, may_pass = tries + 1, passing(error)
                if time.monotonic() - began >= min(may_pass, 2 * AGAIN_AFTER if self._closing else self.patience):
                    raise
                if not told and (tries == 2 or may_pass == inf):
                    told = True
                    log.warning("the database could not be written: %s; relay tries again", reason(error))
                time.sleep(AGAIN_AFTER)
            else:
                if told:
                    log.info("the database is written again")
                return

    def _transact(self, kinds: list[list[_Job]]) -> None:
        with self._engine.begin() as connection:
            moment = now(connection) if self._stamp else None
            for same in kinds:
                commands = [as_of(moment, job.command) for job in same]
                for job, result in zip(same, type(commands[0]).apply(connection, commands), strict=True):
                    job.result = result


def as_of(moment: float | None, command: Command[Result]) -> Command[Result]:
    """The command with that moment as its `now`, if it has one; the command itself where there is no moment."""
    return replace(command, now=moment) if moment is not None and hasattr(command, "now") else command  # type: ignore[type-var]


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
        return failure("the database could not be written", error)
    return error
