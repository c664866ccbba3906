"""GitLab polled over real sockets: first sight, idle polls, late and many events, people, settings, what check says."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedMissing, FeedUnavailable
from relay.sources.base import Start
from tests.servers import Reply, Request, Server
from tests.sources.forges.gitlab import PROJECT, Forge, entry, pushed
from tests.sources.gitlab_polling import ALL, LATER, NOW, Poll, events, titles

TOLD = {"Issue 0", "Issue 1", "Issue 2"}


def forge_with(count: int) -> Forge:
    forge = Forge()
    for n in range(count):
        forge.add(n)
    return forge


def test_first_sight_is_history():
    """What is there at first sight is kept and not routed, and asks for no more than the project and its events."""
    with Server(forge_with(3).respond) as server:
        poll = Poll(server)
        page = poll()
        assert (TOLD, {True}) == (set(titles(page)), {found.history for found in page.found})
        assert ["projects/acme%2Fsite", "projects/15/events"] == poll.asked()


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (LATER, []),
        (ALL, ["Issue 0", "Issue 1", "Issue 2"]),
        (Start("count", count=2), ["Issue 1", "Issue 2"]),
        (Start("since", seconds=6 * 3600 - 2), ["Issue 1", "Issue 2"]),
    ],
)
def test_start(start: Start, told: list[str]):
    """First sight routes what start asks for."""
    with Server(forge_with(3).respond) as server:
        page = Poll(server, start)()
    assert told == [found.event.title for found in page.found if not found.history]


def test_an_entry_that_is_mended_is_told():
    """An entry that says nothing is warned of, and told under its own id once it says what happened."""
    forge = forge_with(2)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.add(7)
        action = forge.entries[-1].pop("action_name")
        assert ([], 1) == (titles(page := poll()), len(page.warnings))
        forge.entries[-1]["action_name"] = action
        assert (["Issue 7"], 0) == (titles(page := poll()), len(page.warnings))
        assert [] == titles(poll())


def test_an_entry_that_is_mended_below_known_pages_is_told():
    """The pages that held an entry that says nothing are read once more, though all above it is known by then."""
    forge = forge_with(6)
    forge.most = 2
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        for n in (7, 8, 9):
            forge.add(n)
        action = forge.entries[-3].pop("action_name")
        assert ["Issue 8", "Issue 9"] == titles(poll())
        forge.entries[-3]["action_name"] = action
        assert (["Issue 7"], []) == (titles(poll()), titles(poll()))
        poll.asked()
        poll()
        assert 1 == len(poll.asked())


def test_an_entry_that_a_further_page_left_out_is_told():
    """Pages behind the first are read once more where one of them was shorter than the others."""
    forge = forge_with(6)
    forge.most = 2
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        for n in (7, 8, 9, 10):
            forge.add(n)
        server.respond = lambda it: (
            replace(forge.respond(it), body=[]) if it.query.get("page") == "2" else forge.respond(it)
        )
        assert ["Issue 9", "Issue 10"] == titles(poll())
        server.respond = forge.respond
        assert (["Issue 7", "Issue 8"], []) == (titles(poll()), titles(poll()))


def test_an_entry_that_had_a_wrong_date_is_told():
    """What seemed to be older than all that first sight read is told once its date is right."""
    forge = forge_with(6)
    forge.most = 2
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.add(7)
        right = forge.entries[-1]["created_at"]
        forge.entries[-1]["created_at"] = "2026-11-22T01:00:00Z"
        assert [] == titles(poll())
        forge.entries[-1]["created_at"] = right
        assert (["Issue 7"], []) == (titles(poll()), titles(poll()))


def test_many_events_are_read_page_by_page():
    """More news than a page holds come whole, and the page on which all is known ends the reading; one asks what was reopened."""
    forge = forge_with(150)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        for n in range(1000, 1230):
            forge.add(n)
        poll.asked()
        assert [f"Issue {n}" for n in range(1000, 1230)] == titles(page := poll())
        assert (None, 4 + 1) == (page.gap, poll.asked().count("projects/15/events"))
        assert [] == titles(poll())


def test_what_first_sight_did_not_read_is_no_news():
    """Older entries that come into view below the first page of first sight stay history that nobody asked for."""
    forge = forge_with(150)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.entries = [one for one in forge.entries if one["id"] < 1200]
        forge.add(7000)
        assert ["Issue 7000"] == titles(poll())


def test_days_are_asked_for_with_the_one_before():
    """The filter takes whole days: it reaches back to the day before the newest event, however long relay was away."""
    forge = forge_with(2)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        poll(NOW + timedelta(days=30))
        forge.add(5, NOW + timedelta(days=40))
        assert ["Issue 5"] == titles(poll(NOW + timedelta(days=40)))
        poll(NOW + timedelta(days=41))
    days = [request.query.get("after") for request in server.requests if request.path.endswith("/events")]
    assert [None, "2026-11-20", "2026-11-20", "2026-12-30", "2026-12-30"] == days


def test_more_than_can_be_read_is_a_gap():
    """A list that goes on beyond a hundred new pages is told as a gap, once."""
    forge = forge_with(2)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.overrun()
        assert "more than 10,000 new events are listed; older ones were not read" == poll().gap
        assert None is poll().gap


def test_events_dated_ahead_hide_nothing():
    """A time that has not come yet does not move the day from which is asked."""
    forge = forge_with(1)
    forge.add(1, NOW + timedelta(days=400))
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.entries.append(entry(9000, target_title="Today"))
        assert ["Today"] == titles(poll())


def test_server_that_ignores_pages_is_read_once():
    """A server that sends the same page for every number is read to its end."""
    with Server(lambda _: Reply(body=[entry(1)], headers={"x-next-page": "2"})) as server:
        poll = Poll(server, ALL, repositories=(), users=("ada",))
        assert 1 == len(events(poll()))
        assert [] == events(poll())


def test_pages_without_visible_events_are_passed():
    """GitLab hides events after it cut the pages, so an empty page is not the end."""
    pages = {1: [], 2: [entry(1)]}

    def respond(request: Request) -> Reply:
        number = int(request.query.get("page", 1))
        return Reply(body=pages[number], headers={"x-next-page": "2" if number == 1 else ""})

    with Server(respond) as server:
        assert ["15:1"] == [event.id for event in events(Poll(server, ALL, repositories=(), users=("ada",))())]


def test_linked_pages():
    """A server that numbers no pages is followed by its links, to its own address."""
    pages = {"1": [entry(2)], "2": [entry(1)]}

    def respond(request: Request) -> Reply:
        link = f'<{server.url}/api/v4/users/ada/events?page=2>; rel="next"' if "page" not in request.query else ""
        return Reply(body=pages[request.query.get("page", "1")], headers={"link": link})

    with Server(respond) as server:
        assert 2 == len(events(Poll(server, ALL, repositories=(), users=("ada",))()))


def test_foreign_link_is_refused():
    """A link to another host is not followed, and the cursor stays."""
    forge = forge_with(3)
    with Server(forge.respond) as server, Server() as foreign:
        poll = Poll(server, ALL)
        forge.next_host(foreign.url)
        with pytest.raises(FeedGarbled, match="another host"):
            poll()
        assert [] == foreign.requests


def test_renamed_project_keeps_its_events():
    """A project is asked for by its id; its new name is told with the first news of another day, and nothing twice."""
    forge = forge_with(2)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        del forge.places["projects/acme%2Fsite"]
        forge.places["projects/15"] = PROJECT | {"path_with_namespace": "acme/web", "path": "web"}
        assert [] == titles(poll())
        forge.add(5, NOW)
        issue, renamed = events(poll(NOW + timedelta(days=1)))
    assert ("repo_renamed", "site", "acme/web") == (renamed.type, renamed.title, renamed.repository.full_name)
    assert ("Issue 5", "acme/web") == (issue.title, issue.repository.full_name)


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ({"path_with_namespace": "globex/site"}, ("repo_transferred", "acme/site")),
        ({"visibility": "public"}, ("repo_public", None)),
    ],
)
def test_what_a_newer_card_shows(card: dict[str, str], told: tuple[str, str | None]):
    """That a project was transferred, or made public, is told when its card is asked for again."""
    forge = forge_with(1)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.places["projects/15"] = PROJECT | card
        forge.add(5)
        assert told in [(event.type, event.title) for event in events(poll(NOW + timedelta(days=1)))]


def test_events_of_a_person():
    """A person's events are told with the project of each, whose card is asked for once."""
    forge = forge_with(1)
    forge.entries.append(pushed(2000))
    with Server(forge.respond) as server:
        poll = Poll(server, repositories=(), users=("ada",))
        assert {"acme/site"} == {event.repository.full_name for event in events(poll()) if event.repository}
        poll.asked()
        forge.add(3)
        poll()
        assert "projects/15" not in poll.asked()


def test_details_that_fail_are_done_without():
    """News are told as they stand where the lists behind them fail, and an outage is asked no further."""
    forge = forge_with(1)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.add(1)
        forge.entries.append(pushed(5000))
        healthy = forge.respond
        server.respond = lambda it: healthy(it) if it.path.endswith("/events") else Reply(503)
        poll.asked()
        assert [None, "Issue 1"] == titles(poll())
        assert ["projects/15/events", "projects/15/issues"] == poll.asked()


@pytest.mark.parametrize(
    "cursor",
    [{}, [], "x", 7, {"id": 3}, {"projects": {}, "lists": {}, "seen": [1]}, {"projects": {"1": {}}, "lists": {}}],
)
def test_damaged_cursor(cursor: Any):
    """A cursor that this source cannot have written is told, and nothing is asked."""
    with Server(forge_with(1).respond) as server:
        poll = Poll(server)
        poll.cursor = cursor
        with pytest.raises(FeedError, match="damaged in the database"):
            poll()
    assert [] == server.requests


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(401, {"message": "401 Unauthorized"}), FeedDenied),
        (Reply(404, {"message": "404 Project Not Found"}), FeedMissing),
        (Reply(429, "Retry later", {"retry-after": "17", "ratelimit-remaining": "0"}), FeedUnavailable),
        (Reply(502, "<html>"), FeedUnavailable),
        (Reply(200, "<html><title>Sign in</title>"), FeedGarbled),
        (Reply(200, {"message": "hello"}), FeedGarbled),
        (Reply(200, [1, None, []]), FeedGarbled),
        (Reply(200, json.dumps([entry(1)]), fault="cut"), FeedUnavailable),
    ],
)
def test_failures_leave_the_cursor(reply: Reply, failure: type[FeedError]):
    """Whatever is not a list of events fails the poll; the next one tells what came meanwhile."""
    forge = forge_with(1)
    with Server(forge.respond) as server:
        poll = Poll(server)
        poll()
        forge.add(5)
        server.respond = lambda _: reply
        with pytest.raises(failure):
            poll()
        server.respond = forge.respond
        assert ["Issue 5"] == titles(poll())
