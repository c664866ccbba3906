"""Opening the database: SQLite by path, PostgreSQL by URL; what differs between the two stands here and nowhere else."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from relay.errors import RelayError, StoreError, UsageError
from relay.store import schema

ROWS = 50
"""Rows in one INSERT: SQLite keeps the statement of every length it was given, and long ones are large."""
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ceph", "glusterfs"}


def address(database: str) -> URL:
    """The database's URL; a plain path is a SQLite file. Raises UsageError for an address of another kind."""
    if not re.match(r"[a-z][a-z0-9+]*://", database):
        return URL.create("sqlite", database=str(Path(database).absolute()))
    try:
        url = make_url(database)
    except ArgumentError:
        raise UsageError(f"--database {database}: not a path or a URL like postgresql://host/name") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        return url
    raise UsageError(f"--database {database}: relay keeps its state in SQLite or PostgreSQL")


def engine(url: URL, *, write: bool) -> Engine:
    """An engine of one connection: the writer takes the write lock when it begins, a reader never writes."""
    if url.get_backend_name() != "sqlite":
        return _postgres(url)
    arguments = {"check_same_thread": False, "timeout": 30}
    made = create_engine(url, poolclass=StaticPool, connect_args=arguments, insertmanyvalues_page_size=ROWS)
    event.listen(made, "connect", _prepare if write else _prepare_reader)
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN"))
    return made


def _postgres(url: URL) -> Engine:
    try:
        return create_engine(url, pool_size=1, max_overflow=0)
    except ModuleNotFoundError:
        raise UsageError(
            "PostgreSQL needs its driver: install relay with the extra postgres, or psycopg[binary] beside it"
        ) from None


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where engine() says so, not at the first statement
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def create(url: URL) -> Engine:
    """The writer's engine, its tables made where they are missing, and what an older relay's lack added to them.

    Raises StoreError when the file is no database, is on a network drive, or was written by a newer relay.
    """
    if url.get_backend_name() == "sqlite" and url.database:
        _make_private(Path(url.database))
    made = engine(url, write=True)
    with _used(made, url), made.begin() as connection:
        schema.metadata.create_all(connection)
        found = connection.scalar(_version)
        if found is None:
            connection.execute(insert(schema.meta).values(name="schema", value=str(schema.VERSION)))
        elif int(found) < schema.VERSION:
            _complete(connection)
            connection.execute(update(schema.meta).where(_is_version).values(value=str(schema.VERSION)))
        _check(connection, url)
    return made


def _complete(connection: Connection) -> None:
    """Add the columns and indexes that tables of an older relay lack; whatever came later may be absent."""
    for table in schema.metadata.sorted_tables:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                kind = column.type.compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def reader(url: URL) -> Engine:
    """An engine that only reads: it takes no lock and needs no right to write.

    Raises UsageError when the database is not one of relay's, or an older one's, else StoreError as `create` does.
    """
    made = engine(url, write=False)
    with _used(made, url), made.begin() as connection:
        _check(connection, url)
    return made


@contextmanager
def _used(made: Engine, url: URL) -> Iterator[None]:
    """Give the engine back where the database cannot be used, and say why."""
    try:
        yield
    except SQLAlchemyError as error:
        made.dispose()
        raise StoreError(f"cannot use the database {shown(url)}: {reason(error)}") from None
    except RelayError:
        made.dispose()
        raise


_is_version = schema.meta.c.name == "schema"
_version = select(schema.meta.c.value).where(_is_version)


def _check(connection: Connection, url: URL) -> None:
    found = connection.scalar(_version) if inspect(connection).has_table(schema.meta.name) else None
    if found is None:
        raise UsageError(f"{shown(url)} is no database of relay: `relay run` makes one; --database names another")
    if int(found) > schema.VERSION:
        raise StoreError(f"the database {shown(url)} was written by a newer relay; upgrade relay to use it")
    if int(found) < schema.VERSION:
        raise UsageError(f"the database {shown(url)} was written by an older relay; `relay run` brings it up to date")


def shown(url: URL) -> str:
    """The database's address as it may be shown: without its password."""
    return url.database or ":memory:" if url.get_backend_name() == "sqlite" else url.render_as_string()


def reason(error: SQLAlchemyError) -> str:
    """What the database said, in one line, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def _make_private(path: Path) -> None:
    """Create the file readable by its owner alone, since it holds what private repositories say.

    A file that is there is not opened: closing it again would drop every lock that SQLite holds on it in this process,
    and the next process to close the database would take the log of the one that runs with it.
    """
    if not path.parent.is_dir():
        raise StoreError(f"cannot keep the database at {path}: there is no folder {path.parent}")
    kind = _file_system(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{path} is on a network file system ({kind}), where SQLite loses data; use a local --database"
        )
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(f"cannot open the database {path}: {error.strerror}") from None


def _file_system(folder: Path) -> str:
    """The type of the file system a folder is on, from Linux's mount table; empty elsewhere."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    fields = [line.split(" ") for line in mounts]
    here = folder.resolve()
    under = [(len(field[1]), field[2]) for field in fields if here.is_relative_to(field[1].replace("\\040", " "))]
    return max(under, default=(0, ""))[1]


def lock(url: URL) -> IO[str] | None:
    """The lock that makes this process the file's only `run`, held until it is closed; None on PostgreSQL.

    Raises StoreError when another relay holds it, or the lock's file may not be written.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database + ".lock")
    try:
        handle = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"cannot open the lock {path}: {error.strerror}; run relay as the user whose file it is"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        holder = handle.read().strip()
        handle.close()
        raise StoreError(f"{url.database} is in use by another relay{_who(holder)}; stop that one first") from None
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n")
    handle.flush()
    return handle


def _who(holder: str) -> str:
    return f" (process {holder})" if holder.isdigit() else ""
