"""The demo: servers on free ports, the shipped rules.yaml between them, and a service that does what it always does."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

from rich.console import Console

from relay import config, shipped
from relay.config import Config
from relay.demo import inbox
from relay.demo.forge import SCENES, Forge
from relay.demo.inbox import Arrival
from relay.demo.screen import Screen
from relay.schedule import Digest
from relay.service import Service, Setup
from relay.store import read
from relay.web.app import app
from relay.web.server import serving

_POLL_EVERY = 1.0
_SCENE_EVERY = 0.6
_LATER_EVERY = 5.0
DIGESTS_AFTER = (8, 12, 16, 24, *range(40, 3600, 30))
"""Seconds from the start; those after the first are for what a slow machine brings late."""
PATIENCE = 60.0
"""Seconds in which nothing arrived, after which `once` says what did not leave: more than between two digests or tries."""
_FORGE_TOKEN = "demo"  # noqa: S105 - for servers that live as long as the demo
_SLACK_TOKEN = "xoxb-demo"  # noqa: S105 - the same
_CHANNELS = ("C0DEV", "C0SUPPORT")
_WEBHOOK_SECRET = "whsec_cmVsYXkgZGVtb25zdHJhdGlvbiBzZWNyZXQ="  # noqa: S105 - the same


async def demo(console: Console, stop: asyncio.Event, *, once: bool) -> bool:
    """Play until `stop` is set, or `once` and then say whether all that happened arrived. Leaves nothing behind.

    Everything it asks is on this machine, so a proxy of the environment is passed over.
    """
    os.environ["no_proxy"] = "*"
    with tempfile.TemporaryDirectory(prefix="relay-demo-") as folder:
        async with AsyncExitStack() as stack:
            return await _Demo(Path(folder), Screen(console), stop).play(stack, once)


def hastened(slow: Config, now: datetime) -> Config:
    """The configuration at the demo's pace: polls by the second, and digests that come soon and often."""
    times = [(now + timedelta(seconds=after)).astimezone(slow.timezone).time() for after in DIGESTS_AFTER]
    soon = Digest(tuple(moment.replace(microsecond=0) for moment in times))
    return replace(
        slow,
        sources={name: replace(source, every=_POLL_EVERY) for name, source in slow.sources.items()},
        destinations={
            name: replace(item, policy=replace(item.policy, digest=item.policy.digest and soon))
            for name, item in slow.destinations.items()
        },
    )


class _Demo:
    def __init__(self, folder: Path, screen: Screen, stop: asyncio.Event) -> None:
        self._folder, self._screen, self._stop = folder, screen, stop
        self._database = str(folder / "relay.db")
        self._forge = Forge(lambda: datetime.now(UTC))
        self._told: set[str] = set()
        self._arrived_at = time.monotonic()

    async def play(self, stack: AsyncExitStack, once: bool) -> bool:
        environ = await self._serve(stack)
        configured = hastened(config.load(shipped.rules(), environ), datetime.now(UTC))
        setup = Setup(lambda: configured, self._database, (shipped.templates(),), self._folder)
        service = await stack.enter_async_context(Service.open(setup))
        self._views = stack.enter_context(contextlib.closing(read(self._database)))
        self._screen.begin(environ["FORGE_URL"], once)
        tasks = [asyncio.create_task(service.run(self._stop)), asyncio.create_task(self._tell(once))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        interrupted = self._stop.is_set()
        self._stop.set()
        await asyncio.wait(tasks)
        for task in tasks:
            task.result()
        return self._end(interrupted)

    async def _serve(self, stack: AsyncExitStack) -> dict[str, str]:
        """The servers, as the environment that the shipped rules.yaml asks for."""
        return {
            "FORGE_URL": await stack.enter_async_context(serving(app(self._forge, lambda: _FORGE_TOKEN))),
            "FORGE_TOKEN": _FORGE_TOKEN,
            "SLACK_URL": await stack.enter_async_context(inbox.slack(_SLACK_TOKEN, _CHANNELS, self._took)),
            "SLACK_TOKEN": _SLACK_TOKEN,
            "SMTP_URL": await stack.enter_async_context(inbox.mail(self._took)),
            "WEBHOOK_URL": await stack.enter_async_context(inbox.webhooks(_WEBHOOK_SECRET, self._took)),
            "WEBHOOK_SECRET": _WEBHOOK_SECRET,
        }

    async def _tell(self, once: bool) -> None:
        """Let everything happen a scene at a time, from when relay looks on until it is stopped."""
        await self._until(self._looked_on)
        for scene in SCENES if once else cycle(SCENES):
            for type in scene:
                self._forge.happen(type)
            first_round = self._forge.happened < sum(map(len, SCENES))
            if await self._stopped_within(_SCENE_EVERY if first_round else _LATER_EVERY):
                return
        self._arrived_at = time.monotonic()
        await self._until(lambda: (self._all_told and not self._waiting()) or self._stalled)

    @property
    def _stalled(self) -> bool:
        return time.monotonic() - self._arrived_at > PATIENCE

    def _looked_on(self) -> bool:
        """Whether relay has seen every feed once: what happens from now on is new to it."""
        feeds = self._views.feeds()
        return bool(feeds) and all(feed.polled_at for feed in feeds)

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached() and not await self._stopped_within(0.1):
            pass

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        return self._stop.is_set()

    def _took(self, arrival: Arrival) -> None:
        """Show what arrived; mail of strangers that found the port belongs to no delivery."""
        self._arrived_at = time.monotonic()
        for delivery in self._views.deliveries(most=200):
            if delivery.id == arrival.delivery:
                self._screen.show(arrival, delivery)
                self._told |= {event.id for event in delivery.events}

    @property
    def _all_told(self) -> bool:
        return len(self._told) == self._forge.happened

    def _waiting(self) -> dict[str, int]:
        return {
            lane.destination: lane.pending + lane.aside for lane in self._views.lanes() if lane.pending + lane.aside
        }

    def _end(self, interrupted: bool) -> bool:
        waiting = {} if interrupted else self._waiting()
        self._screen.end(self._forge.happened, waiting)
        return interrupted or (self._all_told and not waiting)
