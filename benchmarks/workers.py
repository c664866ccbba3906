"""Durable webhooks per second of one worker and of two on one PostgreSQL, to a sink that answers after 20 ms.

    uv run python -m benchmarks.workers [EVENTS] [REPEATS]

The deliveries wait in the database when the workers start, for more destinations than two workers send to at once. What
is counted is the stretch between the first tenth of them and the last: neither the starts nor the ends of the workers.
RELAY_TEST_POSTGRES names another server.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from benchmarks.server import serving
from relay.events import Event, Repository
from relay.sources.base import Found
from relay.store import Store
from relay.store.commit import Commit, Matched
from relay.store.feeds import ClaimFeeds, NameFeeds
from relay.store.lanes import NamedLane, NameLanes
from relay.store.opening import Intent
from relay.timing import Slot
from tests.conftest import created, own_postgres

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
LANES = 512
ANSWERS_AFTER = 0.02
AT_ONCE = 500


def rules(url: str) -> str:
    """A file with webhooks alone: nothing is polled."""
    lanes = [f"  lane{n}: {{kind: webhook, url: '{url}/lane{n}'}}" for n in range(LANES)]
    return "\n".join(["sources: {}", "destinations:", *lanes, "rules:", "  pushed: lane0", ""])


async def fill(database: str) -> None:
    """Commit the events, with a delivery each that is due at once."""
    store = Store(database)
    try:
        await store.submit(NameFeeds(frozenset({("forge", "site")}), 0.0))
        await store.submit(NameLanes(tuple(NamedLane(f"lane{n}", "sink", "") for n in range(LANES)), 0.0, free=False))
        for begin in range(0, EVENTS, AT_ONCE):
            [feed] = await store.submit(ClaimFeeds("benchmark", 0.0, 60.0, 1, ("forge",)))
            found = tuple(matched(number) for number in range(begin, min(begin + AT_ONCE, EVENTS)))
            await store.submit(Commit(feed.id, "forge", "site", feed.lease, 0.0, ready_at=0.0, matched=found))
    finally:
        await store.close()


def matched(number: int) -> Matched:
    """An event for one of the lanes."""
    now = datetime.now(UTC)
    repository = Repository("acme", "site", private=False)
    event = Event(id=str(number), type="pushed", source="forge", seen_at=now, repository=repository, title="A change")
    return Matched(Found(event), (Intent(f"lane{number % LANES}", "pushed", "{}", Slot(now)),))


@contextmanager
def workers(number: int, folder: Path, database: str) -> Iterator[None]:
    """So many real workers at work."""
    command = [sys.executable, "-m", "relay", "--database", database, "run"]
    running = [subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) for _ in range(number)]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def rate(number: int, server: str, url: str, pipe: Connection) -> float:
    """Webhooks per second of so many workers."""
    database, before = created(server), count(pipe)
    asyncio.run(fill(database))
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "rules.yaml").write_text(rules(url))
        with workers(number, Path(name), database):
            begin = reached(before + EVENTS // 10, pipe)
            end = reached(before + EVENTS - EVENTS // 10, pipe)
            reached(before + EVENTS, pipe)
    return (EVENTS - 2 * (EVENTS // 10)) / (end - begin)


def reached(goal: int, pipe: Connection) -> float:
    """The moment when so many webhooks had arrived."""
    while count(pipe) < goal:
        time.sleep(0.02)
    return time.perf_counter()


def count(pipe: Connection) -> int:
    pipe.send("count")
    return int(pipe.recv())


def main() -> None:
    """Print the median, lowest and highest rate of one worker and of two, and the ratio of what ran side by side."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as stack:
        server = os.environ.get("RELAY_TEST_POSTGRES") or stack.enter_context(own_postgres()).get_uri()
        url, pipe = stack.enter_context(serving(1, ANSWERS_AFTER, core=None))
        for _ in range(REPEATS):
            for number, found in rates.items():
                found.append(rate(number, server, url, pipe))
                print(f"  {number}: {found[-1]:,.0f}/s", file=sys.stderr)
    for number, found in rates.items():
        print(f"{number} at work  {median(found):8,.0f}/s  ({min(found):,.0f} to {max(found):,.0f})")
    print(f"two carry {median(two / one for one, two in zip(rates[1], rates[2], strict=True)):.2f} times what one does")


if __name__ == "__main__":
    main()
