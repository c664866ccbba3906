"""Repositories that come, change their names and go under a wildcard, over real sockets and a real database."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.service import Service
from relay.store import read
from tests.servers import Reply, Request, Server
from tests.sources.forges.github import NOON, entry, issue
from tests.stage import Stage, until

RULES = """
sources:
  acme: {kind: github, url: "FORGE", token: t0ken, repositories: ["acme/*", "!acme/old-*"], every: 5m}
destinations:
  lake: {kind: webhook, url: "SINK/lake"}
rules:
  "*": lake
"""


class Owner:
    """A GitHub where acme has repositories, each with a name, a time of birth and entries, newest first."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.born: dict[int, datetime] = {}
        self.entries: dict[int, list[dict[str, Any]]] = {}
        self._number = 0

    def create(self, id: int, slug: str, at: datetime) -> None:
        """A repository is made, and its own feed says so."""
        self.names[id], self.born[id], self.entries[id] = f"acme/{slug}", at, []
        self._add(id, "CreateEvent", {"ref": None, "ref_type": "repository", "master_branch": "main"}, at)

    def report(self, id: int, title: str, at: datetime = NOON) -> None:
        """An issue is reported."""
        self._add(id, "IssuesEvent", {"action": "opened", "issue": issue(self._number, title)}, at)

    def _add(self, id: int, type: str, payload: dict[str, Any], at: datetime) -> None:
        self._number += 1
        repository = {"id": id, "name": self.names[id], "url": f"https://api.github.com/repos/{self.names[id]}"}
        self.entries[id].insert(0, entry(str(9_000 + self._number), type, payload, at, repo=repository))

    def __call__(self, request: Request) -> Reply:
        if request.path == "/orgs/acme/repos":
            there = [
                {"id": id, "full_name": name, "created_at": f"{self.born[id]:%FT%TZ}"}
                for id, name in self.names.items()
            ]
            return Reply(body=there)
        id = int("".join(filter(str.isdigit, request.path)) or 0)
        return Reply(body=self.entries[id]) if id in self.names else Reply(404, {"message": "Not Found"})


@pytest.fixture
def owner() -> Owner:
    """One repository that was there long before relay came, and one that nobody wants to hear of."""
    owner = Owner()
    owner.create(501, "site", NOON - timedelta(days=900))
    owner.report(501, "Long ago", NOON - timedelta(days=9))
    owner.create(502, "old-site", NOON - timedelta(days=999))
    return owner


def rules(forge: Server, sink: Server) -> str:
    return RULES.replace("FORGE", forge.url).replace("SINK", sink.url)


def told(sink: Server) -> list[tuple[str, str, str | None]]:
    """What arrived since this was asked last: type, repository and title."""
    arrived = [request.json()["data"] for request in sink.requests]
    sink.requests.clear()
    return [(it["type"], f"{it['repository']['owner']}/{it['repository']['slug']}", it["title"]) for it in arrived]


def test_what_is_there_at_first_sight_is_followed(tmp_path: Path, owner: Owner) -> None:
    """Its history is kept silently, what happens from now on is told, and what is excluded is not even asked for."""
    with Server(owner) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        assert stage.once()
        owner.report(501, "Just now")
        owner.report(502, "Not for us")
        assert stage.once(minutes=5)
        assert [("report_issue", "acme/site", "Just now")] == told(sink)
        assert {"/orgs/acme/repos", "/repositories/501/events"} == {request.path for request in forge.requests}


def test_a_repository_that_appears_is_read_from_its_creation(tmp_path: Path, owner: Owner) -> None:
    """All that happened in it before relay heard of it is told, once, whatever `start` says."""
    with Server(owner) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        stage.once()
        owner.create(503, "web", NOON + timedelta(minutes=1))
        owner.report(503, "First", NOON + timedelta(minutes=2))
        owner.create(504, "old-web", NOON + timedelta(minutes=3))
        assert stage.once(minutes=11)
        assert stage.once(minutes=11)
        assert [("create", "acme/web", None), ("report_issue", "acme/web", "First")] == told(sink)


def test_a_renamed_repository_keeps_its_cursor(tmp_path: Path, owner: Owner) -> None:
    """The new name is told, and of what happened only what is new."""
    with Server(owner) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        stage.once()
        owner.names[501] = "acme/shop"
        owner.report(501, "After the move", NOON + timedelta(minutes=1))
        assert stage.once(minutes=11)
        assert stage.once(minutes=11)
        moved = ("repo_renamed", "acme/shop", "acme/site")
        assert [moved, ("report_issue", "acme/shop", "After the move")] == sorted(told(sink))


def test_a_deleted_repository_ends_quietly(tmp_path: Path, owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    """Its end is told once it is missing from two listings; it is no failure, and is not asked for again."""
    with Server(owner) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        owner.create(503, "web", NOON - timedelta(days=2))
        stage.once()
        del owner.names[503]
        assert all(stage.once(minutes=11) for _ in range(3))
        assert [("delete", "acme/web", None)] == told(sink)
        forge.requests.clear()
        assert stage.once(minutes=65)
        assert "/repositories/503/events" not in {request.path for request in forge.requests}
        assert [] == [record.message for record in caplog.records if record.levelname == "WARNING"]


def test_a_repository_that_comes_back(tmp_path: Path, owner: Owner) -> None:
    """It goes on where it was read to: what happened meanwhile is told, and nothing twice."""
    with Server(owner) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        owner.create(503, "web", NOON - timedelta(days=2))
        stage.once()
        name = owner.names.pop(503)
        assert all(stage.once(minutes=11) for _ in range(3))
        owner.names[503] = name
        owner.report(503, "While it was away", NOON + timedelta(minutes=20))
        assert stage.once(minutes=11)
        assert [("delete", "acme/web", None), ("report_issue", "acme/web", "While it was away")] == told(sink)


def test_a_repository_that_appears_while_running(tmp_path: Path, owner: Owner) -> None:
    """`run` picks it up, shows it by its name, and a restart goes on with it."""

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: any("501" in request.path for request in forge.requests))
        owner.create(503, "web", NOON + timedelta(minutes=1))
        await until(lambda: len(sink.requests) == 1, lambda: stage.clock.move(seconds=10))
        stop.set()
        await work

    with Server(owner) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        stage.perform(act)
        assert [("create", "acme/web", None)] == told(sink)
        owner.report(503, "After the restart", stage.clock.now())
        assert stage.once(minutes=11)
        assert [("report_issue", "acme/web", "After the restart")] == told(sink)
    views = read(stage.database)
    assert ["owners/acme", "acme/site", "acme/web"] == [feed.name for feed in views.feeds()]
    views.close()
