"""Opening the database: SQLite by path, PostgreSQL by URL; what differs between the two stands here and nowhere else."""

import fcntl
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from relay.clock import CarriedClock, Clock
from relay.errors import RelayError, StoreError, StoreUnavailable, UsageError
from relay.redact import remember
from relay.store import migrations, schema

ROWS = 50
"""Rows in one INSERT: SQLite keeps the statement of every length it was given, and long ones are large."""
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A PostgreSQL that vanished without a word is noticed within a minute; the URL may say otherwise."""
_BEGIN = "SELECT extract(epoch FROM now())::float8, set_config('idle_in_transaction_session_timeout', '5000', true)"
_BEGIN_17 = f"{_BEGIN}, set_config('transaction_timeout', '30000', true)"
"""A worker that is stopped in the middle of a transaction keeps its rows from the others for 5 seconds, or for 30 where
the server cannot see that nothing comes: within several statements sent at once, which older servers get one by one."""
_FEW_ROWS = "SET random_page_cost = 1.1; SET max_parallel_workers_per_gather = 0; SET jit = off"
"""What a worker asks again and again is a few rows, most of them written a moment ago. Without this PostgreSQL reads ten
thousand events from end to end for fifty of them, as if each had to be sought on a turning disk, and starts helpers for
what takes a millisecond."""
_DOOR = 0x72656C6179
"""The number of the lock that workers take one after the other when they start; any will do that nobody else takes."""
_AT_WORK = _DOOR + 1
"""That of the lock which all who write share, and which bringing the tables up to date needs alone."""
_PASSING = dict.fromkeys(("08", "57P", "25P03", "25P04", "25006", "53", "40"), 30.0) | {"23505": 2.0}
"""By the beginning of SQLSTATE, for how many seconds it is worth to try the same again: the connection, a server that
starts or stops, a session ended for its idleness, a transaction for its length, a server that may not write or has no
room, and two workers in each other's way (which costs the server's deadlock_timeout, a second, each time); with the same
event they are that but once."""
_REMEDIES = {
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_IOERR": "see whether its disk is full, or failing",
    "SQLITE_BUSY": "another process keeps it locked: end that, or wait",
    "SQLITE_READONLY": "let the user that relay runs as write it, and its folder",
    "SQLITE_CANTOPEN": "let the user that relay runs as read and write it, and its folder",
    "SQLITE_CORRUPT": "it is damaged: stop relay, then `relay restore` puts a backup back",
}
"""By the beginning of the name that SQLite gives an error: what a human can do, while what was to be written waits."""
BUSY_FOR = 10.0
"""Seconds that a statement waits for another process that keeps a SQLite file locked; the URL may say otherwise."""
CACHE = 8000
"""KiB of a SQLite file that are kept at hand: ids are in no order, so that each event of a commit has pages of its own in
a large index, which are asked for three times. SQLite's 2 MB read a large database twice as often (measured)."""
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ceph", "glusterfs"}


def address(database: str) -> URL:
    """The database's URL; a plain path is a SQLite file. Raises UsageError for an address of another kind."""
    if not re.match(r"[a-z][a-z0-9+]*://", database):
        return _of_file(URL.create("sqlite"), database)
    kind = database.partition("://")[0]
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        raise UsageError(f"--database {kind}://…: not a URL like postgresql://user:password@host:5432/name") from None
    remember(secret for secret in (url.password, url.query.get("password")) if isinstance(secret, str))
    if url.get_backend_name() in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        return _of_file(url, url.database) if url.database else url
    raise UsageError(f"--database {kind}://…: relay keeps its state in SQLite or PostgreSQL")


def _of_file(url: URL, path: str) -> URL:
    """The URL of the file itself, so that it has one lock whatever link leads to it."""
    return url.set(database=str(Path(path).resolve()))


def engine(url: URL, *, write: bool) -> Engine:
    """An engine of one connection: the writer takes the write lock when it begins, a reader never writes."""
    if url.get_backend_name() != "sqlite":
        return _limited(_postgres(url, ping=False)) if write else _postgres(url, ping=True)
    given = {"check_same_thread": False} | ({} if "timeout" in url.query else {"timeout": BUSY_FOR})
    made = create_engine(url, poolclass=StaticPool, connect_args=given, insertmanyvalues_page_size=ROWS)
    event.listen(made, "connect", _prepare if write else _prepare_reader)
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN"))
    return made


def _postgres(url: URL, *, ping: bool) -> Engine:
    """With `ping` a connection is tried before it is used: the server may have been restarted."""
    given = {name: value for name, value in _CONNECTION.items() if name not in url.query}
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it warns of fails a transaction, and is told
    try:
        return create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=ping, connect_args=given)
    except ModuleNotFoundError:
        raise UsageError(
            "PostgreSQL needs its driver: install relay with the extra postgres, or psycopg[binary] beside it"
        ) from None


def _limited(made: Engine) -> Engine:
    """The engine with an end for transactions that nobody goes on with; each keeps what time the database has."""

    def begin(connection: Connection) -> None:
        text = _BEGIN_17 if sends_at_once(connection) else _BEGIN
        connection.info["now"] = connection.exec_driver_sql(text).one()[0]

    event.listen(made, "connect", _join)
    event.listen(made, "begin", begin)
    return made


def _join(connection: Any, _record: object) -> None:
    """Be counted among those at work, for as long as the connection lasts."""
    connection.execute(_FEW_ROWS)
    connection.execute(f"SELECT pg_advisory_lock_shared({_AT_WORK})")
    connection.commit()


def sends_at_once(connection: Connection) -> bool:
    """Whether the database takes a statement for many rows in one go."""
    return connection.dialect.name == "sqlite" or (connection.dialect.server_version_info or (0,)) >= (17,)


def clock(made: Engine) -> Clock:
    """The clock that decides: this machine's, where only it can have the database; else the database's own.

    That is told with every transaction, and carried on in between, so that no worker's wrong clock matters.
    """
    if made.dialect.name == "sqlite":
        return Clock()
    carried = CarriedClock()
    event.listen(made, "begin", lambda connection: carried.tell(connection.info["now"]))
    return carried


def now(connection: Connection) -> float | None:
    """What time the transaction has, where the database's clock decides; None with SQLite."""
    found: float | None = connection.info.get("now")
    return found


def shares(made: Engine) -> bool:
    """Whether other workers may be at work on the same database."""
    return made.dialect.name != "sqlite"


def passing(error: Exception) -> float:
    """For how many seconds the same may still work if it is tried again.

    0 where it never will, inf where a human can mend it meanwhile.
    """
    cause = error.orig if isinstance(error, DBAPIError) else None
    state = getattr(cause, "sqlstate", "") or (
        "08" if hasattr(cause, "sqlstate") and isinstance(error, OperationalError) else ""
    )
    spans = [span for begin, span in _PASSING.items() if state.startswith(begin)]
    return max(spans, default=inf if _remedy(cause) else 0.0)


def _remedy(cause: object) -> str:
    """What a human can do about an error of SQLite's, if it is the machine's and not relay's own."""
    name = getattr(cause, "sqlite_errorname", "")
    return next((remedy for begin, remedy in _REMEDIES.items() if name.startswith(begin)), "")


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where engine() says so, not at the first statement
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"cache_size=-{CACHE}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def create(url: URL) -> Engine:
    """The writer's engine, its tables made where there are none, and those of an older relay brought up to date.

    Raises StoreError when the file is no database, is on a network drive, or was written by a newer relay.
    """
    if url.get_backend_name() == "sqlite" and url.database:
        _make_private(Path(url.database))
    made = engine(url, write=True) if url.get_backend_name() == "sqlite" else _postgres(url, ping=False)
    with _used(made, url), _one_by_one(url):
        migrations.prepare(made, shown(url))
        with made.begin() as connection:
            _check(connection, url)
            connection.execute(_write)
    if not shares(made):
        return made
    made.dispose()  # limits and locks begin with the next connection: an upgrade may take long
    return _limited(made)


_write = update(schema.meta).where(schema.meta.c.name == "schema").values(value=schema.meta.c.value)
"""Changes nothing, but fails where nothing may be written, or there is no room."""


@contextmanager
def _one_by_one(url: URL) -> Iterator[None]:
    """Keep workers that start at the same moment from making the tables twice, and any worker's from being changed.

    A file needs neither: each transaction locks it, and it has one relay.
    """
    if url.get_backend_name() == "sqlite":
        yield
        return
    other = engine(url, write=False)
    try:
        with other.begin() as connection:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")  # an upgrade may take long
            connection.execute(select(func.pg_advisory_xact_lock(_DOOR)))
            alone = select(func.pg_try_advisory_xact_lock(_AT_WORK))
            if (migrations.version(connection) or schema.VERSION) < schema.VERSION and not connection.scalar(alone):
                raise StoreError(
                    f"the database {shown(url)} was written by an older relay, and others are at work on it; "
                    "stop all of them, then start this one, which brings it up to date"
                )
            yield
    finally:
        other.dispose()


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
        raise failure(f"cannot use the database {shown(url)}", error) from None
    except RelayError:
        made.dispose()
        raise


def _check(connection: Connection, url: URL) -> None:
    found = migrations.version(connection)
    if found is None:
        raise UsageError(f"{shown(url)} is no database of relay: `relay run` makes one; --database names another")
    if found > schema.VERSION:
        raise StoreError(f"the database {shown(url)} was written by a newer relay; upgrade relay to use it")
    if found < schema.VERSION:
        raise UsageError(f"the database {shown(url)} was written by an older relay; `relay run` brings it up to date")


def shown(url: URL) -> str:
    """The database's address as it may be shown: without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.set(drivername="postgresql", query={}).render_as_string()


def reason(error: SQLAlchemyError) -> str:
    """What the database said, in one line, without the statement and its values, and what can be done about it."""
    cause = getattr(error, "orig", None) or error
    said = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return "; ".join(part for part in (said, _remedy(cause)) if part)


def failure(what: str, error: SQLAlchemyError) -> StoreError:
    """What to raise for an error of the database: whether it may pass decides the program's exit code."""
    kind = StoreUnavailable if passing(error) else StoreError
    return kind(f"{what}: {reason(error)}")


def _make_private(path: Path) -> None:
    """Create the file readable by its owner alone, since it holds what private repositories say.

    A file that is there is not opened: closing it again would drop every lock that SQLite holds on it in this process,
    and the next process to close the database would take the log of the one that runs with it.
    """
    _check_place(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(f"cannot open the database {path}: {error.strerror}") from None


def check_file(path: Path) -> None:
    """Raise StoreError for a folder, which SQLite would call a file that it cannot open."""
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it, like {path / 'relay.db'}")


def _check_place(path: Path) -> None:
    check_file(path)
    if not path.parent.is_dir():
        raise StoreError(f"cannot keep the database at {path}: there is no folder {path.parent}")
    kind = _file_system(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{path} is on a network file system ({kind}), where SQLite loses data; use a local --database"
        )


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
    _check_place(Path(url.database))
    path = Path(url.database + ".lock")
    handle = _locked(path)
    while not _is_there(path, handle):  # whoever was refused the database took it away meanwhile
        handle.close()
        handle = _locked(path)
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n")
    handle.flush()
    return handle


def discard(lock: IO[str]) -> None:
    """Give a lock back, and remove its file, since the database could not be used."""
    with suppress(OSError):
        Path(lock.name).unlink()
    lock.close()


def _locked(path: Path) -> IO[str]:
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
        raise StoreError(
            f"{path.with_suffix('')} is in use by another relay{_who(holder)}; stop that one first"
        ) from None
    return handle


def _is_there(path: Path, handle: IO[str]) -> bool:
    """Whether the file that was locked is still the one of that name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(handle.fileno()))
    return False


def _who(holder: str) -> str:
    return f" (process {holder})" if holder.isdigit() else ""
