"""A real hgweb: commits and tags of Mercurial as Atom."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.follower import Follower
from tests.real.running import Daemon, free_port, program, run
from tests.servers import Server

ZOE = "Zoë <zoe@example.test>"


@pytest.fixture
def hg(tmp_path: Path) -> Callable[..., str]:
    """Runs hg in a repository with one commit."""
    place = tmp_path / "site"
    run(program("hg"), "init", place)

    def command(*arguments: str) -> str:
        return run(program("hg"), *arguments, at=place)

    commit(place, command, "Begin")
    return command


def commit(place: Path, hg: Callable[..., str], message: str) -> str:
    (place / "file").write_text(message, encoding="utf-8")
    hg("commit", "--addremove", "--message", message, "--user", ZOE)
    return hg("log", "--rev", "tip", "--template", "{node}")


def serving(folder: Path, port: int, *options: str) -> Daemon:
    """hgweb on that port."""
    where = ("--address", "127.0.0.1", "--port", str(port), "--repository", folder / "site")
    return Daemon(port, program("hg"), "serve", *where, *options, log=folder / "hg.log")


def test_a_commit_and_a_tag(hg: Callable[..., str], tmp_path: Path):
    """Both are told, each once, the author's name decoded; a restart under another name tells nothing again."""
    port = free_port()
    with Server() as sink:
        follower = Follower(tmp_path, sink, f"http://127.0.0.1:{port}/atom-log", repository="acme/site")
        with serving(tmp_path, port):
            assert [] == follower.told()
            node = commit(tmp_path / "site", hg, "Fix <b> & co 🎉")
            hg("tag", "v1", "--user", ZOE)
            tagged = hg("log", "--rev", "tip", "--template", "{node}")
            told = follower.summaries()
            assert [] == follower.told()
        with serving(tmp_path, port, "--config", f"web.baseurl=http://hg.example.test:{port}"):
            assert [] == follower.told()
    assert {
        f"Zoë committed {node[:7]}: Fix <b> & co 🎉 (acme/site)",
        f"Zoë committed {tagged[:7]}: Added tag v1 for changeset {node[:12]} (acme/site)",
    } == set(told)


def test_the_other_feeds(hg: Callable[..., str], tmp_path: Path):
    """Tags and branches have feeds of their own; two tags of one commit share an id, and both are told."""
    port = free_port()
    places = [f"http://127.0.0.1:{port}/{name}" for name in ("atom-tags", "atom-branches", "rss-log")]
    with Server() as sink, serving(tmp_path, port):
        follower = Follower(tmp_path, sink, *places, repository="acme/site")
        follower.told()
        hg("tag", "v1", "v1.1", "--rev", "0", "--user", ZOE)
        tip = hg("log", "--rev", "tip", "--template", "{node|short}")
        told = follower.summaries()
    assert {
        "Tag v1 was pushed (acme/site)",
        "Tag v1.1 was pushed (acme/site)",
        "Push to default (acme/site)",
        f"Zoë committed {tip[:7]}: Added tag v1, v1.1 for changeset {hg('log', '--rev', '0', '--template', '{node|short}')} (acme/site)",
    } == set(told)
