"""A database that cannot be written: its disk is full, another process has it locked, its file is read-only or moved away.

The real process on real file systems, mounted for it alone. It says what is wrong and what to do, keeps what it was about
to write, sends nothing twice, and goes on by itself once that is mended.
"""

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.processes import Forked, Process
from tests.servers import Reply, Request, Server
from tests.test_service import Forge, commit, rules

ALONE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
"""A shell that may mount, and whose mounts nobody else sees."""
SMALL = (*ALONE, 'mount -t tmpfs -o size=8m none small && exec "$@"', "sh")
READ_ONLY = (*ALONE, 'mount --bind relay.db relay.db && mount -o remount,bind,ro relay.db && exec "$@"', "sh")
can_mount = shutil.which("unshare") and not subprocess.run((*ALONE, "mount -t tmpfs none /mnt"), check=False).returncode
needs_mounts = pytest.mark.skipif(not can_mount, reason="this machine lets nobody mount for himself")


class Sink:
    """A receiver that keeps what arrived, and answers when it may."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.may_answer = Event()
        self.may_answer.set()

    def __call__(self, request: Request) -> Reply:
        self.ids.append(request.headers["webhook-id"])
        self.may_answer.wait(60)
        return Reply(204)


@pytest.fixture
def forge() -> Iterator[tuple[Forge, Server]]:
    forge = Forge([])
    with Server(forge) as server:
        yield forge, server


@pytest.fixture
def sink() -> Iterator[tuple[Sink, Server]]:
    sink = Sink()
    with Server(sink) as server:
        yield sink, server


@pytest.fixture
def folder(tmp_path: Path, forge: tuple[Forge, Server], sink: tuple[Sink, Server]) -> Path:
    """With the rules that lead from one to the other."""
    text = rules(forge[1], sink[1]).replace("start: all", "start: all, every: 1s")
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def happens(forge: Forge, begin: int, end: int) -> None:
    """More commits."""
    forge.events = [commit(f"{number:012x}") for number in reversed(range(begin, end))] + forge.events


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """A disk without a byte to spare."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"\0" * 4096)
    yield
    filler.unlink()


@needs_mounts
def test_a_full_disk(folder: Path, forge: tuple[Forge, Any], sink: tuple[Sink, Any]) -> None:
    """What was on the wire as the disk filled up is not sent again, and what came later arrives once there is room."""
    receiver, what = sink[0], forge[0]
    (folder / "small").mkdir()
    with Process(folder, "run", within=SMALL, RELAY_DATABASE="small/relay.db") as relay:
        happens(what, 0, 3)
        relay.wait_for(lambda: len(receiver.ids) == 3)
        receiver.may_answer.clear()
        happens(what, 3, 6)
        relay.wait_for(lambda: len(receiver.ids) == 4)
        with filled(Path(f"/proc/{relay.pid}/root{folder}/small")):
            receiver.may_answer.set()
            relay.wait_until_told("could not be written: database or disk is full; make room on its disk")
            happens(what, 6, 9)
            assert 4 == len(receiver.ids)
        relay.wait_for(lambda: len(receiver.ids) >= 9)
        assert 0 == relay.stop()
    assert (9, 9) == (len(receiver.ids), len(set(receiver.ids)))
    assert 1 == relay.said.count("disk is full")


def test_a_locked_database(folder: Path, forge: tuple[Forge, Any], sink: tuple[Sink, Any]) -> None:
    """Another process that keeps the file locked is told of; what waits is written when it lets go."""
    receiver, what = sink[0], forge[0]
    with Forked(folder, "run", RELAY_DATABASE="sqlite:///relay.db?timeout=0.2") as relay:
        happens(what, 0, 3)
        relay.wait_for(lambda: len(receiver.ids) == 3)
        with closing(sqlite3.connect(folder / "relay.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            happens(what, 3, 6)
            relay.wait_until_told("database is locked; another process keeps it locked: end that, or wait")
        relay.wait_for(lambda: len(receiver.ids) >= 6)
        assert 0 == relay.stop()
    assert (6, 6) == (len(receiver.ids), len(set(receiver.ids)))
    assert "the database is written again" in relay.said


def test_cron_is_stopped_while_the_database_is_locked(
    folder: Path, forge: tuple[Forge, Any], sink: tuple[Sink, Any]
) -> None:
    """A round that waits for the file ends when it is told to, and says why nothing came of it."""
    receiver, what = sink[0], forge[0]
    receiver.may_answer.clear()
    happens(what, 0, 1)
    with Forked(folder, "run", "--once", RELAY_DATABASE="sqlite:///relay.db?timeout=0.2") as relay:
        relay.wait_for(lambda: len(receiver.ids) == 1)
        with closing(sqlite3.connect(folder / "relay.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            receiver.may_answer.set()
            relay.wait_until_told("database is locked; another process keeps it locked: end that, or wait")
            assert 1 == relay.stop()


def test_a_file_that_is_moved_away(folder: Path, forge: tuple[Forge, Any], sink: tuple[Sink, Any]) -> None:
    """A running relay goes on writing to its file wherever that is, and finds all in it once it is back in its place."""
    receiver, what = sink[0], forge[0]
    (folder / "away").mkdir()
    with Forked(folder, "run") as relay:
        happens(what, 0, 3)
        relay.wait_for(lambda: len(receiver.ids) == 3)
        moved(folder, folder / "away")
        happens(what, 3, 6)
        relay.wait_for(lambda: len(receiver.ids) == 6)
        with Forked(folder, "status") as asked:
            assert 2 == asked.end()
        moved(folder / "away", folder)
        happens(what, 6, 9)
        relay.wait_for(lambda: len(receiver.ids) == 9)
        assert -signal.SIGKILL == relay.stop(signal.SIGKILL)
    with Forked(folder, "run", "--once") as relay:
        assert 0 == relay.end()
    assert (9, True) == (len(set(receiver.ids)), len(receiver.ids) <= 10)


def moved(here: Path, there: Path) -> None:
    """The database with what SQLite keeps beside it."""
    for file in here.glob("relay.db*"):
        file.rename(there / file.name)


@needs_mounts
def test_a_read_only_file(folder: Path, forge: tuple[Forge, Any], sink: tuple[Sink, Any]) -> None:
    """relay says whose right is missing and ends, to be started again; once it may write, it goes on where it was."""
    receiver, what = sink[0], forge[0]
    happens(what, 0, 3)
    with Forked(folder, "run", "--once") as relay:
        assert 0 == relay.end()
    happens(what, 3, 6)
    with Process(folder, "run", within=READ_ONLY) as relay:
        assert 1 == relay.end()
    assert "attempt to write a readonly database; let the user that relay runs as write it" in relay.said
    with Forked(folder, "run", "--once") as relay:
        assert 0 == relay.end()
    assert (6, 6) == (len(receiver.ids), len(set(receiver.ids)))
