"""Who follows a project: GitLab's stars, by comparing the lists of two polls. Pure."""

from collections.abc import Iterable
from typing import Any

from relay import snapshot
from relay.events import Actor, Event
from relay.fields import Fields
from relay.snapshot import Change, Snapshot
from relay.sources.gitlab_items import Reader

STARS = frozenset({"start_follow_repo", "stop_follow_repo"})


def turn(state: Any, listed: Iterable[Fields], reader: Reader, *, whole: bool) -> tuple[Any, list[Event]]:
    """What is kept of the stars, and the events of those that came or went; at first sight, with no state, none.

    Nobody went of a list that is not `whole`, or of which a star cannot be read. A star's key holds when it was put up,
    its value whose it is.
    """
    read = [_star(one) for one in listed]
    stars, whole = dict(filter(None, read)), whole and None not in read
    known = Snapshot() if state is None else snapshot.from_json(state)
    changes = () if state is None else known.changes(stars, whole=whole)
    events = [event for change in changes if (event := _event(change, reader))]
    return known.after(stars, whole=whole).to_json(), events


def _star(one: Fields) -> tuple[str, str] | None:
    id, since = one.name("user", "id"), one.text("starred_since")
    if id is None or (since and one.time("starred_since") is None):
        return None
    key = f"{id} {since or ''}"
    return key, f"{one.text('user', 'username') or ''} {one.text('user', 'name') or ''}"


def _event(change: Change, reader: Reader) -> Event | None:
    if change.old is not None and change.new is not None:
        return None  # somebody took another name
    username, _, name = (change.new or change.old or "").partition(" ")
    actor = Actor(username or None, name or None) if username or name else None
    since = Fields(change.key.partition(" ")[2]).time() if change.old is None else None
    return reader.star("stop_follow_repo" if change.new is None else "start_follow_repo", change.id, actor, since)
