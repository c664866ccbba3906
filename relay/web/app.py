"""The application: two addresses, the token, and an answer in JSON for whatever else is asked.

Anonymous clients see the events of repositories that their source called public, and nothing of the others, not even
that they exist: a private repository and an unknown one are the same 404.
"""

import asyncio
import binascii
import hmac
import json
import logging
from base64 import b64decode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relay.errors import InvalidQuery, RelayError
from relay.event_types import VOCABULARY
from relay.events import Event
from relay.web.resource import Query, parse_query, to_v1

log = logging.getLogger(__name__)

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "vary": "authorization",
    "x-content-type-options": "nosniff",
}


class EventList(Protocol):
    """A part of a list of events, newest first, and how many the whole list has."""

    @property
    def count(self) -> int:
        """How many events there are in all, of the type asked for."""

    @property
    def events(self) -> Sequence[Event]:
        """The part that was asked for."""


class Reader(Protocol):
    """What is served: the store's view, or the demo's activity.

    It is asked in one thread, not in the event loop: counting a long history takes tens of milliseconds, and its one
    connection is then nobody else's.
    """

    def events(
        self,
        *,
        owner: str | None,
        slug: str | None,
        username: str | None,
        type: str | None,
        start: int,
        limit: int,
        include_private: bool,
    ) -> EventList | None:
        """The events of a repository, or those a user did; None where nothing of them may be seen."""


def app(reader: Reader, token: Callable[[], str | None]) -> Starlette:
    """The events resource as an ASGI application; without a token none but public events are ever served.

    The token is asked for at each request that shows one, so that a changed file counts at once.
    """
    guard, reading = _Guard(token), _Reading(reader)

    async def repository(request: Request) -> Response:
        owner, slug = request.path_params["owner"], request.path_params["slug"]
        return await _events(reading, guard, request, owner=owner, slug=slug)

    async def user(request: Request) -> Response:
        return await _events(reading, guard, request, username=request.path_params["name"])

    pages = [("/repositories/{owner:path}/{slug}/events", repository), ("/users/{name}/events", user)]
    places = [(start, end) for start in ("/1.0", "/api/1.0") for end in ("", "/")]
    application = Starlette(
        routes=[Route(start + path + end, page) for path, page in pages for start, end in places],
        exception_handlers={HTTPException: _refused, RelayError: _unreadable, Exception: _failed},
    )
    application.router.redirect_slashes = False
    return application


class _Reading:
    """Asks the reader in a thread of its own, one question after the other."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(1, "relay-reader")

    async def events(self, **asked: Any) -> EventList | None:
        """The reader's answer."""
        ask = partial(self._reader.events, **asked)
        return await asyncio.get_running_loop().run_in_executor(self._thread, ask)


async def _events(
    reading: _Reading,
    guard: "_Guard",
    request: Request,
    *,
    owner: str | None = None,
    slug: str | None = None,
    username: str | None = None,
) -> Response:
    include_private = guard.admits(request.headers.get("authorization"))
    query = _query(request)
    found = await reading.events(
        owner=owner,
        slug=slug,
        username=username,
        type=query.type,
        start=query.start,
        limit=query.limit,
        include_private=include_private,
    )
    if found is None:
        raise HTTPException(404, f"no events of {username or f'{owner}/{slug}'} are known here")
    _check_type(query.type, found)
    return _json(200, {"count": found.count, "events": [to_v1(event) for event in found.events]})


def _query(request: Request) -> Query:
    try:
        return parse_query(request.query_params.multi_items())
    except InvalidQuery as error:
        raise HTTPException(400, str(error)) from None


def _check_type(name: str | None, found: EventList) -> None:
    """A type is right when it is a word of the vocabulary, or when a source newer than it has sent one."""
    if name and name not in VOCABULARY and not found.count:
        raise HTTPException(400, f"no event type is called {name!r}; `relay types` lists them")


class _Guard:
    """Compares what a client shows with the configured token, in the same time whatever it shows."""

    def __init__(self, token: Callable[[], str | None]) -> None:
        self._token = token

    def admits(self, authorization: str | None) -> bool:
        """Whether private events may be served; raises 401 for anything shown that is not the token."""
        if authorization is None:
            return False
        token = self._token()
        if not token or not hmac.compare_digest(_shown(authorization), token.encode()):
            raise HTTPException(401, "the token is wrong", {"www-authenticate": 'Bearer, Basic realm="relay"'})
        return True


def _shown(authorization: str) -> bytes:
    """The token in a Bearer header, or the password in a Basic one, whatever its username; else nothing."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("latin-1")
    if scheme.lower() != "basic":
        return b""
    try:
        return b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _refused(_: Request, error: Exception) -> Response:
    """Every 4xx, Starlette's own among them, in the resource's form."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's table of handlers is not typed by exception
    return _json(error.status_code, _error(error.detail), error.headers)


def _unreadable(_: Request, error: Exception) -> Response:
    log.error("events cannot be served: %s", error)
    return _json(503, _error("the events cannot be read at the moment"), {"retry-after": "60"})


def _failed(_: Request, error: Exception) -> Response:
    return _json(500, _error(HTTPStatus(500).phrase))


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}


def _json(status: int, value: object, headers: Any = None) -> Response:
    """In ASCII, so that no text of an event can fail to be encoded."""
    return Response(json.dumps(value), status, {**_HEADERS, **(headers or {})}, "application/json")
