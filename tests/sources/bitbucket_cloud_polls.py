"""Polls of the bitbucket source against a server of the tests."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from relay.http import Http
from relay.sources.base import Page, Start
from tests.servers import Server
from tests.sources import polling
from tests.sources.forges.bitbucket import NOON, TOKEN

NOW = Start()
ALL = Start("all")


class Polls(polling.Polls):
    """One bitbucket source that polls again and again."""

    def __init__(
        self, server: Server, folder: Path, start: Start = NOW, include: Sequence[str] = (), **settings: Any
    ) -> None:
        given = {"url": server.url, "token": TOKEN, "repositories": ("acme/site",)} | settings
        super().__init__("bitbucket", "bb", given, start, include, folder)

    def poll(self, now: datetime = NOON, feed: str = "repositories/acme/site") -> Page:
        """One poll of a feed."""
        return self.polls((now, feed))[0]

    def cycles(self, times: Sequence[datetime], feeds: Sequence[str]) -> list[Page]:
        """All feeds polled at once by one source, at each of the times."""

        async def act() -> list[Page]:
            async with Http() as http:
                source = self.source(http)
                return [
                    page
                    for now in times
                    for page in await asyncio.gather(*(self.one(source, feed, now) for feed in feeds))
                ]

        return asyncio.run(act())

    def tried(self, times: Sequence[datetime], together: int = 1) -> list[Page | BaseException]:
        """What polls of one source bring at each of the times, or how they fail; some at once."""
        feed = "repositories/acme/site"

        async def act() -> list[Page | BaseException]:
            async with Http() as http:
                source = self.source(http)
                return [
                    page
                    for now in times
                    for page in await asyncio.gather(
                        *(self.one(source, feed, now) for _ in range(together)), return_exceptions=True
                    )
                ]

        return asyncio.run(act())


def told(page: Page) -> list[tuple[str, int | None]]:
    """The types of what a page tells with their numbers, oldest first; history is left out."""
    return [(found.event.type, found.event.number) for found in page.found if not found.history]
