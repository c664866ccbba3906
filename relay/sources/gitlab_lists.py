"""The lists that fill the gaps of GitLab's events, one request each and poll; only what `include` names is asked for.

Pull requests and issues are listed by when they were touched, which a comment does too, so an edit is known by its
difference. Of a pull request that was touched its notes are asked for, where edits of comments or withdrawn approvals
are wanted. A list that the project does not offer, or not to this token, is told once and asked again each time.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from relay.api import Api
from relay.cursor import digest
from relay.errors import FeedDenied, FeedMissing
from relay.event_types import VOCABULARY
from relay.events import Event, text_of
from relay.fields import Fields
from relay.snapshot import Snapshot
from relay.sources.gitlab_changes import Item, Known, first, from_json
from relay.sources.gitlab_items import Reader, is_read
from relay.sources.gitlab_pages import Pages
from relay.sources.gitlab_stars import STARS, turn

_FIRST_PAGES = 10
_PAGES = 20
_OVERLAP = timedelta(minutes=1)
_NOTED = frozenset({"pullrequest_comment_updated", "pullrequest_unlike", "pullrequest_changes_requested"})


@dataclass(frozen=True)
class Kind:
    """A list: where it stands below the project, the types that it gives, and how its things are read.

    One that is `touched` is listed by that, and asked for what was since the last poll; others by when they were made.
    `about` is set where other events tell of new things, so that only changes are news.
    """

    place: str
    types: frozenset[str]
    read: Callable[[Reader, Fields], Iterator[Item]]
    query: Mapping[str, str] = field(default_factory=dict)
    touched: bool = False
    about: str | None = None


_BY_TOUCH = {"scope": "all", "state": "all", "order_by": "updated_at"}
_PULLS = Kind(
    "merge_requests",
    _NOTED | {"pullrequest_updated"},
    Reader.merge_request,
    _BY_TOUCH,
    touched=True,
    about="pull request",
)
_KINDS = (
    _PULLS,
    Kind("issues", frozenset({"issue_update"}), Reader.issue, _BY_TOUCH, touched=True, about="issue"),
    Kind("forks", frozenset({"fork"}), Reader.fork, {"order_by": "created_at"}),
    Kind("releases", frozenset({"release_published", "file_uploaded"}), Reader.release),
    Kind(
        "pipelines",
        frozenset({"pipeline_succeeded", "pipeline_failed", "pipeline_stopped"}),
        Reader.pipeline,
        {"order_by": "updated_at"},
        touched=True,
    ),
)
INCLUDED = STARS.union(*(kind.types for kind in _KINDS))
"""The types that are given only if `include` asks for them, or not all of them without."""


def lists_of(included: Set[str]) -> int:
    """How many lists are read for these types."""
    return sum(bool(types & included) for types in (STARS, *(kind.types for kind in _KINDS)))


class Lists:
    """What `include` asks for, of one project in one poll; `states` is what was kept of each list.

    With `whole` a list that was never read is news from its first thing on.
    """

    def __init__(self, api: Api, reader: Reader, states: Mapping[str, Any], *, whole: bool) -> None:
        self._api, self._reader, self._whole = api, reader, whole
        self._base, self._now = f"projects/{reader.project.id}", reader.now
        self.states = dict(states)
        self.events: list[Event] = []
        self.warnings: list[str] = []

    async def read(self, told: Iterable[Event]) -> None:
        """Read every list that is wanted; `told` is what the events of this poll tell. Raises a FeedError."""
        told = [*told]
        for kind in _KINDS:
            if kind.types & self._reader.wanted:
                quiet = {str(one.number) for one in told if kind.about and _about(one) == kind.about}
                await self._guarded(kind.place, partial(self._kind, kind, quiet), Known().to_json())
        if STARS & self._reader.wanted:
            await self._guarded("starrers", self._stars, Snapshot().to_json())

    async def _guarded(self, name: str, read: Callable[[Any], Awaitable[Any]], blank: Any) -> None:
        """Let `read` make the next state of the last; a list that cannot be had goes on from there once it can.

        `blank` is the state of a list of which all is news.
        """
        state = self.states.get(name, blank if self._whole else None)
        known = {key: value for key, value in state.items() if key != "off"} if isinstance(state, dict) else state
        try:
            self.states[name] = await read(known or None)
        except (FeedDenied, FeedMissing) as error:
            if not Fields(state).flag("off"):
                self.warnings.append(f"{error}; include: asks for it")
            self.states[name] = {**(known or {}), "off": True}

    async def _kind(self, kind: Kind, quiet: Set[str], state: Any) -> Any:
        known = None if state is None else from_json(state)
        things = await self._things(kind, known)
        read = [(thing, [*kind.read(self._reader, thing)]) for thing in things]
        items, unread = (
            [item for _, found in read for item in found],
            [_key(thing) for thing, found in read if not found],
        )
        if known is None:
            return first(items, unread).to_json()
        births = kind.about is None
        self.events += known.told(items, f"{self._reader.project.id}:{kind.place}", births=births, quiet=quiet)
        if kind is _PULLS and _NOTED & self._reader.wanted:
            unread += await self._noted(things, known.touched(items))
        return known.after(items, unread).to_json()

    async def _things(self, kind: Kind, known: Known | None) -> list[Fields]:
        """What is to be compared: at first sight what was touched or made last, later what was since."""
        since = known.newest if known and kind.touched else None
        query = {"updated_after": text_of(since - _OVERLAP)} if since else {}
        pages = Pages(self._api, f"{self._base}/{kind.place}", self._now, {**kind.query, **query})
        if kind.touched:
            things = await pages.rest(_PAGES if known else _FIRST_PAGES)
            return self._cut(kind, things) if known and pages.more else things
        things = await pages.rest(1)
        for _ in range(_PAGES if known else 0):
            if not pages.more or self._reaches(kind, things[-1:], known):
                return things
            things += await pages.rest(1)
        return self._cut(kind, things) if known and pages.more else things

    def _cut(self, kind: Kind, things: list[Fields]) -> list[Fields]:
        """The things, with a warning that there were more."""
        self.warnings.append(f"more than {len(things):,} {kind.place} are news; older ones were not read")
        return things

    def _reaches(self, kind: Kind, last: Iterable[Fields], known: Known | None) -> bool:
        """Whether the list was read down to what is known, or to what was there before."""
        items = [item for thing in last for item in kind.read(self._reader, thing)]
        return known is None or any(known.holds(item) or not known.is_born(item) for item in items)

    async def _noted(self, pulls: Iterable[Fields], touched: Mapping[str, datetime | None]) -> list[str]:
        """Tell what the notes of pull requests say since these were touched last; returns digests of the unreadable."""
        unread: list[str] = []
        for pull in pulls:
            since = touched.get(pull.name("iid") or "")
            place = f"{self._base}/merge_requests/{pull.whole('iid')}/notes"
            pages = Pages(self._api, place, self._now, {"order_by": "updated_at"})
            for note in await pages.rest(1) if since else ():
                touched_at = note.time("updated_at") or note.time("created_at")
                if since and touched_at and touched_at > since:
                    self.events += self._reader.note(pull, note)
                unread += [] if is_read(note) else [_key(note)]
        return unread

    async def _stars(self, state: Any) -> Any:
        pages = Pages(self._api, f"{self._base}/starrers", self._now)
        listed = await pages.rest(_PAGES)
        kept, events = turn(state, listed, self._reader, whole=not pages.more)
        self.events += events
        return kept


def _key(thing: Fields) -> str:
    return digest(thing.value)


def _about(event: Event) -> str | None:
    return VOCABULARY[event.type].about if event.type in VOCABULARY else None
