"""A relay that polls one repository of a mock again and again, heard and weighed."""

import asyncio
import gc
import json
import logging
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from statistics import median

from pydantic_core import from_json

from relay.service import Service
from tests.real.specified import Specified
from tests.servers import Reply, Request, Server
from tests.stage import MovedClock, Stage, until


class Heard(logging.Handler):
    """`with Heard() as heard:` hears what relay says, and nobody else does: pytest would keep all of it, and grow.

    `levels` counts it; `defects` are lines that no forge may cause, `refused` how often a foreign host was not asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.levels: Counter[str] = Counter()
        self.refused = 0
        self.defects: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        self.levels[record.levelname] += 1
        self.refused += "another host; not followed" in said
        if record.exc_info or record.levelno >= logging.ERROR or "defect" in said:
            self.defects.append(self.format(record))

    def __enter__(self) -> "Heard":
        log = logging.getLogger("relay")
        self._before = log.level, log.propagate
        log.addHandler(self)
        log.setLevel(logging.DEBUG)
        log.propagate = False
        return self

    def __exit__(self, *error: object) -> None:
        log = logging.getLogger("relay")
        log.removeHandler(self)
        log.setLevel(self._before[0])
        log.propagate = self._before[1]


class Hurrying(MovedClock):
    """Is three minutes further at each look, so that polls follow each other without a rest; stands still on demand."""

    stands = False

    def now(self) -> datetime:
        if not self.stands:
            self.move(minutes=3)
        return self.at


class Campaign:
    """A running relay that follows a forge; `told` are the types of what it sends, `sizes` the bytes that it holds."""

    def __init__(self, folder: Path, forge: Specified, **settings: str) -> None:
        self._folder, self._forge, self._settings = folder, forge, settings
        self._sink, self._clock = Server(), Hurrying()
        self._open = self._asked = 0
        self.told: Counter[str] = Counter()
        self.sizes: list[int] = []

    def run(self, cycles: int) -> None:
        """Poll that often."""
        with Server(self._respond) as server, self._sink:
            stage = Stage(self._folder, rules(self._forge.kind, server, self._sink, self._settings))
            stage.clock = self._clock
            tracemalloc.start()
            try:
                fill_the_cache()
                stage.perform(lambda service: self._follow(service, server, cycles))
            finally:
                tracemalloc.stop()

    def _respond(self, request: Request) -> Reply:
        self._asked, self._open = self._asked + 1, self._open + 1
        try:
            return self._forge.respond(request)
        finally:
            self._open -= 1

    async def _follow(self, service: Service, server: Server, cycles: int) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        for cycle in range(cycles):
            await until(lambda at=cycle: self._forge.polls > at)
            server.requests.clear()
            if not cycle % max(1, cycles // 6):
                await self._measure()
        stop.set()
        await work

    async def _measure(self) -> None:
        """Let what runs end, forget what the tests keep, and take the size."""
        self._clock.stands = True
        calm, before = 0, (0, 0)

        def look() -> None:
            nonlocal calm, before
            now = self._asked, len(self._sink.requests)
            calm, before = calm + 1 if now == before and not self._open else 0, now

        await until(lambda: calm > 30, look)
        self.told.update(request.json()["type"] for request in self._sink.requests)
        self._sink.requests.clear()
        gc.collect()
        self.sizes.append(tracemalloc.get_traced_memory()[0])
        self._clock.stands = False

    @property
    def growth(self) -> float:
        """How much larger it is in the last third than in the second."""
        third = len(self.sizes) // 3
        return median(self.sizes[2 * third :]) - median(self.sizes[third : 2 * third])


def fill_the_cache() -> None:
    """The JSON parser keeps up to 16,384 short strings for good: let it, before that looks like a relay growing."""
    from_json(json.dumps([f"{n:024}" for n in range(1 << 17)]))


def rules(kind: str, server: Server, sink: Server, settings: Mapping[str, str]) -> str:
    """A file that sends everything there is to the sink."""
    more = "".join(f"\n    {name}: {value}" for name, value in settings.items())
    return f"""
sources:
  forge:
    kind: {kind}
    url: "{server.url}"
    repositories: [acme/site]{more}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules:
  "*": lake
"""
