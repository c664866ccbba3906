"""What the database knows and the file no longer names: names are identity, so a renamed source or destination is new."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from relay.config import Config
from relay.errors import UsageError
from relay.http import Http
from relay.sources import SOURCES
from relay.sources.base import Tools
from relay.store import read


def forgotten(config: Config, database: str) -> Iterator[str]:
    """A line for each feed and lane that rests because the file has no name for it; none without a database."""
    try:
        views = read(database)
    except UsageError:
        return
    named = _feeds(config)
    with closing(views):
        for feed in views.feeds():
            if (feed.source, feed.key) not in named:
                yield f"the feed {feed.key} of {feed.source} is no longer in the file; it rests where it was read to"
        for lane in views.lanes():
            if lane.destination not in config.destinations:
                waiting = f"{lane.pending + lane.aside} pending, {lane.dead} dead"
                yield f"the destination {lane.destination} is no longer in the file; it rests ({waiting})"


def _feeds(config: Config) -> frozenset[tuple[str, str]]:
    tools = Tools(Http(), Path())
    made = ((name, SOURCES[item.kind](name, item.settings, item.start, tools)) for name, item in config.sources.items())
    return frozenset((name, key) for name, source in made for key in source.feeds())
