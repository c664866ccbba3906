"""A thousand feeds over six forges, one of which fails in every way in turn: nobody else is kept waiting."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.forges import WAYS, Forges, everything, rules, standing
from relay.service import Service
from tests.stage import Stage, until

FEEDS = 1000
FAILING = "bitbucket-datacenter"


@pytest.fixture(scope="module")
def forges() -> Iterator[Forges]:
    """The six, in a process of their own."""
    with standing(FEEDS) as found:
        yield found


@pytest.mark.long
def test_no_healthy_feed_misses_a_cycle(forges: Forges, tmp_path: Path):
    """While one forge hangs, drips, limits, breaks and lies, every feed of the others is polled in each cycle."""
    stage = Stage(tmp_path, rules(forges.urls, FEEDS, "60s"))
    healthy = {(kind, number) for kind, number in everything(FEEDS) if kind != FAILING}

    async def cycles(service: Service) -> dict[str | None, set[tuple[str, int]]]:
        for _ in range(3):  # first sight costs more, and waits for what its accounts may ask in an hour
            stage.clock.move(hours=1)
            await service.once()
        return {way: await cycle(service, way) for way in (None, *WAYS)}

    async def cycle(service: Service, way: str | None) -> set[tuple[str, int]]:
        """Which healthy feeds were not polled while the failing forge was at it: it relents only when all were."""
        forges.fail(FAILING, way)
        forges.polled()
        stage.clock.move(seconds=66)
        seen: set[tuple[str, int]] = set()

        def done() -> bool:
            seen.update((kind, number) for kind, number, _ in forges.polled() if kind != FAILING)
            return seen >= healthy

        once = asyncio.create_task(service.once())
        with suppress(TimeoutError):
            await until(done)
        forges.fail(FAILING, None)
        await once
        return healthy - seen

    assert {way: set() for way in (None, *WAYS)} == stage.perform(cycles)
