"""A real Trac: tickets, pushes and wiki pages in one timeline."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.real.follower import Follower
from tests.real.running import Daemon, environment, free_port, push, repository, run
from tests.servers import Server

TIMELINE = "/timeline?format=rss&max=60&daysback=30&changeset=on&repo-site=on&ticket=on&ticket_details=on&wiki=on"
SETUP = """
config set components tracopt.versioncontrol.git.* enabled
repository add site {bare} git
permission add anonymous TRAC_ADMIN
"""


@dataclass(frozen=True)
class Trac:
    """A running Trac with a git repository."""

    url: str
    admin: Path
    folder: Path
    clone: Path

    def push(self, *messages: str) -> list[str]:
        """Push commits, and tell Trac of them as its hook does; their hashes."""
        hashes = push(self.clone, *messages)
        run(self.admin, self.folder, "changeset", "added", "site", *hashes)
        return hashes

    def submit(self, path: str, **fields: str) -> None:
        """Send a form of Trac's as a browser does."""
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        with browser.open(self.url + path) as answer:
            page = answer.read().decode()
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)"\s+value="([^"]*)"', page))
        form = urlencode(hidden | fields).encode()
        browser.open(self.url + path.partition("?")[0], form).close()


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has Trac."""
    return environment(tmp_path_factory.mktemp("trac") / "venv", "trac>=1.6,<1.7", "setuptools<80")


@pytest.fixture
def trac(tmp_path: Path, python: Path) -> Iterator[Trac]:
    """A Trac that serves."""
    bare, clone = repository(tmp_path)
    folder, port, admin = tmp_path / "trac", free_port(), python.parent / "trac-admin"
    run(admin, folder, "initenv", "Site", "sqlite:db/trac.db")
    for line in SETUP.format(bare=bare).strip().splitlines():
        run(admin, folder, *line.split())
    serve = (python.parent / "tracd", "-s", "--port", str(port), "--hostname", "127.0.0.1", folder)
    with Daemon(port, *serve, log=tmp_path / "tracd.log"):
        yield Trac(f"http://127.0.0.1:{port}", admin, folder, clone)


def test_tickets_and_pushes(trac: Trac, tmp_path: Path):
    """Of 50 old items nothing is told, then a ticket and a push of three commits, once each, with author and link."""
    with Server() as sink:
        follower = Follower(tmp_path, sink, trac.url + TIMELINE, repository="acme/site")
        assert [] == follower.told()
        trac.submit("/newticket", field_summary="Login fails for <admin> & co", field_reporter="zoe", submit="Create")
        hashes = trac.push("One", "Two <b>bold</b> & co", "Three\n\nWith a body")
        told = follower.told()
        assert [] == follower.told()
    assert sorted(
        [
            ("zoe reported issue #1: Login fails for <admin> & co (acme/site)", f"{trac.url}/ticket/1"),
            *(
                (f"Zoë Ärger committed {hash[:7]}: {text} (acme/site)", f"{trac.url}/changeset/{hash}/site")
                for hash, text in zip(hashes, ("One", "Two <b>bold</b> & co", "Three"), strict=True)
            ),
        ]
    ) == sorted((body["summary"], body["data"]["url"]) for body in told)


def test_the_life_of_a_ticket(trac: Trac, tmp_path: Path):
    """A comment, a closed ticket and an edited page of the wiki are told as such."""
    with Server() as sink:
        trac.submit("/newticket", field_summary="Crash", field_reporter="zoe", submit="Create")
        follower = Follower(tmp_path, sink, trac.url + TIMELINE, repository="acme/site")
        follower.told()
        trac.submit("/ticket/1", author="ben", comment="Same here", replyto="", action="leave", submit="Submit")
        trac.submit("/ticket/1", author="ada", comment="Done", replyto="", action="resolve", submit="Submit")
        trac.submit("/wiki/Deploying?action=edit", text="= How =", author="ada", save="Submit")
        assert {
            "ben updated issue #1: Crash (acme/site)",
            "ada updated issue #1, now closed: Crash (acme/site)",
            "ada created a wiki page: Deploying (acme/site)",
        } == set(follower.summaries())
