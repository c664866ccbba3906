"""The real process on a real database, killed at any moment: nothing is lost, and only what was in flight repeats."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.servers import Reply, Request, Server
from tests.test_service import Forge, commit

KILLS = int(os.environ.get("RELAY_TEST_KILLS", "20"))
LANES = 8
NEW = 100
"""Events that appear before each start."""
ANSWERS_AFTER = 0.05
"""Seconds that a receiver takes, so that most kills land with a send in flight."""


class Ledger:
    """A receiver that remembers what arrived, and is slow enough that most kills land with a send in flight."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.arrived: list[tuple[str, str, str]] = []  # lane, delivery id, event id

    def __call__(self, request: Request) -> Reply:
        self.begun.append(request.path)
        time.sleep(ANSWERS_AFTER)
        self.arrived.append((request.path, request.headers["webhook-id"], request.json()["data"]["id"]))
        return Reply(204)

    @property
    def sending(self) -> int:
        """How many requests are not answered."""
        return len(self.begun) - len(self.arrived)

    def hits(self, kills: list[int]) -> int:
        """How many kills, each told by what had arrived by then, were followed by a repeat: a send was in flight."""
        spans = pairwise([*kills, len(self.arrived)])
        return sum(not set(self.arrived[:begin]).isdisjoint(self.arrived[begin:end]) for begin, end in spans)

    @property
    def events(self) -> set[str]:
        """The events that arrived."""
        return {event for _, _, event in self.arrived}


def rules(forge: Server, sink: Server) -> str:
    """One feed; its events go to eight webhooks, each to one of them."""
    lanes = "\n".join(f'  lane{n}: {{kind: webhook, url: "{sink.url}/lane{n}"}}' for n in range(LANES))
    routes = "\n".join(f'    - {{to: lane{n}, when: {{title: "* {n}"}}}}' for n in range(LANES))
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}/1.0", repositories: [acme/site], start: all, every: 1s}}
destinations:
{lanes}
rules:
  commit:
{routes}
"""


def entries(begin: int, count: int) -> list[dict[str, Any]]:
    """Commits, newest first; the last word of each names its lane."""
    return [
        commit(f"{number:012x}", text=f"change {number % LANES}") for number in reversed(range(begin, begin + count))
    ]


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """The real program, in the folder."""
    command = [sys.executable, "-m", "relay", "run"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(done: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return as soon as it is done; fail when it takes far too long."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "relay came to a standstill"
        time.sleep(0.001)


def kill_after(folder: Path, ledger: Ledger, arrivals: int, pause: float) -> int:
    """Start relay, kill it a moment after so many more webhooks arrived; how many had arrived then."""
    goal = len(ledger.arrived) + arrivals
    process = start(folder)
    try:
        wait_for(lambda: len(ledger.arrived) >= goal)
        time.sleep(pause)  # what arrives together is also answered together: strike anywhere in between
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: ledger.sending == 0)
    return len(ledger.arrived)


def test_twenty_kills_under_load(tmp_path: Path) -> None:
    """0 lost; repeats at most one per lane and kill, under the same delivery ids; most kills hit a send."""
    dice = random.Random(1)
    ledger, forge_list = Ledger(), Forge([])
    with Server(forge_list) as forge, Server(ledger) as sink:
        (tmp_path / "rules.yaml").write_text(rules(forge, sink), encoding="utf-8")
        kills = []
        for kill in range(KILLS):
            forge_list.events = entries(kill * NEW, NEW) + forge_list.events
            kills.append(kill_after(tmp_path, ledger, dice.randint(1, NEW // 2), dice.random() * ANSWERS_AFTER))
        process = start(tmp_path)
        with contextlib.suppress(AssertionError):
            wait_for(lambda: len(ledger.events) == KILLS * NEW)
        process.terminate()
        code = process.wait(20)
    repeats = Counter((lane, event) for lane, _, event in ledger.arrived)
    again = sum(count - 1 for count in repeats.values())
    told = {(event, delivery) for _, delivery, event in ledger.arrived}
    lost = KILLS * NEW - len(ledger.events)
    hits = ledger.hits(kills)
    ledger_line = f"events {KILLS * NEW}, lost {lost}, repeats {again}, kills {KILLS}, in flight {hits}"
    print(ledger_line)  # noqa: T201 - what a reader of a long campaign wants
    assert 0 == code
    assert 0 == lost
    assert KILLS * NEW == len(told), "repeated under another id"
    assert 0 < again <= KILLS * LANES
    assert hits >= 0.8 * KILLS
