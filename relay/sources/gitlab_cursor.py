"""What a GitLab feed remembers between two polls, as JSON and back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from relay import seen
from relay.cursor import damaged
from relay.errors import FeedGarbled
from relay.events import Repository, text_of
from relay.fields import Fields
from relay.seen import Seen

KNOWN = 1000
"""Projects whose cards a user's feed keeps, those needed last."""
FRESH_FOR = timedelta(days=1)
"""How long a card is believed; then the first news asks for it again, so that an idle project costs nothing more."""


@dataclass(frozen=True)
class Project:
    """The card of a project: what its events do not say. `path` holds its groups, `branch` is the default one."""

    id: str
    path: str
    name: str | None
    url: str | None
    private: bool | None
    branch: str | None
    asked_at: str

    @property
    def repository(self) -> Repository:
        """The project as events have it; the owner of a nested one is the whole path of its group."""
        owner, _, slug = self.path.rpartition("/")
        return Repository(owner or None, slug, self.name, self.url, self.private)

    def page(self, *parts: object) -> str | None:
        """The address of a page of the project, or None where a part of it is not known."""
        if not self.url or not all(parts):
            return None
        return "/".join([self.url, "-", *(quote(str(part), safe="/") for part in parts)])

    def is_fresh(self, now: datetime) -> bool:
        """Whether the card may be used without asking again."""
        asked = Fields(self.asked_at).time()
        return asked is not None and now - asked < FRESH_FOR


def card(answer: Fields, place: str, now: datetime) -> Project:
    """The card that GitLab answered with. Raises FeedGarbled for anything else."""
    id, path = answer.name("id"), answer.text("path_with_namespace")
    if id is None or path is None:
        raise FeedGarbled(f"{place} is not a project of GitLab; is this the API's address?")
    visibility = answer.text("visibility")
    return Project(
        id=id,
        path=path,
        name=answer.text("name"),
        url=answer.web("web_url"),
        private=visibility != "public" if visibility else None,
        branch=answer.text("default_branch"),
        asked_at=text_of(now),
    )


@dataclass(frozen=True)
class Memory:
    """How far a feed was read.

    `id` is the project, None in a user's feed. `newest` is the time of the newest event by GitLab's clock, and `floor`
    that of the oldest one read at first sight where there were older ones: those are no news. `lists` belong to what
    `include` asks for. `again` is how many pages are read once more, since something on them was lacking.
    """

    id: str | None = None
    projects: Mapping[str, Project] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    newest: datetime | None = None
    floor: datetime | None = None
    lists: Mapping[str, Any] = field(default_factory=dict)
    again: int = 0

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "id": self.id,
            "projects": {id: asdict(one) for id, one in [*self.projects.items()][-KNOWN:]},
            "seen": list(self.seen.ids),
            "newest": text_of(self.newest) if self.newest else None,
            "floor": text_of(self.floor) if self.floor else None,
            "lists": dict(self.lists),
            "again": self.again,
        }


def from_json(value: Any) -> Memory:
    """The memory that was kept. Raises FeedError if the value is anything else."""
    fields = Fields(value)
    projects, lists = fields.at("projects").value, fields.at("lists").value
    if not isinstance(projects, dict) or not isinstance(lists, dict):
        raise damaged()
    return Memory(
        id=fields.text("id"),
        projects={id: _project(one) for id, one in projects.items()},
        seen=seen.from_json(fields.at("seen").value),
        newest=fields.time("newest"),
        floor=fields.time("floor"),
        lists=lists,
        again=fields.whole("again") or 0,
    )


def _project(value: Any) -> Project:
    try:
        return Project(**value)
    except TypeError:
        raise damaged() from None
