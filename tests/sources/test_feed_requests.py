"""What the feed source asks and with what, and what it makes of answers that are no feed."""

import asyncio
import logging
from base64 import b64encode
from pathlib import Path

import pytest

from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedGone, FeedMissing, FeedUnavailable
from relay.http import Http
from relay.redact import redact
from relay.sources.base import Start, Tools
from relay.sources.feed import Feed
from tests.servers import Reply, Request, Server
from tests.sources.feed_polling import NOW, atom, entry, made, polls
from tests.sources.forges.feed import Forge

PAGE = atom(entry("One", "1")).encode()


def answering(**headers: str):
    """A server of one feed that answers 304 to any condition."""

    def respond(request: Request) -> Reply:
        asked = "if-none-match" in request.headers or "if-modified-since" in request.headers
        return Reply(304 if asked else 200, b"" if asked else PAGE, {"content-type": "application/atom+xml"} | headers)

    return Server(respond)


def conditions(server: Server) -> list[str | None]:
    """What each request made its answer depend on."""
    return [
        request.headers.get("if-none-match", request.headers.get("if-modified-since")) for request in server.requests
    ]


def test_a_strong_etag_is_believed_at_once():
    """The second request is conditional, and a 304 leaves the cursor as it is."""
    with answering(etag='"5c1"') as server:
        pages = polls(server, 3, url=server.url)
        assert [None, '"5c1"', '"5c1"'] == conditions(server)
        assert pages[1].cursor == pages[2].cursor


@pytest.mark.parametrize("validator", [{"etag": 'W/"1795371997"'}, {"last-modified": "Sun, 22 Nov 2026 18:26:35 GMT"}])
def test_another_validator_must_come_twice(validator: dict[str, str]):
    """A validator that counts seconds is believed once a later answer has it with the same body."""
    with answering(**validator) as server:
        polls(server, 4, url=server.url)
        value = next(iter(validator.values()))
        assert [None, None, value, value] == conditions(server)


def test_a_change_within_the_second_is_seen():
    """Two commits of one second share hgweb's ETag, and both are told."""
    bodies = [atom(entry("One", "1")), atom(entry("Two", "2"), entry("One", "1"))]

    def respond(request: Request) -> Reply:
        same = request.headers.get("if-none-match") == 'W/"1"'
        return Reply(304) if same else Reply(200, bodies.pop(0), {"etag": 'W/"1"'})

    with Server(respond) as server:
        assert [1, 1] == [len(page.found) for page in polls(server, 2, url=server.url)]


def test_a_clock_for_a_validator_is_never_sent():
    """cgit's Last-Modified is the time of day, and its body says that nothing is new."""
    times = iter(range(10, 60))
    page = lambda _: Reply(200, PAGE, {"last-modified": f"Sun, 22 Nov 2026 18:26:{next(times)} GMT"})  # noqa: E731
    with Server(page) as server:
        first, second, third = polls(server, 3, url=server.url)
        assert [None] * 3 == conditions(server)
        assert first.cursor == second.cursor == third.cursor


def test_the_validator_of_a_feed_with_flaws():
    """An ETag that came with a damaged feed is not believed before it came with the same twice: the rest may be mended."""
    whole, damaged = (atom(entry("Two", "2", more=more), entry("One", "1")) for more in ("", "<p>"))
    bodies = [damaged.replace("<id>2</id>", "<id>2<"), whole, whole, whole]

    def respond(request: Request) -> Reply:
        asked = "if-none-match" in request.headers
        return Reply(304) if asked else Reply(200, bodies.pop(0), {"etag": '"1"'})

    with Server(respond) as server:
        told = [found.event.title for page in polls(server, 4, url=server.url) for found in page.found]
        assert [None, None, '"1"', '"1"'] == conditions(server)
    assert "Two" in told


def test_a_validator_that_no_header_can_carry():
    """An ETag with other characters than ASCII is not sent back."""
    with answering(etag='"\xe9"') as server:
        assert [1, 0, 0] == [len(page.found) for page in polls(server, 3, url=server.url)]


@pytest.mark.parametrize("validators", [{}, {"etag": '"5c1"'}, {"last-modified": "Sun, 22 Nov 2026 18:26:35 GMT"}])
def test_an_idle_cycle_is_one_request_a_feed(validators: dict[str, str]):
    """A hundred feeds at rest ask a hundred times a cycle."""

    async def cycles(server: Server) -> list[int]:
        feeds, counts = [f"{server.url}/r{n}.atom" for n in range(100)], []
        async with Http() as http:
            source = Feed("f", made({"feeds": feeds}), Start(), Tools(http, Path()))
            cursors = dict.fromkeys(source.feeds())
            for _ in range(3):
                before = len(server.requests)
                for feed, cursor in cursors.items():
                    cursors[feed] = (await source.poll(feed, cursor, NOW)).cursor
                counts.append(len(server.requests) - before)
        return counts

    with answering(**validators) as server:
        assert [100, 100, 100] == asyncio.run(cycles(server))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401), FeedDenied),
        (Reply(403), FeedDenied),
        (Reply(404), FeedMissing),
        (Reply(410), FeedGone),
        (Reply(500), FeedUnavailable),
        (Reply(503, headers={"retry-after": "7"}), FeedUnavailable),
        (Reply(304), FeedGarbled),
        (Reply(200, b""), FeedGarbled),
        (Reply(200, "<!DOCTYPE html><html><form>Sign in</form></html>", {"content-type": "text/html"}), FeedGarbled),
        (Reply(200, {"events": []}), FeedGarbled),
        (Reply(200, PAGE[: len(PAGE) // 2]), FeedGarbled),
        (Reply(200, PAGE, fault="cut"), FeedUnavailable),
        (Reply(200, PAGE, fault="reset"), FeedUnavailable),
        (Reply(200, b"<a>" * 1000, fault="endless"), FeedUnavailable),
    ],
)
def test_what_is_no_feed_is_a_failure(reply: Reply, kind: type[FeedError]):
    """Each answer that is no feed is its own kind of failure, told without the address's query."""
    with Server(lambda _: reply) as server, pytest.raises(kind) as caught:
        polls(server, url=f"{server.url}/timeline?format=rss&token=s3cret-of-the-test")
    assert "s3cret" not in str(caught.value)


def test_a_wait_that_is_asked_for_is_told():
    """Retry-After is handed on."""
    with Server(lambda _: Reply(429, headers={"retry-after": "7"})) as server, pytest.raises(FeedUnavailable) as caught:
        polls(server, url=server.url)
    assert 7 == caught.value.retry_after


@pytest.mark.parametrize(
    ("settings", "login", "expected"),
    [
        ({"token": "t0ken-of-the-test"}, "", "Bearer t0ken-of-the-test"),
        ({"username": "ada", "password": "pässword"}, "", f"Basic {b64encode('ada:pässword'.encode()).decode()}"),
        ({}, "ada:pass%3Aword@", f"Basic {b64encode(b'ada:pass:word').decode()}"),
        ({}, "", None),
    ],
)
def test_credentials_go_into_the_header(settings: dict[str, str], login: str, expected: str | None):
    """A token, a login in the settings and one in the address are headers, and in no address that is asked."""
    with answering() as server:
        polls(server, url=server.url.replace("//", f"//{login}"), **settings)
        assert expected == server.requests[0].headers.get("authorization")


def test_credentials_stay_on_their_host():
    """A redirect to another host is followed without credentials."""
    with answering() as other, Server(lambda _: Reply(302, headers={"location": other.url})) as server:
        polls(server, url=server.url, token="t0ken-of-the-test")
        assert "authorization" in server.requests[0].headers
        assert "authorization" not in other.requests[0].headers


def test_secrets_of_an_address_are_shown_nowhere(caplog: pytest.LogCaptureFixture):
    """A feed token is sent, and stands in no key, link, cursor or log, not even where the feed repeats it."""
    caplog.set_level(logging.DEBUG)
    link = "https://forge.example/news/1?feed_token=s3cret-feed-t0ken"
    page = atom(entry("One", link, link), entry("Two", "2"), head=f'<link rel="self" href="{link}"/>')
    with Server(lambda _: Reply(200, page)) as server:
        first = polls(server, url=f"{server.url}/news.atom?feed_token=s3cret-feed-t0ken&max=5")[0]
        assert "s3cret-feed-t0ken" == server.requests[0].query["feed_token"]
    assert "https://forge.example/news/1" in [found.event.url for found in first.found]
    assert "s3cret" not in f"{first.cursor} {first.found} {caplog.text} {redact('s3cret-feed-t0ken')}"


def test_check_says_what_each_feed_is():
    """Online, a feed that answers is fine, and one that does not is not."""
    forge = Forge()
    forge.add(1)

    async def findings(server: Server) -> list[tuple[bool, str]]:
        async with Http() as http:
            feeds = [f"{server.url}/site/timeline", f"{server.url}/other/timeline"]
            source = Feed("f", made({"feeds": feeds}), Start(), Tools(http, Path()))
            return [(one.fine, str(one).replace(server.url, "")) for one in await source.check(60, NOW)]

    with Server(forge.respond) as server:
        good, bad = asyncio.run(findings(server))
    assert (True, "/site/timeline: 1 entries, told as site") == good
    assert (False, True) == (bad[0], "answered 404" in bad[1])
