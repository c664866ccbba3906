"""Polling a served Gitea, for the tests of its source."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.gitea import Gitea
from relay.sources.gitea_settings import GiteaSettings
from tests.servers import Server
from tests.sources.forges.gitea import NOON

NOW = NOON + timedelta(hours=6)


def poll(
    server: Server,
    cursor: Any = None,
    start: Start = Start("all"),  # noqa: B008 - frozen
    feed: str | None = None,
    include: frozenset[str] = frozenset(),
    **settings: Any,
) -> Page:
    """One poll of a feed, the first of the source without a name; the cursor goes through the JSON of the store."""

    async def once() -> Page:
        async with Http() as http:
            source = Gitea("g", made(server, **settings), start, Tools(http, Path("unused"), include))
            return await source.poll(feed or source.feeds()[0], cursor, NOW)

    page = asyncio.run(once())
    if page.cursor is cursor:
        return page
    return Page(json.loads(json.dumps(page.cursor)), page.found, page.gap, page.ask_after, page.warnings, page.listed)


def poll_all(server: Server, cursors: Mapping[str, Any]) -> dict[str, Page]:
    """One poll of each repository from its cursor, by one source."""

    async def act() -> dict[str, Page]:
        async with Http() as http:
            source = Gitea("g", made(server, repositories=tuple(cursors)), Start("all"), Tools(http, Path("unused")))
            return {name: await source.poll(f"repositories/{name}", cursor, NOW) for name, cursor in cursors.items()}

    return asyncio.run(act())


def made(server: Server, **settings: Any) -> GiteaSettings:
    return GiteaSettings(**({"url": server.url, "repositories": ("acme/site",)} | settings))


def events(page: Page, *types: str) -> list[Event]:
    """The events of a page, all of them or those of some types."""
    return [found.event for found in page.found if not types or found.event.type in types]


def titles(page: Page) -> list[str | None]:
    return [event.title for event in events(page)]
