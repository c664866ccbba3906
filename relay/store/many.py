"""Statements for many rows, compiled once for each database and handed to the driver with the rows as they are.

SQLAlchemy works each row's parameters out anew, which costs more than writing the row: about 6 us against 2 (measured
with SQLite). The statement is the same Core statement on both databases; only this short cut knows their placeholders.
"""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import ClauseElement, Column, Connection, func, select
from sqlalchemy.engine.interfaces import Dialect

from relay.store.engine import sends_at_once

T = TypeVar("T")
CHUNK = 500  # values in one IN list


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in lists short enough for one statement."""
    for begin in range(0, len(values), CHUNK):
        yield values[begin : begin + CHUNK]


def inserting(connection: Connection, table: Any) -> Any:
    """An INSERT that knows what to do on a conflict, in the same words on both databases.

    Each dialect is imported by whoever speaks it: PostgreSQL's takes 5 MiB (measured).
    """
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def insert_missing(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose key is not there yet."""
    if rows:
        connection.execute(inserting(connection, table).on_conflict_do_nothing(), rows)


def numbers(connection: Connection, seq: "Column[int]", count: int) -> Sequence[int]:
    """The next numbers of a table, ascending, for rows that this transaction inserts: asked once, not row by row.

    They are those that the database would have given: after its greatest, or out of the sequence that `seq` owns.
    """
    if not count:
        return ()
    if connection.dialect.name == "sqlite":
        last = connection.scalar(select(func.max(seq))) or 0
        return range(last + 1, last + 1 + count)
    sequence = func.pg_get_serial_sequence(seq.table.name, seq.name)
    return sorted(connection.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, count))))


class Many:
    """A statement for many rows, whose bound names are the rows' keys; every row has the same."""

    def __init__(self, statement: ClauseElement, keys: Sequence[str] = ()) -> None:
        self._statement, self._keys = statement, keys
        self._ready: dict[str, tuple[str, Any]] = {}

    def execute(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Execute it for every row; nothing for none."""
        if not rows:
            return
        name = connection.dialect.name
        if name not in self._ready:
            self._ready[name] = self._compile(connection.dialect)
        text, values = self._ready[name]
        given = [values(row) for row in rows] if values else list(rows)
        for part in [given] if sends_at_once(connection) else [[row] for row in given]:
            connection.exec_driver_sql(text, part)

    def _compile(self, dialect: Dialect) -> tuple[str, Any]:
        """The text and how a row becomes its parameters: a tuple, or the row itself where names are bound by name."""
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=list(self._keys) or None)
        return str(compiled), _values(compiled.positiontup) if compiled.positional else None


def _values(names: Sequence[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    return itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
