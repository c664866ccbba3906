"""Asks Bitbucket Cloud with the credentials of one account, page by page.

An OAuth consumer's token is fetched when it is needed, again before it expires, and once more where the forge refuses
one that should still be good. Of a page only `values` and `next` are certain; `next` is followed as it stands, on the
API's own origin alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from relay.api import Answer, Api, read
from relay.budget import Meter
from relay.errors import FeedDenied, FeedGarbled, FeedUnavailable, HttpError
from relay.fields import Fields
from relay.git.address import TOKEN_USER, Login
from relay.http import Http
from relay.redact import remember
from relay.sources.base import basic
from relay.sources.bitbucket_cloud_settings import BitbucketSettings
from relay.sources.bitbucket_cloud_turns import Turns

_API_TOKEN_USER = "x-bitbucket-api-token-auth"  # noqa: S105 - a user name, and no secret
_EXPIRES_AFTER = 7200  # what Bitbucket says where it says nothing
_EARLY = timedelta(minutes=5)
_YOUNG = timedelta(minutes=1)  # a token that is refused so soon is not what is wrong
_MOST_PAGES = 20
_ALL_PAGES = 100


@dataclass(frozen=True)
class Read:
    """The entries of a list as far as they were read.

    `ended`: there are no more. `whole` is False where more were wanted, but the pages were too many.
    """

    values: tuple[Fields, ...]
    ended: bool = True
    whole: bool = True


@dataclass(frozen=True)
class _Grant:
    """An OAuth access token, since when it is held, and until when it is good."""

    token: str
    since: datetime
    until: datetime


class Account:
    """The API as an account sees it. Everything it raises is a FeedError."""

    def __init__(self, settings: BitbucketSettings, http: Http, meter: Meter) -> None:
        self._settings, self._http, self._meter = settings, http, meter
        self._grant: _Grant | None = None
        self._turns = Turns()

    async def get(self, place: str, now: datetime, query: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a path below the API's base, or to an address on its origin."""
        try:
            return await (await self._api(now)).get(place, now, query)
        except FeedDenied:
            if self._grant is None or now - self._grant.since < _YOUNG:
                raise
        self._grant = None
        return await (await self._api(now)).get(place, now, query)

    async def list(
        self,
        place: str,
        now: datetime,
        query: Mapping[str, Any] | None = None,
        *,
        until: Callable[[Sequence[Fields]], bool] = lambda page: False,
        most: int = _MOST_PAGES,
    ) -> Read:
        """The entries of a list, in its own order, up to the end of the first page of which `until` is true."""
        answer = await self.get(place, now, query)
        values, asked = list(entries(answer)), {answer.url}
        page: Sequence[Fields] = values
        for _ in range(most - 1):
            onward = _next(answer)
            if onward is None or until(page):
                return Read(tuple(values), ended=onward is None)
            if onward in asked:
                raise FeedGarbled(f"{_bare(onward)} leads to itself as its next page; the list was not read")
            asked.add(onward)
            answer = await self.get(onward, now)
            page = entries(answer)
            values += page
        ended = _next(answer) is None
        return Read(tuple(values), ended, whole=ended or until(page))

    async def all(self, place: str, now: datetime, query: Mapping[str, Any] | None = None) -> tuple[Fields, ...]:
        """Every entry of a list; raises FeedGarbled where it is too long, as what it lacks would seem to be gone."""
        found = await self.list(place, now, query, most=_ALL_PAGES)
        if not found.whole:
            raise FeedGarbled(f"{place} has more than {_ALL_PAGES} pages, too many to be compared with what it was")
        return found.values

    async def login(self, now: datetime) -> Login | None:
        """What git is given, under the user name that goes with these credentials."""
        if self._settings.client_id:
            return Login(TOKEN_USER, SecretStr(await self._granted(now)))
        if not self._settings.token:
            return None
        return Login(_API_TOKEN_USER if self._settings.email else TOKEN_USER, self._settings.token)

    async def _api(self, now: datetime) -> Api:
        headers = {"authorization": header} if (header := await self._authorization(now)) else {}
        return Api(self._http, self._settings.url, headers, self._meter, self._settings.ca)

    async def _authorization(self, now: datetime) -> str | None:
        settings = self._settings
        if settings.client_id:
            return f"Bearer {await self._granted(now)}"
        if not settings.token:
            return None
        secret = settings.token.get_secret_value()
        return basic(settings.email, secret) if settings.email else f"Bearer {secret}"

    async def _granted(self, now: datetime) -> str:
        """The OAuth token, fetched where there is none that stays good for some minutes."""
        async with self._turns.one():
            if self._grant is None or now >= self._grant.until - _EARLY:
                self._grant = await self._fetch(now)
            return self._grant.token

    async def _fetch(self, now: datetime) -> _Grant:
        settings = self._settings
        secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        headers = {
            "authorization": basic(settings.client_id or "", secret),
            "content-type": "application/x-www-form-urlencoded",
        }
        url = f"{settings.site}/site/oauth2/access_token"
        try:
            response = await self._http.request(
                "POST", url, headers=headers, body=b"grant_type=client_credentials", ca=settings.ca
            )
        except HttpError as error:
            raise FeedUnavailable(str(error)) from error
        return _granted(read(response, now), now)


def _granted(answer: Answer, now: datetime) -> _Grant:
    said = Fields(answer.json)
    token = said.text("access_token")
    if not token or not (token.isascii() and token.isprintable()):
        raise FeedGarbled(f"{_bare(answer.url)} answered without an access token")
    remember([token])
    lasts = said.whole("expires_in") or _EXPIRES_AFTER
    return _Grant(token, now, now + timedelta(seconds=min(max(lasts, 0), 86400)))


def entries(answer: Answer) -> tuple[Fields, ...]:
    """The entries of one page. Raises FeedGarbled for whatever is none."""
    values = Fields(answer.json).at("values").value
    if not isinstance(values, list):
        raise FeedGarbled(f"{_bare(answer.url)} sent JSON without a list of values; is this the API's address?")
    return tuple(map(Fields, values))


def _next(answer: Answer) -> str | None:
    """Where the next page is, None after the last one. Raises FeedGarbled for what is no address."""
    onward = Fields(answer.json).at("next")
    if onward.value is not None and not onward.text():
        raise FeedGarbled(f"{_bare(answer.url)} does not say where its next page is; the list was not read")
    return onward.text()


def _bare(url: str) -> str:
    return url.partition("?")[0]
