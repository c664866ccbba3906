"""What is asked for beside the activities of a Gitea: included lists, owners with patterns, and check --online."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.events import Event
from relay.finding import Finding
from relay.http import Http
from relay.sources.base import Page, Start, Tools
from relay.sources.gitea import Gitea
from tests.servers import Reply, Request, Server
from tests.sources.forges.gitea import ADA, NOON, REPOSITORY, Forge
from tests.sources.gitea_polling import NOW, events, made, poll

BEN = {"id": 4, "login": "ben", "full_name": "Ben Okoye", "html_url": "https://git.example/ben"}
AT = "2026-11-22T11:00:00Z"
FORK = {"id": 77, "full_name": "ben/site", "html_url": "https://git.example/ben/site", "owner": BEN, "created_at": AT}
FILE = {"id": 5, "name": "site.zip", "created_at": AT, "browser_download_url": "https://git.example/site.zip"}
RELEASE = {"id": 1, "name": "v1", "author": BEN, "assets": [FILE]}


def wiki(name: str, sha: str) -> dict[str, Any]:
    commit = {"sha": sha, "author": {"name": "Ben Okoye"}, "commiter": {"name": "Ben Okoye", "date": AT}}
    return {
        "title": name,
        "sub_url": name,
        "html_url": f"https://git.example/acme/site/wiki/{name}",
        "last_commit": commit,
    }


def pull(number: int, title: str, sha: str = "1", **fields: Any) -> dict[str, Any]:
    ends = {"head": {"ref": "fix", "sha": sha}, "base": {"ref": "main"}}
    url = f"https://git.example/acme/site/pulls/{number}"
    return {"number": number, "title": title, "state": "open", "html_url": url, "updated_at": AT} | ends | fields


def comment(id: int, text: str, created: str = "2026-11-22T10:00:00Z", updated: str = AT, at: str = "pulls/8") -> Any:
    url = f"https://git.example/acme/site/{at}"
    times = {"created_at": created, "updated_at": updated}
    return times | {"id": id, "body": text, "user": BEN, "html_url": f"{url}#c", "pull_request_url": url}


def story(types: str, *lists: dict[str, Any]) -> list[list[Event]]:
    """What each poll tells, after one at first sight, while what stands at some places changes."""
    forge, told, cursor = Forge(), list[list[Event]](), None
    forge.add(1)
    with Server(forge.respond) as server:
        for places in lists:
            forge.places |= {f"repos/acme/site/{place}": items for place, items in places.items()}
            page = poll(server, due(cursor), include=frozenset(types.split()))
            told.append(events(page, *types.split()))
            cursor = page.cursor
    return told


def due(cursor: Any) -> Any:
    """The cursor as if its whole lists had been read more than ten minutes ago."""
    if cursor:
        for held in cursor["lists"].values():
            held["asked_at"] = held["asked_at"] and NOW.timestamp() - 601
    return cursor


def said(told: list[list[Event]]) -> list[list[tuple[Any, ...]]]:
    return [
        [(event.type, event.actor and event.actor.username, event.title, event.number) for event in one] for one in told
    ]


FOLLOW, LEAVE = "start_follow_repo", "stop_follow_repo"
ACCESS = "team_access_gained_collab"
WIKI = "wiki_created wiki_updated wiki_deleted"


@pytest.mark.parametrize(
    ("types", "lists", "expected"),
    [
        (
            f"{FOLLOW} {LEAVE}",
            [{"stargazers": [ADA]}, {"stargazers": [ADA, BEN]}, {"stargazers": [ADA]}, {"stargazers": [ADA, BEN]}],
            [[(FOLLOW, "ben")], [(LEAVE, "ben")], [(FOLLOW, "ben")]],
        ),
        (LEAVE, [{"stargazers": [ADA]}, {"stargazers": []}, {"stargazers": []}], [[], [(LEAVE, "ada")]]),
        (ACCESS, [{"collaborators": []}, {"collaborators": [BEN]}, {"collaborators": [BEN]}], [[(ACCESS, "ben")], []]),
        ("fork", [{"forks": []}, {"forks": [FORK]}, {"forks": []}, {"forks": [FORK]}], [[("fork", "ben", "ben/site")], [], []]),
        ("file_uploaded", [{"releases": []}, {"releases": [RELEASE]}], [[("file_uploaded", "ben", "site.zip")]]),
        (
            WIKI,
            [{"wiki/pages": [wiki("A", "1")]}, {"wiki/pages": [wiki("A", "2"), wiki("B", "3")]}, {"wiki/pages": [wiki("B", "3")]}],
            [[("wiki_updated", None, "A"), ("wiki_created", None, "B")], [("wiki_deleted", None, "A")]],
        ),
        ("wiki_created", [{}, {"wiki/pages": [wiki("A", "1")]}], [[("wiki_created", None, "A")]]),
        (
            "pullrequest_updated",
            [{"pulls": [pull(8, "WIP: One")]}, {"pulls": [pull(9, "New"), pull(8, "One")]}, {"pulls": [pull(8, "One", "2")]}],
            [[], [("pullrequest_updated", None, "One", 8)]],
        ),
        (
            "pullrequest_comment_updated",
            [
                {"issues/comments": [comment(1, "a")]},
                {"issues/comments": [comment(1, "b", updated="2026-11-22T12:00:00Z"), comment(2, "c", AT, AT)]},
                {"issues/comments": [comment(3, "d", at="")]},
            ],
            [[("pullrequest_comment_updated", "ben", None, 8)], []],
        ),
    ],
)  # fmt: skip
def test_included_lists(types: str, lists: list[dict[str, Any]], expected: list[list[tuple[Any, ...]]]):
    """First sight of a list tells nothing; then what came, changed and went is told, each time of its own."""
    told = story(types, *lists)
    filled = [[(one + (None,) * 4)[:4] for one in page] for page in expected]
    assert [[], *map(sorted_, filled)] == [sorted_(page) for page in said(told)]
    assert len({event.id for page in told for event in page}) == sum(map(len, told))


@pytest.mark.parametrize(
    ("types", "place", "entry", "odd"),
    [
        (f"{FOLLOW} {LEAVE}", "stargazers", BEN, [None, {}, BEN | {"id": None}, BEN | {"login": 7}]),
        (f"{ACCESS} team_lost_access", "collaborators", BEN, [[], BEN | {"id": "x"}]),
        (WIKI, "wiki/pages", wiki("B", "2"), ["x", wiki("B", "2") | {"title": None, "sub_url": 3}, wiki("B", "2") | {"last_commit": 1}]),
        ("fork", "forks", FORK, [7, FORK | {"id": {}}]),
        ("file_uploaded", "releases", RELEASE, [None, RELEASE | {"assets": {}}, RELEASE | {"assets": [7]}]),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_has_not_gone(types: str, place: str, entry: Any, odd: list[Any]):
    """A list with an entry that cannot be read tells nothing as gone, nor anew once it can be read."""
    other = {"stargazers": ADA, "collaborators": ADA, "wiki/pages": wiki("A", "1")}.get(place)
    known = [one for one in (other, entry) if one]
    for broken in odd:
        lists = [{place: listed} for listed in (known, [*known[:-1], broken], known)]
        assert [[], [], []] == story(types, *lists)


@pytest.mark.parametrize("odd", [{"created_at": "yesterday"}, {"pull_request_url": 7}, {"updated_at": None}], ids=str)
def test_a_comment_that_is_mended(odd: dict[str, Any]):
    """An edited comment that lacks something is told once it has it."""
    lists = [comment(1, "a"), comment(1, "b", updated="2026-11-22T12:00:00Z")]
    lists.insert(1, lists[1] | odd)
    told = story("pullrequest_comment_updated", *({"issues/comments": [one]} for one in lists))
    assert [0, 0, 1] == [len(page) for page in told]


def sorted_(page: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(page, key=repr)


def test_a_list_costs_one_request_every_ten_minutes():
    """Without `include` nothing more is asked, with it one request, and of whole lists not at each poll."""
    forge = Forge()
    forge.add(1)
    forge.places["repos/acme/site/forks"] = []
    counts = []
    with Server(forge.respond) as server:
        cursor = None
        for include in (frozenset[str](), frozenset({"fork"}), frozenset({"fork"})):
            cursor = poll(server, cursor, include=include).cursor
            counts.append([request.path.rpartition("/")[2] for request in server.requests])
            server.requests.clear()
    assert [["site", "feeds", "1"], ["feeds", "forks"], ["feeds"]] == counts


def test_edits_are_asked_for_since_the_newest():
    """Comments are asked for from ten minutes before the newest time that the forge told."""
    forge = Forge()
    forge.add(1)
    forge.places["repos/acme/site/issues/comments"] = [comment(1, "a", updated="2026-11-22T13:00:00Z")]
    with Server(forge.respond) as server:
        first = poll(server, include=frozenset({"pullrequest_comment_updated"}))
        poll(server, first.cursor, include=frozenset({"pullrequest_comment_updated"}))
    asked = [request.query.get("since") for request in server.requests if request.path.endswith("comments")]
    assert [None, "2026-11-22T12:50:00Z"] == asked


def test_a_list_that_is_refused_is_told_once():
    """Where the token may not read a list, a warning says so once, and activities are told."""
    forge = Forge()
    forge.add(1)
    forge.places["repos/acme/site/collaborators"] = []
    refuse = lambda asked: Reply(403) if asked.path.endswith("collaborators") else forge.respond(asked)  # noqa: E731
    with Server(refuse) as server:
        first = poll(server, include=frozenset({ACCESS}))
        forge.add(2)
        second = poll(server, due(first.cursor), include=frozenset({ACCESS}))
    assert (1, 0) == (len(first.warnings), len(second.warnings))
    assert ["Issue 2"] == [event.title for event in events(second)]


def listed(*names: str, **fields: Any) -> list[dict[str, Any]]:
    return [REPOSITORY | {"id": 10 + len(name), "name": name, "full_name": f"acme/{name}"} | fields for name in names]


@pytest.mark.parametrize("place", ["orgs/acme/repos", "users/acme/repos"])
def test_patterns(place: str):
    """What a pattern stands for is listed by id, of an organization and of a person, and asked again in ten minutes."""
    forge = Forge()
    forge.places[place] = [*listed("www", "old-www", "x" * 20), {"id": 3}, "junk"]
    with Server(forge.respond) as server:
        page = poll(server, repositories=("acme/*", "!acme/old-*"))
    assert [("ids/13", "acme/www"), ("ids/30", f"acme/{'x' * 20}")] == [
        (one.key, one.name) for one in page.listed or ()
    ]
    assert 600 == page.ask_after


def test_a_repository_that_appears_is_read_from_its_creation():
    """One made while relay watches has all of its history told, whatever `start` says; those of before follow it."""
    forge, types = Forge(), []
    forge.places["orgs/acme/repos"] = listed("www")
    for id, name in ((13, "www"), (15, "fresh")):
        forge.places[f"repos/acme/{name}/activities/feeds"] = [{"id": id, "op_type": "create_repo", "created": AT}]
    with Server(forge.respond) as server:
        first = poll(server, repositories=("acme/*",))
        forge.places["orgs/acme/repos"] = listed("www") + listed("fresh", created_at=AT)
        second = poll(server, first.cursor, repositories=("acme/*",))
        for one in second.listed or ():
            page = poll(server, one.cursor, Start("now"), one.key, repositories=("acme/*",))
            types.append([(found.event.type, found.history) for found in page.found])
    assert [[("create", True)], [("create", False)]] == types


def test_a_repository_that_went():
    """One that is missing from two listings in a row is told as deleted, and listed no more."""
    forge, pages, cursor = Forge(), list[Page](), None
    with Server(forge.respond) as server:
        for names in (("www", "docs"), ("www",), ("www",), ("www",)):
            forge.places["orgs/acme/repos"] = listed(*names)
            pages.append(poll(server, cursor, repositories=("acme/*",)))
            cursor = pages[-1].cursor
    assert [[], [], [("delete", "acme/docs")], []] == [
        [(event.type, event.repository and event.repository.full_name) for event in events(page)] for page in pages
    ]
    assert [2, 2, 1, 1] == [len(page.listed or ()) for page in pages]


def check(server: Server, **settings: Any) -> list[Finding]:
    async def run() -> tuple[Finding, ...]:
        async with Http() as http:
            source = Gitea("g", made(server, **settings), Start(), Tools(http, Path("unused")))
            return await source.check(60, NOW)

    return list(asyncio.run(run()))


def test_check():
    """Whose token it is, what can be read, and what a pattern costs."""
    forge = Forge()
    forge.places |= {"user": ADA, "users/ada": ADA, "orgs/acme/repos": listed("www", "docs1")}
    names = {"repositories": ("acme/site", "acme/gone", "acme/w*"), "users": ("ada",), "token": "t0ken"}
    with Server(forge.respond) as server:
        found = check(server, **names)
    assert [True, True, False, True, True] == [one.fine for one in found]
    assert "the token is ada's" == str(found[0])
    assert "acme: its patterns stand for 1 repositories, about 60 requests an hour" == str(found[3])


def test_check_of_many():
    """Twenty are tried, and how many more there are is said; a refused token is not fine."""
    refuse = lambda request: Reply(401) if request.path.endswith("/user") else Reply(body=REPOSITORY)  # noqa: E731
    with Server(refuse) as server:
        found = check(server, repositories=tuple(f"acme/r{n}" for n in range(25)), token="t0ken")
    assert (22, False, "5 more were not tried") == (len(found), found[0].fine, str(found[-1]))


def test_the_token_is_sent_as_gitea_wants_it():
    """The header is `token …`, at every request."""
    forge = Forge()
    with Server(forge.respond) as server:
        poll(server, token="t0ken-of-the-test")
    assert {"token t0ken-of-the-test"} == {request.headers.get("authorization") for request in server.requests}


def test_pages_that_the_server_keeps_short():
    """A server that gives 30 where 50 are asked for is read to its end."""
    forge = Forge()
    for n in range(70):
        forge.add(n, NOON + timedelta(minutes=n))

    def short(request: Request) -> Reply:
        reply = forge.respond(Request(request.method, request.path, request.query | {"limit": "30"}, {}, b""))
        return Reply(200, reply.body)

    with Server(short) as server:
        assert 70 == len(poll(server).found)
