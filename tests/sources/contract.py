"""What every source promises, as a table of small forges and one way to follow them.

A forge is `tests/sources/forges/<kind>.py`: it answers as the real one does, and its repository can be made to live:
`add`, `add_late`, `drop_all_but_newest`, `overrun`, `delete_newest`. `next_host` is None where paging follows no
links. Each poll is made by a source of its own, as after a restart, and a cursor goes through the store's JSON.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol, TypeVar

from relay.errors import FeedError
from relay.events import Event
from relay.finding import Finding
from relay.http import Http
from relay.redact import remember
from relay.sources import SOURCES
from relay.sources.base import Page, Source, Start, Tools
from tests.servers import Reply, Request, Server
from tests.sources.forges import bitbucket, bitbucket_datacenter, bitbucket_v1, feed, gitea, github, gitlab

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
T = TypeVar("T")


class Forge(Protocol):
    """A small forge with one repository, `feed`, of which every happening is one event."""

    kind: str
    feed: str
    token: str

    def settings(self, url: str) -> dict[str, Any]: ...
    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str: ...
    def add_late(self, at: datetime) -> str: ...
    def drop_all_but_newest(self) -> None: ...
    def overrun(self) -> None: ...
    def delete_newest(self) -> None: ...
    def title_of(self, event: Event) -> str: ...
    def respond(self, request: Request) -> Reply: ...


FORGES: Mapping[str, Any] = {
    "bitbucket": bitbucket.Forge,
    "bitbucket-datacenter": bitbucket_datacenter.Forge,
    "bitbucket-v1": bitbucket_v1.Forge,
    "feed": feed.Forge,
    "gitea": gitea.Forge,
    "github": github.Forge,
    "gitlab": gitlab.Forge,
}
PAGED = [kind for kind in FORGES if kind != "feed"]
"""Those whose list goes on on further pages."""
NEED_GIT = ["bitbucket"]
"""Those that are followed through git too."""
LINKED = [kind for kind, forge in FORGES.items() if forge.next_host is not None]
"""Those that are paged by links."""
WITH_ETAGS = ["feed", "gitea", "github"]
"""Those that are asked with the ETag that they gave."""
AS_RECORDED = ["bitbucket-v1"]
"""Those whose events come in the order of the list, since it has nothing better."""


class Wire:
    """One HTTP client in one loop, for all that follow: making either takes longer than a poll."""

    def __init__(self, runner: asyncio.Runner, http: Http) -> None:
        self.http, self.run = http, runner.run

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Wire"]:
        """The wire, closed in the end."""
        with asyncio.Runner() as runner:
            http = Http()
            try:
                yield cls(runner, http)
            finally:
                runner.run(http.close())


class Following:
    """Follows the one repository of a served forge, a minute later at each poll, by a source made anew."""

    def __init__(self, forge: Forge, server: Server, folder: Path, wire: Wire) -> None:
        self.forge, self.server = forge, server
        self.cursor: Any = None
        self._folder, self._wire, self._now = folder, wire, NOON + timedelta(hours=12)
        remember([forge.token])  # as reading rules.yaml does

    def poll(self) -> Page:
        """One poll from where the last one ended."""
        self._now += timedelta(minutes=1)
        page = self._with(lambda source: source.poll(self.forge.feed, self.cursor, self._now))
        if page.cursor is not self.cursor:
            page = replace(page, cursor=json.loads(json.dumps(page.cursor)))
        self.cursor = page.cursor
        return page

    def titles(self) -> list[str]:
        """What one poll tells, oldest first; history is left out."""
        return [self.forge.title_of(found.event) for found in self.poll().found if not found.history]

    def fails(self, cursor: Any = ...) -> FeedError | None:
        """How one poll fails, from where the last one ended or from another cursor; None if it does not."""
        before, self.cursor = self.cursor, self.cursor if cursor is ... else cursor
        try:
            self.poll()
        except FeedError as error:
            return error
        finally:
            self.cursor = before
        return None

    def check(self) -> tuple[Finding, ...]:
        """What `check --online` says."""
        return self._with(lambda source: source.check(60, self._now))

    def _with(self, act: Callable[[Source], Awaitable[T]]) -> T:
        async def run() -> T:
            kind = SOURCES[self.forge.kind]
            given = {name: value for name, value in self.forge.settings(self.server.url).items() if name != "kind"}
            return await act(kind("acme", kind.Settings(**given), Start(), Tools(self._wire.http, self._folder)))

        return self._wire.run(run())


def with_etags(respond: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
    """A server that gives an ETag with each answer, and answers 304 to one that still holds."""

    def conditional(request: Request) -> Reply:
        reply = respond(request)
        etag = f'"{blake2b(reply.encoded(), digest_size=8).hexdigest()}"'
        same = reply.status == 200 and request.headers.get("if-none-match") == etag
        return Reply(304, headers={"etag": etag}) if same else replace(reply, headers=reply.headers | {"etag": etag})

    return conditional
