"""Copies of a database: taken while relay works on it, put back while it does not, and nothing written over."""

import asyncio
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.errors import StoreError, UsageError
from relay.store.backup import backup, restore
from relay.store.schema import VERSION
from tests.store.world import World, on

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def events(path: Path) -> list[str]:
    """The ids of the events in a database."""
    with closing(sqlite3.connect(path)) as connection:
        return [id for (id,) in connection.execute("SELECT id FROM event ORDER BY seq")]


def told(path: Path, *ids: str) -> None:
    """Let a relay put events into a database."""
    on(str(path), lambda world: world.tell(*ids))


def test_a_copy_holds_what_is_written(path: Path, copy: Path) -> None:
    """It is whole without the log that the running relay has beside its file, and its owner's alone."""

    async def act(world: World) -> None:
        await world.tell("a", "b")
        backup(str(path), copy)

    on(str(path), act)
    assert (["a", "b"], 0o600) == (events(copy), stat.S_IMODE(copy.stat().st_mode))


def test_each_copy_beside_a_busy_writer_is_of_one_moment(path: Path, tmp_path: Path) -> None:
    """No copy holds an event without its delivery, and the writer goes on while copies are taken."""
    copies = [tmp_path / f"copy{number}.db" for number in range(5)]

    async def act(world: World) -> None:
        backups = asyncio.create_task(asyncio.to_thread(lambda: [backup(str(path), copy) for copy in copies]))
        number = 0
        while not backups.done() or number < 20:
            await world.tell(*(f"{number}.{index}" for index in range(20)))
            number += 1
        await backups

    on(str(path), act)
    for copy in copies:
        with closing(sqlite3.connect(copy)) as connection:
            alone = "SELECT count(*) FROM event WHERE seq NOT IN (SELECT event FROM delivery_event)"
            assert [(0,), ("ok",)] == [*connection.execute(alone), *connection.execute("PRAGMA integrity_check")]


def test_nothing_is_written_over(path: Path, copy: Path) -> None:
    """A file that is there stays as it is."""
    told(path, "a")
    copy.write_text("mine")
    with pytest.raises(UsageError, match=r"copy\.db is there already, and nothing is written over it"):
        backup(str(path), copy)
    assert "mine" == copy.read_text()


def test_a_copy_that_fails_leaves_nothing(path: Path, copy: Path) -> None:
    """A damaged database is told, and no half of a copy stays."""
    told(path, *(f"{number}" for number in range(200)))
    damaged = bytearray(path.read_bytes())
    half = len(damaged) // 2
    damaged[half:] = b"\xff" * (len(damaged) - half)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"relay\.db could not be copied to .*malformed"):
        backup(str(path), copy)
    assert [] == list(copy.parent.glob("copy*"))


@pytest.mark.parametrize("act", [backup, lambda database, copy: restore(database, copy, NOW)])
def test_postgresql_has_tools_of_its_own(copy: Path, act) -> None:
    """The command that does it is told."""
    with pytest.raises(UsageError, match=r"PostgreSQL .*: pg_(dump|restore) .*postgresql://there/relay"):
        act("postgresql://there/relay", copy)


def test_what_is_no_database_of_relay_is_neither_copied_nor_put_back(path: Path, copy: Path) -> None:
    """The error says what is wrong with which file."""
    with pytest.raises(UsageError, match=r"there is no database at .*relay\.db"):
        backup(str(path), copy)
    copy.write_text("my diary")
    with pytest.raises(UsageError, match=r"copy\.db is no database of relay"):
        restore(str(path), copy, NOW)
    assert not path.exists()


def test_a_copy_with_a_garbled_version_is_not_put_back(path: Path, copy: Path) -> None:
    """It is damaged, or another program's."""
    told(path, "a")
    backup(str(path), copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE meta SET value = 'three' WHERE name = 'schema'")
    with pytest.raises(UsageError, match=r"copy\.db is no database of relay"):
        restore(str(path), copy, NOW)


def test_a_copy_is_put_back(path: Path, copy: Path) -> None:
    """The database is as it was when the copy was taken, and what was there since is kept beside it."""
    told(path, "a")
    backup(str(path), copy)
    told(path, "b")
    kept = restore(str(path), copy, NOW)
    assert kept == path.with_name("relay.db.before-20261122T120000Z")
    assert (["a"], ["a", "b"], 0o600) == (events(path), events(kept), stat.S_IMODE(path.stat().st_mode))


def test_what_was_kept_is_not_written_over(path: Path, copy: Path) -> None:
    """Two copies put back within a second leave two files beside the database."""
    told(path, "a")
    backup(str(path), copy)
    told(path, "b")
    kept = [restore(str(path), copy, NOW) for _ in range(2)]
    assert [["a", "b"], ["a"]] == [events(place) for place in kept if place]


def test_the_log_of_a_crashed_relay_stays_with_its_own_database(path: Path, copy: Path, tmp_path: Path) -> None:
    """A copy that is put back is not mixed with what the crash left beside the old file."""
    crashed = tmp_path / "crashed" / "relay.db"
    crashed.parent.mkdir()

    async def act(world: World) -> None:
        await world.tell("a")
        backup(str(path), copy)
        await world.tell("b")
        for beside in ("", "-wal"):
            shutil.copy(f"{path}{beside}", f"{crashed}{beside}")

    on(str(path), act)
    kept = restore(str(crashed), copy, NOW)
    assert kept
    assert (["a"], ["a", "b"]) == (events(crashed), events(kept))


def test_a_damaged_database_gives_way_to_a_copy(path: Path, copy: Path) -> None:
    """What cannot be read any more is kept as it is."""
    told(path, "a")
    backup(str(path), copy)
    path.write_text("damaged, " * 1000)
    kept = restore(str(path), copy, NOW)
    assert kept
    assert (["a"], "damaged, ") == (events(path), kept.read_text()[:9])


def test_a_copy_that_cannot_take_its_place_leaves_the_database(path: Path, copy: Path, monkeypatch) -> None:
    """Whatever breaks it off, the old database or the copy is there: without one relay would begin anew."""
    told(path, "a")
    backup(str(path), copy)
    told(path, "b")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        restore(str(path), copy, NOW)
    assert ["a", "b"] == events(path)


def test_a_copy_is_put_where_nothing_was(path: Path, copy: Path) -> None:
    """As on a new machine."""
    told(path, "a")
    backup(str(path), copy)
    path.unlink()
    assert (None, ["a"]) == (restore(str(path), copy, NOW), events(path))


def test_nothing_is_put_back_under_a_running_relay(path: Path, copy: Path) -> None:
    """It must be stopped first."""

    async def act(world: World) -> None:
        await world.tell("a")
        backup(str(path), copy)
        with pytest.raises(StoreError, match="stop that one first"):
            restore(str(path), copy, NOW)

    on(str(path), act)


def test_a_newer_copy_is_not_put_back(path: Path, copy: Path) -> None:
    """A relay that could not use it leaves everything as it is."""
    told(path, "a")
    backup(str(path), copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute(f"UPDATE meta SET value = '{VERSION + 1}' WHERE name = 'schema'")
    with pytest.raises(StoreError, match=r"copy\.db was written by a newer relay"):
        restore(str(path), copy, NOW)
    assert ["a"] == events(path)


@pytest.mark.parametrize(
    ("database", "command"),
    [
        (
            "postgresql://relay@db:5433/relay",
            "pg_dump --format=custom --file copy --username relay postgresql://db:5433/relay",
        ),
        (
            "postgresql://relay:s3cret@/relay?host=/run/pg&password=s3cret&sslmode=require",
            "pg_dump --format=custom --file copy --username relay 'postgresql:///relay?host=%2Frun%2Fpg&sslmode=require'",
        ),
        (
            "postgresql:///relay?host=/run/my%20pg",
            "pg_dump --format=custom --file copy 'postgresql:///relay?host=%2Frun%2Fmy%20pg'",
        ),
    ],
)
def test_the_line_for_postgresql_can_be_typed(database: str, command: str) -> None:
    """It leads to the same server, and holds no password."""
    with pytest.raises(UsageError, match="PostgreSQL has tools of its own for this: ") as told:
        backup(database, Path("copy"))
    assert command == str(told.value).partition("for this: ")[2]


def test_a_copy_of_a_strange_name_beside_postgresql() -> None:
    """Braces in the name of a copy stand in the line as they are."""
    with pytest.raises(UsageError, match=r"--file 'a\{user\}\{b' postgresql:///relay"):
        backup("postgresql:///relay", Path("a{user}{b"))
