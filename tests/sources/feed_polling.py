"""Polling served feeds, and reading feeds as if they had been served."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.http import Http, Response
from relay.sources.base import Page, Start, Tools
from relay.sources.feed import Feed, FeedSettings
from tests.servers import Server
from tests.sources.forges.feed import NOON
from tests.sources.polling import Polls

NOW = NOON.replace(day=24)
ALL = Start("all")
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'


def polls(server: Server, count: int = 1, cursor: Any = None, start: Start = ALL, **settings: Any) -> list[Page]:
    """So many polls of a source's first feed, one after the other; each cursor goes through the JSON of the store."""
    polling = Polls("feed", "f", settings or {"url": f"{server.url}/site/timeline?format=rss"}, start)
    polling.cursors[polling.first] = cursor
    return polling.polls(*[(NOW, polling.first)] * count)


def made(settings: dict[str, Any]) -> FeedSettings:
    return FeedSettings.model_validate(settings)


class Reader:
    """`Reader(address)` reads what that address answers, poll by poll; `cursor` is what it remembers."""

    def __init__(self, address: str = "https://forge.example/acme/site/news.atom", start: Start = ALL, **settings: Any):
        self.source = Feed("f", made({"url": address} | settings), start, Tools(Http(), Path()))
        self.address, self.cursor = address, None

    def page(self, body: str | bytes, content_type: str = "application/xml", **headers: str) -> Page:
        """What an answer brings."""
        data = body.encode() if isinstance(body, str) else body
        response = Response(200, {"content-type": content_type} | headers, data, self.address)
        page = self.source.parse(self.source.feeds()[0], response, self.cursor, NOW)
        self.cursor = json.loads(json.dumps(page.cursor))
        return page

    def events(self, body: str | bytes, content_type: str = "application/xml") -> list[Event]:
        """The events of an answer."""
        return [found.event for found in self.page(body, content_type).found]

    def titles(self, body: str | bytes) -> list[str | None]:
        """The titles of an answer's events; of a commit its message."""
        return [event.title or (event.commits[0].message if event.commits else None) for event in self.events(body)]


def atom(*entries: str, head: str = "") -> str:
    """A feed of entries, newest first."""
    return f"<feed {ATOM}><title>News</title>{head}{''.join(entries)}</feed>"


def entry(title: str = "", id: str = "", link: str = "", at: str = "2026-11-22T10:00:00Z", more: str = "") -> str:
    """An entry; `title` and `id` are markup."""
    parts = [f"<title>{title}</title>" if title else "", f"<id>{id}</id>" if id else ""]
    parts += [f'<link href="{link}"/>' if link else "", f"<updated>{at}</updated>" if at else "", more]
    return f"<entry>{''.join(parts)}</entry>"


def rss(*items: str, head: str = "") -> str:
    """An RSS feed of items, newest first."""
    return f'<rss version="2.0"><channel><title>News</title>{head}{"".join(items)}</channel></rss>'


def numbers(entries: Sequence[Event]) -> list[int | None]:
    return [event.number for event in entries]
