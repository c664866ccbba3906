"""The events resource polled over real sockets: recorded lists, moving lists, first sight, another relay."""

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from relay.events import to_json
from relay.http import Http
from relay.sources import SOURCES
from relay.sources.base import Start, Tools
from relay.sources.bitbucket_v1 import BitbucketV1, BitbucketV1Settings
from tests.servers import Reply, Request, Server
from tests.sources.events_server import NOW, entries, entry, ids, nodes, poll, serving

SHARED = Path(__file__).parents[2] / ".." / "shared" / "recordings" / "bitbucket-v1"
recordings = pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded pages are not here")


def recorded(name: str) -> list[dict[str, Any]]:
    return json.loads((SHARED / name).read_text(encoding="utf-8"))["events"]


@recordings
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("coderwall-django-piston_commits.json", 50),
        ("coderwall-heechee-fixes_commits.json", 18),
        ("coderwall-par2-drobofs_commits.json", 0),
        ("spring-get-events.json", 2),
        ("spring-get-list-repo-events.json", 1),
        ("issue4796-user-events-start_follow_user.json", 1),
    ],
)
def test_recorded_pages_come_once(name: str, count: int):
    """Every recorded event arrives once, oldest first, and a second poll brings nothing and no new cursor."""
    listed = recorded(name)
    with Server(serving(listed)) as server:
        first = poll(server)
        again = poll(server, first.cursor)
    assert (count, count, None, ()) == (len(first.found), len(set(ids(first))), first.gap, first.warnings)
    assert [raw["event"] for raw in listed[::-1]] == [found.event.type for found in first.found]
    assert () == again.found
    assert first.cursor is again.cursor


@recordings
@pytest.mark.parametrize("name", ["coderwall-django-piston_commits.json", "spring-get-events.json"])
def test_recorded_page_on_a_server_that_ignores_start(name: str):
    """A file served as it is, whatever was asked for, is read once."""
    listed = recorded(name)
    with Server(lambda _: Reply(body={"count": 299, "events": listed})) as server:
        first = poll(server)
        assert len(listed) == len(first.found)
        assert () == poll(server, first.cursor).found


@recordings
def test_list_of_the_issue():
    """Backdated, identical and many new events come exactly, in order, while an old one is deleted."""
    old = recorded("coderwall-django-piston_commits.json")
    many = [old[0] | {"node": f"{n:012x}", "description": str(n)} for n in range(173)]
    backdated = old[3] | {"node": "b" * 12, "utc_created_on": "1999-01-01 00:00:00+00:00"}
    fresh = [*many, backdated, old[20], backdated | {"node": "c" * 12}]
    with Server(serving(old)) as server:
        before = poll(server)
        server.respond = serving(fresh + old[:30] + old[31:])
        after = poll(server, before.cursor)
        assert [raw["node"] for raw in fresh[::-1]] == nodes(after)
        assert not set(ids(before)) & set(ids(after))
        assert None is after.gap
        assert () == poll(server, after.cursor).found


def test_pages_of_fourteen():
    """A server that sends 14 of the 50 asked for is read to its end."""
    with Server(serving(entries(0, 100), 14)) as server:
        assert [f"c{n}" for n in range(99, -1, -1)] == nodes(poll(server))


def test_list_that_shifts_while_it_is_paged():
    """Events recorded between two requests double nothing and are told next time."""
    listed = entries(0, 120)
    steady = serving(listed)

    def respond(request: Request) -> Reply:
        reply = steady(request)
        if request.query["start"] == "45":
            listed[:0] = entries(1000, 1003)
        return reply

    with Server(respond) as server:
        first = poll(server)
        server.respond = steady
        assert [f"c{n}" for n in range(119, -1, -1)] == nodes(first)
        assert ["c1002", "c1001", "c1000"] == nodes(poll(server, first.cursor))


def test_request():
    """The address has its slash, the slug is in lower case, and 50 entries are asked for."""
    with Server(serving([])) as server:
        poll(server, repositories=("Harbour/Tide-Tables",))
    asked = server.requests[0]
    assert ("/1.0/repositories/Harbour/tide-tables/events/", {"start": "0", "limit": "50"}) == (asked.path, asked.query)


@pytest.mark.parametrize("base", ["", "/", "/1.0", "/1.0/"])
def test_base_with_and_without_version(base: str):
    """The base is taken with or without /1.0 and a slash; the feed of a user has its own address."""
    with Server(serving([])) as server:
        poll(server, url=server.url + base, repositories=(), users=("Ada",))
    assert "/1.0/users/Ada/events/" == server.requests[0].path


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({}, None),
        ({"token": "s3cret-token"}, "Bearer s3cret-token"),
        ({"username": "ana", "password": "pä:ss"}, f"Basic {b64encode('ana:pä:ss'.encode()).decode()}"),
    ],
)
def test_logins(login: dict[str, str], header: str | None):
    """Anonymous, a token, or a user name with its password."""
    with Server(serving([])) as server:
        poll(server, **login)
    assert header == server.requests[0].headers.get("authorization")


def test_redirects_are_followed():
    """A server that moved the resource is followed."""
    moved = serving(entries(0, 3))
    away = Reply(302, headers={"location": "/new?start=0&limit=50"})
    with Server(lambda request: moved(request) if request.path == "/new" else away) as server:
        assert ["c2", "c1", "c0"] == nodes(poll(server))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (Start("now"), []),
        (Start("all"), ["c3", "c2", "c1", "c0"]),
        (Start("count", count=2), ["c1", "c0"]),
        (Start("since", seconds=2 * 86400), ["c2", "c0"]),
    ],
)
def test_first_sight(start: Start, told: list[str]):
    """What is not asked for of the history is found too, and marked as history."""
    old, recent = ((NOW - timedelta(days=days)).isoformat() for days in (3, 1))
    listed = [entry(f"c{n}", utc_created_on=recent if n in (0, 2) else old) for n in range(4)]
    with Server(serving(listed)) as server:
        page = poll(server, None, start)
    assert ["c3", "c2", "c1", "c0"] == nodes(page)
    assert told == [found.event.commits[0].hash for found in page.found if not found.history]


def test_nothing_is_history_later():
    """`start` rules the first sight alone, also where that found an empty list."""
    with Server(serving([])) as server:
        first = poll(server, None, Start("now"))
        server.respond = serving(entries(0, 1))
        assert [False] == [found.history for found in poll(server, first.cursor, Start("now")).found]


def test_idle_poll_is_one_request_without_parsing():
    """An unchanged body is recognised; a body that changed in what does not matter is remembered instead."""
    listed = entries(0, 120)
    with Server(serving(listed)) as server:
        first = poll(server)
        asked = len(server.requests)
        assert first.cursor is poll(server, first.cursor).cursor
        listed[0]["repository"]["size"] = 7
        second = poll(server, first.cursor)
        assert first.cursor != second.cursor
        assert second.cursor is poll(server, second.cursor).cursor
    assert (3, ()) == (len(server.requests) - asked, second.found)


def relayed(first: int, last: int) -> list[dict[str, Any]]:
    """What another relay serves: entries that are all alike, with whole events under `relay`."""
    with Server(serving(entries(0, 1))) as server:
        event = to_json(poll(server).found[0].event)
    return [entry("same", relay=event | {"id": f"r{n}", "number": n}) for n in range(first, last)]


def test_chain_of_two():
    """What another relay serves comes with its ids, in its order, and each id once."""
    listed = relayed(0, 120)
    with Server(serving(listed)) as server:
        first = poll(server)
        server.respond = serving(relayed(200, 203) + listed[60:])
        second = poll(server, first.cursor)
    assert [f"r{n}" for n in range(119, -1, -1)] == ids(first)
    assert ["r202", "r201", "r200"] == ids(second)
    assert {("bb", NOW, None)} == {(f.event.source, f.event.seen_at, f.fingerprint) for f in first.found}


def test_id_served_twice_is_one_event():
    """A list of ids is not confused by one that stands in it twice."""
    listed = relayed(0, 20)
    with Server(serving([*listed, listed[4]])) as server:
        assert [f"r{n}" for n in range(19, -1, -1)] == ids(poll(server))


def test_invalid_relay_key_falls_back():
    """Without a valid event under `relay` the seven keys count, and a warning says so."""
    with Server(serving([entry("c0", relay={"id": 7})])) as server:
        page = poll(server)
    assert ["c0"] == nodes(page)
    assert "event.id" in page.warnings[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "ftp://x"}, "must be an address"),
        ({"url": "https://"}, "must be an address"),
        ({"url": "https://ana:pass@x"}, "use username and password"),
        ({"repositories": ("acme",)}, "is not owner/slug"),
        ({"repositories": ("acme/*",)}, "patterns are not possible"),
        ({"repositories": ("acme/..",)}, "is not owner/slug"),
        ({"users": ("a/b",)}, "is not the name of a user"),
        ({"repositories": ()}, "names nothing to poll"),
        ({"username": "ana"}, "belong together"),
        ({"username": "ana", "password": "x", "token": "y"}, "either a token or"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_settings(settings: dict[str, Any], message: str):
    """Settings that cannot work are told before anything is polled."""
    with pytest.raises(ValidationError, match=message):
        BitbucketV1Settings(**({"url": "https://x", "repositories": ("acme/site",)} | settings))


def test_feeds():
    """A feed is told once, whatever the case of its slug."""
    settings = BitbucketV1Settings(url="https://x", repositories=("acme/Site", "acme/site"), users=("ada",))
    source = BitbucketV1("bb", settings, Start(), Tools(Http(), Path("unused")))
    assert ("repositories/acme/site", "users/ada") == source.feeds()
    assert BitbucketV1 is SOURCES["bitbucket-v1"]
