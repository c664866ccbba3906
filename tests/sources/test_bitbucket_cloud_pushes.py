"""Pushes to Bitbucket Cloud by git, by REST where git cannot be used, and from one to the other."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.events import Event
from relay.sources.base import Page, Start
from tests.git.repository import MAIN, messages
from tests.servers import Reply, Request, Server
from tests.sources.bitbucket_cloud_polls import NOW, Polls
from tests.sources.forges.bitbucket import NOON, SITE, Forge, stamp

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


class Rest(Forge):
    """The same where git is refused: refs and commits are listed as REST does, read from git's own server."""

    git_works = False

    def respond(self, request: Request) -> Reply:
        below = request.path.rpartition("/")[2]
        if ".git/" in request.path:
            return super().respond(request) if self.git_works else Reply(401)
        if below == "refs":
            return self._page(self._refs(), request)
        return self._commits(request) if below == "commits" else super().respond(request)

    def _refs(self) -> list[dict[str, Any]]:
        lines = self.git.git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)").splitlines()
        found = []
        for ref, hash_, *tagged in map(str.split, lines):
            type, name = ("tag", ref[10:]) if ref.startswith("refs/tags/") else ("branch", ref[11:])
            found.append({"type": type, "name": name, "target": {"hash": (tagged or [hash_])[0]}})
        return found

    def _commits(self, request: Request) -> Reply:
        without = [f"^{request.query['exclude']}"] if "exclude" in request.query else []
        form = "--format=%H%x00%an%x00%ct%x00%s"
        log = self.git.git("log", "--date-order", form, request.query["include"], *without)
        return self._page([_commit(line) for line in log.splitlines()], request)


def _commit(line: str) -> dict[str, Any]:
    hash_, author, seconds, message = line.split("\0")
    at = NOON.fromtimestamp(int(seconds), NOON.tzinfo)
    return {"hash": hash_, "author": {"raw": f"{author} <a@example.org>"}, "date": stamp(at), "message": message}


@pytest.fixture(params=[Forge, Rest])
def forge(request: pytest.FixtureRequest) -> Forge:
    """Three commits on main, to be read by git or by REST."""
    made: Forge = request.param()
    made.push("one", "two", "three")
    return made


@pytest.fixture
def server(forge: Forge) -> Iterator[Server]:
    """The forge, answering."""
    with Server(forge.respond) as running:
        yield running


def follow(server: Server, folder: Path, start: Start = NOW, include: tuple[str, ...] = ()) -> tuple[Polls, Page]:
    """A source, and its first poll."""
    polls = Polls(server, folder, start, include)
    return polls, polls.poll()


def pushes(page: Page) -> list[Event]:
    """The pushes of a page."""
    return [found.event for found in page.found if found.event.type == "pushed"]


def later(polls: Polls, minutes: int) -> Page:
    """A poll so long after the first."""
    return polls.poll(NOON + timedelta(minutes=minutes))


def test_first_sight(server: Server, tmp_path: Path):
    """What was there is kept, and not told."""
    _, page = follow(server, tmp_path)
    assert [["three", "two", "one"]] == [messages(event) for event in pushes(page)]
    assert {True} == {found.history for found in page.found}


@pytest.mark.parametrize("start", [Start("all"), Start("count", 2), Start("since", seconds=86400.0 * 9)])
def test_start(server: Server, tmp_path: Path, start: Start):
    """As much of the past as is asked for is told."""
    _, page = follow(server, tmp_path, start)
    wanted = ["three", "two"] if start.count else ["three", "two", "one"]
    assert [wanted] == [messages(event) for event in pushes(page)]


def test_a_push(forge: Forge, server: Server, tmp_path: Path):
    """A push lists its commits, newest first, with pages on bitbucket.org and ids that begin with the uuid."""
    polls, _ = follow(server, tmp_path)
    old = forge.git.tip(MAIN)
    forge.push("four", "five")
    page, new = later(polls, 1), forge.git.tip(MAIN)
    (event,) = pushes(page)
    assert (["five", "four"], "main", None) == (messages(event), event.branch, event.state)
    assert f"{SITE}:push:{MAIN}:{old}..{new}:0" == event.id
    assert f"https://bitbucket.org/acme/site/branches/compare/{new}..{old}" == event.url
    commits = [found.event for found in page.found if found.event.type == "commit"]
    assert [True, True] == [event.derived and event.id.startswith(f"{SITE}:commit:") for event in commits]


def test_branches_come_move_and_go(forge: Forge, server: Server, tmp_path: Path):
    """A branch that is made, forced and deleted is three pushes, and its commits are told once."""
    polls, _ = follow(server, tmp_path)
    forge.push()
    forge.git.commit("side", forge.git.tip(MAIN), ref="refs/heads/side")
    pages = [later(polls, 1)]
    forge.git.commit("other", forge.git.tip(MAIN), ref="refs/heads/side")
    forge.push()
    pages.append(later(polls, 2))
    forge.git.remove("refs/heads/side")
    forge.push()
    pages.append(later(polls, 3))
    told = [[(event.state, messages(event)) for event in pushes(page)] for page in pages]
    assert [[("created", ["side"])], [("forced", ["other"])], [("deleted", [])]] == told


def test_a_tag(forge: Forge, server: Server, tmp_path: Path):
    """A tag has its name as title, and no branch."""
    polls, _ = follow(server, tmp_path)
    forge.git.put("refs/tags/v1", forge.git.tip(MAIN))
    forge.push()
    assert [("v1", None, "created")] == [(event.title, event.branch, event.state) for event in pushes(later(polls, 1))]


def test_an_empty_answer_is_believed_the_second_time(forge: Forge, server: Server, tmp_path: Path):
    """Branches that are all gone at once are told when the next poll says so too."""
    polls, _ = follow(server, tmp_path)
    forge.git.remove(MAIN)
    forge.push()
    pages = [later(polls, 1), later(polls, 2)]
    assert [[], ["deleted"]] == [[event.state for event in pushes(page)] for page in pages]


@pytest.mark.parametrize("forge", [Rest], indirect=True)
def test_git_that_is_refused(forge: Forge, server: Server, tmp_path: Path):
    """Where git refuses the credentials it is said once, and REST is asked from then on."""
    polls, page = follow(server, tmp_path)
    assert [True] == ["pushes are read by REST instead" in warning for warning in page.warnings]
    server.requests.clear()
    asked = [(NOON + timedelta(minutes=minute), "repositories/acme/site") for minute in (1, 2)]
    assert 1 == len([page for page in polls.polls(*asked) if page.warnings])
    assert 2 == sum(request.path.endswith("%7D/refs") for request in server.requests)


@pytest.mark.parametrize("forge", [Rest], indirect=True)
def test_git_that_works_again(forge: Rest, server: Server, tmp_path: Path):
    """A restart that finds git working goes on where REST ended: tags, which both name differently, tell nothing."""
    forge.git.git("tag", "-a", "-m", "One", "v1", MAIN)
    polls, _ = follow(server, tmp_path)
    forge.git_works = True
    forge.push("four")
    assert [["four"]] == [messages(event) for event in pushes(later(polls, 1))]
    forge.git_works = False
    assert [] == pushes(later(polls, 2))
