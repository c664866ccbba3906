"""Six forges in a process of their own, a port each: idle repositories, and any of the forges may fail in every way."""

import asyncio
import json
import multiprocessing
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.server import pin

WAYS = ("hang", "drip", "429", "500", "garbage")
"""How a forge may fail: no answer, a byte now and then, too many requests, an error, and a 200 that is nothing."""
MOST = {"bitbucket": 12, "github": 100}
"""Repositories on forges that allow an account so much an hour: more of them, visited at once, would have to queue."""
_MADE = "2026-01-01T00:00:00Z"
_EMPTY = {"values": [], "size": 0, "isLastPage": True}
_UUID = "{{00000000-0000-4000-8000-{:012}}}"


def _bitbucket(path: str, feeds: int) -> Any:
    if path == "/2.0/repositories/acme":
        return {"values": [_cloud(n) for n in range(1, feeds + 1)]}
    number = re.fullmatch(r"/2.0/repositories/acme/r(\d+)", path)
    return _cloud(int(number[1])) if number else {"values": []}


def _cloud(number: int) -> dict[str, Any]:
    times = {"created_on": _MADE, "updated_on": _MADE}
    return {"uuid": _UUID.format(number), "full_name": f"acme/r{number}", "name": f"r{number}"} | times


def _datacenter(path: str, feeds: int) -> Any:
    number = re.fullmatch(r".*/repos/r(\d+)", path)
    return {"id": int(number[1]), "slug": f"r{number[1]}", "project": {"key": "ACME"}} if number else _EMPTY


def _gitea(path: str, feeds: int) -> Any:
    number = re.fullmatch(r".*/repos/acme/r(\d+)", path)
    return _named(int(number[1])) | {"owner": {"login": "acme"}} if number else []


def _github(path: str, feeds: int) -> Any:
    number = re.fullmatch(r"/repos/acme/r(\d+)", path)
    return _named(int(number[1])) | {"private": False, "html_url": "https://github.example/"} if number else []


def _gitlab(path: str, feeds: int) -> Any:
    number = re.fullmatch(r".*/projects/acme%2Fr(\d+)", path)
    more = {"web_url": "https://gitlab.example/acme", "default_branch": "main"}
    return _named(int(number[1])) | {"path": f"r{number[1]}"} | more if number else []


def _named(number: int) -> dict[str, Any]:
    name = f"acme/r{number}"
    return {"id": number, "name": f"r{number}", "full_name": name, "path_with_namespace": name, "created_at": _MADE}


def _feed(path: str, feeds: int) -> Any:
    return b'<?xml version="1.0"?><rss version="2.0"><channel><title>Nothing yet</title></channel></rss>'


FORGES: Mapping[str, tuple[Callable[[str, int], Any], str]] = {  # what it answers, and by what one sees who is polled
    "bitbucket": (_bitbucket, r"/acme/r(\d+)\.git/info/refs"),
    "bitbucket-datacenter": (_datacenter, r".*/repos/r(\d+)/pull-requests"),
    "feed": (_feed, r"/r(\d+)\.rss"),
    "gitea": (_gitea, r".*/repos/acme/r(\d+)/activities/feeds"),
    "github": (_github, r"/repositories/(\d+)/events"),
    "gitlab": (_gitlab, r".*/projects/(\d+)/events"),
}


def split(feeds: int) -> dict[str, int]:
    """How many of so many feeds lie on each forge."""
    limited = {kind: min(most, feeds // len(FORGES)) for kind, most in MOST.items()}
    others = [kind for kind in FORGES if kind not in MOST]
    size, more = divmod(feeds - sum(limited.values()), len(others))
    return limited | {kind: size + (index < more) for index, kind in enumerate(others)}


def everything(feeds: int) -> set[tuple[str, int]]:
    """Every repository, by forge and number."""
    return {(kind, number) for kind, count in split(feeds).items() for number in range(1, count + 1)}


def rules(urls: Mapping[str, str], feeds: int, every: str) -> str:
    """A file with so many feeds over the forges, and one rule."""
    lines = ["sources:"]
    for kind, count in split(feeds).items():
        url = urls[kind]
        if kind == "feed":
            listed = ", ".join(f"{url}/r{n}.rss" for n in range(1, count + 1))
            lines.append(f"  feed: {{kind: feed, every: {every}, feeds: [{listed}]}}")
            continue
        owner = "ACME" if kind == "bitbucket-datacenter" else "acme"
        listed = ", ".join(f"{owner}/r{n}" for n in range(1, count + 1))
        lines.append(
            f"  {kind}: {{kind: {kind}, url: '{url}', token: t0ken, every: {every}, repositories: [{listed}]}}"
        )
    return "\n".join([*lines, "destinations:", "  all: {kind: console}", "rules:", "  pushed: all", ""])


class _World:
    """What all connections share: how many feeds there are, who fails how, who was polled when, and who is kept waiting."""

    def __init__(self, feeds: int) -> None:
        self.counts = split(feeds)
        self.failing: dict[str, str] = {}
        self.polled: list[tuple[str, int, float]] = []
        self.waiting: set[asyncio.Transport] = set()

    def fail(self, kind: str, way: str | None) -> None:
        """From now on the forge fails in that way, or in none; whoever waited is cut off."""
        self.failing = {kind: way} if way else {}
        for transport in self.waiting:
            transport.abort()
        self.waiting.clear()


class _Peer(asyncio.Protocol):
    """Answers the requests of one connection to one forge, or fails as it was told."""

    def __init__(self, world: _World, kind: str) -> None:
        self.world, self.kind, self.pending = world, kind, b""
        self.answers, self.poll = FORGES[kind][0], re.compile(FORGES[kind][1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.world.waiting.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end]
            length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.pending) < whole:
                return
            self.pending = self.pending[whole:]
            self.answer(head.decode())

    def answer(self, head: str) -> None:
        path = head.split(" ", 2)[1].partition("?")[0]
        found = self.poll.fullmatch(path)
        if found:
            self.world.polled.append((self.kind, int(found[1]), time.time()))
        way = self.world.failing.get(self.kind)
        if way in ("hang", "drip"):
            self.world.waiting.add(self.transport)
            if way == "drip":
                self.drip(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n[")
        else:
            self.transport.write(failure(way) if way else self.made(head, path))

    def drip(self, text: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(text)
            asyncio.get_running_loop().call_later(0.2, self.drip, b" ")

    def made(self, head: str, path: str) -> bytes:
        if ".git/" in path:
            return git(path)
        body = self.answers(path, self.world.counts[self.kind])
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        tag = f'"{len(body)}"'
        if tag in head:
            return b"HTTP/1.1 304 Not Modified\r\netag: %b\r\n\r\n" % tag.encode()
        return response("200 OK", body, f"content-type: application/json\r\netag: {tag}\r\n")


def response(status: str, body: bytes, headers: str = "") -> bytes:
    """An answer, whole."""
    return f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def failure(way: str) -> bytes:
    """An answer that is none."""
    if way == "429":
        return response("429 Too Many Requests", b"slow down", "retry-after: 5\r\n")
    if way == "500":
        return response("500 Internal Server Error", b"oops")
    return response("200 OK", b"\x00\xff<html>Log in, please", "content-type: application/json\r\n")


def git(path: str) -> bytes:
    """What git's own server says of a repository without a branch."""
    if not path.endswith("/info/refs"):
        return response("200 OK", b"0000", "content-type: application/x-git-upload-pack-result\r\n")
    lines = ["version 2\n", "agent=git/2\n", "ls-refs\n", "fetch=shallow filter\n", "object-format=sha1\n"]
    body = "001e# service=git-upload-pack\n0000" + "".join(f"{len(line) + 4:04x}{line}" for line in lines) + "0000"
    return response("200 OK", body.encode(), "content-type: application/x-git-upload-pack-advertisement\r\n")


async def _serve(feeds: int, pipe: Connection) -> None:
    loop, world, ports = asyncio.get_running_loop(), _World(feeds), {}
    for kind in FORGES:
        server = await loop.create_server(lambda kind=kind: _Peer(world, kind), "127.0.0.1", 0, backlog=1024)
        ports[kind] = server.sockets[0].getsockname()[1]
    pipe.send(ports)
    while (told := await loop.run_in_executor(None, pipe.recv)) != "stop":
        if told == "polled":
            pipe.send(world.polled)
            world.polled = []
        else:
            world.fail(*told)
            pipe.send("done")


def _main(feeds: int, core: int, pipe: Connection) -> None:
    pin(core)
    asyncio.run(_serve(feeds, pipe))


class Forges:
    """The six, as seen from outside."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.urls = {kind: f"http://127.0.0.1:{port}" for kind, port in pipe.recv().items()}

    def fail(self, kind: str, way: str | None) -> None:
        """Make one forge fail in that way, or in none."""
        self._ask((kind, way))

    def polled(self) -> list[tuple[str, int, float]]:
        """Which repository of which forge was polled when, since this was asked last."""
        return self._ask("polled")

    def _ask(self, question: Any) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


@contextmanager
def standing(feeds: int) -> Iterator[Forges]:
    """The six forges with so many repositories among them, until the block ends."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_main, args=(feeds, 1, theirs), daemon=True)
    process.start()
    try:
        yield Forges(mine)
    finally:
        mine.send("stop")
        process.join(5)
