"""What the events resource's source makes of broken pages, refusals and outages, over real sockets."""

import json
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest

from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedGone, FeedLimited, FeedMissing, FeedUnavailable
from relay.events import Event, from_json, to_json
from relay.http import Response
from relay.sources.bitbucket_v1 import parse
from relay.sources.bitbucket_v1_entries import Teller
from tests.servers import Reply, Server
from tests.sources.events_server import NOW, entries, entry, nodes, poll, serving

TRUE = {"count": 3, "events": entries(0, 3)}
BROKEN = {
    "html": "<html><title>Log in</title></html>",
    "half": json.dumps(TRUE)[:-40],
    "nothing": "",
    "text": "Not Found",
    "binary": b"\xff\xfe\x00\x01\x80",
    "list": [TRUE],
    "no events": {"count": 3},
    "null events": {"count": 3, "events": None},
    "events by number": {"count": 3, "events": {"0": entry("c0")}},
    "error": {"error": {"message": "Someone kicked over the bucket"}},
    "deep": "[" * 200_000,
    "deep events": '{"count": 1, "events": [' + '{"event":' * 100_000,
    "junk": {"count": 3, "events": [1, None, "x", [], {}]},
    "too many": json.dumps({"events": [0] * 10_001}),
    "long number": '{"count": ' + "9" * 10_000 + ', "events": []}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_page_leaves_the_cursor(body: Any):
    """A success that is no page is told as such; the true page then brings what is new."""
    with Server(serving(entries(0, 20))) as server:
        before = poll(server)
        server.respond = lambda _: Reply(body=body)
        with pytest.raises(FeedGarbled, match=r"/1\.0/repositories/harbour/tide-tables/events/ sent"):
            poll(server, before.cursor)
        server.respond = serving(entries(20, 22) + entries(0, 20))
        assert ["c21", "c20"] == nodes(poll(server, before.cursor))


ODD = [
    None,
    True,
    -1,
    2**70,
    1e400,
    "",
    "/",
    "\ud800",
    "\0",
    "{",
    "2012-01-01T00:00:00+99:99",
    [],
    {},
    [[]],
    {"commits": {}},
]


def mutated(value: Any, random: Random) -> Any:
    """The JSON value with something odd in place of some of it, at any depth."""
    if random.random() < 0.05:
        return random.choice(ODD)
    if isinstance(value, dict):
        return {key: mutated(inner, random) for key, inner in value.items() if random.random() > 0.02}
    return [mutated(inner, random) for inner in value] if isinstance(value, list) else value


def test_mutated_pages():
    """Of 500 mutated pages each is read or told as a FeedError, and every event that comes of one can be stored."""
    random, teller = Random(5), Teller("bb", NOW)
    page = {
        "count": 3,
        "events": [*entries(0, 2), entry("c2", event="pushed", description={"commits": [{"hash": "a"}]})],
    }
    for _ in range(500):
        answer = Response(200, {}, json.dumps(mutated(page, random)).encode(), "https://x/1.0/events/")
        with suppress(FeedError):
            read = [found.relayed or found.raw for _, found in parse(answer, "bb", NOW).items]
            events = [found if isinstance(found, Event) else teller.event(found, "1") for found in read if found]
            assert events == [from_json(json.loads(json.dumps(to_json(event)))) for event in events]


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_broken_connection(fault: str):
    """A body or connection that ends early is an outage."""
    with Server(lambda _: Reply(body=TRUE, fault=fault)) as server, pytest.raises(FeedUnavailable):
        poll(server)


def test_endless_body():
    """A body beyond 10 MiB is not read to its end."""
    with Server(lambda _: Reply(body=b" " * (11 * 1024 * 1024))) as server, pytest.raises(FeedError):
        poll(server)


def test_broken_second_page_drops_the_walk():
    """Whatever goes wrong on any page of a walk, nothing of it is told, and all of it next time."""
    whole = serving(entries(0, 120))
    broken = Reply(body="<html>")
    with Server(lambda request: whole(request) if request.query["start"] == "0" else broken) as server:
        with pytest.raises(FeedGarbled):
            poll(server)
        server.respond = whole
        assert 120 == len(poll(server).found)


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, {"event": 1}, {"event": "commit", "user": "ana"}])
def test_bad_entry_stops_nobody(junk: Any):
    """An entry that cannot be read is told once in a warning, and its neighbours arrive."""
    listed = [*entries(0, 2), junk, *entries(2, 4)]
    with Server(serving(listed)) as server:
        first = poll(server)
        server.respond = serving(entries(9, 10) + listed)
        second = poll(server, first.cursor)
    assert (["c3", "c2", "c1", "c0"], ["c9"]) == (nodes(first), nodes(second))
    assert (1, ()) == (len(first.warnings), second.warnings)


def test_mended_entry_arrives():
    """An entry that was broken once arrives when it is served right."""
    listed = entries(0, 30)
    with Server(serving([*listed[:5], listed[5] | {"node": 7}, *listed[6:]])) as server:
        first = poll(server)
        server.respond = serving(listed)
        assert ["c5"] == nodes(poll(server, first.cursor))


@pytest.mark.parametrize("wrong", [{"node": 7}, {"utc_created_on": "soon", "created_on": None}])
def test_mended_last_entry_arrives(wrong: dict[str, Any]):
    """So it does at the very bottom, where what was never seen is older than what is told."""
    listed = entries(0, 30)
    with Server(serving([*listed[:-1], listed[-1] | wrong])) as server:
        first = poll(server)
        server.respond = serving(listed)
        assert ["c29"] == nodes(poll(server, first.cursor))


def test_a_list_that_ends_in_junk():
    """Entries that cannot be read stop nobody, even where a further page holds nothing else."""
    with Server(serving([*entries(0, 60), *[{"event": number} for number in range(20)]])) as server:
        assert 60 == len(poll(server).found)


def test_empty_answer_is_no_news():
    """An empty list where there was one keeps the cursor, and what was listed does not come again."""
    with Server(serving(entries(0, 20))) as server:
        first = poll(server)
        server.respond = serving([])
        empty = poll(server, first.cursor)
        server.respond = serving(entries(0, 20))
        assert first.cursor is empty.cursor
        assert () == poll(server, empty.cursor).found


def test_gap_is_told():
    """If nothing remembered is listed any more, the new events come with a gap."""
    with Server(serving(entries(0, 30))) as server:
        first = poll(server)
        server.respond = serving(entries(100, 130))
        page = poll(server, first.cursor)
    assert 30 == len(page.found)
    assert "may have scrolled past" in (page.gap or "")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FeedError),
        (401, FeedDenied),
        (403, FeedDenied),
        (404, FeedMissing),
        (410, FeedGone),
        (418, FeedError),
        (429, FeedLimited),
        (500, FeedUnavailable),
        (503, FeedUnavailable),
    ],
)
def test_refusals(status: int, kind: type[FeedError]):
    """Every status is its kind of failure, told with the address and without what the page said."""
    with Server(lambda _: Reply(status, "<h1>sadface</h1>")) as server, pytest.raises(FeedError) as caught:
        poll(server)
    assert kind is type(caught.value)
    assert f"{server.url}/1.0/repositories/harbour/tide-tables/events/ answered {status}" in str(caught.value)


@pytest.mark.parametrize("wish", ["90", format_datetime(NOW + timedelta(seconds=90), usegmt=True)])
@pytest.mark.parametrize("status", [429, 503])
def test_wish_to_wait(status: int, wish: str):
    """The pace that the server asks for, in seconds or as a date, is passed on."""
    refuse = Reply(status, headers={"retry-after": wish, "date": format_datetime(NOW, usegmt=True)})
    with Server(lambda _: refuse) as server, pytest.raises(FeedUnavailable) as caught:
        poll(server)
    assert 90 == caught.value.retry_after


def test_damaged_cursor():
    """A cursor that cannot be read is told, not crashed on."""
    with Server(serving(entries(0, 3))) as server, pytest.raises(FeedError, match="rename the source"):
        poll(server, {"memory": 7})
