"""GitHub polled over real sockets: free idle polls, the whole window, stale answers, names that change, limits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedMissing, FeedUnavailable
from relay.sources.base import Start
from tests.servers import Reply, Server
from tests.sources.forges.github import NOON, Forge, entry
from tests.sources.github_polls import Polls, titles, types

MINUTE = timedelta(minutes=1)


@pytest.fixture
def forge() -> Forge:
    """A GitHub where three issues were reported."""
    made = Forge()
    for n in range(3):
        made.add(n, NOON - (3 - n) * MINUTE)
    return made


def test_first_sight_is_history(forge: Forge):
    """What stands there at first sight is kept and not told, by `start: now`."""
    with Server(forge.respond) as server:
        page = Polls(server, Start()).poll()
    assert [("Issue 0", True), ("Issue 1", True), ("Issue 2", True)] == [
        (found.event.title, found.history) for found in page.found
    ]


def test_idle_poll_is_one_free_request(forge: Forge):
    """An idle poll is one conditional request that is not counted, and leaves the very same cursor."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        forge.counted.clear()
        asked, spent = len(server.requests), polls.meter.take()
        page = polls.poll(NOON + MINUTE)
        assert ([], 1, 0) == (forge.counted, len(server.requests) - asked, polls.meter.take())
    assert 2 == spent
    assert ((), 60.0, True) == (page.found, page.ask_after, page.cursor is polls.cursors["repositories/acme/site"])


def test_anonymous_polls_are_counted(forge: Forge):
    """Without a token GitHub counts the 304s, and so does relay."""
    answer = Reply(body=[], headers={"etag": '"same"'})
    with Server(lambda request: Reply(body={"id": 501}) if "/repos/" in request.path else answer) as server:
        polls = Polls(server, token=None)
        polls.poll()
        polls.meter.take()
        server.respond = lambda _: Reply(304)
        polls.poll(NOON + MINUTE)
    assert 1 == polls.meter.take()
    assert "authorization" not in server.requests[-1].headers


def test_stale_304_is_seen_through(forge: Forge):
    """A server that answers 304 though there is news is asked without the ETag after ten minutes."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        forge.add(9)
        server.respond = lambda request: Reply(304) if "if-none-match" in request.headers else forge.respond(request)
        before = [titles(polls.poll(NOON + n * MINUTE)) for n in range(1, 10)]
        assert [[]] * 9 == before
        assert ["Issue 9"] == titles(polls.poll(NOON + 10 * MINUTE))
        assert [[]] * 9 == [titles(polls.poll(NOON + n * MINUTE)) for n in range(11, 20)]
        assert "if-none-match" in server.requests[-1].headers


def test_whole_window_is_read(forge: Forge):
    """Three pages are read by their links, never the fourth, and a late entry on the last page is found."""
    for n in range(3, 299):
        forge.add(n)
    with Server(forge.respond) as server:
        polls = Polls(server)
        assert 299 == len(polls.poll().found)
        forge.entries.insert(295, forge._issue("Late", NOON - timedelta(hours=6), actor=True))
        forge.add(299)
        page = polls.poll(NOON + MINUTE)
        assert ["Late", "Issue 299"] == titles(page)
        assert None is page.gap
    assert {"1", "2", "3"} == {request.query.get("page", "1") for request in server.requests}


@pytest.mark.parametrize(("said", "wish"), [("90", 90.0), ("9" * 9, 3600.0), ("nan", None), ("-1", None), ("", None)])
def test_interval_that_github_wishes(forge: Forge, said: str, wish: float | None):
    """X-Poll-Interval is heeded up to an hour, and passed over where it is no number."""
    forge.headers["x-poll-interval"] = said
    with Server(forge.respond) as server:
        assert wish == Polls(server).poll().ask_after


@pytest.mark.parametrize("known", [0, 1])
def test_overrun_is_told(forge: Forge, known: int):
    """A full window that shows nothing known is a gap, also where nothing at all was known."""
    del forge.entries[known:]
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        forge.overrun()
        page = polls.poll(NOON + MINUTE)
    assert 300 == len(page.found)
    assert "scrolled past" in (page.gap or "")


@pytest.mark.parametrize(("days", "gap"), [(1, False), (40, True)])
def test_quiet_repository_is_no_gap(forge: Forge, days: int, gap: bool):
    """That everything known expired means no gap, unless relay was away for as long."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        forge.add(5)
        forge.drop_all_but_newest()
        assert gap == bool(polls.poll(NOON + timedelta(days=days)).gap)


def test_renamed_repository_is_followed(forge: Forge):
    """A repository is polled by its id: its new name is told, the old one may be another's."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        forge.answers["/repos/acme/site"] = {"id": 999}
        forge.add(4)
        forge.entries[0]["repo"] = {"id": 501, "name": "acme/web"}
        page = polls.poll(NOON + MINUTE)
    assert ["acme/web"] == [found.event.repository.full_name for found in page.found if found.event.repository]


def test_recreated_repository_is_found(forge: Forge):
    """Where the old repository is gone, the one that has its name now is read, from its creation."""
    with Server(forge.respond) as server:
        polls = Polls(server, Start())
        polls.cursors["repositories/acme/site"] = {"place": "repositories/7/events", "seen": ["1"], "etag": '"x"'}
        page = polls.poll()
    assert [False] * 3 == [found.history for found in page.found]
    assert "repositories/501/events" == page.cursor["place"]


def test_users_and_organisations(forge: Forge):
    """A user's feed and an organisation's public one are polled where the token's user has no dashboard."""
    forge.answers["/user"] = {"login": "ada"}
    with Server(forge.respond) as server:
        polls = Polls(server, repositories=(), users=("ada",), organizations=("acme",))
        assert 3 == len(polls.poll(NOON, "users/ada").found)
        assert 3 == len(polls.poll(NOON, "organizations/acme").found)
        assert "orgs/acme/events" == polls.cursors["organizations/acme"]["place"]


def test_organisation_dashboard(forge: Forge):
    """The token's user sees the private events of an organisation on the dashboard."""
    forge.answers |= {"/user": {"login": "ada"}, "/users/ada/events/orgs/acme": forge.entries}
    with Server(forge.respond) as server:
        polls = Polls(server, repositories=(), organizations=("acme",))
        assert 3 == len(polls.poll().found)
        assert "users/ada/events/orgs/acme" == polls.cursors["organizations/acme"]["place"]


@pytest.mark.parametrize(
    ("reply", "kind", "wait"),
    [
        (Reply(401, {"message": "Bad credentials"}), FeedDenied, None),
        (Reply(403, {"message": "Resource not accessible"}), FeedDenied, None),
        (Reply(404, {"message": "Not Found"}), FeedMissing, None),
        (Reply(403, {"message": "Forbidden"}, {"retry-after": "30"}), FeedUnavailable, 30.0),
        (Reply(403, {"message": "You have exceeded a secondary rate limit"}), FeedUnavailable, 60.0),
        (
            Reply(403, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOON.timestamp() + 90:.0f}"}),
            FeedUnavailable,
            30.0,
        ),
        (Reply(429, {}), FeedUnavailable, None),
        (Reply(502, "unicorn"), FeedUnavailable, None),
        (Reply(200, "<html>"), FeedGarbled, None),
        (Reply(200, {"message": "hello"}), FeedGarbled, None),
        (Reply(200, [1, {}, {"event": "closed"}]), FeedGarbled, None),
        (Reply(200, "[" * 100_000), FeedGarbled, None),
    ],
)
def test_failures(forge: Forge, reply: Reply, kind: type[FeedError], wait: float | None):
    """Whatever is not a list of events fails the poll as what it is, with GitHub's own pace."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        server.respond = lambda _: reply
        with pytest.raises(kind) as error:
            polls.poll(NOON + MINUTE)
    assert wait == error.value.retry_after


def test_bad_entry_is_a_warning(forge: Forge):
    """An entry that cannot be read is told once as a warning, and its neighbours as events."""
    forge.entries[1:1] = [17, {"type": "PushEvent"}]
    with Server(forge.respond) as server:
        polls = Polls(server)
        page = polls.poll()
        forge.add(3)
        again = polls.poll(NOON + MINUTE)
    assert (3, 2) == (len(page.found), len(page.warnings))
    assert (["Issue 3"], ()) == (titles(again), again.warnings)


@pytest.mark.parametrize(
    ("type", "silent", "payload"),
    [
        ("PullRequestReviewEvent", {"review": None}, {"review": {"state": "approved"}}),
        ("GollumEvent", {"pages": [None]}, {"pages": [{"action": "edited", "title": "Home"}]}),
        (None, {}, {"action": "started"}),
    ],
)
def test_entry_that_is_mended_is_told(forge: Forge, type: str | None, silent: dict, payload: dict):
    """An entry that had nothing to tell, or could not be read, is told once it has and can."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.poll()
        forge.entries.insert(0, entry("1", "X", silent) | {"type": type})
        assert [] == titles(polls.poll())
        forge.entries[0] = entry("1", type or "WatchEvent", payload)
        assert ["501:1"] == [found.event.id for found in polls.poll().found]
        assert [] == titles(polls.poll())


@pytest.mark.parametrize("cursor", [3, [], {"place": 7}, {"place": "x", "seen": 5}, {"place": "x", "read_at": "y"}])
def test_damaged_cursor_is_told(forge: Forge, cursor: object):
    """A cursor that is not one fails the poll in words."""
    with Server(forge.respond) as server:
        polls = Polls(server)
        polls.cursors["repositories/acme/site"] = cursor
        with pytest.raises(FeedError, match="damaged"):
            polls.poll()


def test_enterprise_server(forge: Forge):
    """An Enterprise server's API stands below /api/v3, and its pages at the host itself."""

    def respond(request):
        return forge.respond(replace(request, path=request.path.removeprefix("/api/v3")))

    with Server(respond) as server:
        page = Polls(server, url=f"{server.url}/api/v3").poll()
        assert ["/api/v3/repos/acme/site", "/api/v3/repositories/501/events"] == [one.path for one in server.requests]
    assert f"{server.url}/acme/site" == page.found[0].event.repository.url


def test_unknown_types_pass(forge: Forge):
    """What GitHub may add passes under its own name."""
    forge.entries[0]["type"] = "SponsorshipEvent"
    with Server(forge.respond) as server:
        page = Polls(server).poll()
    assert ["report_issue", "report_issue", "SponsorshipEvent"] == types(page)
