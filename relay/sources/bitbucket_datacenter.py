"""A Bitbucket Data Center server (or Bitbucket Server), by its REST API.

Idle, a repository costs two requests: its pull requests, and its log of pushes or, for an account that does not
administer it, one `git ls-remote`. A renamed repository is found by the server's redirect; its feed and the ids of its
events are made of the server's own id. Projects have no activity feed, so a pattern is a list asked for every ten minutes.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from relay.budget import Budget, hourly
from relay.cursor import damaged
from relay.discovery import Present, turn
from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedMissing
from relay.events import Event, Repository
from relay.finding import Finding
from relay.git.reader import GitReader
from relay.sources.base import Gives, Listed, Page, SourceSettings, Start, Tools, told, tried
from relay.sources.bitbucket_datacenter_cursor import Memory, from_json, to_json
from relay.sources.bitbucket_datacenter_entries import ACTIVITIES, Place, Teller, place_of
from relay.sources.bitbucket_datacenter_included import GROUPS, Includes
from relay.sources.bitbucket_datacenter_pulls import Pulls
from relay.sources.bitbucket_datacenter_pushes import ByGit, PushLog
from relay.sources.bitbucket_datacenter_rest import Rest, path_of
from relay.sources.bitbucket_datacenter_settings import IDLE, BitbucketDatacenterSettings

_LIST_AFTER = 600.0
_LIST_PAGES = 500
_DIRECT: Gives = "direct"
_SNAPSHOT: Gives = "snapshot"
_INCLUDE: Gives = "include"
_COVERAGE = MappingProxyType(
    dict.fromkeys(ACTIVITIES.values(), _DIRECT)
    | dict.fromkeys(("pushed", "commit", "pullrequest_created", "pullrequest_comment_created"), _DIRECT)
    | dict.fromkeys(("pullrequest_comment_updated", "pullrequest_comment_deleted"), _SNAPSHOT)
    | dict.fromkeys(("create", "delete", "repo_renamed", "repo_transferred"), _SNAPSHOT)
    | dict.fromkeys((type for types in GROUPS.values() for type in types), _INCLUDE)
)


class BitbucketDatacenter:
    """An account on a Data Center server; a feed is a repository, or the list of a project's repositories."""

    Settings: ClassVar[type[SourceSettings]] = BitbucketDatacenterSettings
    coverage: ClassVar[Mapping[str, Gives]] = _COVERAGE
    budget: Budget | None = None

    def __init__(self, name: str, settings: BitbucketDatacenterSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start = name, settings, start
        self._include = tools.include
        self._rest = Rest(settings, tools.http, tools.meter)
        self._git = ByGit(GitReader(tools.folder, settings.ca), settings.login)

    def feeds(self) -> tuple[str, ...]:
        """`repositories/PROJ/slug` for each that is named, and `owners/PROJ` for the list behind a pattern."""
        wanted = self._settings.wanted
        return (*(f"repositories/{name}" for name in wanted.named), *(f"owners/{owner}" for owner in wanted.owners))

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a repository, or in a project's list of them. Raises a FeedError."""
        kind, _, name = feed.partition("/")
        if kind == "owners":
            return await self._list(name, cursor, now)
        if kind == "ids" and cursor is None:
            raise damaged()
        known = await self._found(name, now) if cursor is None else from_json(cursor)
        return await self._visit(known, cursor, now)

    async def _found(self, name: str, now: datetime) -> Memory:
        """The memory of a repository that is seen for the first time."""
        owner, _, slug = name.partition("/")
        return Memory(await self._place(Repository(owner, slug), now), first="start")

    async def _place(self, repository: Repository, now: datetime) -> Place:
        path = path_of(repository)
        place = place_of(await self._rest.one(path, now))
        if place is None:
            raise FeedGarbled(f"{path} is no repository that the server describes; is this the API's address?")
        return place

    async def _visit(self, known: Memory, cursor: Any, now: datetime) -> Page:
        """Ask for all of a repository: the cursor moves only if every part of it could be read."""
        start = {"start": self._start, "all": Start("all")}.get(known.first or "")
        teller = self._teller(known.place, now)
        pulls = await Pulls(self._rest, teller, start).read(known)
        if pulls.memory.place.id != known.place.id:
            return await self._anew(pulls.memory.place, now)
        moved = self._moved(known.place.repository.full_name, pulls.memory.place, now)
        pushes = await PushLog(self._rest, self._git, teller, start).read(known.pushes)
        more = await Includes(self._rest, teller, self._include).read(known.included)
        after = replace(pulls.memory, first=None, pushes=pushes.pushes, included=more.snapshots)
        return Page(
            cursor if after == known else to_json(after),
            told((*moved, *pulls.events, *pushes.events, *more.events), start, now),
            pushes.gap,
            warnings=(*pulls.warnings, *pushes.warnings, *more.warnings),
        )

    async def _anew(self, place: Place, now: datetime) -> Page:
        """First sight of a repository that took the name of the one that was followed."""
        page = await self._visit(Memory(place, first="start"), None, now)
        return replace(page, gap=f"{place.repository.full_name} is another repository now; it is followed from here on")

    def _teller(self, place: Place, now: datetime) -> Teller:
        return Teller(self._name, place, now, self._settings.url)

    async def _list(self, owner: str, cursor: Any, now: datetime) -> Page:
        """Every repository of a project that its patterns stand for, and what happened to any of them."""
        places = {place.id: place for place in await self._places(owner, now)}
        present = [Present(place.id, place.repository.full_name) for place in places.values()]
        seen = turn(cursor, present, self._settings.wanted, owner, now)
        new = {one.id for one in seen.created}
        listed = [
            Listed(f"ids/{one.id}", one.name, to_json(Memory(place, first="all" if one.id in new else "start")))
            for one in seen.listed
            for place in [places.get(one.id) or _named(one)]
        ]
        events = [self._created(places[one.id], now) for one in seen.created]
        events += [event for one in seen.renamed for event in self._moved(one.old, places[one.id], now)]
        events += [event for one in seen.gone for event in await self._gone(one, now)]
        return Page(seen.cursor, told(events, None, now), ask_after=_LIST_AFTER, listed=tuple(listed))

    async def _places(self, owner: str, now: datetime) -> list[Place]:
        path = f"projects/{quote(owner, safe='~')}/repos"
        listed = await self._rest.all(path, now, _LIST_PAGES)
        places = [place for raw in listed if (place := place_of(raw))]
        if len(places) < len(listed):
            raise FeedGarbled(f"{path} lists what is no repository; it is read again with the next poll")
        return places

    def _created(self, place: Place, now: datetime) -> Event:
        """That a repository was made; the server tells neither when, nor by whom."""
        return self._teller(place, now).event("create", "create", url=place.repository.url)

    def _moved(self, old: str, place: Place, now: datetime) -> list[Event]:
        """That a repository is called differently, if it is; the listing and the repository's own feed tell it alike."""
        name, url = place.repository.full_name, place.repository.url
        if old == name:
            return []
        owner, _, slug = old.partition("/")
        same = owner == place.repository.owner
        type, title = ("repo_renamed", slug) if same else ("repo_transferred", old)
        return [self._teller(place, now).event(f"moved:{old}..{name}", type, title=title, url=url)]

    async def _gone(self, one: Present, now: datetime) -> list[Event]:
        """That a repository left the project's list: the server's redirect says where it went, if it was only moved."""
        left = _named(one)
        try:
            return self._moved(one.name, await self._place(left.repository, now), now)
        except (FeedMissing, FeedDenied):
            return [self._teller(left, now).event(f"delete:{now:%Y-%m-%d}", "delete")]

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether the repositories and projects can be read, and whether their log of pushes can."""
        wanted = self._settings.wanted
        found = [*await tried(wanted.named, lambda name: self._reach(name, now))]
        count = len(wanted.named)
        for owner in wanted.owners:
            try:
                names = [place.repository.full_name for place in await self._places(owner, now)]
            except FeedError as error:
                found.append(Finding(str(error), fine=False))
                continue
            taken = sum(wanted.takes(owner, name) for name in names)
            found.append(Finding(f"{owner}: the patterns stand for {taken} of {len(names)} repositories"))
            count += taken
        rate = hourly(count * IDLE * 3600 / every)
        return (*found, Finding(f"{rate}; the server limits them only if its administrator says so"))

    async def _reach(self, name: str, now: datetime) -> Finding:
        owner, _, slug = name.partition("/")
        try:
            place = await self._place(Repository(owner, slug), now)
        except FeedError as error:
            return Finding(str(error), fine=False)
        try:
            await self._rest.list(path_of(place.repository, "ref-change-activities"), now, {"limit": 1}, pages=1)
        except FeedError:
            return Finding(f"{name}: can be read; pushes are read with git, since only administrators see their log")
        return Finding(f"{name}: can be read, and the log of its pushes too")


def _named(one: Present) -> Place:
    """A repository of which only the name is known."""
    owner, _, slug = one.name.partition("/")
    return Place(one.id, Repository(owner, slug, slug))
