"""A forge's JSON API: asks with the source's credentials, and whatever is not an answer is a FeedError.

Credentials go to the base's own origin alone: an address of another host, or of http where the base is https, is
refused before anything is sent (the mock of Atlassian's own specification offers such a `next`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from relay.budget import Meter
from relay.errors import (
    FeedDenied,
    FeedError,
    FeedGarbled,
    FeedGone,
    FeedLimited,
    FeedMissing,
    FeedUnavailable,
    HttpError,
)
from relay.fields import Fields
from relay.http import Http, Response, readable, retry_after
from relay.jsontext import read_any

_MOST_RESET = 3700.0
_MOST_VALIDATOR = 1000
_LIMITED = re.compile("rate limit|abuse detection", re.IGNORECASE)
_WAIT_UNTOLD = 60.0  # at least a minute, GitHub says of its secondary limits, whose 403 may come without a header
_LINK = re.compile(r'<([^>]*)>[^,]*?;\s*rel="?([a-z ]+)"?')


def base(url: str, like: str, instead: str = "token") -> str:
    """The address of a forge as settings have it, without the slash at its end. Raises ValueError, one sentence.

    `like` is an address that it could be; a login does not stand in it, `instead` says where it does.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"must be an address like {like}")
    if "@" in parts.netloc:
        raise ValueError(f"must not hold a login; use {instead}")
    return url.rstrip("/")


def validator(headers: Mapping[str, str], name: str) -> str | None:
    """An ETag or a date that a request can carry back; None where there is none that could."""
    value = headers.get(name, "")
    return value if value.isascii() and value.isprintable() and 0 < len(value) <= _MOST_VALIDATOR else None


@dataclass(frozen=True)
class Answer:
    """A whole answer: 200 with its JSON, or 304 with none; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    json: Any
    url: str

    @property
    def etag(self) -> str | None:
        """What to send as `etag` the next time."""
        return validator(self.headers, "etag")

    def link(self, rel: str) -> str | None:
        """Where the Link header leads, as GitHub, GitLab and Gitea page."""
        found = {name: url for url, names in _LINK.findall(self.headers.get("link", "")) for name in names.split()}
        return found.get(rel)


class Api:
    """Everything below one base address. `headers` hold the credentials; each request is counted by `meter`.

    With `free` a 304 is not: forges that support it do not count it either, for those who have credentials.
    """

    def __init__(
        self,
        http: Http,
        base: str,
        headers: Mapping[str, str],
        meter: Meter | None = None,
        ca: Path | None = None,
        *,
        free: bool = True,
    ) -> None:
        self._free = free
        self._http, self._base, self._ca = http, base.rstrip("/"), ca
        self._headers = {"accept": "application/json"} | dict(headers)
        self._meter = meter or Meter()

    async def get(
        self,
        place: str,
        now: datetime,
        query: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        counts: bool = True,
    ) -> Answer:
        """The answer to a path below the base, quoted as it should be, or to an address on the same origin.

        A value of `query` that is a list is repeated. With `etag` the answer may be a 304. With `counts` false nothing
        is counted. Raises a FeedError for everything else.
        """
        url = self._url(place, query)
        headers = self._headers | ({"if-none-match": etag} if etag else {})
        try:
            response = await self._http.request("GET", url, headers=headers, follow=True, ca=self._ca)
        except HttpError as error:
            raise FeedUnavailable(str(error)) from error
        if counts and not (self._free and response.status == 304):
            self._meter.spend()
        if response.status == 304 and not etag:
            raise FeedGarbled(f"{_bare(response.url)} answered 304 to a request that had no condition")
        return read(response, now)

    def _url(self, place: str, query: Mapping[str, Any] | None) -> str:
        url = place if "://" in place else f"{self._base}/{place.lstrip('/')}"
        if _origin(url) != _origin(self._base):
            raise FeedGarbled(
                f"{_origin(self._base)} leads to {readable(_origin(url), 200)}, another host; not followed"
            )
        pairs = {name: value for name, value in (query or {}).items() if value is not None}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(pairs, doseq=True)}" if pairs else url


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise FeedGarbled(f"the forge leads to {readable(url, 200)!r}, which is no address; not followed") from None
    return f"{parts.scheme}://{parts.netloc}".lower()


def _bare(url: str) -> str:
    return url.partition("?")[0]


def read(response: Response, now: datetime) -> Answer:
    """The answer of a forge, or the FeedError that it means. Pure."""
    place = _bare(response.url)
    if response.status == 304:
        return Answer(304, response.headers, None, response.url)
    if response.status != 200:
        raise failure(response, now)
    try:
        return Answer(200, response.headers, read_any(response.body), response.url)
    except (ValueError, RecursionError) as error:
        what = "HTML" if response.body.lstrip()[:1] == b"<" else f"{len(response.body)} bytes"
        raise FeedGarbled(
            f"{place} sent {what} instead of JSON ({type(error).__name__}); is this the API's address?"
        ) from None


_FAILURES: Mapping[int, tuple[type[FeedError], str]] = {
    401: (FeedDenied, "check the token, or username and password"),
    403: (FeedDenied, "the credentials may not see this"),
    404: (FeedMissing, "there is none of that name, or the credentials may not see it"),
    410: (FeedGone, "it was removed for good; take it out of rules.yaml"),
}


def failure(response: Response, now: datetime) -> FeedError:
    """What an answer that is neither 200 nor 304 means for a feed; the forge's own reason is quoted. Pure."""
    status, place = response.status, _bare(response.url)
    reason, wait = _reason(response.body), _wait(response.headers, now)
    if status == 403 and wait is None and _LIMITED.search(reason):
        wait = _WAIT_UNTOLD
    if status == 429 or (status == 403 and wait is not None):
        return FeedLimited(f"{place} answered {status}; it is asked again later", retry_after=wait)
    if status in (408, 425) or status >= 500:
        return FeedUnavailable(f"{place} answered {status}; it is asked again later", retry_after=wait)
    kind, advice = _FAILURES.get(status, (FeedError, "is this the API's address?"))
    return kind(f"{place} answered {status}{f' ({reason})' if reason else ''}: {advice}", retry_after=wait)


def _wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a forge asks to wait: Retry-After, else until a used-up limit is reset."""
    wait = retry_after(headers, now)
    if wait is not None:
        return wait
    for prefix in ("x-ratelimit", "ratelimit"):
        left, reset = headers.get(f"{prefix}-remaining"), headers.get(f"{prefix}-reset", "")
        if left == "0" and re.fullmatch(r"\d{1,12}", reset, re.ASCII):
            return min(max(int(reset) - now.timestamp(), 1.0), _MOST_RESET)
    return None


def _reason(body: bytes) -> str:
    """What the forge says is wrong, where its answer is JSON that says so."""
    try:
        said = Fields(read_any(body[:65536]))
    except (ValueError, RecursionError):
        return ""
    return readable(
        said.text("error", "message") or said.text("errors", 0, "message") or said.text("message") or "", 200
    )
