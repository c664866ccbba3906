"""The time, passed in: tests move it, everything else uses the machine's."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, aware and UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return when that many seconds have passed."""
        await asyncio.sleep(seconds)


class CarriedClock(Clock):
    """A clock that is told the time now and then, and carried on from there by what cannot jump on this machine."""

    def __init__(self) -> None:
        self.tell(time.time())

    def tell(self, now: float) -> None:
        """It is that time now, in seconds since the epoch."""
        self._ahead = now - time.monotonic()

    def now(self) -> datetime:
        """The moment, as it was told last and carried on."""
        return datetime.fromtimestamp(time.monotonic() + self._ahead, UTC)
