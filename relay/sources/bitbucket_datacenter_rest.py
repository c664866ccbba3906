"""Asks a Bitbucket Data Center server, page by page.

A page says where the next one starts, which need not be where this one ends: entries that the account may not see are
counted too. A list may move while it is read, so an entry can come twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.api import Answer, Api
from relay.budget import Meter
from relay.errors import FeedError, FeedGarbled
from relay.events import Repository
from relay.fields import Fields
from relay.http import Http
from relay.sources.bitbucket_datacenter_settings import REST, BitbucketDatacenterSettings

LIMIT = 100
"""Entries asked for in one request; the server may have a lower limit of its own."""
PAGES = 50
"""Pages read of one list at most."""


@dataclass(frozen=True)
class Listing:
    """The entries of a list, in its order, as far as they were read; `ended` is True where it holds no more.

    `pages` is how many they came on.
    """

    values: tuple[Fields, ...]
    ended: bool
    pages: int = 1

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of those that have one."""
        return tuple(id for value in self.values if (id := value.name("id")) is not None)


_NO_START = 2**31
"""The server counts entries with 32 bits: a page that begins here would be an empty one, and seem to be the last."""


def _never(values: Sequence[Fields]) -> bool:
    return False


class Rest:
    """The server as the configured account sees it. Everything it raises is a FeedError."""

    def __init__(self, settings: BitbucketDatacenterSettings, http: Http, meter: Meter) -> None:
        self._api = Api(http, f"{settings.url}{REST}", settings.headers, meter, settings.ca)

    async def one(self, place: str, now: datetime) -> Fields:
        """The object at a path."""
        answer = await self._api.get(place, now)
        if not isinstance(answer.json, dict):
            raise FeedGarbled(f"{_bare(answer)} sent JSON that is no object; is this the API's address?")
        return Fields(answer.json)

    async def list(
        self,
        place: str,
        now: datetime,
        query: Mapping[str, Any] | None = None,
        *,
        until: Callable[[Sequence[Fields]], bool] = _never,
        pages: int = PAGES,
    ) -> Listing:
        """The entries of a list up to the page after which `until`, asked with all that was read so far, is true."""
        values: list[Fields] = []
        start: int | None = 0
        for number in range(1, pages + 1):
            answer = await self._api.get(place, now, {"limit": LIMIT, "start": start} | dict(query or {}))
            page = Fields(answer.json)
            if not isinstance(page.at("values").value, list):
                raise FeedGarbled(f"{_bare(answer)} sent JSON without a list of values; is this the API's address?")
            values += page.items("values")
            start = _onward(page, start or 0, _bare(answer))
            if start is None or until(values):
                return Listing(tuple(values), start is None, number)
        return Listing(tuple(values), ended=False, pages=pages)

    async def all(self, place: str, now: datetime, pages: int = PAGES) -> tuple[Fields, ...]:
        """Every entry of a list; raises FeedError where it is too long, as what it lacks would seem to be gone."""
        listing = await self.list(place, now, pages=pages)
        if not listing.ended:
            raise FeedError(f"{place} has more than {pages} pages, too many to be compared with what it was")
        return listing.values


def _onward(page: Fields, start: int, place: str) -> int | None:
    """Where the next page starts; None after the last one."""
    onward, told = page.whole("nextPageStart"), page.at("nextPageStart").value
    if page.flag("isLastPage") is True or (told is None and page.at("isLastPage").value is None):
        return None
    if onward is None:
        raise FeedGarbled(f"{place} does not say where its next page is; the list was not read")
    if not start < onward < _NO_START:
        raise FeedGarbled(f"{place} leads to {onward} as its next page; the list was not read")
    return onward


def _bare(answer: Answer) -> str:
    return answer.url.partition("?")[0]


def path_of(repository: Repository, *below: str) -> str:
    """The path of a repository, or of something below it."""
    place = ("projects", repository.owner or "", "repos", repository.slug, *below)
    return "/".join(quote(part, safe="~") for part in place)
