"""Polls of the github source against a server of the tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from relay.sources.base import Page, Start
from tests.servers import Server
from tests.sources import polling
from tests.sources.forges.github import NOON, TOKEN

ALL = Start("all")


class Polls(polling.Polls):
    """One github source that polls again and again."""

    def __init__(self, server: Server, start: Start = ALL, include: Sequence[str] = (), **settings: Any) -> None:
        given = {"url": server.url, "token": TOKEN, "repositories": ("acme/site",)} | settings
        super().__init__("github", "gh", given, start, include)

    def poll(self, now: datetime = NOON, feed: str | None = None) -> Page:
        """One poll of a feed, the first if none is named."""
        return self.polls((now, feed or self.first))[0]


def titles(page: Page) -> list[str | None]:
    """The titles that a page tells, oldest first."""
    return [found.event.title for found in page.found]


def types(page: Page) -> list[str]:
    """The types of what a page tells, oldest first."""
    return [found.event.type for found in page.found]
