"""The other side of the benchmarks: pages of events and a sink for webhooks, in a process of its own, as fast as can be.

It speaks just enough HTTP for one client: requests with a content-length, kept-alive connections.
"""

import asyncio
import json
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

TYPES = [
    "commit",
    "pushed",
    "report_issue",
    "issue_comment",
    "pullrequest_created",
    "pullrequest_fulfilled",
    "fork",
    "cset_like",
]
REPOSITORY = {
    "scm": "git", "has_wiki": True, "last_updated": "2012-07-25 21:48:36", "creator": None, "created_on": "2012-06-21 18:36:31",
    "logo": "https://example.com/logo.png", "email_mailinglist": "", "is_mq": False, "size": 2857, "read_only": False, "fork_of": None,
    "mq_of": None, "followers_count": 1, "state": "available", "utc_created_on": "2012-06-21 16:36:31+00:00", "website": "",
    "description": "A project like many others", "has_issues": True, "is_fork": False, "is_private": False, "language": "python",
    "utc_last_updated": "2012-07-25 19:48:36+00:00", "email_writers": True, "no_public_forks": False,
}  # fmt: skip


def entry(slug: str, number: int) -> dict[str, object]:
    """One event in the 1.0 shape, as large as the recorded ones."""
    kind = TYPES[number % len(TYPES)]
    second = f"2012-07-{number // 3600 % 28 + 1:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    pushed = {"commits": [{"hash": f"{number:040x}", "description": f"Change number {number}"}], "total_commits": 1}
    return {
        "node": f"{number:012x}" if kind in ("commit", "cset_like") else None,
        "description": pushed if kind == "pushed" else f"Change number {number}\n" if kind == "commit" else None,
        "repository": REPOSITORY | {"owner": "acme", "slug": slug, "name": slug, "resource_uri": f"/1.0/repositories/acme/{slug}"},
        "created_on": second.replace("T", " "),
        "user": {"username": "ana", "first_name": "Ana", "last_name": "Lima", "is_team": False, "avatar": "https://example.com/a.png"},
        "utc_created_on": f"{second.replace('T', ' ')}+00:00",
        "event": kind,
    }  # fmt: skip


def page(slug: str, size: int, start: int = 0) -> bytes:
    """The list of `size` different events, newest first, from `start` on."""
    return json.dumps(
        {"count": size, "events": [entry(slug, number) for number in reversed(range(size - start))]}
    ).encode()


class _Peer(asyncio.Protocol):
    """Answers GET with the repository's page, POST with 204 after so many seconds."""

    def __init__(self, size: int, answers_after: float) -> None:
        self.size, self.answers_after, self.pages, self.pending = size, answers_after, PAGES, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.pending) < end + 4 + length:
                return
            self.pending = self.pending[end + 4 + length :]
            answer = self.answer(head)
            if self.answers_after and head.startswith(b"POST"):
                asyncio.get_running_loop().call_later(self.answers_after, self.transport.write, answer)
            else:
                self.transport.write(answer)

    def answer(self, head: bytes) -> bytes:
        if head.startswith(b"POST"):
            COUNT[0] += 1
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        path, _, query = head.split(b" ", 2)[1].partition(b"?")
        slug = path.split(b"/")[4].decode()
        start = int(query.partition(b"start=")[2].partition(b"&")[0] or 0)
        if start:
            body = page(slug, self.size, start)
        else:
            body = self.pages.get(slug) or self.pages.setdefault(slug, page(slug, self.size))
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


PAGES: dict[str, bytes] = {}
COUNT = [0]


async def _serve(size: int, answers_after: float, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Peer(size, answers_after), "127.0.0.1", 0, backlog=1024)
    pipe.send(server.sockets[0].getsockname()[1])
    while True:
        question = await loop.run_in_executor(None, pipe.recv)
        if question == "stop":
            return
        pipe.send(COUNT[0])


def _main(size: int, answers_after: float, core: int | None, pipe: Connection) -> None:
    if core is not None:
        pin(core)
    asyncio.run(_serve(size, answers_after, pipe))


def pin(core: int) -> None:
    """Keep this process on one core, where there are several."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(0, {core})


@contextmanager
def serving(size: int, answers_after: float = 0.0, core: int | None = 1) -> Iterator[tuple[str, Connection]]:
    """The server's address, and a pipe that answers "count" with how many webhooks arrived.

    It keeps to one core, where there are several, unless `core` is None.
    """
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_main, args=(size, answers_after, core, theirs), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}", mine
    finally:
        mine.send("stop")
        process.join(5)
