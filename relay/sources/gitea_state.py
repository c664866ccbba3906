"""What a feed of Gitea or Forgejo remembers: its cursor. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.cursor import damaged
from relay.fields import Fields
from relay.sources.gitea_entries import Home
from relay.sources.gitea_included import Held
from relay.sources.gitea_included import from_json as lists_from_json
from relay.sources.gitea_window import Window
from relay.sources.gitea_window import from_json as window_from_json


@dataclass(frozen=True)
class State:
    """The repository, if the feed is one's; what is known of its activities, None before first sight; and their ETag.

    `from_creation` is for a repository that appeared under a pattern: all of its history is news.
    """

    home: Home | None = None
    window: Window | None = None
    etag: str | None = None
    from_creation: bool = False
    lists: Mapping[str, Held] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The state as a cursor."""
        home = {"id": self.home.id, "name": self.home.name} if self.home else {}
        etag = {"etag": self.etag} if self.etag else {}
        creation = {"from_creation": True} if self.from_creation else {}
        lists = {"lists": {place: held.to_json() for place, held in self.lists.items()}} if self.lists else {}
        return home | etag | creation | lists | (self.window.to_json() if self.window else {})


def from_json(cursor: Any) -> State:
    """The state that `to_json` wrote, an empty one at first sight; raises FeedError if it is anything else."""
    if cursor is None:
        return State()
    fields = Fields(cursor)
    name, id = fields.text("name"), fields.whole("id")
    if not isinstance(cursor, Mapping) or (name is None) != (id is None) or not cursor:
        raise damaged()
    window = window_from_json(cursor) if name is None or "seen" in cursor else None
    home = Home(name, id) if name else None
    lists = lists_from_json(fields.at("lists").value)
    return State(home, window, fields.text("etag"), fields.flag("from_creation") or False, lists)
