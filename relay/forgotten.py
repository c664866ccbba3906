"""What the database knows and the file no longer names: names are identity, so a renamed source or destination is new."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from relay.config import Config
from relay.errors import UsageError
from relay.http import Http
from relay.sources import SOURCES
from relay.sources.base import Tools
from relay.store import read
from relay.store.views import FeedView, LaneView


def forgotten(config: Config, database: str) -> Iterator[str]:
    """A line for each feed and lane that the file has no name for; none without a database.

    It rests, unless there is a worker with another file that names it.
    """
    try:
        views = read(database)
    except UsageError:
        return
    named = feeds(config)
    with closing(views):
        known, lanes = views.feeds(), [lane for lane in views.lanes() if lane.destination not in config.destinations]
        strangers = [feed for feed in known if feed.parent is None and (feed.source, feed.key) not in named]
        if views.shared:
            yield from _left_to_others(strangers, lanes)
            return
        members = Counter((feed.source, feed.parent) for feed in known)
        for feed in strangers:
            yield _resting(feed, members[feed.source, feed.key])
        for lane in lanes:
            yield f"the destination {lane.destination} is no longer in the file; it rests ({_waiting(lane)})"


def _left_to_others(feeds: Sequence[FeedView], lanes: Sequence[LaneView]) -> Iterator[str]:
    """Other workers may have thousands: a line for each source."""
    left = "not in this file; left to workers whose file names"
    for source, number in sorted(Counter(feed.source for feed in feeds).items()):
        yield f"{number} {'feed' if number == 1 else 'feeds'} of {source}: {left} {'it' if number == 1 else 'them'}"
    for lane in lanes:
        yield f"the destination {lane.destination}: {left} it ({_waiting(lane)})"


def _waiting(lane: LaneView) -> str:
    return f"{lane.pending + lane.aside} pending, {lane.dead} dead"


def _resting(feed: FeedView, members: int) -> str:
    listed = f" with the {members} repositories that it lists" if members else ""
    return f"the feed {feed.key} of {feed.source} is no longer in the file; it rests{listed} where it was read to"


def feeds(config: Config) -> frozenset[tuple[str, str]]:
    """The feeds that the file names, as (source, key); those that a listing finds are not among them."""
    tools = Tools(Http(), Path())
    made = ((name, SOURCES[item.kind](name, item.settings, item.start, tools)) for name, item in config.sources.items())
    return frozenset((name, key) for name, source in made for key in source.feeds())
