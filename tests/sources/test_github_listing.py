"""What patterns stand for: all pages of an owner's list, new ones read from their creation, free while idle."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.errors import FeedGarbled
from relay.sources.base import Start
from tests.servers import Reply, Server
from tests.sources.forges.github import NOON, TOKEN, Forge
from tests.sources.github_polls import Polls
from tests.stage import Stage

LATER = timedelta(minutes=10)


def repository(id: int, name: str, days: int = 400) -> dict[str, Any]:
    """A repository as lists have it, made so many days ago."""
    return {"id": id, "full_name": name, "created_at": f"{NOON - timedelta(days=days):%FT%TZ}"}


def forge_of(path: str, *repositories: dict[str, Any], **answers: Any) -> Forge:
    """A GitHub that lists them."""
    forge = Forge()
    forge.answers |= {path: list(repositories), "/user": {"login": "Ada"}} | answers
    return forge


def listing(server: Server, *wanted: str) -> Polls:
    return Polls(server, Start(), repositories=wanted)


def test_patterns_and_exclusions():
    """A listing names what its patterns stand for, by id, without what is excluded or named in full."""
    names = ["acme/site", "acme/web", "acme/old-web", "acme/app"]
    forge = forge_of("/orgs/acme/repos", *(repository(n, name) for n, name in enumerate(names)))
    with Server(forge.respond) as server:
        page = listing(server, "acme/*", "!acme/old-*", "acme/site").poll(NOON, "owners/acme")
    assert [("ids/1", "acme/web"), ("ids/3", "acme/app")] == [(one.key, one.name) for one in page.listed or ()]
    assert 600.0 == page.ask_after


@pytest.mark.parametrize(("owner", "path"), [("bob", "/users/bob/repos"), ("ada", "/user/repos")])
def test_owner_that_is_a_user(owner: str, path: str):
    """Of a user the public repositories are listed, of the token's own user the private ones too."""
    forge = forge_of(path, repository(1, f"{owner}/web"))
    with Server(forge.respond) as server:
        page = listing(server, f"{owner}/*").poll()
    assert ["ids/1"] == [one.key for one in page.listed or ()]


def paged(forge: Forge, pages: list[list[dict[str, Any]]], number: Callable[[int], int] = lambda page: page):
    """The forge, whose list of repositories has these pages; what follows the last one is `number`'s to say."""

    def respond(request):
        if request.path != "/orgs/acme/repos":
            return forge.respond(request)
        page = int(request.query.get("page", "1"))
        onward = f'<http://{request.headers["host"]}/orgs/acme/repos?page={page + 1}>; rel="next"'
        more = number(page) < len(pages)
        return forge._conditional(request, pages[number(page) - 1], {"link": onward} if more else {})

    return respond


def test_all_pages_free_while_idle():
    """All pages are read, and read again for nothing while they are the same."""
    pages = [[repository(n, f"acme/r{n}") for n in range(100)], [repository(200, "acme/last")]]
    with Server(paged(Forge(), pages)) as server:
        polls = listing(server, "acme/*")
        first, again = polls.polls((NOON, "owners/acme"), (NOON + LATER, "owners/acme"))
        assert (101, 101) == (len(first.listed or ()), len(again.listed or ()))
        assert 2 == polls.meter.take()
    assert again.cursor == first.cursor


def test_last_page_that_was_full():
    """A page that is full stays as it is when another one follows it, which is read all the same."""
    pages = [[repository(n, f"acme/r{n}") for n in range(100)]]
    with Server(paged(Forge(), pages)) as server:
        polls = listing(server, "acme/*")

        def respond(request):
            if sum(one.path == "/orgs/acme/repos" for one in server.requests) == 2:
                pages.append([repository(200, "acme/last")])
            return paged(Forge(), pages)(request)

        server.respond = respond
        first, again = polls.polls((NOON, "owners/acme"), (NOON + LATER, "owners/acme"))
    assert (100, 101) == (len(first.listed or ()), len(again.listed or ()))


def test_list_without_end():
    """A list that goes on and on is a failure; what stands behind its hundredth page is not taken for gone."""
    forge = paged(Forge(), [[repository(1, "acme/web")], []], lambda page: 1)
    with Server(forge) as server, pytest.raises(FeedGarbled, match="orgs/acme/repos has no end after 100 repos"):
        listing(server, "acme/*").poll()


def test_new_repository_is_read_from_its_creation():
    """What was there follows `start`; what is made later begins with all of its history."""
    forge = forge_of("/orgs/acme/repos", repository(500, "acme/web"))
    with Server(forge.respond) as server:
        polls = listing(server, "acme/*")
        polls.poll()
        forge.answers["/orgs/acme/repos"].append(repository(501, "acme/site", 0))
        cursors = {one.key: one.cursor for one in polls.poll(NOON + LATER).listed or ()}
        forge.add(1)
        polls.cursors |= cursors
        assert [False] == [found.history for found in polls.poll(NOON, "ids/501").found]
    assert "created" not in cursors["ids/500"]


def test_gone_and_renamed():
    """A new name is told at once, and that a repository is gone when two listings were without it."""
    forge = forge_of("/orgs/acme/repos", repository(1, "acme/web"), repository(2, "acme/app"))
    with Server(forge.respond) as server:
        polls = listing(server, "acme/*")
        polls.poll()
        forge.answers["/orgs/acme/repos"] = [repository(1, "acme/site")]
        pages = [polls.poll(NOON + n * LATER) for n in (1, 2, 3)]
    told = [[(found.event.type, found.event.id) for found in page.found] for page in pages]
    assert [[("repo_renamed", "1:renamed:acme/site")], [("delete", "2:delete:2026-11-22")], []] == told


def test_repository_that_a_listing_garbles():
    """A page with one that cannot be read is asked for anew, though its ETag may be that of the whole: none has gone."""
    whole = [repository(1, "acme/web"), repository(2, "acme/app")]
    bodies = [whole, [whole[0], whole[1] | {"id": "x"}], whole]

    def respond(request):
        if request.path != "/orgs/acme/repos":
            return forge.respond(request)
        same = request.headers.get("if-none-match") == '"b"'
        return Reply(304) if same else Reply(body=bodies.pop(0), headers={"etag": '"a"' if len(bodies) == 2 else '"b"'})

    forge = Forge()
    with Server(respond) as server:
        polls = listing(server, "acme/*")
        pages = polls.polls(*((NOON + n * LATER, "owners/acme") for n in range(4)))
    assert [] == [found.event.type for page in pages for found in page.found]


def test_listing_that_is_none():
    """A page for people in the place of a list fails the poll, and ends no repository."""
    forge = forge_of("/orgs/acme/repos", repository(1, "acme/web"))
    with Server(forge.respond) as server:
        polls = listing(server, "acme/*")
        polls.poll()
        forge.answers["/orgs/acme/repos"] = Reply(200, {"message": "hello"})
        with pytest.raises(Exception, match="no list of repositories"):
            polls.poll(NOON + LATER)


def test_pattern_through_the_whole_relay(tmp_path: Path):
    """A repository that is made while relay runs is told from its creation, and under its new name later."""
    forge = forge_of("/orgs/acme/repos", repository(500, "acme/web"), **{"/repositories/500/events": []})
    with Server(forge.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(server, sink))
        assert stage.once()
        forge.answers["/orgs/acme/repos"].append(repository(501, "acme/site", -1))
        forge.add(1, NOON + timedelta(minutes=9))
        assert stage.once(minutes=11)
        forge.answers["/orgs/acme/repos"][1] = repository(501, "acme/shop", -1)
        forge.add(2, NOON + timedelta(minutes=19))
        forge.entries[0]["repo"] = {"id": 501, "name": "acme/shop"}
        assert stage.once(minutes=11)
        assert stage.once(minutes=11)
    told = [request.json()["data"] for request in sink.requests]
    assert [("report_issue", "acme/site"), ("report_issue", "acme/shop"), ("repo_renamed", "acme/shop")] == sorted(
        [(one["type"], f"{one['repository']['owner']}/{one['repository']['slug']}") for one in told],
        key=lambda one: (one[0] != "report_issue", one[1] != "acme/site"),
    )


def rules(forge: Server, sink: Server) -> str:
    return f"""
sources:
  hub: {{kind: github, url: "{forge.url}", token: {TOKEN}, repositories: ["acme/*"]}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules: {{"*": lake}}
"""
