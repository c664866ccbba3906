"""Polls of the github source against a server of the tests."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from relay.budget import Meter
from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.github import GitHub
from relay.sources.github_settings import GitHubSettings
from tests.servers import Server
from tests.sources.forges.github import NOON, TOKEN

ALL = Start("all")


class Polls:
    """One github source that polls again and again; cursors go through the JSON that the store keeps."""

    def __init__(self, server: Server, start: Start = ALL, include: Sequence[str] = (), **settings: Any) -> None:
        given = {"url": server.url, "token": TOKEN, "repositories": ("acme/site",)} | settings
        self.settings = GitHubSettings(**{name: value for name, value in given.items() if value is not None})
        self.start, self.include = start, frozenset(include)
        self.meter = Meter()
        self.cursors: dict[str, Any] = {}

    def poll(self, now: datetime = NOON, feed: str | None = None) -> Page:
        """One poll of a feed, the first if none is named."""
        return self.polls((now, feed or self.settings.feeds[0]))[0]

    def polls(self, *asked: tuple[datetime, str]) -> list[Page]:
        """One poll at each time of each feed, by the same source: what it remembers between polls is kept."""

        async def act() -> list[Page]:
            async with Http() as http:
                source = self.source(http)
                return [await self._one(source, feed, now) for now, feed in asked]

        return asyncio.run(act())

    def source(self, http: Http) -> GitHub:
        """The source itself."""
        return GitHub("gh", self.settings, self.start, Tools(http, Path("unused"), self.include, self.meter))

    async def _one(self, source: GitHub, feed: str, now: datetime) -> Page:
        page = await source.poll(feed, self.cursors.get(feed), now)
        if page.cursor is not self.cursors.get(feed):
            self.cursors[feed] = json.loads(json.dumps(page.cursor))
        return page


def titles(page: Page) -> list[str | None]:
    """The titles that a page tells, oldest first."""
    return [found.event.title for found in page.found]


def types(page: Page) -> list[str]:
    """The types of what a page tells, oldest first."""
    return [found.event.type for found in page.found]
