"""Reading repositories for a source, over HTTP with a token alone."""

import asyncio
import shutil
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from relay.errors import FeedDenied
from relay.git.address import Login, address
from relay.git.reader import GitReader
from relay.sources.base import Start
from tests.git.repository import NOW, Repository, serve
from tests.servers import Reply, Request, Server

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

TOKEN = Login(None, SecretStr("t0ken-of-the-test"))


@pytest.fixture
def guard(tmp_path: Path):
    """A server of one repository with one commit, which wants the token as Bearer."""
    Repository(tmp_path).push("one")

    def respond(request: Request) -> Reply:
        if request.headers.get("authorization") == "Bearer t0ken-of-the-test":
            return serve(tmp_path, request)
        return Reply(401, "who is it?", {"content-type": "text/plain"})

    return respond


def read(url: str, folder: Path, cursor: object = None):
    """What is new in the repository at an address."""
    return asyncio.run(GitReader(folder).news(address(url), TOKEN, cursor, NOW, Start()))


def test_a_login_without_a_user_is_a_bearer_token(guard, tmp_path: Path) -> None:
    """A token alone is sent as Bearer, and an unchanged repository brings the same cursor."""
    with Server(guard) as server:
        url = f"{server.url}/acme/site.git"
        first = read(url, tmp_path / "clones")
        again = read(url, tmp_path / "clones", first.cursor)
    assert (1, first.cursor, ()) == (len(first.story.told), again.cursor, again.story.told)
    assert first.cursor is again.cursor


def test_a_redirect_gets_no_token(guard, tmp_path: Path) -> None:
    """Another server that a redirect leads to never sees the token."""
    with Server(guard) as other:
        target = f"{other.url}/acme/site.git/info/refs?service=git-upload-pack"
        with Server(lambda _: Reply(302, b"", {"location": target})) as server, pytest.raises(FeedDenied):
            read(f"{server.url}/acme/site.git", tmp_path / "clones")
        assert {None} == {request.headers.get("authorization") for request in other.requests}


def test_what_was_fetched_is_private(guard, tmp_path: Path) -> None:
    """Nobody else may read the commits of a private repository."""
    with Server(guard) as server:
        read(f"{server.url}/acme/site.git", tmp_path / "clones")
    assert 0o700 == stat.S_IMODE((tmp_path / "clones").stat().st_mode)


def test_a_token_is_not_kept_on_disk(guard, tmp_path: Path) -> None:
    """Neither the clone nor git's configuration beside it holds the token."""
    with Server(guard) as server:
        read(f"{server.url}/acme/site.git", tmp_path / "clones")
    files = [path for path in (tmp_path / "clones").rglob("*") if path.is_file()]
    assert [] == [path for path in files if b"t0ken-of-the-test" in path.read_bytes()]
