"""Polling a served Bitbucket Data Center, for the tests of its source."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.sources.base import Page, Start
from tests.servers import Server
from tests.sources import polling
from tests.sources.forges.bitbucket_datacenter import BASE, NOON, Forge

NOW = NOON + timedelta(hours=12)
IDLE = ["pull-requests", "ref-change-activities"]
"""What an idle poll asks for."""


class Polls(polling.Polls):
    """Polls one feed of a served forge over and over; `cursor` is where it stands."""

    def __init__(self, server: Server, folder: Path | None = None, **settings: Any) -> None:
        given = {"url": server.url, "token": Forge.token, "repositories": ("TP/site",)} | settings
        super().__init__("bitbucket-datacenter", "dc", given, Start(), folder=folder)
        self.server = server
        self.cursor: Any = None

    def poll(
        self,
        start: Start = Start("now"),  # noqa: B008 - frozen
        now: datetime = NOW,
        feed: str | None = None,
        include: Iterable[str] = (),
    ) -> Page:
        """One poll, of the first feed if none is named."""
        self.server.requests.clear()
        self.start, self.include = start, frozenset(include)
        feed = feed or self.first
        self.cursors[feed] = self.cursor
        page = self.polls((now, feed))[0]
        self.cursor = page.cursor
        return page

    def events(self, *types: str, **how: Any) -> list[Event]:
        """The events of one poll, all of them or those of some types."""
        return [found.event for found in self.poll(**how).found if not types or found.event.type in types]

    @property
    def asked(self) -> list[str]:
        """What the last poll asked for, below the repository."""
        return [request.path.removeprefix(f"{BASE}projects/TP/repos/site/") for request in self.server.requests]


def seen(forge: Forge, server: Server, **settings: Any) -> Polls:
    """One that has seen the repository."""
    polls = Polls(server, **settings)
    polls.poll()
    return polls


def filled() -> Forge:
    """A repository with two open pull requests, one that was merged, and two pushes."""
    forge = Forge()
    for n in (1, 2, 3):
        forge.open(n)
    forge.act(1, "MERGED")
    forge.push("refs/heads/main", 1, 2, brought=1)
    forge.add(1)
    return forge
