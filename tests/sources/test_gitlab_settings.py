"""The settings of a GitLab source: addresses, tokens, what is polled, what that costs."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from relay.http import Http
from relay.sources.base import Tools
from relay.sources.gitlab import GitLab
from relay.sources.gitlab_settings import GitLabSettings
from tests.servers import Reply, Server
from tests.sources.forges.gitlab import PROJECT, Forge
from tests.sources.gitlab_polling import LATER, Poll


@pytest.mark.parametrize("base", ["", "/", "/api/v4", "/api/v4/"])
def test_address_with_and_without_the_api(base: str):
    """The address is that of the site, or of its API; the token goes out as Bearer, and public projects need none."""
    with Server(Forge().respond) as server:
        Poll(server, url=server.url + base, token="glpat-0123456789abcdef")()
        Poll(server, url=server.url + base)()
    logins = [request.headers.get("authorization") for request in server.requests]
    assert ["Bearer glpat-0123456789abcdef"] * 2 + [None] * 2 == logins


def test_relative_root():
    """A server below a path of its host is asked there."""
    with Server(lambda request: Reply(body=PROJECT if request.path.endswith("site") else [])) as server:
        Poll(server, url=f"{server.url}/gitlab")()
    assert "/gitlab/api/v4/projects/acme%2Fsite" == server.requests[0].path


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "names nothing to poll; add repositories: [group/project] or users: [name]"),
        ({"repositories": ["site"]}, "'site' is not owner/slug"),
        ({"users": ["a b"]}, "'a b' is not the name of a user"),
        ({"url": "gitlab.com", "users": ["ada"]}, "must be an address like https://gitlab.com"),
        ({"url": "https://a:b@gitlab.com", "users": ["ada"]}, "must not hold a login; use token"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, Any], problem: str):
    """Each mistake is told in a line."""
    with pytest.raises(ValidationError) as caught:
        GitLabSettings(**settings)
    assert problem in str(caught.value)


def test_feeds():
    """Projects, groups of patterns, and people have each a feed."""
    settings = GitLabSettings(repositories=("acme/web/site", "globex/*", "!globex/old-*"), users=("ada", "ada"))
    source = GitLab("lab", settings, LATER, Tools(Http(), Path("unused")))
    assert ("repositories/acme/web/site", "groups/globex", "users/ada") == source.feeds()


@pytest.mark.parametrize(
    ("settings", "every", "cost", "advice"),
    [
        ({}, 60, "about 60 of 30,000 requests an hour", None),
        ({"token": "s3cret-token"}, 60, "about 60 of 120,000 requests an hour", None),
        ({"url": "https://gitlab.example"}, 0.1, "about 36,000 requests an hour", None),
        (
            {"token": "s3cret-token"},
            0.01,
            "about 360,000 of 120,000 requests an hour",
            "asks 360,000 times an hour, and gitlab.com allows 120,000; every: 1s fits",
        ),
    ],
)
def test_pace(settings: dict[str, Any], every: float, cost: str, advice: str | None):
    """Only gitlab.com documents what it allows."""
    made = GitLabSettings(repositories=("acme/site",), **settings)
    assert (cost, advice) == (made.cost(every), made.advice(every))
