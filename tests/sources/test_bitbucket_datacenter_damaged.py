"""Bitbucket Data Center over real sockets: pull requests and activities that could not be read."""

from contextlib import nullcontext
from typing import Any

import pytest

from relay.errors import FeedGarbled, FeedUnavailable
from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import IDLE, Polls, filled, seen
from tests.sources.forges.bitbucket_datacenter import Forge, repository


def test_what_cannot_be_read_is_told_once():
    """An entry without an id is a warning, its neighbours are told, and the next poll is silent."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        steady = forge.newest()
        forge.newest = lambda: [{"state": "OPEN"}, *steady]  # type: ignore[method-assign]
        page = polls.poll()
        assert (("1 pull requests could not be read",), ()) == (page.warnings, polls.poll().warnings)


def test_an_unknown_shape_among_activities():
    """An activity of a shape that nobody knows is a warning, and the others are told."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.act(2, "APPROVED")
        forge.activities[2][:0] = [{"weird": 1}, "text", None]
        page = polls.poll()
    assert ["pullrequest_like"] == [found.event.type for found in page.found]
    assert ("pull request 2: 3 activities could not be read",) == page.warnings


@pytest.mark.parametrize(
    "odd", [{"action": None}, {"id": None}, {"id": 7, "action": "COMMENTED", "comment": {}}], ids=str
)
def test_an_activity_that_is_mended(odd: dict[str, Any]):
    """What could not be read of a pull request is asked for once more, and told if it can be read then."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.act(2, "APPROVED")
        whole = forge.activities[2][0]
        forge.activities[2][0] = whole | odd
        assert [] == polls.events()
        forge.activities[2][0] = whole
        assert (["pullrequest_like"], []) == ([event.type for event in polls.events()], polls.events())
        polls.poll()
        assert IDLE == polls.asked


def test_an_activity_that_is_mended_on_a_further_page():
    """A pull request of which something could not be read is asked for once more, wherever it is listed."""
    forge = Forge()
    for n in range(1, 151):
        forge.open(n)
        forge.act(n, "MERGED")
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        for n in range(151, 281):
            forge.open(n)
        forge.act(160, "APPROVED")
        forge.act(160, "MERGED")
        whole, forge.activities[160][1] = forge.activities[160][1], {}
        assert [] == polls.events("pullrequest_like")
        forge.activities[160][1] = whole
        assert [160] == [event.number for event in polls.events("pullrequest_like")]
        polls.poll()
        assert IDLE == [*dict.fromkeys(polls.asked)]


@pytest.mark.parametrize("status", [404, 500])
def test_activities_that_could_not_be_had(status: int):
    """What happened to pull requests, be they new, is told once their activities can be had."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.act(2, "APPROVED")
        forge.open(9)
        server.respond = lambda it: Reply(status) if it.path.endswith("/activities") else forge.respond(it)
        with nullcontext() if status == 404 else pytest.raises(FeedUnavailable):
            assert [] == polls.events()
        server.respond = forge.respond
        assert ["pullrequest_created", "pullrequest_like"] == sorted(event.type for event in polls.events())


@pytest.mark.parametrize("left", [0, 1])
def test_pull_requests_that_a_list_left_out(left: int):
    """Those that are listed again are known, with all that was never read of them; what changed is told."""
    forge = Forge()
    for n in (1, 2, 3):
        forge.open(n)
        forge.act(n, "MERGED")
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        pulls, forge.pulls = forge.pulls, dict([*forge.pulls.items()][:left])
        assert [] == polls.events()
        forge.pulls = pulls
        assert [] == polls.events()
        forge.say(3, 50, "Why?")
        assert ["pullrequest_comment_created"] == [event.type for event in polls.events()]


@pytest.mark.parametrize(
    "end", [{"isLastPage": False}, *({"nextPageStart": start} for start in ("x", True, 2**53))], ids=str
)
def test_a_page_that_does_not_lead_on(end: dict[str, Any]):
    """A page that is not the last and does not say where the next one starts is no page."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        server.respond = lambda it: Reply(body={"values": forge.newest()} | end)
        with pytest.raises(FeedGarbled, match="next page"):
            polls.poll()


def test_an_empty_list_of_activities_is_not_believed():
    """A pull request that shows nothing of what it showed keeps its comments, and is asked again."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.say(2, 50, "Why?")
        polls.poll()
        shown, forge.activities[2] = forge.activities[2], []
        forge.touch(2, forge.tick())
        assert [] == polls.events()
        forge.activities[2] = shown
        forge.act(2, "APPROVED")
        assert ["pullrequest_like"] == [event.type for event in polls.events()]


def test_a_list_of_something_else():
    """Entries none of which is a pull request are no list of them."""
    with Server(lambda request: _other(request)) as server, pytest.raises(FeedGarbled, match="none is a pull request"):
        Polls(server).poll()


def _other(request: Request) -> Reply:
    return Reply(body=repository() if request.path.endswith("/site") else {"values": [{"a": 1}], "isLastPage": True})
