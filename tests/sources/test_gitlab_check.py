"""What `check --online` says of a GitLab source."""

import asyncio
from pathlib import Path
from typing import Any

from relay.finding import Finding
from relay.http import Http
from relay.sources.base import Tools
from relay.sources.gitlab import GitLab
from relay.sources.gitlab_settings import GitLabSettings
from tests.servers import Server
from tests.sources.forges.gitlab import PROJECT, Forge
from tests.sources.gitlab_polling import LATER, NOW


def check(server: Server, include: tuple[str, ...] = (), **settings: Any) -> list[Finding]:
    """What check says of a source that is polled every minute."""

    async def once() -> tuple[Finding, ...]:
        async with Http() as http:
            made = GitLabSettings(**({"url": server.url, "repositories": ("acme/site",)} | settings))
            tools = Tools(http, Path("unused"), frozenset(include))
            return await GitLab("lab", made, LATER, tools).check(60, NOW)

    return list(asyncio.run(once()))


def test_check():
    """Check says what the token may do, which feeds answer, and the requests an hour."""
    forge = Forge()
    forge.places |= {
        "personal_access_tokens/self": {"scopes": ["read_api"], "expires_at": "2027-01-31"},
        "groups/globex/projects": [PROJECT | {"path_with_namespace": "globex/a"}],
    }
    with Server(forge.respond) as server:
        found = check(server, token="s3cret-token", repositories=("acme/site", "acme/none", "globex/*"), users=("ada",))
    assert [
        "the token may read: read_api, expires on 2027-01-31",
        "acme/site: can be read",
        "globex: the patterns stand for 1 projects",
        "ada: events can be read",
        "127.0.0.1: about 240 requests an hour",
    ] == [str(one) for one in found if one.fine]
    assert ["404"] == [word for one in found if not one.fine for word in str(one).split() if word == "404"]


def test_check_of_a_token_that_may_not_read():
    """A token without the scope that is needed is told as that."""
    forge = Forge()
    forge.places["personal_access_tokens/self"] = {"scopes": ["read_user"]}
    with Server(forge.respond) as server:
        told = check(server, token="s3cret-token")[0]
    assert (False, "the token has the scopes read_user; it needs read_api") == (told.fine, told.text)


def test_check_counts_what_is_included():
    """Each list that is included costs as much as the events; types of one list cost it once."""
    with Server(Forge().respond) as server:
        found = check(server, ("fork", "pipeline_failed", "pipeline_succeeded"))
    assert "127.0.0.1: about 180 requests an hour" == found[-1].text


def test_check_of_many_projects():
    """Twenty projects are asked, and the rest is counted."""
    with Server(Forge().respond) as server:
        found = check(server, repositories=tuple(f"acme/{n}" for n in range(30)))
    assert (20, "10 more were not tried") == (len(server.requests), found[21].text)
