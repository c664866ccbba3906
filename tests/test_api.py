"""A forge's JSON API: where it may lead, and what is made of its conditions."""

import asyncio
from datetime import UTC, datetime

import pytest

from relay.api import Answer, Api
from relay.errors import FeedGarbled
from relay.http import Http
from tests.servers import Reply, Server

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("onward", ["https://[x/", "https://evil.example/2", "//evil.example\x1b[31m://2", "://"])
def test_next_page_that_leads_nowhere(onward: str):
    """An address that is none, or another host's, is a failure of the feed in one line, and nothing is sent there."""

    with Server(lambda _: Reply(body=[])) as server:
        with pytest.raises(FeedGarbled) as caught:
            get(server, onward)
        assert [] == server.requests
    assert str(caught.value).isprintable()


def get(server: Server, place: str, etag: str | None = None) -> Answer:
    async def ask() -> Answer:
        async with Http() as http:
            return await Api(http, server.url, {"authorization": "Bearer t0ken"}).get(place, NOW, etag=etag)

    return asyncio.run(ask())


def test_nothing_modified_since_nothing():
    """A 304 says something to a request with a condition alone; to any other it is garbage."""
    with Server(lambda _: Reply(304)) as server:
        assert 304 == get(server, "/", '"a"').status
        with pytest.raises(FeedGarbled, match="304"):
            get(server, "/")


@pytest.mark.parametrize(
    ("etag", "kept"), [('W/"a"', 'W/"a"'), ("\xe9", None), ("a\tb", None), ("x" * 1001, None), ("", None)]
)
def test_etags_that_can_be_sent_back(etag: str, kept: str | None):
    """Only an ETag that a request can carry is remembered."""
    with Server(lambda _: Reply(body=[], headers={"etag": etag})) as server:
        assert kept == get(server, "/").etag
