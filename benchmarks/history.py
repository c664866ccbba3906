"""Durable webhooks per second on a young database and on one that remembers a hundred times as much, on both kinds.

    uv run python -m benchmarks.history [OLD_SMALL] [OLD_LARGE] [REPEATS]

Each repeat polls 200 repositories, whose pages list as many events that are known as new ones, and delivers the new ones
to 64 destinations. It begins with a copy of the database as it was built, written to disk beforehand and read by nobody,
the same for either. What counts is the ratio of the times that were taken one after the other; the goal is 1.3.
RELAY_TEST_POSTGRES names another server than one of its own; it is 15 or newer.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.rules import rules
from benchmarks.server import serving
from relay.config import load
from relay.service import Service, Setup
from relay.shipped import templates
from tests.conftest import created, own_postgres
from tests.store.history import fill

OLD = [int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000]
REPEATS = int(sys.argv[3]) if len(sys.argv) > 3 else 5
PAGES = 200
KNOWN = NEW = 25
DESTINATIONS = 64
GOAL = 1.3


@dataclass(frozen=True)
class Took:
    """Seconds of a round, and seconds of processor time that relay itself had."""

    seconds: float
    busy: float


async def once(database: str, url: str) -> Took:
    """Poll every repository and deliver what is new."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "rules.yaml"
        file.write_text(rules(url, PAGES, DESTINATIONS, start="now"))
        async with Service.open(Setup(lambda: load(file, {}), database, (templates(),), Path(name))) as service:
            began, had = time.perf_counter(), time.process_time()
            if not await service.once():
                raise SystemExit("relay could not deliver everything")
            return Took(time.perf_counter() - began, time.process_time() - had)


class Files:
    """SQLite databases in a folder."""

    kind = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, name: str) -> str:
        return str(self._folder / f"{name}.db")

    @contextmanager
    def copy(self, database: str) -> Iterator[str]:
        copied = shutil.copyfile(database, f"{database}-copy")
        yield copied
        for path in self._folder.glob(f"{Path(copied).name}*"):
            path.unlink()


class Server:
    """PostgreSQL databases on a server."""

    kind = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._url = url

    def new(self, _name: str) -> str:
        return created(self._url)

    @contextmanager
    def copy(self, database: str) -> Iterator[str]:
        url = make_url(database)
        copied = f"{url.database}_copy"
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f'create database "{copied}" template "{url.database}" strategy file_copy')
            yield url.set(database=copied).render_as_string(hide_password=False)
            connection.execute(f'drop database "{copied}"')


def build(databases: Files | Server, old: int) -> str:
    """A database with so many old events; the newest of them are those that the pages list."""
    database, began = databases.new(str(old)), time.perf_counter()

    def tell(done: int) -> None:
        took = time.perf_counter() - began
        print(f"\r  {databases.kind}: {done:,} of {old:,} old events, {took:.0f} s", end="", file=sys.stderr)

    fill(database, old - PAGES * KNOWN, time.time(), tell)
    with serving(KNOWN, core=None) as (url, _):
        asyncio.run(once(database, url))
    tell(old)
    print(file=sys.stderr)
    return database


def measure(databases: Files | Server, built: str, url: str) -> Took:
    """A round on a copy; what the copy left to be written is on the disk beforehand."""
    with databases.copy(built) as copied:
        os.sync()
        return asyncio.run(once(copied, url))


def told(kind: str, found: Mapping[int, Sequence[Took]]) -> str:
    """A line for each age, and one for what the older took beside the younger."""
    lines = []
    for old, tooks in found.items():
        rates = [PAGES * NEW / took.seconds for took in tooks]
        busy = median(took.busy for took in tooks) / (PAGES * NEW)
        span = f"({min(rates):,.0f} to {max(rates):,.0f})"
        lines.append(
            f"{kind:10}  {old:9,} old  {median(rates):7,.0f}/s  {span:18}  {busy * 1e6:4.0f} us of relay's own each"
        )
    ratios = [large.seconds / small.seconds for small, large in zip(*found.values(), strict=True)]
    verdict = "met" if median(ratios) <= GOAL else "NOT met"
    span = f"({min(ratios):.2f} to {max(ratios):.2f})"
    return "\n".join(
        [*lines, f"{kind:10}  takes {median(ratios):.2f} times as long {span}; the goal is {GOAL:g}: {verdict}"]
    )


def main() -> None:
    """Print the rates on either database of both kinds, and how much longer the older took."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = os.environ.get("RELAY_TEST_POSTGRES") or stack.enter_context(own_postgres()).get_uri()
        kinds: dict[str, Files | Server] = {"SQLite": Files(folder), "PostgreSQL": Server(server)}
        built = {(kind, old): build(databases, old) for kind, databases in kinds.items() for old in OLD}
        found: dict[str, dict[int, list[Took]]] = {kind: {old: [] for old in OLD} for kind in kinds}
        url, pipe = stack.enter_context(serving(KNOWN + NEW, core=None))
        for _ in range(REPEATS):
            for (kind, old), database in built.items():
                found[kind][old].append(measure(kinds[kind], database, url))
                print(f"  {kind}, {old:,} old: {found[kind][old][-1].seconds:.2f} s", file=sys.stderr)
        pipe.send("count")
        assert pipe.recv() == len(built) * REPEATS * PAGES * NEW, "the sink did not get everything once"
    for kind, tooks in found.items():
        print(told(kind, tooks))


if __name__ == "__main__":
    main()
