"""Gitea and Forgejo: the activity feeds of repositories, users and organisations; one request each while nothing is new.

- What is new is decided by the forge's numbers (`relay.sources.gitea_window`), what it means by
  `relay.sources.gitea_entries`. News cost a request more, until a page shows nothing new, and one for each issue, pull
  request or new branch among them: for its title, labels and branches, which activities leave out.
- The feeds of users tell what they did; those of organisations what happened in their repositories. Somebody who keeps
  their activity private is told to administrators alone.
- A repository is known by its id: if its name leads nowhere, or to another one, it is asked for by id. If that is gone
  too, the name's new bearer is followed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from relay.api import Api
from relay.budget import Budget, hourly
from relay.discovery import Present, turn
from relay.errors import FeedError, FeedMissing
from relay.events import Event
from relay.fields import Fields
from relay.finding import Finding
from relay.sources.base import Gives, Listed, Page, SourceSettings, Start, Tools, told, tried
from relay.sources.gitea_entries import KINDS, Home, home_of, read
from relay.sources.gitea_events import Teller
from relay.sources.gitea_included import Included, Lists
from relay.sources.gitea_lists import LISTS
from relay.sources.gitea_reading import PAGES, Listing, Reader, entries_of
from relay.sources.gitea_settings import GiteaSettings
from relay.sources.gitea_state import State, from_json
from relay.sources.gitea_window import News, Window, first, since

LIST_AGAIN_AFTER = 600.0
_FIRST_PAGES = 200
_PLACES = {"repositories": "repos", "owners": "users", "users": "users", "organizations": "orgs"}
_NOTHING = Fields(None)


class Gitea:
    """An account on a Gitea or Forgejo server; a feed is a repository, a user, an organisation, or an owner's list."""

    Settings: ClassVar[type[SourceSettings]] = GiteaSettings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType(
        dict[str, Gives](dict.fromkeys(("commit", *(kind.type for kind in KINDS.values())), "direct"))
        | {"delete": "snapshot"}
        | dict.fromkeys((type for asked in LISTS for type in asked.types), "include")
    )
    budget: Budget | None = None

    def __init__(self, name: str, settings: GiteaSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start = name, settings, start
        token = settings.token.get_secret_value() if settings.token else None
        login = {"authorization": f"token {token}"} if token else {}
        self._reader = Reader(Api(tools.http, settings.api, login, tools.meter, settings.ca))
        self._lists = Lists(self._reader, tools.include)

    def feeds(self) -> tuple[str, ...]:
        """`repositories/owner/slug`, `owners/name` for patterns, `users/name` and `organizations/name`."""
        chosen = self._settings.selection
        return (
            *(f"repositories/{name}" for name in chosen.named),
            *(f"owners/{owner}" for owner in chosen.owners),
            *(f"users/{name}" for name in dict.fromkeys(self._settings.users)),
            *(f"organizations/{name}" for name in dict.fromkeys(self._settings.organizations)),
        )

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor`, oldest first. Raises a FeedError."""
        kind, _, name = feed.partition("/")
        if kind == "owners":
            return await self._owner(name, cursor, now)
        state, place = from_json(cursor), f"{_PLACES.get(kind)}/{quote(name)}"
        if kind in ("users", "organizations"):
            return await self._page(cursor, state, await self._read(place, state, now), Included(), now)
        home = state.home or await self._reader.home(place, now)
        state, home, listing = await self._repository(replace(state, home=home), home, now)
        at = state.window.at if state.window else None
        included = await self._lists.read(state.lists, home, at, self._teller(now), now)
        return await self._page(cursor, state, listing, included, now)

    async def _repository(self, state: State, home: Home, now: datetime) -> tuple[State, Home, Listing]:
        """The activities of the repository with that id, whatever it is called by now."""
        try:
            listing = await self._read(home.place, state, now)
        except FeedMissing:
            moved = await self._by_id(home, now)
            if moved is None or moved.name == home.name:
                raise
        else:
            named = next((one.home for one in entries_of(listing, None) if one.home and one.home.id), home)
            moved = named if named.id == home.id else await self._by_id(home, now)
            if moved is None or moved is named:
                return replace(state, home=named), named, listing
        return replace(state, home=moved), moved, await self._read(moved.place, state, now)

    async def _by_id(self, home: Home, now: datetime) -> Home | None:
        try:
            return await self._reader.home(f"repositories/{home.id}", now)
        except FeedMissing:
            return None

    async def _read(self, place: str, state: State, now: datetime) -> Listing:
        """The activities at a place, read down to those that are known, or at first sight as far as `start` asks for."""
        query = {"only-performed-by": "true"} if place.startswith("users/") else {}
        etag, pages = (state.etag, PAGES) if state.window else (None, _FIRST_PAGES)
        enough = self._enough(state, now)
        return await self._reader.listing(f"{place}/activities/feeds", now, enough, query, etag=etag, pages=pages)

    def _enough(self, state: State, now: datetime) -> Callable[[list[Fields], list[Fields]], bool]:
        window, start = state.window, self._begin(state)
        if window:
            known = partial(_knows, window, state.home)
            return lambda page, items: len(items) >= window.again and known(page)
        if start.kind == "since":
            oldest = now - timedelta(seconds=min(start.seconds, now.timestamp()))
            return lambda page, _: any(at < oldest for item in page if (at := item.time("created")))
        if start.kind == "all":
            return lambda page, _: False
        return lambda _, items: len(items) >= 2 * start.count  # two entries may be one event

    def _begin(self, state: State) -> Start:
        return Start("all") if state.from_creation else self._start

    async def _page(self, cursor: Any, state: State, listing: Listing, included: Included, now: datetime) -> Page:
        news = _news(state, listing)
        start = None if state.window else self._begin(state)
        quiet = start is not None and start.kind == "now"
        details = {} if quiet else await self._reader.details(news.entries, now)
        events = (*self._events(news, details, now), *included.events)
        warnings = (*news.problems, *included.warnings)
        etag = None if _doubts(news) or news.window.again else listing.etag  # what comes of those may change no answer
        after = State(state.home, news.window, etag, lists=included.lists).to_json()
        cut = start is not None and start.kind == "all" and not listing.ended
        gap = f"older activities than the newest {len(listing.items):,} were not read" if cut else news.gap
        return Page(cursor if after == cursor else after, told(events, start, now), gap, warnings=warnings)

    def _events(self, news: News, details: Mapping[str, Fields], now: datetime) -> Iterator[Event]:
        teller = self._teller(now)
        for entry in news.entries:
            detail = details.get(entry.place_of_detail or "", _NOTHING)
            if not entry.problem:
                yield from teller.events(entry, detail, is_new=entry.uid in news.branches)

    def _teller(self, now: datetime) -> Teller:
        return Teller(self._name, self._settings.url, now)

    async def _owner(self, owner: str, cursor: Any, now: datetime) -> Page:
        """The repositories that the patterns stand for now; those that went are told, for no feed of theirs could."""
        listing = await self._reader.owned(quote(owner), now)
        if not listing.ended:
            raise FeedError(
                f"{owner} has more than {len(listing.items):,} repositories; name those that matter in full"
            )
        present = [_present(item, home) for item in listing.items if (home := home_of(item)) and home.id]
        found = turn(cursor, present, self._settings.selection, owner, now)
        new = {one.id for one in found.created}
        listed = tuple(_listed(one, from_creation=one.id in new) for one in found.listed)
        teller, day = self._teller(now), f"{now:%Y-%m-%d}"
        gone = (teller.event(f"{one.id}:delete:{day}", "delete", Home(one.name), url=None) for one in found.gone)
        return Page(found.cursor, told(gone, None, now), ask_after=LIST_AGAIN_AFTER, listed=listed)

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether the token is good, and whether what is polled can be read; of patterns, what they cost."""
        reached = await tried(self.feeds(), lambda feed: self._reach(feed, every, now))
        return (await self._signed_in(now), *reached)

    async def _signed_in(self, now: datetime) -> Finding:
        if self._settings.token is None:
            return Finding("no token: what is public can be read")
        try:
            user = await self._reader.one("user", now)
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"the token is {user.text('login') or 'somebody'}'s")

    async def _reach(self, feed: str, every: float, now: datetime) -> Finding:
        kind, _, name = feed.partition("/")
        try:
            if kind == "owners":
                page = await self._owner(name, None, now)
                count = len(page.listed or ())
                return Finding(f"{name}: its patterns stand for {count} repositories, {hourly(count * 3600 / every)}")
            await self._reader.one(f"{_PLACES[kind]}/{quote(name)}", now)
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{name}: can be read")


def _knows(window: Window, home: Home | None, page: list[Fields]) -> bool:
    return all(window.knows(read(item, home)) for item in page)


def _news(state: State, listing: Listing) -> News:
    """What is new in a listing; of one that holds nothing new, what was known stays as it is."""
    entries = entries_of(listing, state.home)
    if state.window is None:
        news = first(entries, ended=listing.ended)
    elif all(map(state.window.knows, entries)):
        news = News((), frozenset(), state.window)
    else:
        news = since(state.window, entries)
    again = len(entries) if _doubts(news) and listing.pages > 1 else 0
    if listing.missing and not (state.window and state.window.again):  # once: it may count what it does not show
        again = len(entries) + listing.missing
    return replace(news, window=replace(news.window, again=again))


def _doubts(news: News) -> bool:
    """Whether what was listed is to be looked at once more, even if it does not change."""
    return bool(news.window.waiting or news.problems)


def _present(item: Fields, home: Home) -> Present:
    return Present(str(home.id), home.name, item.time("created_at"))


def _listed(one: Present, *, from_creation: bool) -> Listed:
    state = State(Home(one.name, int(one.id)), from_creation=from_creation)
    return Listed(f"ids/{one.id}", one.name, state.to_json())
