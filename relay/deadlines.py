"""Deadlines for many awaits at once.

One timer serves all that have as many seconds, since they end in the order in which they begin: `asyncio.timeout` sets
and takes back one for each, a tenth of what a whole POST costs (measured).
"""

import asyncio
from types import TracebackType
from typing import cast


class Span:
    """The deadlines of one length, in seconds, within one event loop: those that run, in the order in which they end."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[Deadline, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, deadline: "Deadline") -> None:
        """The deadline runs."""
        loop = asyncio.get_running_loop()
        self._running[deadline] = at = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_at(at, self._look, loop)

    def end(self, deadline: "Deadline") -> None:
        """What it was for has ended, or is late."""
        self._running.pop(deadline, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is late, and look again when the next may be."""
        self._timer = None
        for deadline, at in list(self._running.items()):
            if at > loop.time():
                self._timer = loop.call_at(at, self._look, loop)
                return
            self.end(deadline)
            deadline.expire()


class Deadline:
    """`with` it, what is awaited inside is cancelled after the span's seconds, and raises TimeoutError."""

    _late = False

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> None:
        self._task = cast("asyncio.Task[object]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self._span.begin(self)

    def expire(self) -> None:
        """The time is over."""
        self._late = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._late:
            self._span.end(self)
        elif self._task.uncancel() <= self._cancelling and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error  # else somebody else cancelled it too
