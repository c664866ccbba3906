"""An application on a real port, in a thread of its own with its own event loop, and one question to it."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from relay.web.server import serving


@dataclass(frozen=True)
class Answer:
    """A whole answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    json: Any


@contextlib.contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """The address of the application while the block runs."""
    addresses: list[str] = []
    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with serving(app) as address:
            addresses.append(address)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait(10)
    try:
        yield addresses[0]
    finally:
        stop.set()
        thread.join()


def ask(address: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    """What the server answers to exactly this path: nothing is followed, quoted or added."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read()
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, json.loads(body or "null"))
