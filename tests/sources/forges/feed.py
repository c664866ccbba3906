"""A small honest Trac: a timeline of tickets as RSS, with an ETag, and whatever else stands at a test's own paths."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Any

from tests.servers import Reply, Request

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOST = 50


@dataclass(frozen=True)
class Ticket:
    """A ticket that was opened."""

    number: int
    title: str
    at: datetime
    author: str | None = "ada"

    def item(self, base: str) -> str:
        """Its item in the feed; the id ends in microseconds."""
        link = f"{base}/ticket/{self.number}"
        by = f"<dc:creator>{escape(self.author)}</dc:creator>" if self.author else ""
        return f"""
    <item>
      <title>Ticket #{self.number} ({escape(self.title)}) created</title>
      {by}
      <pubDate>{format_datetime(self.at, usegmt=True)}</pubDate>
      <link>{link}</link>
      <guid isPermaLink="false">{link}/{self.at.timestamp() * 1e6:.0f}</guid>
      <description>&lt;p&gt;steps&lt;/p&gt;</description>
      <category>newticket</category>
    </item>"""


class Forge:
    """Answers as Trac does, but for the ETag; `places` are further paths, and may be changed."""

    kind = "feed"
    token = "t0ken-of-the-test"
    next_host = None  # a feed is one page

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []
        self.places: dict[str, Reply] = {}
        self.feed = ""
        self._at = NOON

    def settings(self, url: str) -> dict[str, Any]:
        """The settings; the key of the feed is its address."""
        self.feed = f"{url}/site/timeline?format=rss"
        return {"url": self.feed, "token": self.token, "repository": "acme/site"}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        self._at = max(at or self._at + timedelta(minutes=1), self._at)
        self.tickets.append(Ticket(n, f"Ticket {n} of <all> & more", at or self._at, "ada" if actor else None))
        return self.tickets[-1].title

    def add_late(self, at: datetime) -> str:
        self.tickets.insert(0, Ticket(9000, "Late", at))
        return "Late"

    def drop_all_but_newest(self) -> None:
        self.tickets = self.tickets[-1:]

    def overrun(self) -> None:
        self.tickets.clear()
        for n in range(8000, 8000 + MOST + 10):
            self.add(n)

    def delete_newest(self) -> None:
        self.tickets.pop()

    def title_of(self, event: Any) -> str:
        return event.title

    def respond(self, request: Request) -> Reply:
        if request.path in self.places:
            return self.places[request.path]
        if request.path != "/site/timeline":
            return Reply(404, "<html>No handler matched request</html>", {"content-type": "text/html"})
        body = self.rss(f"http://{request.headers['host']}/site").encode()
        headers = {"content-type": "application/rss+xml;charset=utf-8", "etag": f'"{sha256(body).hexdigest()[:12]}"'}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Reply(304, headers=headers)
        return Reply(200, body, headers | {"set-cookie": "trac_session=5c1; Path=/; HttpOnly"})

    def rss(self, base: str) -> str:
        """The timeline, newest first, cut at its longest."""
        newest = reversed(self.tickets)
        items = "".join(ticket.item(base) for ticket in list(newest)[:MOST])
        return f"""<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>Site</title>
    <link>{base}/timeline</link>
    <description>Trac Timeline</description>
    <generator>Trac 1.6</generator>{items}
  </channel>
</rss>
"""
