"""One asks for what all wait for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from relay.errors import FeedError


class Turns:
    """Lets one in at a time; who waits while that one fails fails with it.

    Or a hundred feeds would one after the other wait out the deadline of a host that does not answer.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._failures = 0
        self._last: FeedError | None = None

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn while the block runs. Raises the FeedError of whoever failed since this began to wait."""
        before = self._failures
        async with self._lock:
            if self._last and self._failures != before:
                raise type(self._last)(str(self._last), retry_after=self._last.retry_after)
            try:
                yield
            except FeedError as error:
                self._failures += 1
                self._last = error
                raise
