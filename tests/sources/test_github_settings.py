"""What the github source takes, what it says of its cost, and what `check --online` finds."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from relay.finding import Finding
from relay.http import Http
from relay.sources.github_answers import Site
from relay.sources.github_settings import GitHubSettings, guard_after
from tests.servers import Server
from tests.sources.forges.github import NOON, Forge
from tests.sources.github_polls import Polls


def checked(forge: Forge, **settings: Any) -> tuple[Finding, ...]:
    """What `check --online` says."""
    with Server(forge.respond) as server:
        polls = Polls(server, **settings)

        async def act() -> tuple[Finding, ...]:
            async with Http() as http:
                return await polls.source(http).check(60.0, NOON)

        return asyncio.run(act())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "names nothing to poll"),
        ({"repositories": ["acme"]}, "is not owner/slug"),
        ({"repositories": ["*/site"]}, "names no owner"),
        ({"repositories": ["acme/site", "!acme/x"]}, "excludes nothing"),
        ({"users": ["a b"]}, "is not the name of an account"),
        ({"organizations": ["../x"]}, "is not the name of an account"),
        ({"users": ["ada"], "url": "https://github.com"}, "the API is https://api.github.com"),
        ({"users": ["ada"], "url": "https://ada:x@ghe.example/api/v3"}, "must not hold a login"),
        ({"users": ["ada"], "url": "ghe.example"}, "must be an address"),
    ],
)
def test_problems(settings: dict[str, Any], words: str):
    """Each mistake is told in one line."""
    with pytest.raises(ValidationError, match=words):
        GitHubSettings(**settings)


def test_feeds():
    """Repositories, owners of patterns, users and organisations are feeds, each once."""
    settings = GitHubSettings(
        repositories=("acme/*", "acme/site", "Acme/Site"), users=("ada",), organizations=("acme",)
    )
    assert ("repositories/acme/site", "owners/acme", "users/ada", "organizations/acme") == settings.feeds


@pytest.mark.parametrize(
    ("base", "site"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example/api/v3", "https://ghe.example"),
        ("https://ghe.example/code/api/v3/", "https://ghe.example/code"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
    ],
)
def test_pages_of_enterprise_servers(base: str, site: str):
    """Links lead to the site that belongs to the API."""
    assert f"{site}/acme/site/tree/fix%20%231" == Site.of(base).page("acme/site", "tree", "fix #1")


def test_cost_and_advice():
    """With a token only the guard is counted; without one every poll is, and few are allowed."""
    anonymous = GitHubSettings(repositories=("acme/site", "acme/web"))
    known = GitHubSettings(repositories=("acme/site", "acme/*"), token="t")
    assert "about 12 of 5,000 requests an hour, and as many for each repository of a pattern" == known.cost(60)
    assert "about 24 of 60 requests an hour" == anonymous.cost(300)
    assert (None, None) == (known.advice(1), anonymous.advice(120))
    assert "every: 120s fits" in (anonymous.advice(60) or "")


@pytest.mark.parametrize(("feeds", "seconds"), [(1, 600), (166, 600), (1000, 3600)])
def test_guard_stays_affordable(feeds: int, seconds: float):
    """Unchanged feeds are read whole every ten minutes, and no more than 1,000 of them an hour."""
    assert seconds == guard_after(feeds)


def test_check_that_is_fine():
    """The token and its scopes, each feed, what patterns stand for, and the cost."""
    forge = Forge()
    forge.add(1)
    forge.answers |= {
        "/rate_limit": {"resources": {"core": {"limit": 5000, "remaining": 4990}}},
        "/orgs/acme/repos": [{"id": 1, "full_name": "acme/web"}],
    }
    findings = checked(forge, repositories=("acme/site", "acme/*"))
    assert all(finding.fine for finding in findings)
    assert [
        "the token is taken; 4,990 of 5,000 requests are left",
        "repositories/acme/site: has events",
        "acme: 1 repositories fit its patterns",
        "costs about 12 of 5,000 requests an hour, and as many for each repository of a pattern",
    ] == list(map(str, findings))


def test_check_that_is_not_fine():
    """A repository that is not there, and a token that is not taken, are findings that must be mended."""
    forge = Forge()
    findings = checked(forge, repositories=tuple(f"acme/r{n}" for n in range(22)))
    assert [True, *[False] * 20, True, True] == [finding.fine for finding in findings]
    assert "2 more were not tried" == str(findings[-2])
    assert not checked(forge, token="w0rong")[0].fine
    assert "w0rong" not in " ".join(map(str, checked(forge, token="w0rong")))
