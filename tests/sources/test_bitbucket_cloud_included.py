"""What the bitbucket source tells only where `include` asks for it, and what that costs."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.sources.base import Page
from relay.sources.bitbucket import _KINDS, Bitbucket
from relay.sources.bitbucket_cloud_permissions import TYPES
from tests.git.repository import MAIN
from tests.servers import Reply, Server
from tests.sources.bitbucket_cloud_polls import Polls, told
from tests.sources.forges.bitbucket import ADA, BEN, NOON, SITE, Forge, comment, pull, repository, stamp

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
BELOW = f"/2.0/repositories/acme/{SITE}"
HASH = "2b1cd7db35f3cf67d6d124e08b13272a1901707a"


class World:
    """A repository that was seen, and what was asked since."""

    def __init__(self, forge: Forge, server: Server, folder: Path) -> None:
        self.forge, self.server, self.folder, self.minutes = forge, server, folder, 0

    def seen(self, *include: str) -> None:
        """First sight, with these types included."""
        self.polls = Polls(self.server, self.folder, include=include)
        self.polls.poll()
        self.server.requests.clear()

    def after(self, minutes: int) -> Page:
        """A poll so much later."""
        self.minutes += minutes
        return self.polls.poll(NOON + timedelta(minutes=self.minutes))

    def asked(self, below: str) -> int:
        """How often a list was asked for since first sight."""
        return sum(request.path.replace("%7B", "{").endswith(below) for request in self.server.requests)


@pytest.fixture
def forge() -> Forge:
    """A repository with an open pull request."""
    return Forge()


@pytest.fixture
def world(forge: Forge, tmp_path: Path) -> Iterator[World]:
    """The forge, answering."""
    with Server(forge.respond) as server:
        yield World(forge, server, tmp_path)


def ids(page: Page) -> list[str]:
    """The ids of what a page tells, without the repository's."""
    return [found.event.id.removeprefix(f"{SITE}:") for found in page.found]


def test_every_list_is_offered():
    """What a list can give may be asked for, and nothing else that costs requests."""
    offered = {type for type, gives in Bitbucket.coverage.items() if gives == "include"}
    assert offered == {"strip"} | TYPES | {type for kind in _KINDS for type in kind.gives}


def test_edited_and_deleted_comments(forge: Forge, world: World):
    """A comment edited in place is told as updated, one whose flag is set as deleted; each once."""
    world.seen("pullrequest_comment_updated", "pullrequest_comment_deleted")
    at, edited = NOON - timedelta(hours=1), NOON + timedelta(minutes=1)
    comments = [comment(n, f"Word {n}", at) for n in (1, 2, 3)]
    comments[1]["updated_on"] = comments[2]["updated_on"] = stamp(edited)
    comments[2] |= {"deleted": True, "content": {"raw": ""}}
    forge.answers[f"{BELOW}/pullrequests/12/comments"] = comments
    forge.pulls[0]["updated_on"] = stamp(edited)
    forge.touch()
    assert ["prc:2:upd:2026-11-22T12:01:00Z", "prc:3:del"] == ids(world.after(2))
    forge.touch()
    assert ([], 1) == (ids(world.after(2)), world.asked("/comments"))


@pytest.mark.parametrize(
    ("include", "below", "one", "id", "title"),
    [
        ("fork", "forks", repository("{0f}", "ben/site", owner=BEN), "fork:{0f}", "ben/site"),
        (
            "file_uploaded",
            "downloads",
            {"name": "site.zip", "created_on": stamp(NOON), "user": ADA},
            "dl:site.zip:2026-11-22T12:00:00Z",
            "site.zip",
        ),
    ],
)
def test_hourly_lists(forge: Forge, world: World, include: str, below: str, one: dict[str, Any], id: str, title: str):
    """What is on the list at first sight is history; what is added is told within the hour, and the list asked hourly."""
    listed = forge.answers[f"{BELOW}/{below}"] = [one | {"name": "old", "uuid": "{00}"}]
    world.seen(include)
    listed.insert(0, one)
    pages = [world.after(20) for _ in range(4)]
    assert [[], [], [id], []] == [ids(page) for page in pages]
    assert (title, 1) == (pages[2].found[0].event.title, world.asked(f"/{below}"))


def test_watchers_come_and_go(forge: Forge, world: World):
    """Somebody who watches, stops and watches again is three events, and still has a name when gone."""
    forge.answers[f"{BELOW}/watchers"] = listed = [ADA]
    world.seen("start_follow_repo", "stop_follow_repo")
    pages = []
    for _ in range(3):
        listed[:] = [ADA] if BEN in listed else [ADA, BEN]
        pages.append(world.after(60))
    ben = BEN["uuid"]
    assert [[f"watch:{ben}:+:0"], [f"watch:{ben}:-:1"], [f"watch:{ben}:+:2"]] == [ids(page) for page in pages]
    assert {"Ben Okoye"} == {page.found[0].event.actor.name for page in pages if page.found[0].event.actor}


def test_comments_and_approvals_of_commits(forge: Forge, world: World):
    """Around the newest commits, comments written, edited and deleted, and approvals given and taken, are told."""
    forge.answers[f"{BELOW}/commits"] = [{"hash": HASH, "message": "Speed it up\n", "author": {"raw": "Ada <a@b>"}}]
    said = forge.answers[f"{BELOW}/commit/{HASH}/comments"] = [comment(1, "Hm", NOON)]
    liked = {"user": BEN, "approved": True, "participated_on": stamp(NOON)}
    world.forge.answers[f"{BELOW}/commit/{HASH}"] = commit = Reply(body={"hash": HASH, "participants": []})
    world.seen("cset_comment_created", "cset_comment_updated", "cset_comment_deleted", "cset_like", "cset_unlike")
    said[0] |= {"updated_on": stamp(NOON + timedelta(seconds=9))}
    said.append(comment(2, "Fine", NOON))
    forge.answers[f"{BELOW}/commit/{HASH}"] = Reply(body={"hash": HASH, "participants": [liked]})
    first = world.after(60)
    said[0] |= {"deleted": True}
    forge.answers[f"{BELOW}/commit/{HASH}"] = commit
    assert {"cc:2", "cc:1:upd:2026-11-22T12:00:09Z", f"clike:{HASH}:{BEN['uuid']}"} == set(ids(first))
    assert ["cc:1:del"] == ids(world.after(60))
    assert [f"clike:{HASH}:{BEN['uuid']}:1"] == ids(world.after(60))


def pipeline(number: int, state: str, result: str | None = None) -> dict[str, Any]:
    """A pipeline as its list has it, with the times that only pipelines have."""
    told = {"name": state} | ({"result": {"name": result}} if result else {})
    times = {"created_on": "2026-11-22T12:00:19.14397Z", "completed_on": "2026-11-22T12:01:46.096165123Z"}
    target = {"ref_name": "main", "commit": {"hash": HASH}, "selector": {"type": "custom", "pattern": "deploy"}}
    return {
        "uuid": f"{{{number:02d}}}",
        "build_number": number,
        "state": told,
        "target": target,
        "creator": ADA,
    } | times


def test_pipelines(forge: Forge, world: World):
    """The end of a pipeline is told once; while one runs the list is asked with each poll, else not."""
    listed = forge.answers[f"{BELOW}/pipelines"] = [pipeline(1, "COMPLETED", "SUCCESSFUL")]
    world.seen("pipeline_failed", "pipeline_stopped")
    forge.push("one")
    listed[:0] = [pipeline(2, "COMPLETED", "FAILED"), pipeline(3, "IN_PROGRESS")]
    page = world.after(1)
    (event,) = (found.event for found in page.found if found.event.type.startswith("pipeline"))
    assert ("deploy", 2, "main", "https://bitbucket.org/acme/site/pipelines/results/2") == (
        event.title,
        event.number,
        event.branch,
        event.url,
    )
    listed[1] = pipeline(3, "COMPLETED", "STOPPED")
    assert [["pipeline:{03}:stopped"], [], []] == [ids(world.after(1)) for _ in range(3)]
    assert 2 == world.asked("/pipelines")


def test_checks_of_a_pull_request(forge: Forge, world: World):
    """A check that ends on the tip of a pull request is told, and no more asked for once all have ended."""
    key = f"{BELOW}/commit/{HASH[:12]}/statuses"
    check = {"key": "ci", "name": "Build #5", "state": "INPROGRESS", "url": "http://ci.example/5"}
    forge.answers[key] = listed = [check | {"updated_on": stamp(NOON)}]
    world.seen("status_failed", "status_succeeded")
    changed = NOON + timedelta(minutes=1)
    forge.pulls.append(pull(13, changed, source={"branch": {"name": "x"}, "commit": {"hash": HASH[:12]}}))
    forge.touch()
    assert ["pr:13:created"] == ids(world.after(1))
    listed[0]["state"] = "FAILED"
    (found,) = world.after(1).found
    assert ("status_failed", "Build #5", "http://ci.example/5") == (
        found.event.type,
        found.event.title,
        found.event.url,
    )
    assert [[], [], []] == [ids(world.after(15)) for _ in range(3)]
    assert 3 == world.asked("/statuses")


def test_a_forced_push_can_be_a_strip(forge: Forge, world: World):
    """Where asked for, commits that a branch lost are told beside the push."""
    forge.push("one", "two")
    world.seen("strip")
    forge.git.put(MAIN, forge.git.commit("other"))
    forge.push("three")
    page = world.after(1)
    assert {"pushed", "commit", "strip"} == {found.event.type for found in page.found}
    assert "main" == next(found.event.branch for found in page.found if found.event.type == "strip")


@pytest.mark.parametrize("reply", [Reply(403), Reply(), Reply(body={"values": None})])
def test_a_list_that_cannot_be_read(forge: Forge, world: World, reply: Reply):
    """A feature that is off, or no list in its place, is a warning once an hour; all else is told."""
    world.seen("fork")
    forge.answers[f"{BELOW}/forks"] = reply
    forge.add(1)
    page = world.after(60)
    assert [("pullrequest_comment_created", 12)] == told(page)
    assert 1 == len(page.warnings)
    assert () == world.after(10).warnings


def membership(user: dict[str, Any], role: str, **more: Any) -> dict[str, Any]:
    """A permission as both lists have it."""
    return {"permission": role, "user": user} | more


def test_permissions(forge: Forge, tmp_path: Path):
    """Who gains, changes or loses access to a workspace or one of its repositories is told by a feed of its own."""
    where = {"repository": {"uuid": SITE, "full_name": "acme/site"}}
    members = forge.answers["/2.0/workspaces/acme/permissions"] = [membership(ADA, "owner")]
    single = forge.answers["/2.0/workspaces/acme/permissions/repositories"] = [membership(ADA, "admin", **where)]
    with Server(forge.respond) as server:
        polls = Polls(server, tmp_path, include=sorted(TYPES))
        pages = [_permissions(polls, 0)]
        members.append(membership(BEN, "member"))
        single[0] = membership(ADA, "write", **where)
        pages.append(_permissions(polls, 1))
        members[1] = membership(BEN, "owner")
        pages.append(_permissions(polls, 2))
        members.pop()
        pages.append(_permissions(polls, 3))
    assert [
        [],
        ["team_access_changed_collab", "team_access_gained_collab"],
        ["team_access_changed_admin"],
        ["team_lost_access"],
    ] == [_types(page.found) for page in pages]
    assert f"acme:perm:{BEN['uuid']}:->member:0" in [found.event.id for found in pages[1].found]
    assert {"Ben Okoye"} == {page.found[0].event.actor.name for page in pages[2:] if page.found[0].event.actor}


def _permissions(polls: Polls, hours: int) -> Page:
    return polls.poll(NOON + timedelta(hours=hours), "workspaces/acme")


def _types(found: Sequence[Any]) -> list[str]:
    return sorted(one.event.type for one in found)
