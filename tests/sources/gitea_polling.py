"""Polling a served Gitea, for the tests of its source."""

from datetime import timedelta
from typing import Any

from relay.events import Event
from relay.sources.base import Page, Start
from relay.sources.gitea_settings import GiteaSettings
from tests.servers import Server
from tests.sources.forges.gitea import NOON
from tests.sources.polling import Polls

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
    polls = Polls("gitea", "g", given(server, **settings), start, include)
    polls.cursors[feed or polls.first] = cursor
    return polls.polls((NOW, feed or polls.first))[0]


def given(server: Server, **settings: Any) -> dict[str, Any]:
    return {"url": server.url, "repositories": ("acme/site",)} | settings


def made(server: Server, **settings: Any) -> GiteaSettings:
    return GiteaSettings(**given(server, **settings))


def events(page: Page, *types: str) -> list[Event]:
    """The events of a page, all of them or those of some types."""
    return [found.event for found in page.found if not types or found.event.type in types]


def titles(page: Page) -> list[str | None]:
    return [event.title for event in events(page)]
