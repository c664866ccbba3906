"""Polls of the bitbucket source against a server of the tests."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from relay.budget import Meter
from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.bitbucket import Bitbucket
from relay.sources.bitbucket_cloud_settings import BitbucketSettings
from tests.servers import Server
from tests.sources.forges.bitbucket import NOON, TOKEN

NOW = Start()
ALL = Start("all")


class Polls:
    """One bitbucket source that polls again and again; cursors go through the JSON that the store keeps."""

    def __init__(
        self, server: Server, folder: Path, start: Start = NOW, include: Sequence[str] = (), **settings: Any
    ) -> None:
        given = {"url": server.url, "token": TOKEN, "repositories": ("acme/site",)} | settings
        self.settings = BitbucketSettings(**{name: value for name, value in given.items() if value is not None})
        self.folder, self.start, self.include = folder, start, frozenset(include)
        self.meter = Meter()
        self.cursors: dict[str, Any] = {}

    def poll(self, now: datetime = NOON, feed: str = "repositories/acme/site") -> Page:
        """One poll of a feed."""
        return self.polls((now, feed))[0]

    def polls(self, *asked: tuple[datetime, str]) -> list[Page]:
        """One poll at each time of each feed, by the same source: what it remembers between polls is kept."""

        async def act() -> list[Page]:
            async with Http() as http:
                source = self.source(http)
                return [await self._one(source, feed, now) for now, feed in asked]

        return asyncio.run(act())

    def cycles(self, times: Sequence[datetime], feeds: Sequence[str]) -> list[Page]:
        """All feeds polled at once by one source, at each of the times."""

        async def act() -> list[Page]:
            async with Http() as http:
                source = self.source(http)
                return [
                    page
                    for now in times
                    for page in await asyncio.gather(*(self._one(source, feed, now) for feed in feeds))
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
                        *(self._one(source, feed, now) for _ in range(together)), return_exceptions=True
                    )
                ]

        return asyncio.run(act())

    def source(self, http: Http) -> Bitbucket:
        """The source itself."""
        return Bitbucket("bb", self.settings, self.start, Tools(http, self.folder, self.include, self.meter))

    async def _one(self, source: Bitbucket, feed: str, now: datetime) -> Page:
        page = await source.poll(feed, self.cursors.get(feed), now)
        if page.cursor is not self.cursors.get(feed):
            self.cursors[feed] = json.loads(json.dumps(page.cursor))
        return page


def told(page: Page) -> list[tuple[str, int | None]]:
    """The types of what a page tells with their numbers, oldest first; history is left out."""
    return [(found.event.type, found.event.number) for found in page.found if not found.history]
