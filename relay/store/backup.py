"""Copies of a SQLite database: one taken beside a running relay, and one put back.

A copy is made by VACUUM INTO: one statement that sees one moment, for which no writer waits. SQLite's online backup would
begin anew whenever another process has written, so beside a busy relay it might never end. A copy that is put back does
not meet what the old database left beside it: SQLite would take a log of a crashed relay for its own.
"""

import os
import shlex
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

from relay.errors import StoreError, UsageError
from relay.store import engine as engines
from relay.store import schema


def backup(database: str, copy: Path) -> None:
    """Write a consistent copy of the database as it is now, 0600, whether or not relay is at work on it.

    Raises UsageError where there is no database, or something at the copy's place; StoreError.
    """
    there = _file(database, lambda user, url: f"pg_dump --format=custom --file {shlex.quote(str(copy))} {user}{url}")
    _version(there)
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise UsageError(f"{copy} is there already, and nothing is written over it; name another file") from None
    except OSError as error:
        raise UsageError(f"cannot write {copy}: {error.strerror}; name another file") from None
    try:
        with _copied(there, copy) as part:
            part.replace(copy)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise


def restore(database: str, copy: Path, now: datetime) -> Path | None:
    """Put a copy in the place of the database; returns where what was there is kept, None where nothing was.

    Raises UsageError where the copy is none, StoreError where a relay is at work, or the copy is newer or damaged.
    """
    there = _file(database, lambda user, url: f"pg_restore --clean {user}--dbname {url} {shlex.quote(str(copy))}")
    if _version(copy) > schema.VERSION:
        raise StoreError(f"{copy} was written by a newer relay; upgrade relay to use it")
    held = engines.lock(engines.address(str(there)))
    try:
        with _copied(copy, there) as part:
            kept = _set_aside(there, _unused(f"{there}.before-{now:%Y%m%dT%H%M%SZ}")) if there.exists() else None
            part.replace(there)
    except BaseException:
        if held:
            engines.discard(held)
        raise
    if held:
        held.close()
    return kept


def _unused(name: str) -> Path:
    """A path that nothing has yet, under that name or a longer one."""
    names = chain([name], (f"{name}.{again}" for again in count(2)))
    return next(path for path in map(Path, names) if not path.exists())


def _set_aside(there: Path, kept: Path) -> Path:
    """Give a database another name, and what is beside it too: a damaged one may still need its log.

    The file itself has both names until the copy takes the first: a relay that finds no database begins anew.
    """
    with suppress(sqlite3.Error), _opened(there) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.hardlink_to(there)
    for beside in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{there}{beside}").rename(f"{kept}{beside}")
    return kept


@contextmanager
def _copied(source: Path, target: Path) -> Iterator[Path]:
    """A whole copy, on disk, in the target's folder; what the block does not rename goes again."""
    handle, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f"{target.name}.", suffix=".part")
    part = Path(name)
    try:
        try:
            with _opened(source) as connection:
                connection.execute("VACUUM INTO ?", (name,))
        except sqlite3.Error as error:
            raise StoreError(f"{source} could not be copied to {target.absolute().parent}: {error}") from None
        os.fsync(handle)
        yield part
    finally:
        os.close(handle)
        part.unlink(missing_ok=True)


def _file(database: str, instead: Callable[[str, str], str]) -> Path:
    """The path of a SQLite database. Raises UsageError for PostgreSQL, which has tools of its own."""
    url = engines.address(database)
    if url.get_backend_name() != "sqlite":
        raise UsageError(f"PostgreSQL has tools of its own for this: {instead(*_typed(url))}")
    return Path(str(url.database))


def _typed(url: URL) -> tuple[str, str]:
    """A PostgreSQL's user and address as its own tools take them, which ask for the password or find it by themselves."""
    kept = {name: value for name, value in url.query.items() if "password" not in name}
    there = url._replace(drivername="postgresql", username=None, password=None).set(query=kept)
    user = f"--username {shlex.quote(url.username)} " if url.username else ""
    return user, shlex.quote(there.render_as_string().replace("+", "%20"))  # libpq takes a plus for one


def _version(path: Path) -> int:
    """Which schema a database of relay has. Raises UsageError where it is none."""
    if not path.is_file():
        raise UsageError(f"there is no database at {path}")
    try:
        with _opened(path) as connection:
            (found,) = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        return int(found)
    except (sqlite3.Error, TypeError, ValueError):
        raise UsageError(f"{path} is no database of relay, or a damaged one") from None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=30)) as connection:
        yield connection
