"""Idle feeds polled, scheduled and kept per second, beside a bare loop of the same GETs on the same transport.

uv run python -m benchmarks.idle [FEEDS] [REPEATS]
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.server import serving
from relay.config import load
from relay.http import Http
from relay.service import Service, Setup
from relay.shipped import templates

FEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
PER_PAGE = 25
IN_FLIGHT = 64


def rules(url: str) -> str:
    """A file with that many feeds."""
    lines = ["sources:", "  forge:", "    kind: bitbucket-v1", f"    url: {url}/1.0", "    repositories:"]
    lines += [f"      - acme/r{number}" for number in range(FEEDS)]
    return "\n".join([*lines, "destinations:", "  all: {kind: console}", "rules:", "  pushed: all", ""])


async def bare(url: str) -> float:
    """GETs of the same pages per second, and nothing else."""
    todo = iter(range(FEEDS))
    async with Http() as http:

        async def work() -> None:
            for number in todo:
                address = f"{url}/1.0/repositories/acme/r{number}/events/?start=0&limit=50"
                assert (await http.request("GET", address)).status == 200

        begin = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        return FEEDS / (time.perf_counter() - begin)


async def polls(service: Service) -> float:
    """Idle feeds per second: each claimed, polled, scheduled anew and kept."""
    begin = time.perf_counter()
    assert await service.once()
    return FEEDS / (time.perf_counter() - begin)


async def run(url: str) -> list[tuple[float, float]]:
    """Rates of relay and of the bare loop, interleaved; the first sight of all feeds is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(rules(url))
        setup = Setup(lambda: load(file, {}), str(Path(folder) / "relay.db"), (templates(),), Path(folder))
        async with Service.open(setup) as service:
            print(f"  first sight: {await polls(service):,.0f}/s", file=sys.stderr)
            return [(await polls(service), await bare(url)) for _ in range(REPEATS)]


def main() -> None:
    """Print the medians and their ratio."""
    with serving(PER_PAGE) as (url, _):
        rates = asyncio.run(run(url))
    print(f"bare loop of GETs   {median(b for _, b in rates):8,.0f}/s")
    print(f"relay, idle feeds   {median(a for a, _ in rates):8,.0f}/s  ratio {median(a / b for a, b in rates):.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
