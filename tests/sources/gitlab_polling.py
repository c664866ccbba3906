"""Polling a served GitLab, for the tests of its source."""

from datetime import datetime, timedelta
from typing import Any

from relay.events import Event
from relay.sources.base import Page, Start
from tests.servers import Server
from tests.sources import polling
from tests.sources.forges.gitlab import NOON, Forge

NOW = NOON + timedelta(hours=6)
ALL, LATER = Start("all"), Start("now")


class Poll(polling.Polls):
    """Polls one feed over and over, the first if none is named; `cursor` is its cursor, `moved` whether that changed."""

    def __init__(
        self, server: Server, start: Start = LATER, feed: str = "", include: tuple[str, ...] = (), **settings: Any
    ):
        super().__init__(
            "gitlab", "lab", {"url": server.url, "repositories": ("acme/site",)} | settings, start, include
        )
        self.server, self._feed = server, feed or self.first

    def __call__(self, now: datetime = NOW) -> Page:
        before = self.cursor
        page = self.polls((now, self._feed))[0]
        self.moved = page.cursor is not before
        return page

    @property
    def cursor(self) -> Any:
        return self.cursors.get(self._feed)

    @cursor.setter
    def cursor(self, cursor: Any) -> None:
        self.cursors[self._feed] = cursor

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
