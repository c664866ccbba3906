"""A relay on a stage: a rules file, a database, and a clock that the test moves."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

from relay.clock import Clock
from relay.config import load
from relay.service import Service, Setup
from relay.shipped import templates
from relay.store import read
from relay.store.views import DeliveryView

T = TypeVar("T")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHARED = Path(__file__).parents[1] / ".." / "shared"


async def until(done: Callable[[], bool], tick: Callable[[], None] = lambda: None) -> None:
    """Return once it is done; `tick` is called in between."""
    async with asyncio.timeout(30):
        while not done():
            tick()
            await asyncio.sleep(0.01)


class MovedClock(Clock):
    """Stands still until it is moved; sleeping moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        """Move on by a span, as timedelta takes it."""
        self.at += timedelta(**span)

    async def sleep(self, seconds: float) -> None:
        self.move(microseconds=ceil(seconds * 1e6))  # rounded down it would never come to a moment between two
        await asyncio.sleep(0)


class Stage:
    """A relay in a folder; `rules` is the text of its file."""

    def __init__(self, folder: Path, rules: str, environ: dict[str, str] | None = None) -> None:
        self.folder, self.environ = folder, environ or {}
        self.file, self.database = folder / "rules.yaml", str(folder / "relay.db")
        self.clock = MovedClock()
        self.write(rules)

    def write(self, rules: str) -> None:
        """Put another text into the file."""
        self.file.write_text(rules, encoding="utf-8")

    @property
    def setup(self) -> Setup:
        """What the service runs with."""
        config = lambda: load(self.file, self.environ)  # noqa: E731 - read anew each time
        own = self.folder / "templates"
        return Setup(config, self.database, (own, templates()), self.folder, (self.file, own), self.clock)

    def once(self, **moved: float) -> bool:
        """Move the clock, then poll and send as `run --once` does; whether all of it worked."""
        self.clock.move(**moved)

        async def act(service: Service) -> bool:
            return await service.once()

        return self.perform(act)

    def perform(self, act: Callable[[Service], Awaitable[T]]) -> T:
        """What `act` returns, done to the opened service."""

        async def run() -> T:
            async with Service.open(self.setup) as service:
                return await act(service)

        return asyncio.run(run())

    def deliveries(self, **which: Any) -> list[DeliveryView]:
        """The newest deliveries."""
        views = read(self.database)
        try:
            return views.deliveries(**which)
        finally:
            views.close()
