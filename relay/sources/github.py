"""GitHub and GitHub Enterprise: the events of repositories, organisations and people.

An idle poll is one conditional request, which GitHub does not count with a token. Decisions:

- A repository is polled by its id (`/repositories/{id}/events`, where GitHub's own redirects and Link headers lead), so
  a new name changes nothing, and another repository that takes the old name is not mistaken for it. A first request
  learns the id. If what stood there is gone, the name is looked up again.
- GitHub is known to answer 304 for hours while there are events. A feed that was not read whole for ten minutes is
  therefore asked without its ETag: that is 6 counted requests an hour of 5,000 (18 for a full window), stretched with
  more than 166 feeds so that it stays below 1,000.
- History that is not to be told costs no extra requests: it is kept as the entries have it.
- The private events of an organisation are on the dashboard of the token's user; where there is none, the public ones
  are polled.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from relay.api import Answer, Api
from relay.budget import Budget
from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedMissing
from relay.fields import Fields
from relay.finding import Finding
from relay.sources.base import Found, Gives, Page, SourceSettings, Start, Tools, told, tried
from relay.sources.github_answers import Site
from relay.sources.github_comments import CommentTeller
from relay.sources.github_cursor import Mark, Reading, first_page, mark, rest, wish
from relay.sources.github_edits import Edits
from relay.sources.github_entries import Entry, Window
from relay.sources.github_events import Teller
from relay.sources.github_extras import Extras
from relay.sources.github_listing import Listing
from relay.sources.github_settings import GitHubSettings, guard_after

_EXTRAS, _EXTRAS_ANONYMOUS = 200, 10
_ALL = Start("all")


class GitHub:
    """An account on GitHub; a feed is a repository, what an owner's patterns stand for, a user or an organisation."""

    Settings: ClassVar[type[SourceSettings]] = GitHubSettings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType(
        {
            "pushed": "direct",
            "commit": "direct",
            "fork": "direct",
            "create": "direct",
            "delete": "snapshot",
            "repo_public": "direct",
            "repo_renamed": "snapshot",
            "report_issue": "direct",
            "issue_update": "direct",
            "issue_comment": "direct",
            "wiki_created": "direct",
            "wiki_updated": "direct",
            "file_uploaded": "direct",
            "release_published": "direct",
            "discussion_created": "direct",
            "start_follow_repo": "direct",
            "pullrequest_created": "direct",
            "pullrequest_updated": "include",
            "pullrequest_fulfilled": "direct",
            "pullrequest_rejected": "direct",
            "pullrequest_comment_created": "direct",
            "pullrequest_comment_updated": "include",
            "pullrequest_like": "direct",
            "pullrequest_unlike": "direct",
            "pullrequest_changes_requested": "direct",
            "cset_comment_created": "direct",
            "cset_comment_updated": "include",
            "cset_comment_deleted": "include",
            "team_access_gained_collab": "direct",
        }
    )

    def __init__(self, name: str, settings: GitHubSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start = name, settings, start
        self.budget: Budget | None = settings.budget
        token = settings.token.get_secret_value() if settings.token else None
        headers = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
        login = {"authorization": f"Bearer {token}"} if token else {}
        self._api = Api(tools.http, settings.url, headers | login, tools.meter, settings.ca, free=bool(token))
        self._site = Site.of(settings.url)
        most = _EXTRAS if token else _EXTRAS_ANONYMOUS
        self._extras = Extras(self._api, self._site, most, updates="pullrequest_updated" in tools.include)
        self._edits = Edits(self._api, self._extras, tools.include)
        self._listing = Listing(self._api, self._site, name, settings.selection, self._user)
        self._polled: set[str] = set()
        self._login: str | None = None

    def feeds(self) -> tuple[str, ...]:
        """`repositories/owner/slug`, `owners/name` for its patterns, `users/name` and `organizations/name`."""
        return self._settings.feeds

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor`, oldest first; one free request where nothing is. Raises a FeedError."""
        kind, _, name = feed.partition("/")
        if kind == "owners":
            return await self._listing.poll(name, cursor, now)
        self._polled.add(feed)
        before = mark(cursor) or Mark(await self._find(feed, now))
        before, first = await self._ask(feed, before, now)
        after, page = before, Page(cursor)
        if first.status != 304:
            reading = await rest(self._api, first, now)
            after, page = reading.after(before, now), await self._page(reading, before, now)
        edits = await self._edits.poll(before.place, self._teller(before.place, now), before.edits, now)
        kept = replace(after, edits=edits.memory).to_json()
        found, warnings = (*page.found, *told(edits.events, None, now)), page.warnings + edits.warnings
        kept = cursor if kept == cursor else kept
        return replace(page, cursor=kept, found=found, warnings=warnings, ask_after=wish(first))

    def _teller(self, place: str, now: datetime) -> CommentTeller:
        return CommentTeller(self._name, self._site, place.split("/")[1], now)

    async def _ask(self, feed: str, before: Mark, now: datetime) -> tuple[Mark, Answer]:
        """The first page, and the cursor it belongs to: another one where the feed is found somewhere else now."""
        stale = now.timestamp() - before.read_at >= guard_after(len(self._polled))
        try:
            first = await first_page(self._api, before.place, now, None if stale else before.etag)
        except (FeedMissing, FeedDenied):
            place = await self._find(feed, now, before.place)
            if place == before.place:
                raise
            before = replace(before, place=place, etag=None)
            return before, await first_page(self._api, place, now, None)
        return before, first

    async def _find(self, feed: str, now: datetime, place: str = "") -> str:
        """The path of a feed's events. Raises a FeedError where there is no such thing."""
        kind, _, name = feed.partition("/")
        if kind == "repositories":
            answer = await self._api.get(f"repos/{quote(name)}", now)
            number = Fields(answer.json).whole("id")
            if number is None:
                raise FeedGarbled(f"{answer.url} sent no repository; is this the API's address?")
            return f"repositories/{number}/events"
        if kind == "organizations":
            return await self._dashboard(name, now) or f"orgs/{quote(name)}/events"
        return f"users/{quote(name)}/events" if kind == "users" else place

    async def _dashboard(self, organization: str, now: datetime) -> str | None:
        """Where the token's user sees the private events of an organisation, where that is possible."""
        user = await self._user(now)
        place = f"users/{quote(user)}/events/orgs/{quote(organization)}" if user else None
        try:
            if place:
                await self._api.get(place, now, {"per_page": 1})
        except (FeedMissing, FeedDenied):
            return None
        return place

    async def _user(self, now: datetime) -> str | None:
        """Whose token it is; None without one, and for the token of an app."""
        if self._login is None and self._settings.token:
            try:
                self._login = Fields((await self._api.get("user", now)).json).text("login")
            except (FeedMissing, FeedDenied):
                return None
        return self._login

    async def _page(self, reading: Reading, before: Mark, now: datetime) -> Page:
        new = before.seen.news(reading.ids) if before.seen else reading.ids
        news = [reading.entries[id] for id in new if id in reading.entries]
        start = None if before.seen else _ALL if before.created else self._start
        found, doubts = await self._told(reading, news, start, now)
        warnings = (*(reading.complaints[id] for id in new if id in reading.complaints), *doubts)
        return Page(None, found, reading.gap(before, now), warnings=warnings)

    async def _told(
        self, reading: Reading, news: list[Entry], start: Start | None, now: datetime
    ) -> tuple[tuple[Found, ...], tuple[str, ...]]:
        """The events of new entries, for which is asked what they need unless they are history."""
        window = Window(reading.entries.values(), news)
        bare = Teller(self._name, self._site, now, window, {})
        events = {entry.id: bare.events(entry) for entry in news}
        routed = {one.event.id for one in told(chain(*events.values()), start, now) if not one.history}
        wanted = [entry for entry in news if any(event.id in routed for event in events[entry.id])]
        answers, warnings = await self._extras.ask(wanted, window, now)
        teller = Teller(self._name, self._site, now, window, answers)
        return told((event for entry in news for event in teller.events(entry)), start, now), warnings

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """What the token may do, whether the feeds answer, and what the interval costs."""
        credentials = await self._credentials(now)
        reached = await tried(self.feeds(), lambda feed: self._reach(feed, now))
        return (credentials, *reached, Finding(f"costs {self._settings.cost(every)}"))

    async def _credentials(self, now: datetime) -> Finding:
        try:
            answer = await self._api.get("rate_limit", now, counts=False)
        except FeedMissing:
            return Finding("this server counts no requests")
        except FeedError as error:
            return Finding(str(error), fine=False)
        core = Fields(answer.json).at("resources", "core")
        scopes = answer.headers.get("x-oauth-scopes")
        whose = "the token is taken" if self._settings.token else "no token is set"
        left, limit = core.whole("remaining") or 0, core.whole("limit") or 0
        return Finding(f"{whose}{f' (scopes: {scopes})' if scopes else ''}; {left:,} of {limit:,} requests are left")

    async def _reach(self, feed: str, now: datetime) -> Finding:
        kind, _, name = feed.partition("/")
        try:
            if kind == "owners":
                return Finding(f"{name}: {await self._listing.count(name, now)} repositories fit its patterns")
            answer = await self._api.get(await self._find(feed, now), now, {"per_page": 1})
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{feed}: {'has' if answer.json else 'no'} events")
