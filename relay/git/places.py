"""Room for a few polls of a source at once, and no queue before a host that does not answer."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from relay.errors import FeedUnavailable

_AGAIN_AFTER = (5.0, 15.0)


class Places:
    """Places for `most` polls at once; others wait for one as long as polls of the source end well.

    Who waits here holds a place among the polls of all sources. So a feed goes away when nothing has ended well for
    `patience` seconds, and until something does, feeds that find no place do not wait at all: a dead host takes up the
    places of its own source, and not everybody's. Going away is a FeedUnavailable with a short pause: its text is
    always the same, so that it is logged once, and it is the truth for `relay status` and `run --once`.
    """

    def __init__(self, most: int, patience: float) -> None:
        self._most, self._patience = most, patience
        self._free = asyncio.Semaphore(most)
        self._ended_well = 0
        self._stuck = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A place while the block runs. Raises FeedUnavailable where waiting for one would lead nowhere."""
        await self._enter()
        try:
            yield
            self._ended_well += 1
            self._stuck = False
        finally:
            self._free.release()

    async def _enter(self) -> None:
        while not (self._stuck and self._free.locked()):
            seen = self._ended_well
            try:
                async with asyncio.timeout(self._patience):
                    await self._free.acquire()
                    return
            except TimeoutError:
                self._stuck = seen == self._ended_well
        raise FeedUnavailable(
            f"waits for the {self._most} polls of its source that run and do not end; it is tried again soon",
            retry_after=random.uniform(*_AGAIN_AFTER),
        )
