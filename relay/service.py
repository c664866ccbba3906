"""The one place that builds things, and runs poller, dispatcher and web together."""

import asyncio
import gc
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from relay.clock import Clock
from relay.config import Config, SourceConfig
from relay.destinations import DESTINATIONS
from relay.destinations.base import DestinationSettings
from relay.dispatcher import Dispatcher, Served
from relay.errors import StoreError
from relay.http import Http
from relay.incidents import Incidents
from relay.poller import Matcher, Polled, Poller, Sending
from relay.pump import GATHER_FOR, IDLE_FOR, Pump, Shared
from relay.reload import Reload
from relay.render import Renderer
from relay.sources import SOURCES
from relay.sources.base import Tools
from relay.stamps import Stamps, stamps
from relay.store import LEASE_FOR, Store
from relay.store.feeds import ClaimedFeed, DueFeeds, FreeFeeds, NameFeeds
from relay.store.lanes import ClaimedLane, NamedLane, NameLanes
from relay.store.prune import Prune
from relay.store.rewind import SLACK, Rewind

log = logging.getLogger("relay")

POLLS = 64
"""Polls at once."""
LANES = 128
"""Lanes sending at once."""
GRACE = 10.0
"""Seconds that sends in flight get to finish when relay is stopped."""
QUIETLY = 1.0
"""Of these, seconds in which nothing is said of them."""
CLOCK_AFTER = 2.0
"""Seconds between two looks at the clock."""
PRUNE_AFTER = 3600.0
WAKE_AFTER = 300.0
"""Seconds between two looks at whether a worker with another file let something rest."""
AFRESH_AFTER = 10.0
"""Seconds until everything is claimed anew when the database could not be written."""
WAIT_AT_MOST = 60.0
"""Seconds that `run --once` waits for a pace or a Retry-After, or for a database that cannot be written."""


@dataclass(frozen=True)
class Setup:
    """What a service runs with; `load` reads the configuration, a change in `watched` files or folders reads it again.

    Without a `clock` the database's decides. `lease_for` is how long a worker's work is left to it, in seconds.
    """

    load: Callable[[], Config]
    database: str
    templates: tuple[Path, ...]
    folder: Path
    watched: tuple[Path, ...] = ()
    clock: Clock | None = None
    lease_for: float = LEASE_FOR


@dataclass(frozen=True)
class Works:
    """Poller and dispatcher built from one configuration."""

    poller: Poller
    polls: "Pump[ClaimedFeed]"
    dispatcher: Dispatcher
    sends: "Pump[ClaimedLane]"

    @property
    def failed(self) -> int:
        """Polls and attempts that did not work."""
        return self.poller.failed + self.dispatcher.failed + self.polls.broken.is_set() + self.sends.broken.is_set()

    def halt(self) -> None:
        """Break off polls, which lose nothing, and give lanes back after the send in flight."""
        self.polls.stop()
        self.polls.cancel()
        self.dispatcher.stop()
        self.sends.stop()

    def summary(self) -> str:
        """What was done, in one line."""
        polls, sends = self.poller, self.dispatcher
        failed = f"; {_count(self.failed, 'poll or send', 'polls and sends')} failed" if self.failed else ""
        return (
            f"polled {_count(polls.worked, 'feed')}, found {_count(polls.found, 'new event')}, "
            f"sent {_count(sends.sent, 'delivery', 'deliveries')}{failed}"
        )


Claimed = TypeVar("Claimed")


class Service:
    """Polls and delivers on one database. `async with Service.open(setup) as service`."""

    def __init__(self, setup: Setup, config: Config, store: Store, http: Http, seen: Stamps) -> None:
        self._setup, self._config, self._store, self._http = setup, config, store, http
        self._reload = Reload(setup.load, setup.watched, setup.templates, seen)
        self._renderer = self._rendering()
        self._clock = store.clock
        self._latest = inf

    @property
    def config(self) -> Config:
        """The configuration in use."""
        return self._config

    def summary(self) -> str:
        """What it does, in one line."""
        config = self._config
        every = min((source.every for source in config.sources.values()), default=0.0)
        return (
            f"polling {_count(len(config.sources), 'source')}, the quickest every {every:g} s, "
            f"for {_count(len(config.destinations), 'destination')}; Ctrl-C stops"
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, setup: Setup) -> AsyncIterator["Service"]:
        """The service with its database held; raises ConfigError, StoreError."""
        seen = stamps(setup.watched)
        config = setup.load()
        collect_seldom()
        async with Http() as http:
            store = Store(setup.database, setup.clock, setup.lease_for)
            try:
                yield cls(setup, config, store, http, seen)
            finally:
                await store.close()

    async def once(self, stop: asyncio.Event | None = None) -> bool:
        """Poll every feed now, send what is released; whether every poll and attempt worked.

        Once `stop` is set, it lets sends in flight finish and leaves the rest for the next time.
        """
        stop = stop or asyncio.Event()
        self._store.hurry(WAIT_AT_MOST)
        async with _meanwhile(self._give_up(stop)), self._works(self._config) as works, _meanwhile(_halt(works, stop)):
            works.poller.round_at = self._now()
            await self._store.submit(DueFeeds(tuple(self._config.sources), works.poller.round_at))
            await works.polls.drain()
            await self._tell_queued()
            await self._send_all(works, stop)
            await self._prune()
            log.info("%s", works.summary())
            return not works.failed

    async def _give_up(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._store.hurry(0.0)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll and deliver until `stop` is set; a changed file is read again, and the last good one kept if it is wrong."""
        while not stop.is_set():
            try:
                async with self._works(self._config, probe=True) as works:
                    await self._work_until(works, stop)
            except StoreError as error:
                log.error("%s; relay tries again", error)
                await _either(stop.wait(), self._clock.sleep(AFRESH_AFTER))

    async def _work_until(self, works: Works, stop: asyncio.Event) -> None:
        """Run pumps and housekeeping until stopped or reconfigured, then let sends in flight finish."""
        async with asyncio.TaskGroup() as group:
            pumps = [group.create_task(works.polls.forever()), group.create_task(works.sends.forever())]
            keeping = group.create_task(self._keep_house(works))
            await _either(stop.wait(), self._reconfigured(), self._broken(works))
            keeping.cancel()
            works.halt()
            _, late = await asyncio.wait(pumps, timeout=QUIETLY)
            if late:
                log.info("what is being sent may finish first, for %g s at most", GRACE - QUIETLY)
                _, late = await asyncio.wait(pumps, timeout=GRACE - QUIETLY)
            if late:
                works.sends.cancel()

    async def _broken(self, works: Works) -> None:
        """Return a while after something ended without giving back what it had claimed: a fresh start frees it."""
        await _either(works.polls.broken.wait(), works.sends.broken.wait())
        await self._clock.sleep(AFRESH_AFTER)

    async def _send_all(self, works: Works, stop: asyncio.Event) -> None:
        """Send until nothing is released, waiting for pace, and for Retry-Afters of a minute in all."""
        left = WAIT_AT_MOST
        while not stop.is_set():
            await works.sends.drain()
            wait = await self._until_next(works, "pace")
            if wait is None:
                wait = await self._until_next(works, "retry_after")
                left -= wait or 0.0
            if wait is None or left < 0:
                return
            await _either(stop.wait(), self._clock.sleep(wait))

    async def _tell_queued(self) -> None:
        queued = await self._store.queued_feeds(self._config.sources)
        if queued:
            who = _count(queued, "feed waits", "feeds wait")
            log.warning("%s for the budget of their account; the next round begins with them", who)

    async def _until_next(self, works: Works, waits_for: str) -> float | None:
        """Seconds until the first lane is due that waits for this; None if none does, or for more than a minute."""
        at = await works.dispatcher.next_at(waits_for)
        wait = None if at is None else max(0.0, at - self._now())
        return None if wait is None or wait > WAIT_AT_MOST else wait

    async def _keep_house(self, works: Works) -> None:
        """Prune every hour, look after the clock, and beside other workers see to it that no file stops what ours names."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(PRUNE_AFTER, self._prune))
            group.create_task(_every(CLOCK_AFTER, self._keep_time))
            if not self._store.alone:
                group.create_task(_every(WAKE_AFTER, works.poller.wake))

    async def _keep_time(self) -> None:
        """Let nothing wait for a moment of an old clock, where that went back just now or while relay was not there."""
        now = self._now()
        if now < self._latest - SLACK and (back := await self._store.submit(Rewind(now))):
            log.warning("the clock went back by about %.0f s; nothing waits for what it showed before", back)
        self._latest = now

    async def _prune(self) -> None:
        more = True
        while more:
            more = await self._store.submit(Prune(self._now(), self._config.keep))

    async def _reconfigured(self) -> None:
        """Return once a changed file, or changed templates, are in use."""
        self._config = await self._reload.changed()
        self._renderer = self._rendering()

    def _rendering(self) -> Renderer:
        """The templates as they are now: those that are changed to something wrong stay as they were."""
        renderer = Renderer(self._setup.templates, self._config.timezone)
        renderer.hold()
        return renderer

    @asynccontextmanager
    async def _works(self, config: Config, *, probe: bool = False) -> AsyncIterator[Works]:
        """Poller and dispatcher for a configuration, its feeds and lanes known to the store.

        `probe` tries what fails or is blocked at once; cron's runs do not, or that were asked every minute.
        """
        async with AsyncExitStack() as stack:
            served = self._destinations(config, stack)
            sources = self._sources(config)
            await self._name(config, sources, served, probe=probe)
            yield self._build(config, sources, served)

    def _build(self, config: Config, sources: dict[str, Polled], served: dict[str, Served]) -> Works:
        sends: Pump[ClaimedLane]
        sending = {name: Sending(item.policy, item.destination.most) for name, item in served.items()}
        matcher = Matcher(config.rulebook, sending, config.timezone)
        policies = {name: item.policy for name, item in served.items()}
        incidents = Incidents(config.on_gap, config.on_failure, policies, config.timezone)
        wake = lambda _: sends.wake()  # noqa: E731 - there are no sends yet
        poller = Poller(self._store, sources, matcher, self._clock, wake, lambda: polls.wake(), POLLS, incidents)
        dispatcher = Dispatcher(self._store, served, self._renderer, self._clock, incidents)
        polls = self._pump(poller.claim, poller.poll, poller.next_at, POLLS, self._shared(poller.renew, IDLE_FOR))
        shared = self._shared(dispatcher.renew, GATHER_FOR)
        sends = self._pump(dispatcher.claim, dispatcher.serve, dispatcher.next_at, LANES, shared)
        return Works(poller, polls, dispatcher, sends)

    def _pump(
        self,
        claim: Callable[[int], Awaitable[Sequence[Claimed]]],
        run: Callable[[Claimed], Awaitable[None]],
        next_at: Callable[[], Awaitable[float | None]],
        most: int,
        shared: "Shared[Claimed] | None",
    ) -> "Pump[Claimed]":
        return Pump(claim=claim, run=run, next_at=next_at, now=self._now, most=most, shared=shared)

    def _shared(
        self, renew: Callable[[Sequence[Claimed]], Awaitable[None]], look_after: float
    ) -> "Shared[Claimed] | None":
        return None if self._store.alone else Shared(renew, self._store.lease_for / 3, look_after)

    def _sources(self, config: Config) -> dict[str, Polled]:
        return {
            name: Polled(
                SOURCES[item.kind](name, item.settings, item.start, self._tools(item)),
                item.every,
            )
            for name, item in config.sources.items()
        }

    def _tools(self, config: SourceConfig) -> Tools:
        return Tools(self._http, self._setup.folder, frozenset(config.include))

    def _destinations(self, config: Config, stack: AsyncExitStack) -> dict[str, Served]:
        served = {}
        for name, item in config.destinations.items():
            destination = DESTINATIONS[item.kind](name, item.settings, self._http)
            stack.push_async_callback(destination.close)
            served[name] = Served(destination, item.kind, item.policy)
        return served

    async def _name(
        self, config: Config, sources: dict[str, Polled], served: dict[str, Served], *, probe: bool
    ) -> None:
        """Tell the store what the file names; the only worker also gives up what a killed one had claimed."""
        alone = self._store.alone
        await self._keep_time()
        feeds = frozenset((name, key) for name, polled in sources.items() for key in polled.source.feeds())
        lanes = tuple(
            NamedLane(name, item.destination.account, digest(config.destinations[name].settings))
            for name, item in served.items()
        )
        budgets = tuple(polled.source.budget for polled in sources.values() if polled.source.budget)
        ours = None if alone else frozenset(sources)
        await self._store.submit(NameFeeds(feeds, self._now(), budgets, ours, probe=probe))
        if alone:
            await self._store.submit(FreeFeeds(self._now()))
        await self._store.submit(NameLanes(lanes, self._now(), free=alone, probe=probe))

    def _now(self) -> float:
        return self._clock.now().timestamp()


def collect_seldom() -> None:
    """Let the garbage collector leave alone what start-up made, and look less often.

    Events and deliveries hold no cycles; looking through tens of thousands of them cost a tenth of all time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def digest(settings: DestinationSettings) -> str:
    """Settings as a value that differs when any of them does, secrets included, and tells none of them."""
    values = json.dumps(settings.model_dump(), sort_keys=True, default=_plain)
    return hashlib.blake2b(values.encode(), digest_size=16).hexdigest()


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """Keep house again and again; a database that cannot be written now is asked the next time."""
    while True:
        try:
            await act()
        except StoreError as error:
            log.error("%s", error)
        await asyncio.sleep(seconds)


async def _halt(works: Works, stop: asyncio.Event) -> None:
    await stop.wait()
    works.halt()


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do something beside the block, until that ends."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _either(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when the first of them does, or raise what it raised; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
