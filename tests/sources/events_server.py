"""A small server of the events resource for the tests of its source, and one poll of it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.bitbucket_v1 import BitbucketV1, BitbucketV1Settings
from tests.servers import Reply, Request, Server

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)


def entry(node: str, **more: Any) -> dict[str, Any]:
    """A commit entry, told apart by its node."""
    repository = {"owner": "harbour", "slug": "tide-tables", "is_private": False}
    return {
        "node": node,
        "description": f"Change {node}\n",
        "repository": repository,
        "created_on": "2013-05-14 16:02:11",
        "user": {"username": "ana"},
        "utc_created_on": "2013-05-14 14:02:11+00:00",
        "event": "commit",
    } | more


def entries(first: int, last: int) -> list[dict[str, Any]]:
    return [entry(f"c{number}") for number in range(first, last)]


def serving(listed: list[Any], most: int = 50) -> Callable[[Request], Reply]:
    """A server of a list, newest first, with at most so many entries a page."""

    def respond(request: Request) -> Reply:
        start, limit = (int(request.query[key]) for key in ("start", "limit"))
        return Reply(body={"count": len(listed), "events": listed[start : start + min(limit, most)]})

    return respond


def poll(server: Server, cursor: Any = None, start: Start = Start("all"), **settings: Any) -> Page:  # noqa: B008
    """One poll of the first feed; the cursor goes through the JSON that the store keeps."""

    async def once() -> Page:
        async with Http() as http:
            made = BitbucketV1Settings(**({"url": server.url, "repositories": ("harbour/tide-tables",)} | settings))
            source = BitbucketV1("bb", made, start, Tools(http, Path("unused")))
            return await source.poll(source.feeds()[0], cursor, NOW)

    page = asyncio.run(once())
    return (
        page
        if page.cursor is cursor
        else Page(json.loads(json.dumps(page.cursor)), page.found, page.gap, None, page.warnings)
    )


def nodes(page: Page) -> list[str]:
    """The commits that a page tells, oldest first."""
    return [found.event.commits[0].hash for found in page.found]


def ids(page: Page) -> list[str]:
    return [found.event.id for found in page.found]
