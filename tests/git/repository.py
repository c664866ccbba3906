"""Real git repositories for tests, and a follower that polls one as relay does."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from relay.events import Event
from relay.http import Http
from relay.sources.base import Found, Page, Start, Tools
from relay.sources.git import Git, GitSettings
from tests.servers import Reply, Request

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
MAIN = "refs/heads/main"
TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_COMMITTER_NAME": "Ben Okoye",
    "GIT_COMMITTER_EMAIL": "ben@example.org",
}


class Repository:
    """A bare repository; each commit is a second younger than the one before, from 2026-11-20T00:00:00Z on."""

    def __init__(self, folder: Path, name: str = "acme/site.git") -> None:
        self.path = folder / name
        self.seconds = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
        self.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(self.path), at=folder)
        self.git("hash-object", "-w", "-t", "tree", "--stdin")

    def git(self, *arguments: str, stdin: bytes = b"", at: Path | None = None, **variables: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            input=stdin,
            cwd=at or self.path,
            env=CLEAN | variables,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def commit(
        self,
        message: str | bytes,
        *parents: str,
        ref: str | None = None,
        author: str = "Ada L",
        when: str | None = None,
    ) -> str:
        """A new commit's hash, written as it stands; a ref, where one is given, is put on it."""
        self.seconds += 1
        who = f"<a@example.org> {when or f'{self.seconds} +0000'}"
        lines = [
            f"tree {TREE}",
            *(f"parent {hash_}" for hash_ in parents),
            f"author {author} {who}",
            f"committer B {who}",
        ]
        body = "\n".join(lines).encode() + b"\n\n" + (message.encode() if isinstance(message, str) else message)
        made = self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=body)
        if ref:
            self.put(ref, made)
        return made

    def push(self, *messages: str, ref: str = MAIN) -> str:
        """Commits on top of a branch, as one push; the hash of the last."""
        tip = self.tip(ref)
        for message in messages:
            tip = self.commit(message, *([tip] if tip else []))
        self.put(ref, tip)
        return tip

    def grow(self, count: int, parent: str, word: str) -> str:
        """Many commits in a row at once, on no branch; the hash of the last."""
        self.seconds += count
        stream = [f"reset refs/x/grown\nfrom {parent}\n"]
        for number in range(count):
            line = f"{word} {number}"
            stream.append(
                f"commit refs/x/grown\ncommitter Ada L <a@example.org> {self.seconds - count + number + 1} +0000\n"
                f"data {len(line)}\n{line}\n"
            )
        self.git("fast-import", "--quiet", "--force", stdin="".join(stream).encode())
        made = self.tip("refs/x/grown")
        self.remove("refs/x/grown")
        return made

    def tip(self, ref: str) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", ref)

    def put(self, ref: str, hash_: str) -> None:
        self.git("update-ref", ref, hash_)

    def remove(self, ref: str) -> None:
        self.git("update-ref", "-d", ref)


@dataclass
class Follower:
    """Polls one address over and over, and keeps the cursor as the store does."""

    address: str
    folder: Path
    start: Start = field(default_factory=Start)
    options: dict[str, Any] = field(default_factory=dict)
    cursor: Any = None
    page: Page = field(default_factory=lambda: Page(None))

    def poll(self, *, keep: bool = True) -> list[Event]:
        """The events of one poll; `keep=False` is the crash before its commit."""
        return [found.event for found in self.found(keep=keep)]

    def found(self, *, keep: bool = True) -> Sequence[Found]:
        source = Git("code", GitSettings(url=self.address, **self.options), self.start, Tools(Http(), self.folder))
        (feed,) = source.feeds()
        self.page = asyncio.run(source.poll(feed, self.cursor, NOW))
        if keep:
            self.cursor = self.page.cursor
        return self.page.found

    def pushes(self) -> list[Event]:
        """The pushes of one poll."""
        return [event for event in self.poll() if event.type == "pushed"]

    def clone(self) -> Path:
        (folder,) = self.folder.glob("*.git")
        return folder


def messages(event: Event) -> list[str | None]:
    """What the commits of an event say, newest first."""
    return [commit.message for commit in event.commits]


def serve(repositories: Path, request: Request) -> Reply:
    """What git's own HTTP server answers for the repositories below a folder."""
    variables = {
        "GIT_PROJECT_ROOT": str(repositories),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(request.path),
        "QUERY_STRING": "&".join(f"{name}={value}" for name, value in request.query.items()),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(
        ["git", "http-backend"], input=request.body, env=CLEAN | variables, capture_output=True, check=True
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return Reply(int(headers.pop("Status", "200").split()[0]), body, {name.lower(): v for name, v in headers.items()})
