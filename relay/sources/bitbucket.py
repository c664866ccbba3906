"""Bitbucket Cloud by its REST API 2.0 and by git: the events resource of 1.0, made anew of what is left to ask.

An idle cycle costs one REST request for each workspace and one git request for each repository: the workspace's
listing says which repositories to visit, git tells pushes. A visit reads the activity of the pull requests and their
list. Decisions:

- A repository is visited when its `updated_on` moved, and after half an hour anyway, since nothing documents that it
  always does: half as long again for some, so that not all are at once, and more seldom where there are many, so that
  these sweeps take two fifths of the hourly budget at most.
- Feeds know repositories by uuid, so a renamed one goes on as before. A named one that answers 404 twice is told as
  deleted, though it may be a lost permission; of a pattern's, the listing tells it.
- Issues and wikis ended in August 2026 and are not asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from relay.budget import Budget
from relay.errors import FeedError, FeedGarbled, FeedMissing
from relay.events import Event, text_of
from relay.fields import Fields
from relay.finding import Finding
from relay.sources.base import Found, Gives, Page, SourceSettings, Start, Tools, told, tried
from relay.sources.bitbucket_cloud_account import Account
from relay.sources.bitbucket_cloud_builds import Pipelines, Statuses
from relay.sources.bitbucket_cloud_comments import Comments
from relay.sources.bitbucket_cloud_commits import Commits
from relay.sources.bitbucket_cloud_cursor import Known, Place, from_json, newcomer_from_json, place_of
from relay.sources.bitbucket_cloud_entries import Teller
from relay.sources.bitbucket_cloud_listing import Listing
from relay.sources.bitbucket_cloud_lists import Downloads, Forks, Watchers
from relay.sources.bitbucket_cloud_look import Around, Kind, look
from relay.sources.bitbucket_cloud_permissions import TYPES, Permissions
from relay.sources.bitbucket_cloud_pulls import Told, tell
from relay.sources.bitbucket_cloud_pushes import Pushed, Pushes
from relay.sources.bitbucket_cloud_settings import BitbucketSettings
from relay.sources.bitbucket_cloud_visit import Visit, again, first
from relay.sources.bitbucket_cloud_workspace import Sight, Workspaces

_ALL = Start("all")
_GONE = "gone"
_KINDS: tuple[Kind, ...] = (Comments(), Forks(), Downloads(), Watchers(), Commits(), Pipelines(), Statuses())


@dataclass(frozen=True)
class _Reading:
    """What one poll of a repository is about: who it is, how it is listed, and what is known of it from before."""

    feed: str
    place: Place
    sight: Sight | None
    known: Known | None
    start: Start
    now: datetime


class Bitbucket:
    """An account on Bitbucket Cloud; a feed is a repository, or the repositories of a workspace's patterns."""

    Settings: ClassVar[type[SourceSettings]] = BitbucketSettings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType(
        {
            "pushed": "snapshot",
            "commit": "direct",
            "create": "direct",
            "delete": "snapshot",
            "repo_renamed": "snapshot",
            "repo_public": "snapshot",
            "pullrequest_created": "direct",
            "pullrequest_updated": "direct",
            "pullrequest_fulfilled": "direct",
            "pullrequest_rejected": "direct",
            "pullrequest_superseded": "direct",
            "pullrequest_comment_created": "direct",
            "pullrequest_like": "direct",
            "pullrequest_unlike": "snapshot",
            "pullrequest_changes_requested": "direct",
            "strip": "include",
            "fork": "include",
            "file_uploaded": "include",
            "start_follow_repo": "include",
            "stop_follow_repo": "include",
            "pullrequest_comment_updated": "include",
            "pullrequest_comment_deleted": "include",
            "cset_comment_created": "include",
            "cset_comment_updated": "include",
            "cset_comment_deleted": "include",
            "cset_like": "include",
            "cset_unlike": "include",
            "pipeline_succeeded": "include",
            "pipeline_failed": "include",
            "pipeline_stopped": "include",
            "status_succeeded": "include",
            "status_failed": "include",
            "team_access_gained_admin": "include",
            "team_access_gained_collab": "include",
            "team_lost_access": "include",
            "team_access_changed_admin": "include",
            "team_access_changed_collab": "include",
        }
    )

    def __init__(self, name: str, settings: BitbucketSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start, self._include = name, settings, start, tools.include
        self.budget: Budget | None = settings.budget
        self._account = Account(settings, tools.http, tools.meter)
        self._workspaces = Workspaces(self._account)
        self._pushes = Pushes(self._account, settings, tools.folder)
        self._kinds = [kind for kind in _KINDS if kind.gives & tools.include]
        self._permissions = Permissions(self._account, name, tools.include)
        self._listing = Listing(self._workspaces, name, settings.wanted)
        self._polled: set[str] = set()
        self._missing: dict[str, int] = {}

    def feeds(self) -> tuple[str, ...]:
        """`repositories/workspace/slug` of what is named, `owners/workspace` of what patterns stand for.

        Where permissions are asked for, `workspaces/workspace` too.
        """
        wanted = self._settings.wanted
        named = (f"repositories/{name.lower()}" for name in wanted.named)
        owners = (f"owners/{owner.lower()}" for owner in wanted.owners)
        workspaces = self._settings.workspaces if self._include & TYPES else ()
        return (*named, *owners, *(f"workspaces/{name.lower()}" for name in workspaces))

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor`, oldest first. Raises a FeedError."""
        kind, _, name = feed.partition("/")
        if kind == "owners":
            return await self._listing.poll(name, cursor, now)
        if kind == "workspaces":
            return await self._permissions.poll(name, cursor, now)
        self._polled.add(feed)
        fresh = newcomer_from_json(cursor)
        if fresh:
            place, whole = fresh
            sight = await self._workspaces.sight(place, feed, now)
            return await self._first(_Reading(feed, place, sight, None, _ALL if whole else self._start, now))
        if cursor is None and kind == "repositories":
            sight = await self._find(name, now)
            return await self._first(_Reading(feed, sight.place, sight, None, self._start, now))
        known = from_json(cursor)
        try:
            page = await self._again(feed, known, cursor, now)
        except FeedMissing:
            return self._gone(feed, known, now)
        self._missing.pop(feed, None)
        return page

    async def _find(self, name: str, now: datetime) -> Sight:
        answer = await self._account.get(f"repositories/{quote(name)}", now)
        raw = Fields(answer.json)
        place = place_of(raw)
        if place is None:
            raise FeedGarbled(f"{answer.url} sent no repository; is this the API's address?")
        return Sight(place, raw.time("created_on"), raw.time("updated_on"))

    async def _first(self, reading: _Reading) -> Page:
        place, now, updated_at = reading.place, reading.now, reading.sight.updated_at if reading.sight else None
        visit = await first(self._account, place, reading.start, updated_at, now)
        pushed = await self._pushes.news(place, None, now, reading.start)
        blank = Known(place, visited_at=now, updated_at=updated_at, high=updated_at)
        return await self._page(reading, blank, visit, pushed)

    async def _again(self, feed: str, known: Known, cursor: Any, now: datetime) -> Page:
        """What came since; the very cursor back where that is nothing and nothing had to be asked."""
        sight = await self._workspaces.sight(known.place, feed, now)
        reading = _Reading(feed, sight.place if sight else known.place, sight, known, self._start, now)
        pushed = await self._pushes.news(reading.place, known.refs, now, self._start)
        after = replace(known, place=reading.place)
        sweep = now - known.visited_at >= self._settings.sweep_after(len(self._polled)) * known.place.spread
        if sight and sight.updated_at == known.updated_at and not sweep:
            page = await self._page(reading, after, None, pushed)
            return page if page.cursor != cursor else replace(page, cursor=cursor)
        visit = await again(self._account, reading.place, known.high, now, sweep=sweep)
        after = replace(after, visited_at=now, updated_at=sight.updated_at if sight else None)
        return await self._page(reading, after, visit, pushed)

    async def _page(self, reading: _Reading, after: Known, visit: Visit | None, pushed: Pushed) -> Page:
        """All that a poll brought; `after` is what is known with its place and times set anew."""
        teller = Teller(self._name, reading.place, reading.now)
        asked = {name: value for name, value in after.asked.items() if name != _GONE}
        after = replace(after, refs=pushed.cursor)
        visited = (
            tell(teller, reading.known, after, visit.activity, visit.pulls) if visit else Told((), after, None, ())
        )
        around = Around(self._account, teller, reading.known, visit, pushed, reading.start)
        looked = await look(self._kinds, around, asked, self._include)
        pushes = self._pushes.events(teller, pushed, strips="strip" in self._include)
        events = {event.id: event for event in chain(looked.events.values(), _changes(teller, reading), pushes)}
        events |= {event.id: event for event in visited.events}
        wanted = (event for event in events.values() if self._wants(event.type))
        unread = (*visited.unread, *looked.unread)
        known = replace(
            visited.known, asked=looked.asked, seen=visited.known.seen.after((*looked.passed, *looked.unread))
        )
        known = _undecided(reading, known, unread) or known
        warnings = (*visited.warnings, *looked.warnings, *([pushed.warning] if pushed.warning else []))
        found = told(wanted, None if reading.known else reading.start, reading.now)
        return Page(known.to_json(), found, visited.gap, warnings=warnings)

    def _wants(self, type: str) -> bool:
        return self.coverage.get(type) != "include" or type in self._include

    def _gone(self, feed: str, known: Known, now: datetime) -> Page:
        """That a named repository was deleted, at its second 404 in a row; raises FeedMissing at every other."""
        self._missing[feed] = self._missing.get(feed, 0) + 1
        if self._missing[feed] != 2 or _GONE in known.asked or not feed.startswith("repositories/"):
            raise FeedMissing(f"{known.place.name} is not there any more, or the credentials may not see it")
        deleted = Teller(self._name, known.place, now).deleted()
        return Page(replace(known, asked={**known.asked, _GONE: True}).to_json(), (Found(deleted),))

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether the repositories answer to both, REST and git, the workspaces to a listing, and what polling costs."""
        wanted = self._settings.wanted
        reached = await tried(wanted.named, lambda name: self._reach(name, now))
        listed = [await self._reach_all(owner, now) for owner in wanted.owners]
        return (*reached, *listed, Finding(f"costs {self._settings.cost(every)}"))

    async def _reach(self, name: str, now: datetime) -> Finding:
        try:
            place = (await self._find(name, now)).place
            await again(self._account, place, now, now, sweep=False)
            return Finding(f"{name}: its pull requests, and {await self._pushes.reach(place, now)}")
        except FeedError as error:
            return Finding(str(error), fine=False)

    async def _reach_all(self, owner: str, now: datetime) -> Finding:
        try:
            names = [sight.place.name for sight in await self._workspaces.all(owner, now)]
        except FeedError as error:
            return Finding(str(error), fine=False)
        taken = sum(self._settings.wanted.takes(owner, name) for name in names)
        return Finding(f"{owner}: its patterns stand for {taken} of {len(names)} repositories")


def _undecided(reading: _Reading, known: Known, unread: Iterable[str]) -> Known | None:
    """What is known where something could not be read for the first time: the next poll looks as far back as this one.

    Not so after a first sight that told nothing of the past, as that would be told then.
    """
    before = reading.known
    if (before is None and reading.start.kind != "all") or not set(unread).difference(
        before.seen.ids if before else ()
    ):
        return None
    return replace(known, high=before.high if before else None, updated_at=None)


def _changes(teller: Teller, reading: _Reading) -> Iterable[Event]:
    """That a repository has another name, or that everybody may see it now."""
    before, sight = reading.known.place if reading.known else reading.place, reading.sight
    at, page = text_of(sight.updated_at) if sight and sight.updated_at else "", teller.place.page()
    if before.name != reading.place.name:
        former = before.name.partition("/")[2]
        yield teller.event("repo_renamed", f"renamed:{before.name}..{reading.place.name}:{at}", title=former, url=page)
    if before.private and reading.place.private is False:
        yield teller.event("repo_public", f"public:{at}", url=page)
