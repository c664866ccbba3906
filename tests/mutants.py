"""relay with one piece done wrong, for the tests to find out: `python -m tests.mutants settle-late run`."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, update

from relay import cli
from relay.store import Store, opening, schema
from relay.store.commit import Commit
from relay.store.settle import Settle, Settled
from relay.store.writer import Command

submit = Store.submit
WINDOW = 0.2
"""Seconds that lie between two transactions which should be one, not the few milliseconds of nature: few kills are enough."""


def settle_late() -> None:
    """A lane sends its next delivery before it settles the last one: both are in flight."""
    unsettled: dict[str, Settle] = {}

    async def late(store: Store, command: Command[Any]) -> Any:
        if not isinstance(command, Settle):
            return await submit(store, command)
        if earlier := unsettled.pop(command.destination, None):
            await submit(store, earlier)
        if command.release:
            return await submit(store, command)
        unsettled[command.destination] = command
        return Settled(released=False)

    Store.submit = late


def cursor_first() -> None:
    """A feed's new cursor is written in a transaction of its own, a moment before the events that it stands behind."""

    async def apart(store: Store, command: Command[Any]) -> Any:
        if isinstance(command, Commit) and command.cursor is not None:
            await submit(store, _Move(command.feed, command.cursor))
            await asyncio.sleep(WINDOW)
        return await submit(store, command)

    Store.submit = apart


@dataclass(frozen=True)
class _Move(Command[None]):
    feed: int
    cursor: str

    @classmethod
    def apply(cls, connection: Connection, commands: Any) -> list[None]:
        for command in commands:
            of = schema.feed.c.id == command.feed
            connection.execute(update(schema.feed).where(of).values(cursor=command.cursor))
        return [None] * len(commands)


def made_up_ids() -> None:
    """A delivery's id is made up when it is opened; what is opened again after a rollback has another."""
    opening.delivery_id = lambda *_: f"dlv_{uuid4().hex}"


MUTANTS = {"settle-late": settle_late, "cursor-first": cursor_first, "made-up-ids": made_up_ids}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    cli.main()
