"""The git source over HTTP, against git's own server."""

import base64
import shutil
from pathlib import Path

import pytest

from relay.errors import FeedDenied, FeedGarbled, FeedMissing, FeedUnavailable
from tests.git.repository import Follower, Repository, messages, serve
from tests.servers import Reply, Request, Server

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

SECRET = "open-sesame-1234"
LOGIN = "Basic " + base64.b64encode(f"ada:{SECRET}".encode()).decode()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Three commits on main."""
    made = Repository(tmp_path)
    made.push("one", "two", "three")
    return made


def guard(folder: Path, login: str = LOGIN):
    """A server that wants a login before it answers."""

    def respond(request: Request) -> Reply:
        if request.headers.get("authorization") == login:
            return serve(folder, request)
        return Reply(401, f"no {login}", {"www-authenticate": 'Basic realm="git"', "content-type": "text/plain"})

    return respond


def test_a_push_over_http(repository: Repository, tmp_path: Path) -> None:
    """A repository without a login is read over HTTP, and an idle poll is two small requests of one git."""
    with Server(lambda request: serve(tmp_path, request)) as server:
        follower = Follower(f"{server.url}/acme/site.git", tmp_path / "clones")
        follower.poll()
        server.requests.clear()
        assert ([], 2) == (follower.poll(), len(server.requests))
        repository.push("four")
        assert [["four"]] == [messages(event) for event in follower.pushes()]


@pytest.mark.parametrize("options", [{"username": "ada", "password": SECRET}, {"username": "ada", "token": SECRET}])
def test_a_login(repository: Repository, tmp_path: Path, options: dict[str, str]) -> None:
    """A configured login is given to the server that asks."""
    with Server(guard(tmp_path)) as server:
        follower = Follower(f"{server.url}/acme/site.git", tmp_path / "clones", options=options)
        assert [["three", "two", "one"]] == [messages(event) for event in follower.pushes()]


def test_a_login_in_the_address(repository: Repository, tmp_path: Path) -> None:
    """A login written into the address works, and is no part of the feed's key."""
    with Server(guard(tmp_path)) as server:
        address = f"{server.url}/acme/site.git".replace("://", f"://ada:{SECRET}@")
        assert 1 == len(Follower(address, tmp_path / "clones").pushes())


def test_a_token_alone(repository: Repository, tmp_path: Path) -> None:
    """A token needs no user name."""
    login = "Basic " + base64.b64encode(f"x-token-auth:{SECRET}".encode()).decode()
    with Server(guard(tmp_path, login)) as server:
        follower = Follower(f"{server.url}/acme/site.git", tmp_path / "clones", options={"token": SECRET})
        assert 1 == len(follower.pushes())


@pytest.mark.parametrize("options", [{}, {"username": "eve", "password": SECRET}])
def test_a_refused_login(repository: Repository, tmp_path: Path, options: dict[str, str]) -> None:
    """A login that is missing or wrong is FeedDenied, and no secret is in the error even if the server repeats it."""
    with Server(guard(tmp_path)) as server:
        follower = Follower(f"{server.url}/acme/site.git", tmp_path / "clones", options=options)
        with pytest.raises(FeedDenied, match="check the login") as caught:
            follower.poll()
    assert SECRET not in str(caught.value)


def test_a_secret_is_not_kept_on_disk(repository: Repository, tmp_path: Path) -> None:
    """Neither the clone nor git's configuration beside it holds the login."""
    with Server(guard(tmp_path)) as server:
        address = f"{server.url}/acme/site.git".replace("://", f"://ada:{SECRET}@")
        Follower(address, tmp_path / "clones").poll()
    files = [path for path in (tmp_path / "clones").rglob("*") if path.is_file()]
    assert [] == [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_redirect_gets_no_login(repository: Repository, tmp_path: Path) -> None:
    """Another server that a redirect leads to is not given the login, though it asks."""
    with Server(guard(tmp_path)) as other:
        target = f"{other.url}/acme/site.git/info/refs?service=git-upload-pack"
        with Server(lambda _: Reply(302, b"", {"location": target})) as server:
            options = {"username": "ada", "password": SECRET}
            with pytest.raises(FeedDenied):
                Follower(f"{server.url}/acme/site.git", tmp_path / "clones", options=options).poll()
        assert [None] == [request.headers.get("authorization") for request in other.requests]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, "nothing"), FeedMissing),
        (Reply(403, "no"), FeedDenied),
        (Reply(500, "oops"), FeedUnavailable),
        (Reply(429, "slow down"), FeedUnavailable),
        (Reply(200, "<html>Please log in</html>", {"content-type": "text/html"}), FeedGarbled),
        (Reply(fault="reset"), FeedUnavailable),
        (Reply(200, "001e# service=git-upload-pack\n", {"content-type": "x"}, fault="cut"), FeedUnavailable),
    ],
)
def test_what_servers_answer(tmp_path: Path, reply: Reply, error: type[Exception]) -> None:
    """Each answer that is no list of refs is the failure it stands for."""
    with Server(lambda _: reply) as server:
        follower = Follower(f"{server.url}/acme/site.git", tmp_path / "clones")
        with pytest.raises(error) as caught:
            follower.poll()
    assert (error, 1) == (type(caught.value), len(str(caught.value).splitlines()))


def test_a_server_that_cannot_leave_anything_out(repository: Repository, tmp_path: Path) -> None:
    """Where neither shallow nor partial fetches are possible, as with plain files, that is said."""
    with Server(lambda request: _file(repository.path, request)) as server:
        follower = Follower(f"{server.url}/site.git", tmp_path / "clones")
        repository.git("update-server-info")
        with pytest.raises(FeedUnavailable, match="dumb http"):
            follower.poll()


def _file(folder: Path, request: Request) -> Reply:
    path = folder / request.path.removeprefix("/site.git/")
    return Reply(200, path.read_bytes()) if path.is_file() else Reply(404)
