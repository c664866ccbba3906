"""What the cursor of a Bitbucket Cloud repository holds, and its JSON. Pure.

High-water times are the forge's own, never this machine's clock, except for `visited_at`, which only paces the sweep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.cursor import damaged, digest
from relay.events import Repository, text_of
from relay.fields import Fields
from relay.seen import Seen
from relay.seen import from_json as seen_from_json
from relay.sources.bitbucket_cloud_settings import SITE

OPEN = "OPEN"
_CLOSED_REMEMBERED = 200


@dataclass(frozen=True)
class Place:
    """A repository: `id` is its uuid with braces, which outlives every name; `name` is `workspace/slug` today."""

    id: str
    name: str
    title: str | None = None
    private: bool | None = None

    @property
    def path(self) -> str:
        """Where the API has it, found by its uuid so that a new slug changes nothing."""
        return f"repositories/{quote(self.workspace)}/{quote(self.id)}"

    @property
    def workspace(self) -> str:
        """The workspace it is in."""
        return self.name.partition("/")[0]

    @property
    def spread(self) -> float:
        """Between 1 and 1.5, always the same for a repository: what is done to all from time to time is spread by it."""
        return 1 + int(digest(self.id)[:4], 16) / 0x20000

    @property
    def repository(self) -> Repository:
        """The repository as events name it."""
        slug = self.name.partition("/")[2]
        return Repository(self.workspace, slug, self.title or slug, self.page(), self.private)

    def page(self, below: str = "") -> str:
        """A web page of the repository."""
        return f"{SITE}/{quote(self.name)}{below}"

    def to_json(self) -> dict[str, Any]:
        """The place as the cursor keeps it."""
        return {"id": self.id, "name": self.name, "title": self.title, "private": self.private}


def place_of(raw: Fields) -> Place | None:
    """The repository that a JSON object of the API is; None where it lacks an id or a name."""
    id, name = raw.text("uuid"), raw.text("full_name")
    return Place(id, name, raw.text("name"), raw.flag("is_private")) if id and name and name.count("/") == 1 else None


def _kept(raw: Fields) -> Place | None:
    """The place that `to_json` wrote."""
    id, name = raw.text("id"), raw.text("name")
    return Place(id, name, raw.text("title"), raw.flag("private")) if id and name and name.count("/") == 1 else None


@dataclass(frozen=True)
class Pull:
    """A pull request as it was last listed: its state, how often it had been closed, who approves it since when.

    One of which only the activity told yet is not `listed`.
    """

    state: str
    closings: int = 0
    likes: Mapping[str, str] = field(default_factory=dict)
    listed: bool = True

    def to_json(self) -> list[Any]:
        """The pull request as the cursor keeps it."""
        return [self.state, self.closings, dict(self.likes), *([] if self.listed else [False])]

    @property
    def suffix(self) -> str:
        """What tells its second closing from its first, which has the plain id."""
        return f":{self.closings}" if self.closings else ""


@dataclass(frozen=True)
class Known:
    """How far a repository has been read.

    `updated_at` is the repository's own at the last visit; `high` the newest time of anything in its pull requests;
    `since` when the activity begins that first sight read, None where that was all of it; `seen` the ids told, without
    the repository's; `refs` the cursor of git; `asked` what each costly list showed, and when it was asked for.
    """

    place: Place
    visited_at: datetime
    updated_at: datetime | None
    high: datetime | None
    since: datetime | None = None
    seen: Seen = field(default_factory=Seen)
    pulls: Mapping[str, Pull] = field(default_factory=dict)
    refs: Any = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The cursor."""
        return {
            "place": self.place.to_json(),
            "visited": text_of(self.visited_at),
            "updated": self.updated_at and text_of(self.updated_at),
            "high": self.high and text_of(self.high),
            "since": self.since and text_of(self.since),
            "seen": list(self.seen.ids),
            "pulls": {id: pull.to_json() for id, pull in self.pulls.items()},
            "refs": self.refs,
            "asked": dict(self.asked),
        }

    def with_pulls(self, pulls: Mapping[str, Pull]) -> "Known":
        """The same with pull requests as they are listed now; of closed ones the last 200 are remembered."""
        merged = {id: pull for id, pull in self.pulls.items() if id not in pulls} | dict(pulls)
        closed = [id for id, pull in merged.items() if pull.state != OPEN]
        dropped = set(closed[:-_CLOSED_REMEMBERED])
        return replace(self, pulls={id: pull for id, pull in merged.items() if id not in dropped})


def newcomer(place: Place, *, whole: bool) -> dict[str, Any]:
    """The cursor of a repository that a listing brought and nobody has read; `whole` if all of its history is wanted."""
    return {"new": place.to_json(), "whole": whole}


def newcomer_from_json(cursor: Any) -> tuple[Place, bool] | None:
    """What `newcomer` wrote, or None for every other cursor."""
    raw = Fields(cursor)
    place = _kept(raw.at("new"))
    return (place, raw.flag("whole") is True) if place else None


def from_json(cursor: Any) -> Known:
    """What `Known.to_json` wrote; raises FeedError if it is anything else."""
    raw = Fields(cursor)
    place, visited_at = _kept(raw.at("place")), raw.time("visited")
    pulls, asked = raw.at("pulls").value, raw.at("asked").value
    if place is None or visited_at is None or not isinstance(pulls, dict) or not isinstance(asked, dict):
        raise damaged()
    return Known(
        place=place,
        visited_at=visited_at,
        updated_at=raw.time("updated"),
        high=raw.time("high"),
        since=raw.time("since"),
        seen=seen_from_json(raw.at("seen").value),
        pulls={id: _pull(Fields(value)) for id, value in pulls.items()},
        refs=raw.at("refs").value,
        asked=asked,
    )


def _pull(raw: Fields) -> Pull:
    state, closings, likes = raw.text(0), raw.whole(1), raw.at(2).value
    if state is None or closings is None or not isinstance(likes, dict):
        raise damaged()
    if not all(isinstance(since, str) for since in likes.values()):
        raise damaged()
    return Pull(state, closings, likes, raw.flag(3) is not False)
