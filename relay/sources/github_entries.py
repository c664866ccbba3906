"""One entry of GitHub's events: whether it can be read, and which extra requests its telling needs. Pure.

Since 2025-10-07 a push comes without its commits and a pull request without title, page and outcome: those are asked
for, each need being the path of one request below the API's base.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from relay.cursor import digest
from relay.fields import Fields
from relay.sources.github_answers import pull

_ID_MOST = 60
_TYPE_MOST = 100
_OF_PULLS = frozenset({"PullRequestEvent", "PullRequestReviewEvent", "PullRequestReviewCommentEvent"})
_TOGETHER = timedelta(minutes=10)  # a new branch's CreateEvent and PushEvent are recorded within seconds
REVIEWS: Mapping[str, str] = MappingProxyType(
    {
        "approved": "pullrequest_like",
        "dismissed": "pullrequest_unlike",
        "changes_requested": "pullrequest_changes_requested",
    }
)
"""What a review means by its state; one of another state is a comment."""
OPEN_PULLS = "pulls?state=open&sort=updated&direction=desc&per_page=100"
ACTIVITY = "activity?per_page=100"


@dataclass(frozen=True)
class Entry:
    """One entry that can be read."""

    raw: Fields
    id: str
    type: str

    @cached_property
    def at(self) -> datetime | None:
        """When GitHub recorded it."""
        return self.raw.time("created_at")

    @cached_property
    def payload(self) -> Fields:
        """What the entry's type tells."""
        return self.raw.at("payload")

    @cached_property
    def name(self) -> str | None:
        """The repository, `owner/slug`; None for what has none."""
        owner, _, slug = (self.raw.text("repo", "name") or "").partition("/")
        return f"{owner}/{slug}" if owner and slug else None

    @cached_property
    def home(self) -> str:
        """What its ids begin with: the repository's id, which a new name does not change."""
        return str(self.raw.whole("repo", "id") or (self.name or "-")[:_ID_MOST])

    @property
    def place(self) -> str | None:
        """Below which path the API tells more of its repository."""
        number = self.raw.whole("repo", "id")
        if number is not None:
            return f"repositories/{number}"
        return f"repos/{quote(self.name)}" if self.name else None

    @property
    def number(self) -> int | None:
        """The pull request or issue it is about."""
        payload = self.payload
        return payload.whole("pull_request", "number") or payload.whole("issue", "number") or payload.whole("number")

    @property
    def ref(self) -> str | None:
        """The ref it moved, made or removed, in full."""
        ref, kind = self.payload.text("ref"), self.payload.text("ref_type")
        if ref is None or ref.startswith("refs/"):
            return ref
        return f"refs/{'tags' if kind == 'tag' else 'heads'}/{ref}"

    @property
    def review(self) -> str:
        """The state of a review."""
        is_dismissed = self.payload.text("action") == "dismissed"
        return "dismissed" if is_dismissed else (self.payload.text("review", "state") or "").lower()

    @property
    def is_silent(self) -> bool:
        """Whether nothing is told of it: a review that only holds line comments, or of a wiki no page."""
        if self.type == "PullRequestReviewEvent":
            return self.review not in REVIEWS and not self.payload.text("review", "body")
        return self.type == "GollumEvent" and not any(self.payload.items("pages"))

    @property
    def makes_branch(self) -> bool:
        """Whether it is the push that came with a new branch."""
        before = self.payload.text("before") or ""
        return self.type == "PushEvent" and bool(before) and not before.strip("0")


def read(raw: Any) -> tuple[str, Entry | str]:
    """The entry and the id it is remembered by; for one that cannot be read, why, and the digest of what it is.

    One of which nothing is told is remembered by its digest too, or it would be known once it has something to tell.
    """
    fields = Fields(raw)
    id, type = fields.name("id"), fields.text("type")
    if id and type and len(id) <= _ID_MOST and len(type) <= _TYPE_MOST:
        entry = Entry(fields, id, type)
        return f"?{digest('raw', raw)}" if entry.is_silent else id, entry
    what = "is not an object" if not isinstance(raw, dict) else f"has no usable {'type' if id else 'id'}"
    return f"?{digest('raw', raw)}", f"an entry cannot be read: it {what}"


@dataclass(frozen=True)
class Need:
    """A request that an entry's telling needs; `fresh` if an answer of an earlier poll may be outdated.

    Without one that is not `vital` the event lacks nothing that is missed.
    """

    path: str
    fresh: bool = False
    vital: bool = True


class Window:
    """The entries that are listed together: a new branch comes as two of them, and one is told."""

    def __init__(self, entries: Iterable[Entry], news: Iterable[Entry]) -> None:
        listed = list(entries)
        self._new = {entry.id for entry in news}
        self._pushes = [entry for entry in listed if entry.makes_branch]
        self._made = [entry for entry in listed if entry.type == "CreateEvent" and entry.payload.text("ref")]

    def is_told_by_push(self, entry: Entry) -> bool:
        """Whether this CreateEvent is the same as a push that lists what the branch began with."""
        return entry.type == "CreateEvent" and any(_same(entry, other) for other in self._pushes)

    def makes(self, push: Entry) -> Entry | None:
        """The CreateEvent of a push, unless it was told before."""
        return next((one for one in self._made if one.id in self._new and _same(one, push)), None)

    def was_told(self, push: Entry) -> bool:
        """Whether the branch was told as new before this push of it was listed."""
        return any(one.id not in self._new and _same(one, push) for one in self._made)


def _same(one: Entry, other: Entry) -> bool:
    if one.ref is None or one.ref != other.ref or one.home != other.home:
        return False
    return one.at is None or other.at is None or abs(one.at - other.at) <= _TOGETHER


def needs(entry: Entry, window: Window, *, updates: bool) -> Iterator[Need]:
    """What is to be asked before the entry is told; `updates` if pushes to pull requests are wanted too."""
    place = entry.place
    if place is None:
        return
    if entry.type in _OF_PULLS and entry.number is not None and pull(entry.payload.at("pull_request")).title is None:
        yield Need(f"{place}/pulls/{entry.number}", fresh=entry.type == "PullRequestEvent")
    if entry.type == "PushEvent":
        yield from _of_push(entry, place, window, updates)


def _of_push(entry: Entry, place: str, window: Window, updates: bool) -> Iterator[Need]:
    path = comparison(entry, window)
    if path:
        yield Need(f"{place}/{path}")
    if (entry.ref or "").startswith("refs/heads/"):
        yield Need(f"{place}/{ACTIVITY}", fresh=True, vital=False)
        if updates:
            yield Need(f"{place}/{OPEN_PULLS}", fresh=True)


def comparison(entry: Entry, window: Window) -> str | None:
    """The path that tells what a push brought; None where the entry does, or nothing is there to compare with."""
    payload = entry.payload
    head, before = payload.text("head"), payload.text("before")
    if isinstance(payload.at("commits").value, list) or not head or not head.strip("0"):
        return None
    if entry.makes_branch:
        made = window.makes(entry)
        before = made.payload.text("master_branch") if made else None
        if before == (entry.ref or "").removeprefix("refs/heads/"):
            return None
    return f"compare/{quote(before, safe='')}...{quote(head, safe='')}" if before else None
