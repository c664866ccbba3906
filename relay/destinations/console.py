"""The console: prints each message. Needs nothing, asks nothing, and is always there."""

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, TextIO

from relay.destinations.base import DestinationSettings, Dialect, Message, Plain, Receipt
from relay.errors import Unavailable
from relay.finding import Finding
from relay.http import Http


class ConsoleSettings(DestinationSettings):
    """There is nothing to set."""


class Console:
    """The terminal that relay runs in, or whatever its output is redirected to."""

    Settings: ClassVar[type[DestinationSettings]] = ConsoleSettings
    parts: ClassVar[Mapping[str, Dialect]] = {"text": Plain()}
    pace: ClassVar[float] = 0.0
    remembers: ClassVar[bool] = False
    looks_up: ClassVar[bool] = False
    most: ClassVar[int | None] = None
    layout = ""

    def __init__(self, name: str, settings: ConsoleSettings, http: Http, stream: TextIO | None = None) -> None:
        self.name = name
        self.stream = stream or sys.stdout

    @property
    def account(self) -> str:
        """There is one console."""
        return "console"

    async def send(self, message: Message, now: datetime) -> Receipt:
        """Print the text, whatever the stream can show of it; a pipe that nobody reads any more is Unavailable."""
        encoding = self.stream.encoding or "utf-8"
        text = message.parts["text"].encode(encoding, "replace").decode(encoding)
        try:
            self.stream.write(f"{text}\n")
            self.stream.flush()
        except (OSError, ValueError) as error:
            raise Unavailable(f"cannot write to the console ({error})") from error
        return Receipt()

    async def check(self, now: datetime) -> tuple[Finding, ...]:
        """Nothing can be wrong with it."""
        return (Finding("prints to the terminal"),)

    async def close(self) -> None:
        """Nothing is its own."""
