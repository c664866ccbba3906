"""What a cycle in which nothing happens asks of each forge: a hundred repositories, polled by the whole relay."""

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Reply, Request, Server
from tests.sources.forges import bitbucket, bitbucket_datacenter, feed, gitea, github, gitlab
from tests.stage import Stage

MANY = range(100)
NAMES = [f"acme/r{n}" for n in MANY]
Respond = Callable[[Request], Reply]


def rest(request: Request, reply: Reply) -> str:
    """Every request counts."""
    return "REST"


@dataclass(frozen=True)
class Crowd:
    """A hundred repositories of a forge: what answers for them, how they are named, and what a request counts as."""

    kind: str
    respond: Respond
    names: list[str]
    counts: Callable[[Request, Reply], str] = rest


def filled(forge: Any) -> Any:
    """A forge where something has happened."""
    for n in range(3):
        forge.add(n)
    return forge


def each(path: str, to: str, respond: Respond) -> Respond:
    """What one repository answers, at the addresses of them all."""
    return lambda request: respond(replace(request, path=re.sub(path, to, request.path)))


def on_github() -> Crowd:
    events = each(r"/repositories/\d+/", "/repositories/501/", filled(github.Forge()).respond)

    def respond(request: Request) -> Reply:
        name = re.fullmatch(r"/repos/acme/r(\d+)", request.path)
        return Reply(body={"id": int(name[1]) + 1}) if name else events(request)

    return Crowd("github", respond, NAMES, lambda _, reply: "free" if reply.status == 304 else "REST")


def on_datacenter() -> Crowd:
    forge = filled(bitbucket_datacenter.Forge())
    forge.open(1)
    names = [f"TP/r{n}" for n in MANY]
    return Crowd("bitbucket-datacenter", each(r"/repos/r\d+", "/repos/site", forge.respond), names)


def on_gitlab() -> Crowd:
    events = each(r"/projects/\d+/", "/projects/15/", filled(gitlab.Forge()).respond)

    def respond(request: Request) -> Reply:
        name = re.fullmatch(r"/api/v4/projects/acme%2Fr(\d+)", request.path)
        card = gitlab.PROJECT | {"id": int(name[1]) + 1, "path_with_namespace": f"acme/r{name[1]}"} if name else {}
        return Reply(body=card) if name else events(request)

    return Crowd("gitlab", respond, NAMES)


def on_gitea() -> Crowd:
    forge = gitea.Forge()
    for n in MANY:
        home = gitea.REPOSITORY | {"full_name": f"acme/r{n}", "id": n + 100}
        entries = [gitea.activity(1000 * n + id, "create_issue", f"{id}|Crash", repo=home) for id in range(60, 0, -1)]
        forge.places |= {f"repos/acme/r{n}": home, f"repos/acme/r{n}/activities/feeds": entries}
    return Crowd("gitea", forge.respond, NAMES)


def on_a_feed() -> Crowd:
    addresses = [f'"FORGE/r{n}"' for n in MANY]
    return Crowd("feed", each(r"/r\d+", "/site/timeline", filled(feed.Forge()).respond), addresses)


@pytest.mark.parametrize(
    ("crowd", "expected"),
    [
        (on_github, {"free": 100}),
        (on_datacenter, {"REST": 200}),
        (on_gitlab, {"REST": 100}),
        (on_gitea, {"REST": 100}),
        (on_a_feed, {"REST": 100}),
    ],
)
def test_an_idle_cycle(crowd: Callable[[], Crowd], expected: dict[str, int], tmp_path: Path):
    """It costs what was promised, and nothing is told."""
    with following(crowd(), tmp_path) as (stage, asked, sent):
        assert stage.once()
        asked.clear()
        assert stage.once(minutes=2)
        assert (expected, []) == (asked, sent)


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_an_idle_cycle_of_bitbucket(tmp_path: Path):
    """One request for the workspace, and one of git for each repository, which git makes in two steps."""
    forge = filled(bitbucket.Forge())
    forge.repositories = [bitbucket.repository(f"{{{n:032x}}}", name) for n, name in enumerate(NAMES)]
    forge.push("Begin")
    crowd = Crowd("bitbucket", forge.respond, NAMES, git_apart)
    with following(crowd, tmp_path) as (stage, asked, sent):
        whole = stage.file.read_text(encoding="utf-8")
        stage.write(re.sub(r", acme/r[^]]+", "", whole))
        assert stage.once()
        know_all(stage, forge.repositories)
        stage.write(whole)
        asked.clear()
        assert stage.once(minutes=2)
        assert ({"REST": 1, "refs": 100, "git-upload-pack": 100}, []) == (asked, sent)


def git_apart(request: Request, reply: Reply) -> str:
    """Git's requests by their ends."""
    return "REST" if request.path.startswith("/2.0/") else request.path.rpartition("/")[2]


def know_all(stage: Stage, repositories: list[dict[str, Any]]) -> None:
    """Put them all into the database as the first one is there: their first sight takes an hour of the budget."""
    with closing(sqlite3.connect(stage.database)) as database, database:
        database.row_factory = sqlite3.Row
        first = dict(database.execute("select * from feed").fetchone())
        own = repositories[0]
        for one in repositories[1:]:
            cursor = first["cursor"].replace(own["uuid"], one["uuid"]).replace(own["full_name"], one["full_name"])
            row = first | {"id": None, "key": f"repositories/{one['full_name']}", "cursor": cursor, "cost": 0}
            marks = ", ".join(f":{name}" for name in row)
            database.execute(f"insert into feed ({', '.join(row)}) values ({marks})", row)


@contextmanager
def following(crowd: Crowd, folder: Path) -> Iterator[tuple[Stage, Counter[str], list[Request]]]:
    """A relay whose file names every one of them, a count of what it asks, and what it sends."""
    asked = Counter[str]()

    def respond(request: Request) -> Reply:
        reply = crowd.respond(request)
        asked[crowd.counts(request, reply)] += 1
        return reply

    with Server(respond) as server, Server() as sink:
        yield Stage(folder, rules(crowd, server, sink)), asked, sink.requests


def rules(crowd: Crowd, server: Server, sink: Server) -> str:
    """The file."""
    named = f"[{', '.join(crowd.names)}]".replace("FORGE", server.url)
    listed = f"feeds: {named}" if crowd.kind == "feed" else f'url: "{server.url}", repositories: {named}'
    return f"""
sources:
  forge: {{kind: {crowd.kind}, token: t0ken-of-the-test, {listed}}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules:
  "*": lake
"""
