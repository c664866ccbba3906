"""The events resource of the Bitbucket 1.0 API, as Atlassian served it until 2019 and as relay serves it again.

What a page holds is read by `parse`, which is pure, and `relay.sources.bitbucket_v1_entries`; what is new since the
cursor is decided by `relay.walk`. Whatever goes wrong on any page of a walk drops the whole walk, so the cursor moves
only over what was read to its end.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil, inf
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import SecretStr, field_validator, model_validator

from relay.api import base, failure
from relay.budget import Budget, hourly
from relay.cursor import FINGERPRINTS, IDS, Cursor, digest_of, from_json, occurrence_id, unchanged
from relay.errors import FeedError, FeedGarbled, FeedUnavailable, HttpError
from relay.event_types import VOCABULARY
from relay.finding import Finding
from relay.http import Response
from relay.jsontext import read_any
from relay.sources.base import Found, Gives, Page, SourceSettings, Start, Tools, check_login, login_headers, names
from relay.sources.bitbucket_v1_entries import Entry, Teller, read
from relay.walk import LIMIT, Listing, New, Walk, Wanted, at_rest, conclude, follow

_ENTRIES_MOST = 10_000  # on one page, where 50 were asked for
_NAME = r"(?!\.+(?:/|$))[^\s/?#%*!\\]+"
_REPOSITORY = re.compile(f"{_NAME}/{_NAME}")
_USER = re.compile(_NAME)


class BitbucketV1Settings(SourceSettings):
    """`url` is the API's base, with or without /1.0; it has no default, since no public server is left."""

    url: str
    token: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    repositories: tuple[str, ...] = ()
    users: Annotated[tuple[str, ...], names(_USER, "a user")] = ()
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _base(cls, url: str) -> str:
        return base(url, "https://api.bitbucket.org/1.0", "username and password").removesuffix("/1.0") + "/1.0"

    @field_validator("repositories")
    @classmethod
    def _owner_and_slug(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _REPOSITORY.fullmatch(name):
                raise ValueError(
                    f"{name!r} is not owner/slug; patterns are not possible, this API lists no repositories"
                )
        return names

    @model_validator(mode="after")
    def _whole(self) -> "BitbucketV1Settings":
        if not self.repositories and not self.users:
            raise ValueError("names nothing to poll; add repositories: [owner/slug] or users: [name]")
        check_login(self.token, self.username, self.password)
        return self

    def advice(self, every: float) -> str | None:
        """That bitbucket.org allows fewer requests an hour; other servers have no limit that is known."""
        asked, allowed = self._asked(every), self._allowed
        if allowed is None or asked <= allowed:
            return None
        host = urlsplit(self.url).hostname
        return (
            f"asks {asked:.0f} times an hour, and {host} allows {allowed}; every: {ceil(every * asked / allowed)}s fits"
        )

    def cost(self, every: float) -> str | None:
        """One request for each repository and user."""
        return hourly(self._asked(every), self._allowed)

    def _asked(self, every: float) -> float:
        return (len(self.repositories) + len(self.users)) * 3600 / every

    @property
    def _allowed(self) -> int | None:
        if not f".{urlsplit(self.url).hostname or ''}".endswith(".bitbucket.org"):
            return None
        return 1000 if self.token or self.username else 60


class BitbucketV1:
    """An account on a server that speaks the Bitbucket 1.0 API; a feed is a repository or a user."""

    Settings: ClassVar[type[SourceSettings]] = BitbucketV1Settings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType(
        dict.fromkeys(VOCABULARY, "direct")  # extensions too: the server may be another relay
    )
    budget: Budget | None = None

    def __init__(self, name: str, settings: BitbucketV1Settings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start, self._http = name, settings, start, tools.http
        self._headers = {"accept": "application/json"} | login_headers(
            settings.token, settings.username, settings.password
        )

    def feeds(self) -> tuple[str, ...]:
        """`repositories/owner/slug` with the slug in lower case, which is all the server knew, and `users/name`."""
        pairs = (name.split("/") for name in self._settings.repositories)
        repositories = (f"repositories/{owner}/{slug.lower()}" for owner, slug in pairs)
        users = (f"users/{name}" for name in self._settings.users)
        return tuple(dict.fromkeys((*repositories, *users)))

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor`, oldest first; one request where nothing is. Raises a FeedError."""
        first = await self._ask(feed, 0)
        if first.status == 200 and unchanged(cursor, first.body):
            return Page(cursor)
        known, listing = from_json(cursor), parse(first, self._name, now)
        rest = at_rest(known, listing) if known else None
        if rest:
            return Page(cursor if rest == known else rest.to_json())
        wanted = _wanted(self._start, now)
        walk: Walk[Entry] = follow(known) if known else wanted.read(lambda entry: entry.occurred_at)
        walk.add(listing)
        while walk.start is not None:
            walk.add(parse(await self._ask(feed, walk.start), self._name, now, walk.start))
        page = self._page(feed, walk, known, None if known else wanted, Teller(self._name, now))
        return page if page.cursor != cursor else replace(page, cursor=cursor)

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether each repository and user answers with events."""
        return tuple([await self._reach(feed, now) for feed in self.feeds()])

    async def _reach(self, feed: str, now: datetime) -> Finding:
        try:
            listing = parse(await self._ask(feed, 0), self._name, now)
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{feed}: {len(listing.items)} events on its first page")

    async def _ask(self, feed: str, start: int) -> Response:
        url = f"{self._settings.url}/{quote(feed)}/events/?start={start}&limit={LIMIT}"
        try:
            return await self._http.request("GET", url, headers=self._headers, follow=True, ca=self._settings.ca)
        except HttpError as error:
            raise FeedUnavailable(str(error)) from error

    def _page(self, feed: str, walk: Walk[Entry], known: Cursor | None, wanted: Wanted | None, teller: Teller) -> Page:
        """The page of a walk; ids of another relay are unique, but only a list that holds nothing else is one of ids."""
        policy = IDS if all(entry.relayed for entry in walk.items) else FINGERPRINTS
        end = conclude(known, walk, policy)
        found = tuple(found for new in end.new if (found := self._found(feed, new, wanted, teller)))
        warnings = tuple(new.item.warning for new in end.new if new.item.warning)
        return Page(end.cursor.to_json(), found, end.gap, warnings=warnings)

    def _found(self, feed: str, new: New[Entry], wanted: Wanted | None, teller: Teller) -> Found | None:
        event, raw = new.item.relayed, new.item.raw
        if raw:
            event = teller.event(raw, occurrence_id(self._name, feed, new.fingerprint, new.occurrence))
        if event is None:
            return None
        history = wanted is not None and not wanted.takes(new.index, event.occurred_at)
        return Found(event, history, new.fingerprint, new.occurrence) if raw else Found(event, history)


def _wanted(start: Start, now: datetime) -> Wanted:
    if start.kind == "since":
        return Wanted(inf, now - timedelta(seconds=min(start.seconds, now.timestamp())))
    return Wanted({"all": inf, "count": start.count}.get(start.kind, 0))


def parse(response: Response, source: str, now: datetime, start: int = 0) -> Listing[Entry]:
    """The entries of one page, newest first. Raises a FeedError for whatever is not a page. Pure.

    A first page without a single event is none; further down, the last entries of a list may well be unreadable.
    """
    place = response.url.partition("?")[0]
    if response.status != 200:
        raise failure(response, now)
    envelope = _decoded(response.body, place)
    entries = envelope["events"]
    if len(entries) > _ENTRIES_MOST:
        raise FeedGarbled(f"{place} sent {len(entries)} entries where {LIMIT} were asked for")
    try:
        items = tuple(read(raw, source, now) for raw in entries)
    except RecursionError:
        raise FeedGarbled(f"{place} sent entries nested too deep to be read") from None
    if items and not start and not any(entry.raw or entry.relayed for _, entry in items):
        raise FeedGarbled(f"{place} sent {len(items)} entries and none is an event: {items[0][1].warning}")
    count = envelope.get("count")
    return Listing(items, digest_of(response.body), count if isinstance(count, int) else None)


def _decoded(body: bytes, place: str) -> dict[str, Any]:
    try:
        envelope = read_any(body)
    except (ValueError, RecursionError) as error:
        what = "HTML" if body.lstrip()[:1] == b"<" else f"{len(body)} bytes that are not JSON ({type(error).__name__})"
        raise FeedGarbled(f"{place} sent {what} instead of events; is this the API's address?") from None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("events"), list):
        raise FeedGarbled(f"{place} sent JSON without a list of events; is this the API's address?")
    return envelope
