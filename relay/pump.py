"""Claim due work, run it side by side, claim more as it finishes: what the poller and the dispatcher both do."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from relay.errors import LeaseLost, StoreError

log = logging.getLogger("relay.pump")

Work = TypeVar("Work")
IDLE_FOR = 2.0
"""Seconds after which a pump looks again at the latest: other processes write to the database too."""
GATHER_FOR = 0.05
"""Seconds that a pump waits at most until half its room is free, and at least between two looks that brought nothing."""


@dataclass(frozen=True)
class Shared(Generic[Work]):
    """What a pump minds beside other workers: `renew` keeps what it runs its own, every `renew_after` seconds.

    While something runs it looks for more after `look_after` seconds, since others give back what they had claimed.
    """

    renew: Callable[[Sequence[Work]], Awaitable[None]]
    renew_after: float
    look_after: float = IDLE_FOR


class Pump(Generic[Work]):
    """Runs claimed work, `most` pieces at once.

    `claim(n)` brings up to n due pieces, `run` does one, `next_at` says when the next is due. `now` is the clock all
    moments are told in; seconds since the epoch. `shared` is for one of several workers. `broken` is set once a piece
    ended without giving itself back: the database could not be written, or relay has a defect. Its lease may have no
    end, so it takes a fresh start.
    """

    def __init__(
        self,
        *,
        claim: Callable[[int], Awaitable[Sequence[Work]]],
        run: Callable[[Work], Awaitable[None]],
        next_at: Callable[[], Awaitable[float | None]],
        now: Callable[[], float],
        most: int,
        shared: Shared[Work] | None = None,
    ) -> None:
        self._claim, self._run, self._next_at, self._now, self._most = claim, run, next_at, now, most
        self._shared = shared
        self._tasks: dict[asyncio.Task[None], Work] = {}
        self._woken, self._roomy = asyncio.Event(), asyncio.Event()
        self._roomy.set()
        self._stopping = self._broken_off = False
        self._ended = 0
        self.broken = asyncio.Event()

    def wake(self) -> None:
        """There may be work now."""
        self._woken.set()

    def stop(self) -> None:
        """Claim nothing more; what runs is left to finish."""
        self._stopping = True
        self.wake()
        self._roomy.set()

    async def forever(self) -> None:
        """Work until stopped, then until what runs is finished."""
        async with self._renewing():
            while not self._stopping:
                try:
                    await self._round()
                except StoreError as error:
                    log.error("%s", error)
                    await self._rest(IDLE_FOR)
            await self.finish()

    async def drain(self) -> None:
        """Work until nothing is due and nothing runs."""
        async with self._renewing():
            while not self._stopping:
                ended = self._ended
                if await self._fill():
                    await self._gather()
                elif ended != self._ended:
                    continue  # what ended while it was asked may have been what there was no room beside
                elif self._tasks:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                else:
                    return
            await self.finish()

    @asynccontextmanager
    async def _renewing(self) -> AsyncIterator[None]:
        """Meanwhile the leases of what runs are renewed, where another worker would take it over."""
        task = asyncio.create_task(self._renew(self._shared)) if self._shared else None
        try:
            yield
        finally:
            if task:
                task.cancel()
                await asyncio.wait([task])

    async def _renew(self, shared: Shared[Work]) -> None:
        while True:
            await asyncio.sleep(shared.renew_after)
            try:
                if self._tasks:
                    await shared.renew(list(self._tasks.values()))
            except StoreError as error:
                log.error("%s", error)

    async def finish(self) -> None:
        """Wait for what runs."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def cancel(self) -> None:
        """Break off what runs, and what a claim under way still brings.

        What it had claimed is freed at the next start, or when its lease ends.
        """
        self._broken_off = True
        for task in self._tasks:
            task.cancel()

    async def _round(self) -> None:
        if len(self._tasks) >= self._most:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        self._woken.clear()
        if await self._fill():
            await self._gather()
        else:
            at = await self._next_at()
            longest = self._shared.look_after if self._shared and self._tasks else IDLE_FOR
            await self._rest(longest if at is None else min(max(at - self._now(), GATHER_FOR), longest))

    async def _fill(self) -> bool:
        """Claim as much as there is room for; whether anything was claimed."""
        room = self._most - len(self._tasks)
        claimed = await self._claim(room) if room > 0 else ()
        for work in claimed:
            task = asyncio.create_task(self._guarded(work))
            self._tasks[task] = work
            task.add_done_callback(self._done)
            if self._broken_off:
                asyncio.get_running_loop().call_soon(task.cancel)  # once it began, so that it can give itself back
        if len(self._tasks) > self._most // 2:
            self._roomy.clear()
        return bool(claimed)

    def _done(self, task: "asyncio.Task[None]") -> None:
        del self._tasks[task]
        self._ended += 1
        if len(self._tasks) <= self._most // 2:
            self._roomy.set()
        if not self._tasks:
            self.wake()  # what is due next is known again

    async def _gather(self) -> None:
        """A claim for every single finished piece would cost more than the work: wait for half the room, or a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_FOR):
                await self._roomy.wait()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _guarded(self, work: Work) -> None:
        """One piece's failure stays its own."""
        try:
            await self._run(work)
        except LeaseLost as error:
            log.warning("%s", error)
        except StoreError as error:
            log.error("%s", error)
            self.broken.set()
        except Exception:
            log.exception("a defect in relay; please report it")
            self.broken.set()
