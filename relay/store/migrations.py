"""How the tables came to be what they are: an older database is brought up to date by the migrations that it lacks.

Each is one transaction, which ends with the new version: whatever breaks it off leaves the version before. They say what
they do in words of their own, since `relay.store.schema` moves on, and the same ones on both databases. One that was
released is never changed again: another change of the tables is another migration, a higher VERSION, and a database kept
by `tests/store/past.py` beforehand. A column that comes later may be absent, or has a default of the database's.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.types import TypeEngine

from relay.errors import StoreError
from relay.store import schema

log = logging.getLogger("relay.store")

TOLD_AFTER = 5.0
"""Seconds between two lines that say how far a long migration is."""
STRETCH = 5000
"""Deliveries whose words are carried over by one statement."""

Step = Callable[[Connection], None]


@dataclass(frozen=True)
class Migration:
    """What leads to a version from the one before; `what` is said while it is under way."""

    to: int
    what: str
    steps: tuple[Step, ...]


def prepare(made: Engine, shown: str) -> None:
    """Make the tables where there are none, and bring older ones up to date; newer ones are left alone."""
    with made.begin() as connection:
        found = version(connection)
        if found is None:
            _refuse_another(connection, shown)
            schema.create(connection)
            connection.execute(insert(schema.meta).values(name="schema", value=str(schema.VERSION)))
    for migration in MIGRATIONS:
        if found is not None and found < migration.to:
            _migrate(made, migration, shown)


def _refuse_another(connection: Connection, shown: str) -> None:
    """Add no tables to those of another program, whose names may be the same."""
    if tables := inspect(connection).get_table_names():
        raise StoreError(f"{shown} is another program's: it has a table {tables[0]}; relay needs a database of its own")


def version(connection: Connection) -> int | None:
    """Which schema the database has; None where it is none of relay's. Raises StoreError where that is garbled."""
    there = inspect(connection).has_table(schema.meta.name)
    found = connection.scalar(select(schema.meta.c.value).where(_is_version)) if there else None
    if found is not None and not (found.isascii() and found.isdecimal()):
        raise StoreError(f"the database says that its version is {found!r}: it is damaged, or none of relay's")
    return None if found is None else int(found)


_is_version = schema.meta.c.name == "schema"


def _migrate(made: Engine, migration: Migration, shown: str) -> None:
    began = time.monotonic()
    log.info("the database %s is brought to version %d: %s", shown, migration.to, migration.what)
    with made.begin() as connection:
        for step in migration.steps:
            step(connection)
        connection.execute(update(schema.meta).where(_is_version).values(value=str(migration.to)))
    log.info("the database is at version %d, after %.1f s", migration.to, time.monotonic() - began)


def _add(table: str, **columns: TypeEngine[Any]) -> Step:
    """New columns; absent in the rows that are there."""

    def step(connection: Connection) -> None:
        for name, kind in columns.items():
            words = kind.compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {words}")

    return step


def _say(statement: str) -> Step:
    """One statement that both databases understand."""

    def step(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return step


def _stretches(last: int) -> Iterator[dict[str, int]]:
    """Stretches of numbers up to the last; says now and then how far it is."""
    told = time.monotonic()
    for begin in range(0, last, STRETCH):
        yield {"after": begin, "until": begin + STRETCH}
        if time.monotonic() - told > TOLD_AFTER:
            told = time.monotonic()
            log.info("… %d %%", 100 * min(begin + STRETCH, last) // last)


def _carry_words(connection: Connection) -> None:
    """The rendered words stand beside the first attempt that had them."""
    for stretch in _stretches(connection.scalar(text("SELECT max(delivery) FROM words")) or 0):
        connection.execute(_beside_attempt, stretch)


_beside_attempt = text(
    "UPDATE attempt SET parts = (SELECT words.parts FROM words WHERE words.delivery = attempt.delivery) "
    "WHERE id IN (SELECT min(spoken.id) FROM words JOIN attempt AS spoken "
    "ON spoken.delivery = words.delivery AND spoken.at >= words.at "
    "WHERE words.delivery > :after AND words.delivery <= :until GROUP BY words.delivery)"
)
_account = Table(
    "account",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("earned_at", Double, nullable=False),
    Column("queue_until", Double, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("asked_before", Integer, nullable=False),
)

MIGRATIONS = (
    Migration(
        2,
        "repositories of wildcards, budgets of accounts, and rendered words beside the attempts that had them",
        (
            _account.create,
            _add("feed", parent=Text(), name=Text(), gone_at=Double(), cost=Integer(), turn_at=Double()),
            _say("CREATE INDEX feed_member ON feed (source, parent) WHERE parent IS NOT NULL"),
            _add("attempt", parts=Text()),
            _carry_words,
            _say("DROP TABLE words"),
        ),
    ),
    Migration(
        3,
        "notices of what is in trouble, and which feed brought an event",
        (
            _add("feed", failing_since=Double(), noticed_at=Double()),
            _add("event", feed=BigInteger(), sight=Text()),
            _add("lane", noticed_at=Double()),
            _add("delivery", notice=Text(), unsure_at=Double()),
        ),
    ),
)
"""In order, each from the version before; version 1 was the first."""
