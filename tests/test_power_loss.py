"""Power that goes out under a running relay: the database is rolled back, the receivers' ledger is not.

Everything arrives all the same, and what arrives again has the id under which it came the first time.
"""

import os
import random
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import Process
from tests.servers import Server
from tests.test_crash import Ledger, entries, rules, wait_for
from tests.test_service import Forge

CUTS = int(os.environ.get("RELAY_TEST_POWER_CUTS", "3"))
NEW = 40
"""Events that appear before each start."""
HEADER, FRAME = 32, 24 + 4096
"""Bytes of SQLite's log before its first frame, and of a frame."""


@dataclass
class Town:
    """A forge, and receivers that keep a ledger, with a relay between them in a folder."""

    folder: Path
    forge: Forge
    ledger: Ledger
    events: int = 0

    def happens(self) -> None:
        """More events, for every receiver."""
        self.forge.events = entries(self.events, NEW) + self.forge.events
        self.events += NEW

    def killed_after(self, arrivals: int) -> None:
        """A relay that delivers, and is killed after so many arrivals."""
        goal = len(self.ledger.arrived) + arrivals
        with Process(self.folder, "run") as relay:
            relay.wait_for(lambda: len(self.ledger.arrived) >= goal)

    def goes_on(self) -> None:
        """A relay that runs until everything has arrived."""
        with Process(self.folder, "run") as relay:
            wait_for(lambda: len(self.ledger.events) == self.events, 60 + self.events / 20)
            assert 0 == relay.stop()

    def says(self, *command: str) -> str:
        """What another command says, beside a relay or after it."""
        with Process(self.folder, *command) as process:
            assert 0 == process.end(), process.said
        return process.said

    def repeats(self) -> int:
        """How much arrived again; nothing under another id."""
        told = {(event, delivery) for _, delivery, event in self.ledger.arrived}
        again = Counter(event for event, _ in told)
        assert [] == [event for event, ids in again.items() if ids > 1], "repeated under another id"
        return len(self.ledger.arrived) - len(told)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    ledger, forge = Ledger(), Forge([])
    with Server(forge) as source, Server(ledger) as sink:
        (tmp_path / "rules.yaml").write_text(rules(source, sink), encoding="utf-8")
        yield Town(tmp_path, forge, ledger)


def test_an_old_backup_is_put_back(town: Town) -> None:
    """A copy taken under way, put back after the relay has gone on and was killed: 0 lost, repeats under their old ids."""
    town.happens()
    with Process(town.folder, "run") as relay:
        relay.wait_for(lambda: len(town.ledger.arrived) >= 10)
        town.says("backup", "copy.db")
        town.happens()
        relay.wait_for(lambda: len(town.ledger.events) == town.events)
    assert "what was there is now" in town.says("restore", "copy.db")
    town.happens()
    town.goes_on()
    assert NEW <= town.repeats() < 2 * NEW


def test_power_cuts(town: Town) -> None:
    """The log loses its newest part, mid-frame, as often as power goes out: 0 lost, repeats under their old ids."""
    dice = random.Random(4)
    frames = 0
    for _ in range(CUTS):
        town.happens()
        town.killed_after(dice.randint(NEW // 4, NEW // 2))
        frames += cut(town.folder / "relay.db", dice)
    town.goes_on()
    again = town.repeats()
    print(f"events {town.events}, lost 0, repeats {again}, power cuts {CUTS}, frames of the log lost {frames}")  # noqa: T201
    assert again > 0


def cut(database: Path, dice: random.Random) -> int:
    """Lose a part of what was not synced: any number of the log's frames that are in no checkpoint yet; how many."""
    log, index = (database.with_name(f"{database.name}-{beside}") for beside in ("wal", "shm"))
    (written,) = struct.unpack_from("=I", index.read_bytes(), 16)
    (synced,) = struct.unpack_from("=I", index.read_bytes(), 96)
    kept = dice.randint(synced, written)
    torn = dice.randbytes(FRAME // 2)
    log.write_bytes(log.read_bytes()[: HEADER + kept * FRAME] + torn)
    index.unlink()
    return written - kept
