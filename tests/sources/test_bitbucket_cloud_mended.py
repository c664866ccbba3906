"""What the bitbucket source makes of entries that cannot be read at first, and of lists that could not be had."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.sources.base import Page, Start
from relay.sources.bitbucket_cloud_permissions import TYPES
from tests.servers import Reply, Server
from tests.sources.bitbucket_cloud_polls import ALL, NOW, Polls
from tests.sources.forges.bitbucket import ADA, BEN, NOON, SITE, Forge, comment, pull, repository, stamp

BELOW = f"/2.0/repositories/acme/{SITE}"
HASH = "2b1cd7db35f3cf67d6d124e08b13272a1901707a"
LIKES = [{"user": user, "approved": True} for user in (ADA, BEN)]


@pytest.fixture(autouse=True)
def no_git(monkeypatch: pytest.MonkeyPatch):
    """A machine on which git is not installed: refs are read by REST."""
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def forge() -> Forge:
    """A repository with an open pull request, and one branch."""
    made = Forge()
    made.answers[f"{BELOW}/refs"] = [branch("main")]
    made.answers[f"{BELOW}/commits"] = []
    return made


@pytest.fixture
def server(forge: Forge) -> Iterator[Server]:
    """The forge, answering."""
    with Server(forge.respond) as running:
        yield running


class World:
    """The repository, seen first at noon."""

    def __init__(self, server: Server, folder: Path, *include: str, start: Start = NOW, feed: str = "") -> None:
        self.polls, self.minutes = Polls(server, folder, start, include), 0
        self.feed = feed or self.polls.first
        self.first = self.polls.poll(feed=self.feed)

    def after(self, minutes: int) -> list[str]:
        """The ids of what a poll so much later tells, without the repository's."""
        return [found.event.id.removeprefix(f"{SITE}:") for found in self.page(minutes).found]

    def page(self, minutes: int) -> Page:
        self.minutes += minutes
        return self.polls.poll(NOON + timedelta(minutes=self.minutes), self.feed)


def branch(name: str) -> dict[str, Any]:
    return {"type": "branch", "name": name, "target": {"hash": HASH}}


@pytest.mark.parametrize("odd", [{"id": "13"}, {"state": None}], ids=str)
def test_pull_request_that_is_mended(forge: Forge, server: Server, tmp_path: Path, odd: dict[str, Any]):
    """A new pull request that could not be read is told once it can be, however young what was told meanwhile."""
    world = World(server, tmp_path)
    forge.pulls += [pull(13, NOON + timedelta(minutes=1)) | odd, pull(14, NOON + timedelta(minutes=30))]
    forge.touch()
    assert ["pr:14:created"] == world.after(31)
    forge.pulls[1] = pull(13, NOON + timedelta(minutes=1))
    assert ["pr:13:created"] == world.after(1)
    before = world.polls.cursors[world.feed]
    assert (before, []) == (world.page(1).cursor, world.after(1))


@pytest.mark.parametrize("odd", [{"comment": None}, {"pull_request": {}}], ids=str)
def test_entry_of_the_activity_that_is_mended(forge: Forge, server: Server, tmp_path: Path, odd: dict[str, Any]):
    """The repository is visited once more, though its listing shows no change."""
    world = World(server, tmp_path)
    forge.add(1, NOON + timedelta(minutes=1))
    whole, forge.entries[0] = forge.entries[0], forge.entries[0] | odd
    assert [] == world.after(2)
    forge.entries[0] = whole
    assert (["prc:1001"], []) == (world.after(1), world.after(1))


def test_what_is_unread_at_first_sight_is_history(forge: Forge, server: Server, tmp_path: Path):
    """Where nothing of the past is wanted, what could not be read of it is no news later."""
    old = pull(13, NOON - timedelta(days=9))
    forge.pulls.append(old | {"id": None})
    world = World(server, tmp_path)
    forge.pulls[1] = old
    assert ([], []) == (world.after(1), world.after(31))


@pytest.mark.parametrize(("include", "place"), [("fork", "forks"), ("status_failed", f"commit/{HASH[:12]}/statuses")])
@pytest.mark.parametrize("reply", [Reply(403), Reply(body="<html>")], ids=lambda reply: str(reply.status))
def test_list_that_could_not_be_had_first(
    forge: Forge, server: Server, tmp_path: Path, include: str, place: str, reply: Reply
):
    """Where all of the past is wanted, a list that fails at first sight tells it once it can be had."""
    listed = [repository("{0f}", "ben/site")] if include == "fork" else [{"key": "ci", "state": "FAILED"}]
    forge.pulls[0]["source"]["commit"] = {"hash": HASH[:12]}
    forge.answers[f"{BELOW}/{place}"] = reply
    world = World(server, tmp_path, include, start=ALL)
    assert include not in [found.event.type for found in world.first.found]
    forge.answers[f"{BELOW}/{place}"] = listed
    told = world.page(61).found
    assert ([include], []) == ([found.event.type for found in told], world.after(61))


@pytest.mark.parametrize("odd", [{"id": None}, {"deleted": [[]]}], ids=str)
def test_comment_that_is_mended(forge: Forge, server: Server, tmp_path: Path, odd: dict[str, Any]):
    """A comment that could not be read is looked at once more, and told as deleted if it was."""
    world = World(server, tmp_path, "pullrequest_comment_deleted")
    gone = comment(3, "", NOON) | {"deleted": True}
    forge.answers[f"{BELOW}/pullrequests/12/comments"] = comments = [gone | odd]
    forge.pulls[0]["updated_on"] = stamp(NOON + timedelta(minutes=1))
    forge.touch()
    assert [] == world.after(2)
    comments[0] = gone
    assert (["prc:3:del"], []) == (world.after(1), world.after(31))


@pytest.mark.parametrize("odd", [None, BEN | {"uuid": None, "account_id": 7}], ids=["nobody", "without an id"])
def test_watcher_who_cannot_be_read(forge: Forge, server: Server, tmp_path: Path, odd: Any):
    """Nobody has stopped watching where one of those who do cannot be read."""
    forge.answers[f"{BELOW}/watchers"] = listed = [ADA, BEN]
    world = World(server, tmp_path, "start_follow_repo", "stop_follow_repo")
    listed[1] = odd
    assert [] == world.after(61)
    listed[1] = BEN
    assert [] == world.after(61)


@pytest.mark.parametrize("odd", [{"permission": 5}, {"user": {}}], ids=str)
def test_permission_that_cannot_be_read(forge: Forge, server: Server, tmp_path: Path, odd: dict[str, Any]):
    """Nobody has lost access where a permission cannot be read."""
    listed = [{"permission": "member", "user": user} for user in (ADA, BEN)]
    forge.answers["/2.0/workspaces/acme/permissions"] = listed
    forge.answers["/2.0/workspaces/acme/permissions/repositories"] = []
    world = World(server, tmp_path, *TYPES, feed="workspaces/acme")
    listed[1], whole = listed[1] | odd, listed[1]
    assert [] == world.after(61)
    listed[1] = whole
    assert [] == world.after(61)


@pytest.mark.parametrize("odd", [{"name": 7}, {"target": None}, {"type": None}], ids=str)
def test_ref_that_cannot_be_read(forge: Forge, server: Server, tmp_path: Path, odd: dict[str, Any]):
    """No branch was deleted where one cannot be read, and none is made when it can be again."""
    forge.answers[f"{BELOW}/refs"] = refs = [branch("main"), branch("fix")]
    world = World(server, tmp_path)
    refs[1] = branch("fix") | odd
    assert [] == world.after(1)
    refs[1] = branch("fix")
    assert [] == world.after(1)


@pytest.mark.parametrize("odd", [None, [], {"participants": None}, {"participants": [LIKES[0], {"approved": True}]}])
def test_approvals_that_cannot_be_read(forge: Forge, server: Server, tmp_path: Path, odd: Any):
    """No approval of a commit was withdrawn where they cannot be read."""
    liked = {"hash": HASH, "participants": LIKES}
    forge.answers |= {f"{BELOW}/commits": [{"hash": HASH}], f"{BELOW}/commit/{HASH}": Reply(body=liked)}
    world = World(server, tmp_path, "cset_like", "cset_unlike")
    forge.answers[f"{BELOW}/commit/{HASH}"] = Reply(body="null" if odd is None else odd)
    assert [] == world.after(61)
    forge.answers[f"{BELOW}/commit/{HASH}"] = Reply(body=liked)
    assert [] == world.after(61)


def test_approvals_that_could_not_be_read_first(forge: Forge, server: Server, tmp_path: Path):
    """Approvals that were there before they could be read are no news; those that come afterwards are."""
    place = f"{BELOW}/commit/{HASH}"
    forge.answers |= {f"{BELOW}/commits": [{"hash": HASH}], place: Reply(body='"x"')}
    world = World(server, tmp_path, "cset_like", "cset_unlike")
    told = []
    for likes in (LIKES[:1], LIKES):
        forge.answers[place] = Reply(body={"hash": HASH, "participants": likes})
        told.append(world.after(61))
    assert [[], [f"clike:{HASH}:{BEN['uuid']}"]] == told


def test_opening_of_one_whose_end_was_told_first(forge: Forge, server: Server, tmp_path: Path):
    """A pull request of which only the activity told is told as opened once it is listed."""
    world = World(server, tmp_path)
    ended = pull(13, NOON + timedelta(minutes=1), "DECLINED")
    update = {"state": "DECLINED", "date": stamp(NOON + timedelta(minutes=1)), "author": ADA}
    forge.entries.insert(0, {"pull_request": {"id": 13, "title": "Dark mode"}, "update": update})
    forge.pulls.append(ended | {"id": "13"})
    forge.touch()
    assert ["pr:13:declined"] == world.after(2)
    forge.pulls[1] = ended
    assert (["pr:13:created"], []) == (world.after(1), world.after(31))
