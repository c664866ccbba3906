"""Gitea's activity feeds over real sockets: what is new, what it costs, and repositories that move."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from relay.errors import FeedError, FeedGarbled, FeedMissing
from relay.sources.base import Start
from relay.sources.gitea_settings import GiteaSettings
from tests.servers import Reply, Request, Server
from tests.sources.forges.gitea import NOON, REPOSITORY, Forge, activity
from tests.sources.gitea_polling import NOW, events, poll, titles

FEED = "/api/v1/repos/acme/site/activities/feeds"


def asked(server: Server) -> list[str]:
    return [request.path.removeprefix("/api/v1/") for request in server.requests]


def filled(count: int) -> Forge:
    forge = Forge()
    for n in range(count):
        forge.add(n)
    return forge


def test_news_come_once_and_oldest_first():
    """Two new entries are told in their order, and the poll after that is idle."""
    forge = filled(60)
    with Server(forge.respond) as server:
        before = poll(server, start=Start("now"))
        forge.add(100)
        forge.add(101)
        page = poll(server, before.cursor)
        again = poll(server, page.cursor)
    assert (["Issue 100", "Issue 101"], [False, False]) == (titles(page), [found.history for found in page.found])
    assert again.cursor is page.cursor


@pytest.mark.parametrize(
    ("start", "read", "routed"),
    [
        (Start("now"), 50, 0),
        (Start("all"), 120, 120),
        (Start("count", count=3), 50, 3),
        (Start("count", count=60), 120, 60),
        (Start("since", seconds=(NOW - NOON).total_seconds() - 110.5 * 60), 50, 10),
    ],
)
def test_first_sight(start: Start, read: int, routed: int):
    """As much is read as `start` asks for, and the rest of it is history."""
    with Server(filled(120).respond) as server:
        page = poll(server, None, start)
    assert (read, routed) == (len(page.found), sum(not found.history for found in page.found))


def test_more_history_than_is_read():
    """Where all of the past is asked for, what lies behind the last page that is read is told as a gap."""
    forge = Forge()

    def respond(request: Request) -> Reply:
        if request.path != FEED:
            return forge.respond(request)
        return Reply(body=[activity(9000 - int(request.query["page"]), "star_repo")])

    with Server(respond) as server:
        page = poll(server, start=Start("all"))
    assert "older activities than the newest 200 were not read" == page.gap


def test_a_page_that_left_out_what_the_forge_counts():
    """What an empty page left out of the past is told with the next poll, and is asked for but once."""
    forge = filled(3)
    forge.most = 1
    with Server(forge.respond) as server:
        server.respond = lambda it: replace(forge.respond(it), **({"body": []} if it.query.get("page") == "3" else {}))
        cut = poll(server, start=Start("all"))
        whole = poll(server, cut.cursor)
        server.respond = forge.respond
        mended = poll(server, cut.cursor)
        server.requests.clear()
        assert mended.cursor is poll(server, mended.cursor).cursor
    assert (2, 0, ["Issue 0"]) == (len(cut.found), len(whole.found), titles(mended))
    assert 1 == len(server.requests)


def test_an_entry_that_is_listed_twice_counts_once():
    """A list in which an entry stands twice has not come to its end when it is as long as the forge counts."""
    forge = filled(3)
    forge.activities.append(forge.activities[-1])
    forge.most = 1
    with Server(lambda it: replace(forge.respond(it), headers={"x-total-count": "3"})) as server:
        assert 3 == len(poll(server, start=Start("all")).found)


def test_old_entries_that_slide_in_are_not_news():
    """When deletions bring older entries onto the page, they are not told."""
    forge = filled(80)
    with Server(forge.respond) as server:
        before = poll(server, start=Start("now"))
        del forge.activities[60:70]
        forge.add(200)
        assert ["Issue 200"] == titles(poll(server, before.cursor))


def test_a_list_that_is_suddenly_empty_is_not_believed():
    """An empty list keeps the cursor, and nothing is told again afterwards."""
    forge = filled(3)
    with Server(forge.respond) as server:
        before = poll(server)
        held, forge.activities = forge.activities, []
        empty = poll(server, before.cursor)
        forge.activities = held
        assert before.cursor is empty.cursor
        assert () == poll(server, empty.cursor).found


def test_a_forge_that_counts_anew():
    """After the forge was set up anew, with lower numbers, what is later than all that was seen is told, with a gap."""
    forge = filled(3)
    with Server(forge.respond) as server:
        before = poll(server)
        forge.activities = [activity(n, "create_issue", f"{n}|New {n}", NOON + timedelta(hours=n)) for n in (1, 2)]
        page = poll(server, before.cursor)
        forge.activities.append(activity(3, "create_issue", "3|New 3", NOON + timedelta(hours=2)))
        later = poll(server, page.cursor)
    assert ["New 1", "New 2"] == titles(page)
    assert "numbers its activities anew" in (page.gap or "")
    assert (["New 3"], None) == (titles(later), later.gap)


def test_the_etag_is_sent_where_there_is_one():
    """A server that knows ETags is asked with the last one, and its 304 moves nothing."""
    forge = filled(3)
    with Server(forge.respond) as server:
        server.respond = lambda request: Reply(200, forge.respond(request).body, {"etag": '"a"'})
        before = poll(server)
        server.respond = lambda _: Reply(304)
        assert before.cursor is poll(server, before.cursor).cursor
    assert '"a"' == server.requests[-1].headers["if-none-match"]


@pytest.mark.parametrize("spoil", [{"op_type": None}, {"op_type": "commit_repo", "content": ""}], ids=str)
@pytest.mark.parametrize("most", [2, 50])
def test_an_entry_that_is_mended_is_told(spoil: dict[str, Any], most: int):
    """An entry that was not told, or not wholly, is told when it can be, behind known pages and an ETag that stayed."""
    forge = filled(4)
    forge.most = most

    def respond(request: Request) -> Reply:
        if request.headers.get("if-none-match") == version:
            return Reply(304)
        return replace(forge.respond(request), headers={"etag": version})

    version = '"a"'
    with Server(respond) as server:
        cursor, version = poll(server, start=Start("now")).cursor, '"b"'
        for n in (7, 8, 9):
            forge.add(n)
        late = next(one for one in forge.activities if one["content"].startswith("7|"))
        forge.activities[forge.activities.index(late)] = broken = late | spoil
        first = poll(server, cursor)
        forge.activities[forge.activities.index(broken)] = late
        pages = [first, poll(server, first.cursor)]
        pages.append(poll(server, pages[-1].cursor))
    assert ["Issue 7", "Issue 8", "Issue 9"] == sorted(title for page in pages for title in titles(page) if title)


@pytest.mark.parametrize("id", [0, -5, 2**70])
def test_odd_numbers_are_none(id: int):
    """An activity whose number is none is told as others are, at first sight and later, and once."""
    forge = filled(0)
    told, cursor = [], None
    with Server(forge.respond) as server:
        for n in (1, 2, 3):
            forge.add(n)
            forge.activities[0], odd = forge.activities[0] | {"id": id}, forge.activities[0]
            page = poll(server, cursor)
            cursor = page.cursor
            told += titles(page)
            forge.activities[0] = odd
    assert ["Issue 1", "Issue 2", "Issue 3"] == told


def test_a_renamed_repository_is_found_by_its_id():
    """Where the old name leads nowhere the id is asked, nothing comes twice, and the new name is kept."""
    forge = filled(3)
    with Server(forge.respond) as server:
        before = poll(server)
        forge.places = {"repositories/12": REPOSITORY | {"full_name": "acme/www", "name": "www"}}
        forge.add(100)
        forge.places["repos/acme/www/activities/feeds"] = forge.listed()
        server.respond = lambda request: Reply(404) if request.path == FEED else forge.respond(request)
        page = poll(server, before.cursor)
        server.requests.clear()
        poll(server, page.cursor)
    assert ["Issue 100"] == titles(page)
    assert ["repos/acme/www/activities/feeds"] == asked(server)


def test_a_name_that_another_repository_took():
    """The repository that was renamed is followed, not the one that has its name now."""
    forge = filled(3)
    with Server(forge.respond) as server:
        before = poll(server)
        forge.places["repositories/12"] = renamed = REPOSITORY | {"full_name": "acme/www", "name": "www"}
        forge.add(100)
        forge.places["repos/acme/www/activities/feeds"] = [entry | {"repo": renamed} for entry in forge.listed()]
        forge.activities = [activity(9000, "create_repo", repo=REPOSITORY | {"id": 99})]
        assert [("acme/www", "Issue 100")] == [
            (event.repository and event.repository.full_name, event.title)
            for event in events(poll(server, before.cursor))
        ]


def test_a_repository_made_anew_under_its_name():
    """If the old one is gone, the one that has its name is followed on."""
    forge = filled(3)
    with Server(forge.respond) as server:
        before = poll(server)
        del forge.places["repositories/12"]
        forge.activities = [activity(9000, "create_repo", repo=REPOSITORY | {"id": 99})]
        page = poll(server, before.cursor)
    assert (["create"], 99) == ([event.type for event in events(page)], page.cursor["id"])


def test_a_repository_that_is_gone():
    """A repository found neither by name nor by id is missing, told with its name."""
    forge = filled(3)
    with Server(forge.respond) as server:
        before = poll(server)
        server.respond = lambda _: Reply(404)
        with pytest.raises(FeedMissing, match="acme/site/activities/feeds answered 404"):
            poll(server, before.cursor)


def test_feeds_of_users_and_organizations():
    """A user's feed is asked for what they did themselves, an organization's for all."""
    forge = filled(2)
    forge.places |= {"users/ada/activities/feeds": forge.listed(), "orgs/acme/activities/feeds": forge.listed()}
    names = {"repositories": (), "users": ("ada",), "organizations": ("acme",)}
    with Server(forge.respond) as server:
        pages = [poll(server, feed=feed, **names) for feed in ("users/ada", "organizations/acme")]
    assert 1 == len({tuple(event.id for event in events(page)) for page in pages})
    assert ["true", None] == [
        request.query.get("only-performed-by") for request in server.requests if request.path.endswith("/feeds")
    ]


@pytest.mark.parametrize("body", [{}, {"message": "hello"}, "null", "<html>", "[", 3 * "[1,"])
def test_what_is_no_list_is_garbled(body: Any):
    """A success of another shape is told as such."""
    respond = lambda asked: Reply(body=body if "feeds" in asked.path else REPOSITORY)  # noqa: E731
    with Server(respond) as server, pytest.raises(FeedGarbled, match="is this the API's address"):
        poll(server)


def test_a_bad_entry_stops_nobody():
    """An entry that cannot be read is told once in a warning, and its neighbours arrive."""
    forge = filled(2)
    listed = [*forge.listed(), {"op_type": 7}, "x", None]
    forge.places["repos/acme/site/activities/feeds"] = listed
    with Server(lambda request: Reply(body=REPOSITORY if "feeds" not in request.path else listed)) as server:
        page = poll(server, start=Start("now"))
        again = poll(server, page.cursor)
    assert (["Issue 0", "Issue 1"], 3) == (titles(page), len(page.warnings))
    assert again.cursor is page.cursor


@pytest.mark.parametrize(
    "cursor", [7, [], {}, {"name": 3}, {"seen": 1}, {"id": 1, "name": "a/b", "seen": [1], "high": 0}]
)
def test_a_damaged_cursor(cursor: Any):
    """A cursor that cannot be read is told, not crashed on."""
    with Server(filled(1).respond) as server, pytest.raises(FeedError, match="rename the source"):
        poll(server, cursor)


@pytest.mark.parametrize(
    "url", ["https://git.example", "https://git.example/", "https://git.example/api/v1", "https://git.example/api/v1/"]
)
def test_the_url_with_and_without_the_api(url: str):
    """The address of the forge is taken with or without /api/v1."""
    assert "https://git.example/api/v1" == GiteaSettings(url=url, users=("ada",)).api


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "names nothing to poll"),
        ({"repositories": ("acme",)}, "is not owner/slug"),
        ({"users": ("a/b",)}, "is not the name of a user"),
        ({"users": ("a",), "url": "ftp://x"}, "must be an address"),
        ({"users": ("a",), "url": "https://u:p@x"}, "must not hold a login"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], problem: str):
    """What cannot be polled is refused in a sentence."""
    with pytest.raises(ValidationError, match=problem):
        GiteaSettings(**settings)
