"""Patterns on a Bitbucket Data Center: the list of a project's repositories, and what `check --online` says."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from relay.errors import FeedError, FeedGarbled
from relay.http import Http
from relay.sources.base import Start
from tests.servers import Reply, Server
from tests.sources.datacenter_polling import NOW, Polls
from tests.sources.forges.bitbucket_datacenter import BASE, Forge, repository

OWNERS = "owners/TP"


@pytest.fixture
def forge() -> Forge:
    """A project with two repositories, of which one is old."""
    made = Forge()
    made.rest["projects/TP/repos"] = [repository(), repository(8, "old-docs")]
    return made


def patterns(server: Server, *more: str) -> Polls:
    return Polls(server, repositories=("TP/*", "!TP/old-*", *more))


def test_what_a_pattern_stands_for(forge: Forge):
    """Each repository is listed by its id, asked for again in ten minutes, and first sight tells nothing."""
    with Server(forge.respond) as server:
        polls = patterns(server)
        page = polls.poll(feed=OWNERS)
        again = polls.poll(feed=OWNERS)
        assert ["projects/TP/repos"] == [request.path.removeprefix(BASE) for request in server.requests]
    assert [("ids/7", "TP/site")] == [(one.key, one.name) for one in page.listed or ()]
    assert ((), 600.0, page.cursor) == (page.found, page.ask_after, again.cursor)


def test_a_listed_repository_is_followed(forge: Forge):
    """Its first cursor says where it is and that history follows start."""
    forge.open(1)
    with Server(forge.respond) as server:
        polls = patterns(server)
        (listed,) = polls.poll(feed=OWNERS).listed or ()
        polls.cursor = listed.cursor
        found = polls.poll(feed=listed.key).found
    assert [("pullrequest_created", True)] == [(one.event.type, one.history) for one in found]


def test_a_repository_that_appears(forge: Forge):
    """It is told as created, and read from its creation whatever start says."""
    with Server(forge.respond) as server:
        polls = patterns(server)
        polls.poll(feed=OWNERS)
        forge.rest["projects/TP/repos"].append(repository(9, "new"))
        forge.rest["projects/TP/repos/new/pull-requests"] = forge_pulls()
        forge.rest["projects/TP/repos/new/pull-requests/1/activities"] = []
        forge.rest["projects/TP/repos/new/ref-change-activities"] = []
        page = polls.poll(feed=OWNERS)
        (listed,) = [one for one in page.listed or () if one.key == "ids/9"]
        polls.cursor = listed.cursor
        found = polls.poll(Start("now"), feed="ids/9").found
    assert [("create", "9:create")] == [(one.event.type, one.event.id) for one in page.found]
    assert [("pullrequest_created", False)] == [(one.event.type, one.history) for one in found]


def forge_pulls() -> list[dict[str, Any]]:
    other = Forge()
    other.repository = repository(9, "new")
    other.open(1)
    return other.newest()


def test_a_repository_that_is_renamed(forge: Forge):
    """It keeps its key, and that it has another name is told."""
    with Server(forge.respond) as server:
        polls = patterns(server)
        polls.poll(feed=OWNERS)
        forge.rest["projects/TP/repos"][0] = repository(slug="home")
        page = polls.poll(feed=OWNERS)
    assert [("ids/7", "TP/home")] == [(one.key, one.name) for one in page.listed or ()]
    assert [("repo_renamed", "site", "7:moved:TP/site..TP/home")] == [
        (one.event.type, one.event.title, one.event.id) for one in page.found
    ]


@pytest.mark.parametrize(
    ("answer", "type", "id"),
    [
        (Reply(404, {}), "delete", f"7:delete:{NOW:%Y-%m-%d}"),
        (Reply(200, repository(project="OPS")), "repo_transferred", "7:moved:TP/site..OPS/site"),
    ],
)
def test_a_repository_that_leaves(forge: Forge, answer: Reply, type: str, id: str):
    """One that two listings lack was deleted, or moved to where the server's redirect leads."""
    with Server(lambda request: answer if request.path.endswith("/site") else forge.respond(request)) as server:
        polls = patterns(server)
        polls.poll(feed=OWNERS)
        del forge.rest["projects/TP/repos"][0]
        assert () == polls.poll(feed=OWNERS).found
        page = polls.poll(feed=OWNERS)
    assert ([], [(type, id)]) == (list(page.listed or ()), [(one.event.type, one.event.id) for one in page.found])


@pytest.mark.parametrize("odd", [{"name": "?"}, repository(9, "lights") | {"project": {}}], ids=["else", "nowhere"])
def test_a_list_of_something_else(forge: Forge, odd: Any):
    """An entry that is no repository, or is in no project, ends nothing: the whole listing is refused."""
    forge.rest["projects/TP/repos"].append(odd)
    with Server(forge.respond) as server, pytest.raises(FeedGarbled):
        patterns(server).poll(feed=OWNERS)


def test_repositories_of_users():
    """The repositories of a user have a tilde before the name."""
    forge = Forge()
    forge.rest["projects/~ada/repos"] = [repository(5, "notes", "~ada")]
    with Server(forge.respond) as server:
        polls = Polls(server, repositories=("~ada/*",))
        assert ["~ada/notes"] == [one.name for one in polls.poll(feed="owners/~ada").listed or ()]


def test_a_lost_cursor_is_told(forge: Forge):
    """A listed repository whose cursor is gone cannot be found by its id, and that is said."""
    with Server(forge.respond) as server, pytest.raises(FeedError, match="damaged"):
        patterns(server).poll(feed="ids/7")


@pytest.mark.parametrize("cursor", [{}, [], "x", 7, {"place": 1}, {"place": {"id": "7", "repository": {"slug": 4}}}])
def test_a_damaged_cursor_is_told(cursor: Any):
    """Whatever this source cannot have written is damaged, and said to be."""
    with Server(Forge().respond) as server, pytest.raises(FeedError, match="damaged"):
        polls = Polls(server)
        polls.cursor = cursor
        polls.poll()


def findings(server: Server, *repositories: str) -> list[tuple[str, bool]]:
    """What `check --online` says at an interval of a minute."""

    async def check() -> list[tuple[str, bool]]:
        async with Http() as http:
            found = await Polls(server, repositories=repositories).source(http).check(60.0, NOW)
            return [(str(one), one.fine) for one in found]

    return asyncio.run(check())


def test_check(forge: Forge):
    """Each repository and project is asked for, and what the interval costs is said."""
    with Server(forge.respond) as server:
        found = findings(server, "TP/site", "TP/nowhere", "TP/s*")
    told = [text for text, fine in found if fine]
    assert [
        "TP/site: can be read, and the log of its pushes too",
        "TP: the patterns stand for 0 of 2 repositories",
        "about 240 requests an hour; the server limits them only if its administrator says so",
    ] == told
    assert 1 == sum("answered 404" in text for text, fine in found if not fine)


def test_check_without_rights(forge: Forge):
    """That pushes come from git is said beforehand."""
    forge.is_admin = False
    with Server(forge.respond) as server:
        (first, _) = findings(server, "TP/site")
    assert ("TP/site: can be read; pushes are read with git, since only administrators see their log", True) == first


def test_check_of_many(forge: Forge):
    """At most twenty repositories are asked for, and how many more there are is said."""
    with Server(forge.respond) as server:
        found = findings(server, *(f"TP/r{n}" for n in range(25)))
        assert 20 == len(server.requests)
    assert ("5 more were not tried", True) in found


def test_a_listing_that_takes_pages(forge: Forge):
    """More repositories than a page holds are all listed."""
    forge.rest["projects/TP/repos"] = [repository(n, f"r{n}") for n in range(1, 251)]
    with Server(forge.respond) as server:
        assert 250 == len(patterns(server).poll(feed=OWNERS, now=NOW + timedelta(days=1)).listed or ())


def test_a_page_that_leads_to_itself():
    """A server that leads in a circle is refused."""
    circle = {"values": [repository()], "isLastPage": False, "nextPageStart": 0}

    with Server(lambda _: Reply(body=circle)) as server, pytest.raises(FeedGarbled, match="leads to"):
        patterns(server).poll(feed=OWNERS)
