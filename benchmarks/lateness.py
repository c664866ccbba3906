"""How late a thousand feeds are polled while one of six forges fails in every way in turn, each way for a cycle.

    uv run python -m benchmarks.lateness [FEEDS] [EVERY] [FAILING]

Late is the time from when a feed was due to when its forge was asked, on the forges' side: the database notes when
each claimed feed had been due. The goal is that 99 in 100 healthy feeds are polled within 2 s.
"""

import asyncio
import logging
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

from benchmarks.forges import FORGES, WAYS, Forges, everything, rules, standing
from relay.clock import Clock
from relay.config import load
from relay.service import Service, Setup
from relay.shipped import templates

FEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
EVERY = int(sys.argv[2]) if len(sys.argv) > 2 else 60
FAILING = sys.argv[3] if len(sys.argv) > 3 else "bitbucket-datacenter"
CYCLE = EVERY * 1.05
"""Seconds within which every feed is due once."""
GOAL = 2.0
NOTES = """
create table noted (source text, key text, due_at real, claimed_at real);
create trigger noting after update of lease on feed when new.lease is not null begin
  insert into noted values (new.source, new.key, old.ready_at, (julianday('now') - 2440587.5) * 86400);
end;
"""


NOTED = "select source, key, due_at, claimed_at from noted where claimed_at >= ? order by claimed_at"


class EarlierClock(Clock):
    """Shows a time of the past that is moved by hand, for first sights that must be over before anything is measured."""

    def __init__(self, hours: float) -> None:
        self.at = datetime.now(UTC) - timedelta(hours=hours)

    def now(self) -> datetime:
        return self.at


def setup(folder: Path, clock: Clock) -> Setup:
    """What the service runs with."""
    return Setup(lambda: load(folder / "rules.yaml", {}), str(folder / "relay.db"), (templates(),), folder, clock=clock)


async def see_first(folder: Path) -> None:
    """First sight of everything, an hour apart, since accounts may ask only so much in one."""
    clock = EarlierClock(4)
    async with Service.open(setup(folder, clock)) as service:
        for _ in range(3):
            await service.once()
            clock.at += timedelta(hours=1)


async def run(forges: Forges, folder: Path) -> list[tuple[str, float]]:
    """When each way of failing began; the first is none, after two cycles in which the polls spread."""
    begun: list[tuple[str, float]] = []
    logging.getLogger("relay").setLevel(logging.CRITICAL)  # what fails is meant to
    async with Service.open(setup(folder, Clock())) as service:
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(stop))
        await asyncio.sleep(2 * CYCLE)
        forges.polled()
        for way in ("nothing", *WAYS):
            forges.fail(FAILING, None if way == "nothing" else way)
            begun.append((way, time.time()))
            print(f"  {FAILING}: {way}", file=sys.stderr)
            await asyncio.sleep(CYCLE)
        begun.append(("end", time.time()))
        stop.set()
        forges.fail(FAILING, None)
        await running
    return begun


Poll = tuple[str, int, float, float]
"""A forge, the number of a repository, when it was due, and when it was asked for."""


def polls(forges: Forges, folder: Path, since: float) -> list[Poll]:
    """Every poll that was claimed since, in that order."""
    asked: dict[tuple[str, int], list[float]] = {}
    for kind, number, at in forges.polled():
        asked.setdefault((kind, number), []).append(at)
    with sqlite3.connect(folder / "relay.db") as database:
        noted = database.execute(NOTED, (since,)).fetchall()
    found = []
    for kind, key, due_at, claimed_at in noted:
        number = int(key.rpartition("/r")[2].removesuffix(".rss"))
        after = [at for at in asked.get((kind, number), []) if at >= claimed_at - 0.01]
        if after:
            found.append((kind, number, due_at, after[0]))
    return found


def told(way: str, late: Sequence[float], missed: int) -> str:
    """A line of the table."""
    cuts = quantiles(late, n=100)
    return f"{way:8} {len(late):6,} polls   median {cuts[49]:6.3f} s   99 in 100 {cuts[98]:6.3f} s   worst {max(late):6.3f} s   {missed} missed"


def main() -> None:
    """Print how late the healthy feeds were, and how many missed the cycle, for every way in which the other failed."""
    healthy = {(kind, number) for kind, number in everything(FEEDS) if kind != FAILING}
    with tempfile.TemporaryDirectory() as name, standing(FEEDS) as forges:
        folder = Path(name)
        (folder / "rules.yaml").write_text(rules(forges.urls, FEEDS, f"{EVERY}s"))
        asyncio.run(see_first(folder))
        with sqlite3.connect(folder / "relay.db") as database:
            database.executescript(NOTES)
        begun = asyncio.run(run(forges, folder))
        found = [poll for poll in polls(forges, folder, begun[0][1]) if poll[0] != FAILING]
    print(
        f"{FEEDS:,} feeds over {len(FORGES)} forges, every {EVERY} s; {FAILING} fails; how late the others are polled:"
    )
    worst = 0.0
    for (way, begin), (_, end) in pairwise(begun):
        here = [poll for poll in found if begin <= poll[3] < end]
        late = [max(0.0, at - due_at) for _, _, due_at, at in here]
        missed = len(healthy - {(kind, number) for kind, number, _, _ in here})
        print(told(way, late, missed))
        worst = max(worst, quantiles(late, n=100)[98])
    print(f"99 in 100 within {worst:.3f} s, the goal is {GOAL:g} s: {'met' if worst < GOAL else 'NOT met'}")


if __name__ == "__main__":
    main()
