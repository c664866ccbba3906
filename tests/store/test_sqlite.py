"""What SQLite needs besides: one run a file, a file of one's own, and clear words for a broken one."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from relay.errors import StoreError
from relay.store import Store, read
from relay.store import engine as engines
from relay.store.engine import address, create
from tests.store.world import World, on


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


def test_a_second_run_is_refused(path: Path) -> None:
    """The file belongs to one run at a time, and the error names what to do."""

    async def act(world: World) -> str:
        with pytest.raises(StoreError) as refused:
            Store(str(path))
        return str(refused.value)

    assert "stop that one first" in on(str(path), act)


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_second_run_by_another_name_is_refused(path: Path, form: str) -> None:
    """A link leads to the same file, with the same lock."""
    link = path.with_name("link.db")
    link.symlink_to(path)

    async def act(world: World) -> None:
        with pytest.raises(StoreError, match="stop that one first"):
            Store(form.format(link))

    on(str(path), act)


def test_the_database_is_private(path: Path) -> None:
    """Nobody else may read what private repositories say."""

    on(str(path), lambda world: world.heads())

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_is_no_database_is_told(path: Path) -> None:
    """A clear error, and the file is left as it is."""
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="cannot use the database"):
        on(str(path), lambda world: world.heads())
    assert path.read_text().startswith("not a database")


def test_a_refused_file_leaves_no_lock(path: Path) -> None:
    """Nothing is made beside a file that cannot be used."""
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="cannot use the database"):
        Store(str(path))
    assert [path] == list(path.parent.iterdir())


def test_a_folder_is_told_as_one(path: Path) -> None:
    """Whoever writes and whoever reads is told that a file must be named, and nothing is made beside the folder."""
    path.mkdir()
    for use in (Store, read):
        with pytest.raises(StoreError, match=rf"{path} is a folder; name a file in it, like {path}/relay.db"):
            use(str(path))
    assert [path] == list(path.parent.iterdir())


def test_a_lock_that_was_removed_is_made_anew(path: Path) -> None:
    """Whoever takes it afterwards keeps all others out."""
    first = engines.lock(address(str(path)))
    assert first
    engines.discard(first)
    second = engines.lock(address(str(path)))
    assert second
    with closing(second), pytest.raises(StoreError, match="stop that one first"):
        engines.lock(address(str(path)))


def test_a_reader_leaves_the_log_of_a_run_alone(path: Path) -> None:
    """However often this process opens the database anew, another that closes it does not take its log away."""
    look = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('select count(*) from event').fetchone()"

    async def act(world: World) -> tuple[int, int]:
        await world.tell("a")
        log = path.with_name("relay.db-wal")
        before = log.stat().st_ino
        read(str(path)).close()
        create(address(str(path))).dispose()
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", look, str(path)], check=True)
        return before, log.stat().st_ino

    before, after = on(str(path), act)
    assert before == after


def test_a_lock_that_may_not_be_written_is_told(path: Path) -> None:
    """The lock of another user, or what else cannot be opened, is a clear error that names the file."""
    path.with_name("relay.db.lock").mkdir()
    with pytest.raises(StoreError, match=r"cannot open the lock .*relay\.db\.lock: .*; run relay as the user"):
        on(str(path), lambda world: world.heads())


def test_what_must_be_mended_by_hand_is_waited_for_so_long(path: Path) -> None:
    """A process that somebody waits for gives up in the end, says why, and works again afterwards."""

    async def act(world: World) -> str:
        world.store.hurry(0.1)
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as failed:
                await world.tell("a")
        await world.tell("b")
        return str(failed.value)

    assert "database is locked; another process keeps it locked" in on(f"sqlite:///{path}?timeout=0.05", act)
