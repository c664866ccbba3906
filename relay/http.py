"""The only module that imports httpx: one client, whole answers, no surprises.

httpx's types over the httpx-aiohttp transport, driven directly: httpx's own client costs 100 us a request and its pool
350 more (measured: a POST of 1 KB takes 130 us this way). Proxies are looked up here, once per origin, and handed to
the transport: aiohttp's `trust_env` would look through the environment in a thread at each request, and would send
the logins in ~/.netrc to whoever is polled or told. httpx and aiohttp are imported at first use, since every source
and destination imports this module.
"""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.request import getproxies, proxy_bypass

from relay import __version__
from relay.deadlines import Deadline, Span
from relay.errors import HttpError
from relay.storable import clean
from relay.value import value

if TYPE_CHECKING:
    import aiohttp
    import httpx
    from httpx_aiohttp import AiohttpTransport

USER_AGENT = f"relay/{__version__}"
CONNECT_WITHIN = 10.0
REDIRECTS = 5
_CONNECTIONS = 512
_DAY = 86_400.0
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_ALWAYS = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, deflate"}
_HARMLESS = frozenset({*_ALWAYS, "accept-language", "if-none-match", "if-modified-since"})


@value
class Response:
    """A whole answer; header names are in lower case, `body` is decompressed, `url` where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """One client for everything relay asks and sends over HTTP; keeps connections alive, and no cookies.

    `async with Http() as http:`; the sessions are made at first use, inside the running loop.
    """

    def __init__(self) -> None:
        self._transports: dict[tuple[str | None, Path | None, bool], AiohttpTransport] = {}
        self._ways: dict[tuple[str, str, Path | None], AiohttpTransport] = {}
        self._span = cache(Span)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: float = 30.0,
        most: int = 10 * 1024 * 1024,
        keep: int | None = None,
        follow: bool = False,
        ca: Path | None = None,
    ) -> Response:
        """The answer, whatever its status, within `deadline` seconds and `most` decompressed bytes; raises HttpError.

        `keep` is for sends, where the status says it all: so many bytes of the answer are kept, and a body that is
        long, slow or broken is no error. `follow` follows redirects of GET and HEAD, with credentials only to the same
        origin and never from https to http. `ca` is a file of certificates to trust instead of the usual ones.
        """
        connect = min(CONNECT_WITHIN, 0.8 * deadline)  # a deadline that runs out later means the request was written
        ask = _Ask(method, _address(url), _headers(headers), body or b"", {"timeout": {"pool": connect}})
        with self.failures_told(ask.address.place, deadline):
            for _ in range(REDIRECTS + 1):
                answer = await self._answer(ask, most, keep, ca)
                onward = _onward(ask, answer) if follow else None
                if onward is None:
                    return answer
                ask = onward
        raise HttpError(f"{ask.address.place} redirects more than {REDIRECTS} times", sent=True)

    async def _answer(self, ask: "_Ask", most: int, keep: int | None, ca: Path | None) -> Response:
        response = await self._way(ask.address, ca).handle_async_request(cast("httpx.Request", ask))
        bodyless, stream = response.status_code == 204, cast("httpx.AsyncByteStream", response.stream)
        try:
            body = b"" if bodyless else await (_whole(response, ask, most) if keep is None else _some(response, keep))
        finally:
            await (stream.aclose() if bodyless else _let_go(response))
        return Response(response.status_code, response.headers, body, ask.url)

    def session(self, url: str, ca: Path | None = None) -> "aiohttp.ClientSession":
        """The aiohttp session that leads to an address, for a library that must speak to it by itself.

        Its time limit is for connecting alone; wrap its use in `failures_told`.
        """
        return self._way(_address(url), ca).get_client()

    def failures_told(self, place: str, deadline: float) -> Deadline:
        """`with` it, whatever goes wrong with a request is an HttpError, told of `place`, within `deadline` seconds."""
        return _FailuresTold(self._span(deadline), place)

    def _way(self, address: "_Address", ca: Path | None) -> "AiohttpTransport":
        key = (address.scheme, address.place, ca)
        if key not in self._ways:
            proxy = _proxy(address.scheme, address.place)
            way = (proxy, ca, "https" in (address.scheme, (proxy or "").partition(":")[0]))
            if way not in self._transports:
                self._transports[way] = _transport(*way)
            self._ways[key] = self._transports[way]
        return self._ways[key]

    async def close(self) -> None:
        """Close all connections."""
        self._ways.clear()
        while self._transports:
            await self._transports.popitem()[1].aclose()

    async def __aenter__(self) -> "Http":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that an answer asks to wait, as a number or a date, a day at most; None where it asks nothing.

    A date counts by the clock of the server that says it, however wrong ours may be.
    """
    wish = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", wish, re.ASCII):
        return min(float(wish), _DAY)
    until = dated(wish)
    return None if until is None else min(max((until - said_at(headers, now)).total_seconds(), 0.0), _DAY)


def said_at(headers: Mapping[str, str], now: datetime) -> datetime:
    """What time the server had as it answered; `now` where it does not say."""
    return dated(next((value for name, value in headers.items() if name.lower() == "date"), "")) or now


def dated(value: str) -> datetime | None:
    """The moment that a header's date names, UTC where it names no zone; None if it is no date."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def readable(answer: str | bytes, most: int = 4096) -> str:
    """What a server answered, as text that can be kept and shown: its beginning, without control characters."""
    text = answer[:most].decode("utf-8", "replace") if isinstance(answer, bytes) else answer[:most]
    return clean(_CONTROLS.sub(" ", text)).strip() if text else ""


class _FailuresTold(Deadline):
    def __init__(self, span: Span, place: str) -> None:
        super().__init__(span)
        self._place = place

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            super().__exit__(kind, error, trace)
        except TimeoutError as late:
            error = late
        if error and isinstance(error, _expected()):
            raise _failure(error, self._place, self._span.seconds) from error


@cache
def _expected() -> tuple[type[Exception], ...]:
    """What a request may raise."""
    import aiohttp
    import httpx

    return httpx.HTTPError, aiohttp.ClientError, OSError, ValueError


def _proxy(scheme: str, netloc: str) -> str | None:
    """The proxy that the environment (or the system) names for an origin, or None; NO_PROXY is respected."""
    found = getproxies()
    proxy = found.get(scheme) or found.get("all")
    return proxy if proxy and not proxy_bypass(netloc) else None


def trusted(ca: Path | None) -> ssl.SSLContext:
    """What TLS trusts: the certificates in the file `ca`, else those of SSL_CERT_FILE, else the usual ones."""
    import httpx

    try:
        return ssl.create_default_context(cafile=ca) if ca else httpx.create_ssl_context()
    except OSError as error:
        name = ca or os.environ.get("SSL_CERT_FILE")
        raise HttpError(f"cannot read the certificates in {name} ({_reason(error)})", sent=False) from error


def _transport(proxy: str | None, ca: Path | None, tls: bool) -> "AiohttpTransport":
    import aiohttp
    from httpx_aiohttp import AiohttpTransport

    context = trusted(ca) if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts none, and is made 20 ms sooner
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=_CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(connect=CONNECT_WITHIN),
        proxy=proxy,
    )
    return AiohttpTransport(verify=context, client=session)


class _Address(NamedTuple):
    """A checked address: `text` as it is sent, `place` its host and port as errors name it."""

    text: str
    scheme: str
    place: str
    url: "httpx.URL"

    @property
    def origin(self) -> tuple[str, str]:
        """What credentials are for."""
        return self.scheme, self.place


class _Ask:
    """One request, as it stands after the redirects so far.

    It has just what the transport looks at in an httpx.Request, whose making costs a quarter of a whole POST (measured).
    """

    __slots__ = ("address", "content", "extensions", "headers", "method")

    def __init__(
        self, method: str, address: _Address, headers: Mapping[str, str], content: bytes, extensions: dict[str, Any]
    ) -> None:
        self.method, self.address, self.headers = method, address, headers
        self.content, self.extensions = content, extensions

    @property
    def url(self) -> str:
        """Where it leads."""
        return self.address.text

    def onward(self, address: _Address) -> "_Ask":
        """The same request to another address, without credentials if that is another origin."""
        headers = self.headers
        if address.origin != self.address.origin:
            headers = {name: value for name, value in headers.items() if name in _HARMLESS}
        return _Ask(self.method, address, headers, self.content, self.extensions)


def _headers(given: Mapping[str, str] | None) -> dict[str, str]:
    headers = _ALWAYS | {name.lower(): value for name, value in (given or {}).items()}
    written = "".join(headers.values())
    if not (written.isascii() and written.isprintable()):
        name = next(name for name, value in headers.items() if not (value.isascii() and value.isprintable()))
        raise HttpError(f"the header {name} holds characters that no header can carry", sent=False)
    return headers


@lru_cache(maxsize=1024)
def _address(url: str) -> _Address:
    import httpx

    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise HttpError(f"{url!r} is not an address ({error})", sent=False) from error
    if address.scheme not in ("http", "https") or not address.host:
        raise HttpError(f"{url!r} is not an http or https address", sent=False)
    return _Address(str(address), address.scheme, address.netloc.decode(), address)


def _onward(ask: _Ask, answer: Response) -> _Ask | None:
    """Where a redirect leads; None if the answer is none."""
    target = answer.headers.get("location")
    if answer.status not in (301, 302, 303, 307, 308) or not target or ask.method not in ("GET", "HEAD"):
        return None
    address = _address(_joined(ask.address, target))
    if ask.address.scheme == "https" != address.scheme:
        raise HttpError(f"{ask.address.place} redirects from https to http; not followed", sent=True)
    return ask.onward(address)


def _joined(address: _Address, target: str) -> str:
    """Where a redirect leads from an address."""
    import httpx

    try:
        return str(address.url.join(target))
    except httpx.InvalidURL as error:
        raise HttpError(
            f"{address.place} redirects to {readable(target, 200)!r}, which is no address ({error})", sent=True
        ) from error


async def _whole(response: "httpx.Response", ask: _Ask, most: int) -> bytes:
    parts: list[bytes] = []
    left = most
    async for part in _decompressed(response):
        left -= len(part)
        if left < 0:
            raise HttpError(f"the answer of {ask.address.place} is larger than {most} bytes", sent=True)
        parts.append(part)
    return b"".join(parts)


async def _some(response: "httpx.Response", keep: int) -> bytes:
    """The first bytes of an answer, as far as they come in whole and within a second."""
    import httpx

    kept = b""
    if response.status_code == 204 or response.headers.get("content-length") == "0":
        return kept
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(1.0):
            async for part in _decompressed(response):
                kept += part
                if len(kept) >= keep:
                    break
    return kept[:keep]


def _decompressed(response: "httpx.Response") -> AsyncIterator[bytes]:
    """The body in parts of at most 16 KiB as sent, so at most 16 MiB unpacked; nested or unasked packing is refused."""
    import httpx

    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        return aiter(cast("httpx.AsyncByteStream", response.stream))
    if packing not in ("gzip", "deflate"):
        raise httpx.DecodingError(f"packed as {packing[:40]!r}")
    return response.aiter_bytes()


async def _let_go(response: "httpx.Response") -> None:
    """Give the connection back, or close it; a peer that still takes no body cannot hold it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await response.aclose()


@cache
def _kinds() -> list[tuple[type[Exception], bool, str]]:
    """What each exception means, the first that fits: its class, whether the request was sent, and the words."""
    import aiohttp
    import httpx

    return [
        (aiohttp.ConnectionTimeoutError, False, "cannot connect to {place} (no answer in time)"),
        (aiohttp.ClientSSLError, False, "no trusted connection to {place} ({reason}); `ca` or SSL_CERT_FILE can help"),
        (aiohttp.ClientConnectorDNSError, False, "cannot find {place} ({reason})"),
        (aiohttp.ClientProxyConnectionError, False, "cannot connect to the proxy for {place} ({reason})"),
        (aiohttp.ClientConnectorError, False, "cannot connect to {place} ({reason})"),
        (aiohttp.ClientHttpProxyError, False, "the proxy does not lead to {place} ({reason})"),
        (aiohttp.InvalidURL, False, "cannot use the address of {place} ({reason})"),
        (aiohttp.ClientPayloadError, True, "the answer of {place} broke off"),
        (httpx.DecodingError, True, "the answer of {place} cannot be unpacked ({reason})"),
        (TimeoutError, True, "no whole answer from {place} within {deadline:g} s"),
        (aiohttp.ClientResponseError, True, "the answer of {place} is not HTTP ({reason})"),
        (Exception, True, "the connection to {place} broke before the answer was whole ({reason})"),
    ]


def _failure(error: Exception, place: str, deadline: float) -> HttpError:
    import httpx

    cause = (error.__cause__ or error) if isinstance(error, httpx.TransportError) else error
    sent, words = next((sent, words) for kind, sent, words in _kinds() if isinstance(cause, kind))
    return HttpError(words.format(place=place, reason=_reason(cause), deadline=deadline), sent=sent)


def _reason(error: BaseException) -> str:
    """Why, in a few words of one line: the system's for an error number, else the exception's own."""
    cause = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, ssl.SSLError):
        return cause.reason or "TLS failed"
    if isinstance(cause, OSError) and (cause.errno or 0) > 0:
        return os.strerror(cause.errno or 0).lower()
    words = getattr(cause, "strerror", None) or getattr(cause, "message", None) or str(cause) or type(cause).__name__
    return " ".join(str(words).split())[:200]
