"""Pushes to a Bitbucket Data Center: from its own log, and from the refs where that may not be read."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.sources.base import Start
from tests.git.repository import Repository, messages, serve
from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import NOW, Polls
from tests.sources.forges.bitbucket_datacenter import NOON, WEB, Forge, commit, hash_of

HEAD = "refs/heads/main"
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def seen(server: Server, folder: Path = Path("unused")) -> Polls:
    """One that has seen the repository."""
    polls = Polls(server, folder)
    polls.poll()
    return polls


def test_a_push_names_who_pushed():
    """A push has its commits newest first, its true pusher and time, and a derived event for each commit."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.push(HEAD, 10, 12, brought=2)
        push, *commits = sorted(polls.events(), key=lambda event: event.type != "pushed")
        assert [] == polls.events()
    assert (["Change 12", "Change 11"], "Ada L", NOON + timedelta(minutes=1), ()) == (
        messages(push),
        push.actor and push.actor.name,
        push.occurred_at,
        push.guessed,
    )
    assert ("main", None, f"7:push:{forge.log[0]['id']}") == (push.branch, push.state, push.id)
    compared = f"{WEB}/compare/commits?targetBranch={hash_of(10)}&sourceBranch={hash_of(12)}"
    assert compared == push.url
    assert [(f"7:commit:{hash_of(n)}", True) for n in (11, 12)] == [(one.id, one.derived) for one in commits]


def test_a_forced_push():
    """A branch that lost commits was forced."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.push(HEAD, 10, 20, brought=1)
        forge.commits[hash_of(20), hash_of(10)] = [commit(10)]
        (push,) = polls.events("pushed")
    assert ("forced", ["Change 20"]) == (push.state, messages(push))


def test_a_new_branch_lists_what_the_default_branch_lacks():
    """A created branch has the commits that are not on the default branch."""
    forge = Forge()
    forge.commits[HEAD, hash_of(30)] = [commit(30), commit(29)]
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.push("refs/heads/feature/x", None, 30)
        (push,) = polls.events("pushed")
    assert ("created", "feature/x", ["Change 30", "Change 29"]) == (push.state, push.branch, messages(push))
    assert f"{WEB}/commits?until=refs%2Fheads%2Ffeature%2Fx" == push.url


@pytest.mark.parametrize(
    ("ref", "old", "new", "expected"),
    [
        ("refs/tags/v1", None, 5, ("created", None, "v1", f"{WEB}/browse?at=refs%2Ftags%2Fv1")),
        ("refs/tags/v1", 4, 5, (None, None, "v1", f"{WEB}/browse?at=refs%2Ftags%2Fv1")),
        ("refs/tags/v1", 5, None, ("deleted", None, "v1", None)),
        ("refs/heads/old", 5, None, ("deleted", "old", None, None)),
    ],
)
def test_tags_and_what_is_gone(ref: str, old: int | None, new: int | None, expected: tuple[str | None, ...]):
    """Tags and deletions are one event each, and cost no further request."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.push(ref, old, new)
        (push,) = polls.events()
        assert 2 == len(server.requests)
    assert expected == (push.state, push.branch, push.title, push.url)


def test_other_refs_are_not_told():
    """Notes and what the server keeps of pull requests are no branches."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.push("refs/notes/commits", None, 5)
        forge.push("refs/pull-requests/1/from", None, 6)
        page = polls.poll()
    assert ((), ()) == (page.found, page.warnings)


def test_commits_that_are_gone():
    """Where the server no longer has them, the push is told without, and says so."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.push(HEAD, 10, 12)
        server.respond = lambda request: _without_commits(forge, request)
        (push,) = polls.events()
    assert ((), ("commits",)) == (push.commits, push.guessed)


def _without_commits(forge: Forge, request: Request) -> Reply:
    return Reply(404, b"") if request.path.endswith("/commits") else forge.respond(request)


def test_more_pushes_than_a_page():
    """All that was pushed since is told, oldest first, without a gap."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server:
        polls = seen(server)
        for n in range(2, 252):
            forge.add(n)
        page = polls.poll()
    assert ([f"v{n}" for n in range(2, 252)], None) == ([found.event.title for found in page.found], page.gap)


def test_pushes_to_a_repository_that_had_none():
    """The first pushes of all are told, however many."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        for n in range(1, 151):
            forge.add(n)
        page = polls.poll()
    assert (150, None) == (len(page.found), page.gap)


def test_a_log_that_was_cut():
    """When nothing known is in the log any more, that is said."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.overrun()
        assert "more was pushed than the server keeps in its log" == polls.poll().gap


def test_history_costs_no_requests():
    """At first sight with start now, pushes are kept without their commits, and say so."""
    forge = Forge()
    forge.push(HEAD, 10, 12, brought=2)
    with Server(forge.respond) as server:
        polls = Polls(server)
        (found,) = polls.poll().found
        assert ["", "pull-requests", "ref-change-activities"] == [path.rpartition("site")[2] for path in polls.asked]
    assert (True, ("commits",)) == (found.history, found.event.guessed)


def test_entries_that_are_no_pushes():
    """An entry without a change of a ref is a warning once, and its neighbours are told."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.add(1)
        forge.log[:0] = [{"id": 7777}, None, {"id": 7778, "refChange": {"refId": 5}}]
        page = polls.poll()
        assert () == polls.poll().warnings
    assert (["v1"], ("2 pushes could not be read",)) == ([found.event.title for found in page.found], page.warnings)


@pytest.fixture
def cloned(tmp_path: Path) -> Repository:
    """What git serves for the repository: three commits on main."""
    made = Repository(tmp_path, "scm/tp/site.git")
    made.push("one", "two", "three")
    return made


def gated(forge: Forge, cloned: Repository):
    """A server whose log is for administrators, and which serves git too."""

    def respond(request: Request) -> Reply:
        if not request.path.startswith("/scm/"):
            return forge.respond(request)
        if request.headers.get("authorization") != f"Bearer {forge.token}":
            return Reply(401, "who is it?", {"content-type": "text/plain"})
        return serve(cloned.path.parents[2], request)

    return respond


@needs_git
def test_without_rights_the_refs_are_read(cloned: Repository, tmp_path: Path):
    """An account that may not read the log gets pushes from git, and idle it costs one request and one of git."""
    forge = Forge()
    forge.is_admin = False
    with Server(gated(forge, cloned)) as server:
        polls = seen(server, tmp_path)
        cloned.push("four", "five")
        (push,) = polls.events("pushed")
        polls.poll()
        assert ["pull-requests"] == [path for path in polls.asked if not path.startswith("/scm/")]
        assert {"/scm/tp/site.git/info/refs", "/scm/tp/site.git/git-upload-pack"} == set(polls.asked[1:])
    assert (["five", "four"], "main", ("actor", "occurred_at")) == (messages(push), push.branch, push.guessed)
    assert ("TP/site", f"{WEB}/commits?until=refs%2Fheads%2Fmain") == (
        push.repository and push.repository.full_name,
        push.url,
    )
    assert push.id.startswith("7:push:refs/heads/main:")


@needs_git
def test_rights_are_looked_at_again_after_a_day(cloned: Repository, tmp_path: Path):
    """The log is tried once a day, and what was pushed in between is told once."""
    forge = Forge()
    forge.is_admin = False
    with Server(gated(forge, cloned)) as server:
        polls = seen(server, tmp_path)
        forge.is_admin = True
        forge.push(HEAD, 1, 2)
        cloned.push("four")
        tomorrow = NOW + timedelta(hours=25)
        assert [["four"]] == [messages(event) for event in polls.events("pushed", now=tomorrow)]
        forge.push(HEAD, 2, 3, brought=1)
        assert [["Change 3"]] == [messages(event) for event in polls.events("pushed", now=tomorrow)]


@needs_git
def test_rights_that_are_withdrawn(cloned: Repository, tmp_path: Path):
    """A log that is refused from one poll to the next is asked once more; then that is said, and pushes come from git."""
    forge = Forge()
    with Server(gated(forge, cloned)) as server:
        polls = seen(server, tmp_path)
        forge.is_admin = False
        page = polls.poll()
        assert ((), None, 1) == (page.found, page.gap, len(page.warnings))
        cloned.push("four")
        page = polls.poll()
        cloned.push("five")
        assert [["five"]] == [messages(event) for event in polls.events("pushed")]
    assert [["four"]] == [messages(found.event) for found in page.found if found.event.type == "pushed"]
    assert page.gap is not None and "may no longer be read" in page.gap


@needs_git
@pytest.mark.parametrize("git", [True, False])
def test_a_log_that_was_refused_once(git: bool, cloned: Repository, tmp_path: Path):
    """Where the log can be read again at the next poll nothing of it is lost, told twice or said to be missing."""
    forge = Forge()
    with Server(gated(forge, cloned) if git else forge.respond) as server:
        polls = seen(server, tmp_path)
        forge.add(7)
        forge.is_admin = False
        cloned.push("four")
        assert [] == polls.events("pushed")
        forge.is_admin = True
        page = polls.poll()
        assert (["v7"], None) == ([found.event.title for found in page.found], page.gap)
        forge.add(8)
        assert ["v8"] == [event.title for event in polls.events("pushed")]


@needs_git
def test_a_log_that_nobody_may_read_any_more(tmp_path: Path):
    """Where git is refused too, pushes go on where they were once the log can be read again."""
    forge = Forge()
    with Server(forge.respond) as server:
        polls = seen(server, tmp_path)
        forge.is_admin = False
        assert [1, 1, 0] == [len(polls.poll().warnings) for _ in range(3)]
        forge.add(7)
        forge.is_admin = True
        assert ["v7"] == [event.title for event in polls.events("pushed", now=NOW + timedelta(hours=25))]


@pytest.mark.parametrize("odd", [{"refChange": None}, {"refChange": {"refId": "x"}}, {"id": None}], ids=str)
@pytest.mark.parametrize("above", [0, 150])
def test_a_push_that_is_mended(odd: dict[str, Any], above: int):
    """A push that could not be read is told once it can be, also behind a page on which all is known."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server:
        polls = seen(server)
        forge.add(2)
        whole, forge.log[0] = forge.log[0], forge.log[0] | odd
        for n in range(100, 100 + above):
            forge.add(n)
        assert above == len(polls.events("pushed"))
        forge.log[above] = whole
        assert (["v2"], []) == ([event.title for event in polls.events("pushed")], polls.events())


@needs_git
def test_pull_requests_go_on_where_git_is_refused_too(cloned: Repository, tmp_path: Path):
    """Where neither the log nor git may be read, that is said once, and pull requests are told."""
    forge = Forge()
    forge.is_admin = False
    with Server(forge.respond) as server:
        page = Polls(server, tmp_path).poll()
        assert 1 == len(page.warnings)
        assert page.warnings[0].startswith("pushes cannot be read: ")
        polls = Polls(server, tmp_path)
        polls.cursor = page.cursor
        forge.open(1)
        assert ["pullrequest_created"] == [event.type for event in polls.events()]
        assert ((), 1) == (polls.poll().warnings, len(server.requests))


@needs_git
def test_first_sight_by_git(cloned: Repository, tmp_path: Path):
    """What `start` asks for is told from the refs, too."""
    forge = Forge()
    forge.is_admin = False
    with Server(gated(forge, cloned)) as server:
        found = Polls(server, tmp_path).poll(Start("count", count=1)).found
    assert [("pushed", False)] == [(one.event.type, one.history) for one in found if one.event.type == "pushed"]
