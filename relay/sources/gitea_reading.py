"""Asking Gitea or Forgejo: lists page by page, repositories by name or id, and what an activity leaves out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from relay.api import Answer, Api
from relay.errors import FeedError, FeedGarbled, FeedMissing, FeedUnavailable
from relay.fields import Fields
from relay.sources.gitea_entries import Entry, Home, home_of, read

PAGE = 50  # the most that Gitea gives, unless it is set up otherwise
PAGES = 40
DETAILS = 50
"""Things looked at in one poll for what their activities leave out; the rest is told without."""
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Listing:
    """Items of a list, in its order, and how many pages they came on.

    `ended` if that is all there are, or though the forge counts so many as are `missing`; `unchanged` if the forge said
    so, by ETag.
    """

    items: tuple[Fields, ...]
    ended: bool
    etag: str | None = None
    unchanged: bool = False
    pages: int = 1
    missing: int = 0


class Reader:
    """Asks one forge through its `api`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def one(self, place: str, now: datetime) -> Fields:
        """What stands at a place. Raises a FeedError."""
        return Fields((await self._api.get(place, now)).json)

    async def listing(
        self,
        place: str,
        now: datetime,
        enough: Callable[[list[Fields], list[Fields]], bool] = lambda page, items: False,
        query: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        pages: int = PAGES,
    ) -> Listing:
        """Page after page, until `enough` says so of the newest page and all items, or there are no more.

        A short page ends nothing, since a server may give fewer than it is asked for; an empty one does, and the
        server's own count. Raises a FeedError.
        """
        items: list[Fields] = []
        first: Answer | None = None
        for number in range(1, pages + 1):
            asked = {**(query or {}), "page": number, "limit": PAGE}
            answer = await self._api.get(place, now, asked, etag=None if first else etag)
            if answer.status == 304:
                return Listing((), ended=True, etag=etag, unchanged=True)
            first, page = first or answer, _items(answer)
            items += page
            total, count = _total(answer), len({item.name("id") or n for n, item in enumerate(items)})
            ended = not page or total == count
            if ended or enough(page, items):
                missing = max(total - count, 0) if ended and total else 0
                return Listing(tuple(items), ended, first.etag, pages=number, missing=missing)
        return Listing(tuple(items), ended=False, etag=first.etag if first else None, pages=pages)

    async def home(self, place: str, now: datetime) -> Home:
        """The repository at a place, as it is called now. Raises a FeedError."""
        answer = await self._api.get(place, now)
        found = home_of(Fields(answer.json))
        if found is None or found.id is None:
            raise FeedGarbled(f"{answer.url} is no repository that has a name and an id; is this the API's address?")
        return found

    async def details(self, entries: Iterable[Entry], now: datetime) -> dict[str, Fields]:
        """What the forge tells of the things that entries are about, by its place.

        A message without its title is better than none, so nothing that fails here is a failure, but for a limit that
        passes, and for an outage while the event is younger than five minutes. Raises FeedUnavailable for these.
        """
        places = {place: entry for entry in entries if (place := entry.place_of_detail)}
        found: dict[str, Fields] = {}
        for place, entry in list(places.items())[:DETAILS]:
            try:
                found[place] = await self.one(place, now)
            except FeedUnavailable as error:
                if error.retry_after is not None or (entry.at and now - entry.at < PATIENCE):
                    raise
                break
            except FeedError:
                found[place] = Fields(None)
        return found

    async def owned(self, owner: str, now: datetime) -> Listing:
        """Every repository of an organisation or of a person. Raises a FeedError."""
        try:
            return await self.listing(f"orgs/{owner}/repos", now, pages=200)
        except FeedMissing:
            return await self.listing(f"users/{owner}/repos", now, pages=200)


def entries_of(listing: Listing, home: Home | None) -> list[Entry]:
    """The activities of a listing."""
    return [read(item, home) for item in listing.items]


def _items(answer: Answer) -> list[Fields]:
    if not isinstance(answer.json, list):
        raise FeedGarbled(f"{answer.url.partition('?')[0]} sent JSON that is no list; is this the API's address?")
    return list(Fields(answer.json).items())


def _total(answer: Answer) -> int | None:
    total = answer.headers.get("x-total-count", "")
    return int(total) if total.isascii() and total.isdecimal() and len(total) < 16 else None
