"""A forge's JSON API: where it may lead."""

import asyncio
from datetime import UTC, datetime

import pytest

from relay.api import Api
from relay.errors import FeedGarbled
from relay.http import Http
from tests.servers import Reply, Server

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("onward", ["https://[x/", "https://evil.example/2", "//evil.example\x1b[31m://2", "://"])
def test_next_page_that_leads_nowhere(onward: str):
    """An address that is none, or another host's, is a failure of the feed in one line, and nothing is sent there."""

    async def follow(server: Server) -> None:
        async with Http() as http:
            await Api(http, server.url, {"authorization": "Bearer t0ken"}).get(onward, NOW)

    with Server(lambda _: Reply(body=[])) as server:
        with pytest.raises(FeedGarbled) as caught:
            asyncio.run(follow(server))
        assert [] == server.requests
    assert str(caught.value).isprintable()
