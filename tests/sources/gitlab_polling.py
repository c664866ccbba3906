"""Polling a served GitLab, for the tests of its source."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.gitlab import GitLab
from relay.sources.gitlab_settings import GitLabSettings
from tests.servers import Server
from tests.sources.forges.gitlab import NOON, Forge

NOW = NOON + timedelta(hours=6)
ALL, LATER = Start("all"), Start("now")


class Poll:
    """Polls a feed over and over, keeping its cursor as the store does, as JSON."""

    def __init__(
        self, server: Server, start: Start = LATER, feed: str = "", include: tuple[str, ...] = (), **settings: Any
    ):
        made = GitLabSettings(**({"url": server.url, "repositories": ("acme/site",)} | settings))
        self.server, self.cursor, self.now = server, None, NOW
        self._made, self._start, self._feed, self._include = made, start, feed, frozenset(include)

    def __call__(self, now: datetime = NOW) -> Page:
        page = asyncio.run(self._once(now))
        self.moved = page.cursor is not self.cursor
        self.cursor = json.loads(json.dumps(page.cursor))
        return page

    async def _once(self, now: datetime) -> Page:
        async with Http() as http:
            source = GitLab("lab", self._made, self._start, Tools(http, Path("unused"), self._include))
            return await source.poll(self._feed or source.feeds()[0], self.cursor, now)

    def asked(self) -> list[str]:
        """The paths asked for since this was called last, below the API's base."""
        paths = [request.path.removeprefix("/api/v4/") for request in self.server.requests]
        self.server.requests.clear()
        return paths


def events(page: Page, *types: str) -> list[Event]:
    """The events of a page, all of them or those of some types."""
    return [found.event for found in page.found if not types or found.event.type in types]


def titles(page: Page) -> list[str | None]:
    return [event.title for event in events(page)]


def only(entry: dict[str, Any], **places: Any) -> Event:
    """The event that is told first when the entry is the only one."""
    forge = Forge()
    forge.entries.append(entry)
    forge.places |= places.pop("places", {})
    with Server(forge.respond) as server:
        return events(Poll(server, ALL)())[0]
