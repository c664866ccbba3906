"""A story that every relay could play, and the databases that earlier ones left behind in the middle of it.

`schemas/` holds one database of each version for each kind of database, as SQL, just as a relay of that time left it. A
new one is written when VERSION is about to grow, and is never written again:

    uv run python -m tests.store.past [SQLite version or PostgreSQL URL]

Version 1 was written so in a clone at 7668e5c (without `hub`, which that relay did not know), version 2 at 074faca. Names instead of addresses stand in rules and
database, and the test's server is their proxy, so that nothing depends on where it listens.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from relay.store.schema import VERSION
from tests.git.repository import Repository, serve
from tests.servers import Reply, Request, Server
from tests.stage import NOON, Stage
from tests.test_service import Forge, commit
from tests.test_wildcards import Owner

SCHEMAS = Path(__file__).parent / "schemas"
RULES = """
sources:
  old: {kind: bitbucket-v1, url: "http://forge.example/1.0", repositories: [acme/site], start: all}
  code: {kind: git, url: "http://git.example/acme/site.git", start: all}
  hub: {kind: github, url: "http://hub.example", token: t0ken-of-the-test, repositories: ["acme/*"], start: all}
destinations:
  lake: {kind: webhook, url: "http://sink.example/lake"}
  picky: {kind: webhook, url: "http://sink.example/picky"}
  away: {kind: webhook, url: "http://sink.example/away"}
  locked: {kind: webhook, url: "http://sink.example/locked"}
  daily: {kind: webhook, url: "http://sink.example/daily", digest: {at: "18:00"}}
  busy: {kind: webhook, url: "http://sink.example/busy", limit: 2/1h}
  chat: {kind: slack, token: xoxb-of-the-test, channel: C0DEV, url: "http://chat.example/api/"}
rules:
  commit: {to: [lake, picky, away, locked, daily, busy, chat], when: {source: old}}
  "pushed, report_issue": lake
"""
ANSWERS = {"picky": 400, "away": 503, "locked": 401}
"""What destinations answer that do not take everything; `picky` refuses the first commit alone."""


class World:
    """The forges and destinations of the story; `mended` lets every destination take what it is sent."""

    def __init__(self, folder: Path) -> None:
        self.forge = Forge([])
        self.repository = Repository(folder)
        self.hub = Owner()
        self.hub.create(1, "site", NOON - timedelta(days=2))
        self.folder = folder
        self.mended = False
        self.taken: list[Request] = []

    def happens(self, *letters: str) -> None:
        """A commit for each letter, told by one forge and pushed to the next, and an issue on the third."""
        for letter in letters:
            at = NOON - timedelta(days=1) + timedelta(minutes=ord(letter))
            self.forge.events.insert(0, commit(letter * 12, f"{at:%F %T}+00:00", f"change {letter}"))
            self.repository.push(f"push {letter}")
            self.hub.report(1, f"issue {letter}", at)

    def __call__(self, request: Request) -> Reply:
        place = request.path.strip("/").split("/")[0]
        if place == "1.0":
            return self.forge(request)
        if place == "acme":
            return serve(self.folder, request)
        if request.method == "GET":
            return self.hub(request)
        return self._take(request, place)

    def _take(self, request: Request, place: str) -> Reply:
        refused = place != "picky" or b"change a" in request.body
        if not self.mended and place in ANSWERS and refused:
            return Reply(ANSWERS[place], "not now")
        self.taken.append(request)
        return Reply(body={"ok": True, "channel": "C0DEV", "ts": f"1.{len(self.taken):06}"})

    def arrived(self, name: str) -> list[tuple[str, tuple[str, ...]]]:
        """What a webhook took: the delivery's id, and the titles of its events, or their types."""
        bodies = [(taken.headers["webhook-id"], taken.json()) for taken in self.taken if taken.path == f"/{name}"]
        return [(id, tuple(told["title"] or told["type"] for told in _events(body))) for id, body in bodies]


def _events(body: dict) -> list[dict]:
    return body["data"]["events"] if body["type"] == "bundle" else [body["data"]]


def play(folder: Path, database: str = "") -> None:
    """The story up to where a database is kept: delivered, dead, pending and bundled events, a blocked lane."""
    folder.joinpath("git").mkdir()
    world = World(folder / "git")
    with Server(world) as server:
        os.environ["http_proxy"] = server.url
        stage = Stage(folder, RULES)
        stage.database = database or stage.database
        world.happens("a", "b", "c")
        stage.once()
        world.happens("d", "e")
        stage.once(minutes=10)


def _sqlite(path: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def _postgres(url: str) -> str:
    """What pg_dump writes, without what is for psql and for a server of its own version."""
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kept = [line for line in dumped.splitlines() if line and not line.startswith(("\\", "SET ", "--"))]
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        given = sys.argv[1] if len(sys.argv) > 1 else ""
        play(Path(made), given)
        kind, text = ("postgresql", _postgres(given)) if given else ("sqlite", _sqlite(f"{made}/relay.db"))
        (SCHEMAS / f"version{VERSION}.{kind}.sql").write_text(text, encoding="utf-8")
