"""What `relay watch` makes of its targets, without a file."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from relay.config import Config
from relay.errors import UsageError
from relay.http import Http
from relay.sources.base import Start, Tools
from relay.watching import every, start, watching
from tests.git.repository import Repository, serve
from tests.servers import Reply, Server

OLD = {"BITBUCKET_V1_URL": "https://api.bitbucket.org/1.0", "BITBUCKET_V1_TOKEN": "t0ken-of-the-test"}


def watched(folder: Path, *targets: str, pace: float | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration that follows the targets."""

    async def make() -> Config:
        async with Http() as http:
            return await watching(targets, pace, Start(), environ or {}, Tools(http, folder))

    return asyncio.run(make())


def settings(config: Config) -> list[Any]:
    return [source.settings for source in config.sources.values()]


def refused(folder: Path, target: str, **environ: str) -> str:
    """Why a target cannot be watched."""
    with pytest.raises(UsageError) as caught:
        watched(folder, target, environ=environ)
    return str(caught.value)


def test_a_name_with_its_kind(tmp_path: Path) -> None:
    """A repository of a forge is named as in rules.yaml, and the account comes from the environment."""
    config = watched(tmp_path, "bitbucket-v1:acme/site", environ=OLD)
    (found,) = settings(config)
    assert (("acme/site",), "t0ken-of-the-test") == (found.repositories, found.token.get_secret_value())
    assert ["bitbucket-v1"] == [source.kind for source in config.sources.values()]


def test_a_folder_is_a_git_repository(tmp_path: Path) -> None:
    """A path needs no kind, nor does an address that only git takes."""
    config = watched(tmp_path, str(tmp_path), "git@forge.example:acme/site.git", "https://forge.example/acme/site.git")
    assert ["git"] * 3 == [source.kind for source in config.sources.values()]


def test_a_source_is_named_for_its_kind(tmp_path: Path) -> None:
    """The log speaks of git and not of a number, but for what is of one kind."""
    config = watched(tmp_path, str(tmp_path), "bitbucket-v1:acme/site", "git@forge.example:acme/site.git", environ=OLD)
    assert ["git", "bitbucket-v1", "git 2"] == [*config.sources]


@pytest.mark.parametrize(
    ("environ", "told", "expected"),
    [(OLD, None, 10.0), (OLD | {"BITBUCKET_V1_TOKEN": ""}, None, 60.0), (OLD, 5.0, 5.0)],
)
def test_the_pace_is_what_the_forge_allows(
    tmp_path: Path, environ: dict[str, str], told: float | None, expected: float
) -> None:
    """Nobody is asked more often than they allow, unless the command line says so."""
    config = watched(tmp_path, "bitbucket-v1:acme/site", pace=told, environ=environ)
    assert [expected] == [source.every for source in config.sources.values()]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("githb:a/b", "no kind of source is called 'githb'; did you mean github:a/b?"),
        ("github:a", "'a' is not owner/slug, nor a pattern like owner/* or !owner/old-*"),
        ("bitbucket-v1:a/b", "bitbucket-v1 needs url: set BITBUCKET_V1_URL"),
        ("nowhere", "there is no such folder, and it is neither an address like https://host/repo.git nor a name with its kind, like github:owner/repo"),
    ],
)  # fmt: skip
def test_what_cannot_be_watched_is_told(tmp_path: Path, target: str, told: str) -> None:
    """A slip is told in a line that says what was meant or what is lacking."""
    assert f"cannot watch {target}: {told}" == refused(tmp_path, target)


def test_a_wrong_name_is_told(tmp_path: Path) -> None:
    """What the kind's own settings refuse is refused in their words."""
    told = refused(tmp_path, "bitbucket-v1:acme", **OLD)
    assert told.startswith("cannot watch bitbucket-v1:acme: 'acme' is not owner/slug")


FEED = """\
<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:news</id>
<entry><id>urn:1</id><title>Site 2.3</title><updated>2026-11-20T10:00:00Z</updated></entry></feed>
"""


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_an_address_says_what_it_is(tmp_path: Path) -> None:
    """An address is tried as a git repository first, and once as a feed if it is none."""
    Repository(tmp_path).push("One")
    with Server(lambda request: serve(tmp_path, request)) as server:
        git = watched(tmp_path, f"{server.url}/acme/site.git/")
    with Server(lambda request: Reply(404) if "refs" in request.path else Reply(200, FEED)) as server:
        feed = watched(tmp_path, f"{server.url}/news.atom")
        assert ["/news.atom"] == [request.path for request in server.requests if "refs" not in request.path]
    assert ["git", "feed"] == [source.kind for config in (git, feed) for source in config.sources.values()]


def test_an_address_that_is_nothing_is_told(tmp_path: Path) -> None:
    """Each kind that was tried says why the address is none of its own."""
    with Server(lambda _: Reply(200, "<html>Welcome</html>")) as server:
        told = refused(tmp_path, f"{server.url}/acme/site").splitlines()
    assert [f"cannot watch {server.url}/acme/site:", "as git", "as feed"] == [
        told[0],
        *(line[: line.index(": ")] for line in told[1:]),
    ]


def test_a_server_of_ones_own(tmp_path: Path) -> None:
    """The address of a server comes from the environment as its token does."""
    config = watched(tmp_path, "gitlab:group/sub/app", environ={"GITLAB_URL": "https://git.acme.example"})
    (found,) = settings(config)
    assert ("https://git.acme.example", ("group/sub/app",)) == (found.url, found.repositories)


def test_options_are_read() -> None:
    """`--every` is a span or nothing, `--start` a number of events."""
    assert (10.0, None, Start(), Start("count", 3)) == (every("10s"), every(""), start("0"), start("3"))
