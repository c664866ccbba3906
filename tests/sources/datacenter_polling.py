"""Polling a served Bitbucket Data Center, for the tests of its source."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.bitbucket_datacenter import BitbucketDatacenter
from relay.sources.bitbucket_datacenter_settings import BitbucketDatacenterSettings
from tests.servers import Server
from tests.sources.forges.bitbucket_datacenter import BASE, NOON, Forge

NOW = NOON + timedelta(hours=12)


class Polls:
    """Polls one feed of a served forge over and over, and keeps the cursor as the store does."""

    def __init__(self, server: Server, folder: Path = Path("unused"), **settings: Any) -> None:
        self.server, self.folder = server, folder
        self.settings = {"url": server.url, "token": Forge.token, "repositories": ("TP/site",)} | settings
        self.cursor: Any = None

    def poll(
        self,
        start: Start = Start("now"),  # noqa: B008 - frozen
        now: datetime = NOW,
        feed: str | None = None,
        include: frozenset[str] = frozenset(),
    ) -> Page:
        """One poll; the cursor goes through the JSON of the store."""

        self.server.requests.clear()
        feed = feed or self.source(Http()).feeds()[0]
        page = asyncio.run(self._polled({feed: self.cursor}, start, now, include))[feed]
        if page.cursor is not self.cursor:
            page = replace(page, cursor=json.loads(json.dumps(page.cursor)))
            self.cursor = page.cursor
        return page

    def all(self, cursors: Mapping[str, Any]) -> dict[str, Page]:
        """One poll of each feed from its cursor."""
        self.server.requests.clear()
        return asyncio.run(self._polled(cursors, Start("now"), NOW, frozenset()))

    async def _polled(
        self, cursors: Mapping[str, Any], start: Start, now: datetime, include: frozenset[str]
    ) -> dict[str, Page]:
        async with Http() as http:
            source = self.source(http, start, include)
            return {feed: await source.poll(feed, cursor, now) for feed, cursor in cursors.items()}

    def source(
        self,
        http: Http,
        start: Start = Start("now"),  # noqa: B008 - frozen
        include: frozenset[str] = frozenset(),
    ) -> BitbucketDatacenter:
        """The source as configured."""
        settings = BitbucketDatacenterSettings(**self.settings)
        return BitbucketDatacenter("dc", settings, start, Tools(http, self.folder, include))

    def events(self, *types: str, **how: Any) -> list[Event]:
        """The events of one poll, all of them or those of some types."""
        return [found.event for found in self.poll(**how).found if not types or found.event.type in types]

    @property
    def asked(self) -> list[str]:
        """What the last poll asked for, below the repository."""
        return [request.path.removeprefix(f"{BASE}projects/TP/repos/site/") for request in self.server.requests]
