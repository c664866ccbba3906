"""The credentials of Bitbucket Cloud, its pages, and what rules.yaml may say."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from relay.budget import Meter
from relay.errors import FeedDenied, FeedError, FeedGarbled
from relay.git.address import Login
from relay.http import Http
from relay.sources.bitbucket_cloud_account import Account, Read
from relay.sources.bitbucket_cloud_settings import BitbucketSettings
from tests.servers import Reply, Request, Server
from tests.sources.forges.bitbucket import NOON, TOKEN

CONSUMER = {"client_id": "consumer", "client_secret": "hush-hush-hush"}


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


def settings(url: str = "http://forge.example", **more: Any) -> BitbucketSettings:
    return BitbucketSettings(**({"url": url, "repositories": ("acme/site",)} | more))


def using(server: Server, act: Callable[[Account], Any], **more: Any) -> Any:
    """What `act` returns, given an account on the server."""

    async def run() -> Any:
        async with Http() as http:
            return await act(Account(settings(server.url, **more), http, Meter()))

    return asyncio.run(run())


def sent(server: Server) -> list[str | None]:
    """The credentials of each request."""
    return [request.headers.get("authorization") for request in server.requests]


@pytest.mark.parametrize(
    ("given", "header", "user"),
    [
        ({}, None, None),
        ({"token": TOKEN}, f"Bearer {TOKEN}", "x-token-auth"),
        (
            {"email": "ada@acme.example", "token": TOKEN},
            basic(f"ada@acme.example:{TOKEN}"),
            "x-bitbucket-api-token-auth",
        ),
    ],
)
def test_tokens(given: dict[str, str], header: str | None, user: str | None):
    """An access token is a bearer, an API token goes with its e-mail, and git has a user name for either."""
    with Server(lambda _: Reply(body={"values": []})) as server:

        async def act(account: Account) -> Login | None:
            await account.list("repositories/acme", NOON)
            return await account.login(NOON)

        login = using(server, act, **given)
    assert ([header], user) == (sent(server), login and login.username)


class Consumers:
    """A Bitbucket that grants OAuth tokens, numbered, and takes the last one alone."""

    def __init__(self, lasts: int = 7200) -> None:
        self.granted, self.lasts, self.taken = 0, lasts, True

    def respond(self, request: Request) -> Reply:
        if request.path == "/site/oauth2/access_token":
            if request.headers["authorization"] != basic("consumer:hush-hush-hush"):
                return Reply(401)
            self.granted += 1
            return Reply(body={"access_token": f"granted-{self.granted}", "expires_in": self.lasts})
        good = self.taken and request.headers["authorization"] == f"Bearer granted-{self.granted}"
        return Reply(body={"values": []}) if good else Reply(401)


def asking(*minutes: int) -> Callable[[Account], Any]:
    """Asks for a list so many minutes after noon; tells how many times it was refused."""

    async def act(account: Account) -> int:
        refused = 0
        for minute in minutes:
            try:
                await account.list("repositories/acme", NOON + timedelta(minutes=minute))
            except FeedDenied:
                refused += 1
        return refused

    return act


def test_a_consumer():
    """An OAuth consumer's token is fetched once, used until shortly before it expires, and fetched again then."""
    forge = Consumers()
    with Server(forge.respond) as server:
        assert 0 == using(server, asking(0, 60, 114, 116, 200), **CONSUMER)
        asked = b"grant_type=client_credentials"
        assert [asked, asked] == [request.body for request in server.requests if request.method == "POST"]
    assert 2 == forge.granted


def test_a_token_that_was_revoked():
    """A token that is refused though it should be good is fetched again, once."""
    forge = Consumers()
    with Server(forge.respond) as server:

        async def act(account: Account) -> int:
            await asking(0)(account)
            forge.granted += 5
            return await asking(10)(account)

        assert 0 == using(server, act, **CONSUMER)
        forge.taken = False
        assert 1 == using(server, asking(0), **CONSUMER)
    assert 8 == forge.granted


@pytest.mark.parametrize(
    "reply", [Reply(body={}), Reply(body={"access_token": "two\nlines"}), Reply(body="<html>"), Reply(401), Reply(500)]
)
def test_a_grant_that_is_none(reply: Reply):
    """Whatever is no token fails the poll in words without the secret."""
    with Server(lambda _: reply) as server, pytest.raises(FeedError) as caught:
        using(server, lambda account: account.get("user", NOON), **CONSUMER)
    assert "hush" not in str(caught.value)


def paged(pages: int) -> Callable[[Request], Reply]:
    """A list of so many pages, an entry each."""

    def respond(request: Request) -> Reply:
        page = int(request.query.get("page", 1))
        onward = {"next": f"http://{request.headers['host']}/2.0/x?page={page + 1}"} if page < pages else {}
        return Reply(body={"values": [page]} | onward)

    return respond


@pytest.mark.parametrize(
    ("pages", "most", "read"),
    [(1, 5, (1, True, True)), (5, 5, (5, True, True)), (6, 5, (5, False, False))],
)
def test_pages(pages: int, most: int, read: tuple[int, bool, bool]):
    """Pages are followed to the end, or to the most that may be asked."""
    with Server(paged(pages)) as server:
        found: Read = using(server, lambda account: account.list("x", NOON, most=most))
    assert read == (len(found.values), found.ended, found.whole)


@pytest.mark.parametrize(("pages", "read"), [(100, 100), (101, "x has more than 100 pages")])
def test_all_of_a_list(pages: int, read: int | str):
    """A list that is wanted whole is read whole, or not at all: what it lacked would seem to be gone."""
    with Server(paged(pages)) as server:
        if isinstance(read, int):
            assert read == len(using(server, lambda account: account.all("x", NOON)))
            return
        with pytest.raises(FeedGarbled, match=read):
            using(server, lambda account: account.all("x", NOON))


def test_pages_until_enough():
    """A list that was read as far as was wanted is whole, though it has not ended."""
    with Server(paged(9)) as server:
        found: Read = using(server, lambda account: account.list("x", NOON, until=lambda page: page[0].whole() == 3))
    assert (3, False, True) == (len(found.values), found.ended, found.whole)


@pytest.mark.parametrize("onward", [7, {}, "", ["x"]], ids=str)
def test_a_next_that_is_no_address(onward: Any):
    """A page that does not say where its next one is is no page, and not the last."""
    page = {"values": [], "next": onward}
    with Server(lambda _: Reply(body=page)) as server, pytest.raises(FeedGarbled, match="next page"):
        using(server, lambda account: account.list("x", NOON))


def test_a_next_that_leads_to_itself():
    """A circle of pages is an error and no endless loop."""
    circle = {"values": []}
    with Server(lambda _: Reply(body=circle)) as server, pytest.raises(FeedGarbled, match="itself"):
        circle["next"] = f"{server.url}/2.0/x?page=2"
        using(server, lambda account: account.list("x", NOON))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"repositories": ()}, "names nothing to poll"),
        ({"repositories": ("acme",)}, "'acme' is not owner/slug"),
        ({"repositories": ("!acme/x", "acme/site")}, "excludes nothing"),
        ({"url": "ftp://x"}, "must be an address like https://api.bitbucket.org/2.0"),
        ({"url": "https://ada:x@api.bitbucket.org"}, "must not hold a login"),
        ({"email": "ada@acme.example"}, "has email: without token:"),
        ({"client_id": "x"}, "client_id and client_secret belong together"),
        (CONSUMER | {"token": "x"}, "takes either a token or client_id and client_secret"),
        ({"username": "ada", "password": "x"}, "Extra inputs"),
    ],
)
def test_what_settings_refuse(given: dict[str, Any], complaint: str):
    """Each mistake in rules.yaml is told in a line."""
    with pytest.raises(ValidationError, match=complaint):
        settings(**given)


def test_hosts():
    """The API's address may stand with or without its version; git and OAuth are on the site that belongs to it."""
    assert "https://api.bitbucket.org/2.0" == BitbucketSettings(repositories=("acme/site",)).url
    assert "https://bitbucket.org" == settings("https://api.bitbucket.org").site
    assert ("http://proxy:8/2.0", "http://proxy:8") == ((made := settings("http://proxy:8/2.0/")).url, made.site)


@pytest.mark.parametrize(
    ("count", "given", "every", "advice"),
    [
        (100, {"token": TOKEN}, 60, None),
        (300, {"token": TOKEN}, 60, None),
        (300, {"token": TOKEN}, 5, "asks 1,120 times an hour, and forge.example allows 1,000; every: 1m fits"),
        (1, {}, 60, "asks 64 times an hour, and forge.example allows 60; every: 2m fits"),
        (1, {}, 120, None),
    ],
)
def test_advice(count: int, given: dict[str, str], every: int, advice: str | None):
    """An interval that costs more than the credentials may ask is told, with one that fits."""
    names = tuple(f"acme/{n}" for n in range(count))
    assert advice == settings(repositories=names, **given).advice(every)


def test_cost():
    """What polling costs is one request for each workspace and cycle, and the sweeps."""
    mixed = settings(repositories=("acme/site", "Acme/docs", "ops/*"), token=TOKEN)
    assert "about 128 of 1,000 requests an hour, and what the repositories of patterns add" == mixed.cost(60)


def test_budget():
    """Sources with the same credentials share a budget; another token has its own, and nobody's is smaller."""
    same, other, nobody = (settings(**given).budget for given in ({"token": "abcdef"}, {"token": "uvwxyz"}, {}))
    assert same == settings(token="abcdef", repositories=("ops/x",)).budget
    assert (1000, 1000, 60) == (same.requests, other.requests, nobody.requests)
    assert 3 == len({same.account, other.account, nobody.account})
