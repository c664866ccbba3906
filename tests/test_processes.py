"""The real program beside real servers and repositories: what it tells, how it ends, and what it never shows."""

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relay.store import read
from tests.git.repository import MAIN, Repository
from tests.processes import Forked, Process
from tests.servers import Reply, Request, Server
from tests.test_service import Forge, commit

ROOT = Path(__file__).parents[1]
TOKEN, SIGNING, KEY, LOGIN = (
    "forge-token-1f2e3d",
    "whsec_cmVsYXkgdGVzdCBzZWNyZXQgbnVtYmVyIG9uZQ==",
    "k-5a6b7c8d9e",
    "hunter2hunter",
)
SECRETS = (TOKEN, SIGNING, SIGNING.removeprefix("whsec_"), KEY, LOGIN)
GIVEN = {"FORGE_TOKEN": TOKEN, "SIGNING": SIGNING, "HOOK_KEY": KEY, "LOGIN": LOGIN}
RULES = """\
sources:
  old: {kind: bitbucket-v1, url: "FORGE", token: "${FORGE_TOKEN}", repositories: [acme/site], start: all, every: 1s}
destinations:
  lake: {kind: webhook, url: "SINK/hooks/${HOOK_KEY}", secret: "${SIGNING}"}
  leads: {kind: email, smtp: "smtp://relay:${LOGIN}@127.0.0.1:1", from: a@example.org, to: b@example.org, when: {actor: nobody}}
rules:
  commit: [lake, leads]
"""


def relay(folder: Path, *arguments: str) -> Forked:
    """The program in a folder, with secrets that it must never show."""
    return Forked(folder, *arguments, secrets=SECRETS, **GIVEN)


def ended(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """What came of a command: exit code, output, errors."""
    with relay(folder, *arguments) as process:
        return process.end(), process.out, process.err


def echoing(status: int) -> Callable[[Request], Reply]:
    """A server that repeats to the sender all it was sent, as some do in their errors."""
    return lambda request: Reply(status, f"{request.path} {request.headers} {request.query}")


def write(folder: Path, forge: Server, sink: Server) -> None:
    text = RULES.replace("FORGE", forge.url, 1).replace("SINK", sink.url)
    (folder / "rules.yaml").write_text(text, encoding="utf-8")


def titles(sink: Server) -> list[Any]:
    """What arrived at the webhook."""
    return [request.json()["data"]["title"] for request in sink.requests]


def changes(*letters: str) -> list[dict[str, Any]]:
    """Commits, newest first."""
    return [commit(letter * 12, text=f"change {letter}") for letter in reversed(letters)]


def sentences(watching: Process) -> list[str]:
    """What was told of pushes: each first line, without its time and type."""
    return [line.split("  pushed  ")[1].rstrip() for line in watching.out if "  pushed  " in line]


def test_watch_tells_each_move_once(tmp_path: Path) -> None:
    """Pushes, a forced one, branches that come and go and a merge of 300 commits, each in words; Ctrl-C ends it well."""
    repository = Repository(tmp_path)
    base = repository.push("First")
    moves = [
        (lambda: repository.push("Second", "Third"), "2 commits were pushed to main (acme/site)"),
        (lambda: repository.put(MAIN, repository.commit("Second again", base)), "1 commit was force-pushed to main: Second again (acme/site)"),
        (lambda: repository.push("New", ref="refs/heads/topic"), "1 commit was pushed to new branch topic: New (acme/site)"),
        (lambda: merge(repository, 300), "301 commits were pushed to main (acme/site)"),
        (lambda: repository.remove("refs/heads/topic"), "Branch topic was deleted (acme/site)"),
    ]  # fmt: skip
    with Process(tmp_path, "watch", "--every", "1s", "--start", "1", str(repository.path)) as watching:
        watching.wait_until_told("1 commit was pushed to main: First (acme/site)")
        for move, told in moves:
            move()
            watching.wait_until_told(told)
        assert 0 == watching.stop(signal.SIGINT)
    assert ["1 commit was pushed to main: First (acme/site)", *(told for _, told in moves)] == sentences(watching)


def merge(repository: Repository, count: int) -> None:
    """Merge a branch of so many commits into main."""
    tip = repository.tip(MAIN)
    repository.commit("Merge branch 'big'", tip, repository.grow(count, tip, "step"), ref=MAIN)


@pytest.mark.skipif(not shutil.which("git") or not (ROOT / ".git").exists(), reason="needs git and a clone")
def test_watch_this_repository(tmp_path: Path) -> None:
    """The newest commit of relay's own repository is told in words."""
    with Process(tmp_path, "watch", "--start", "1", str(ROOT)) as watching:
        watching.wait_for(lambda: bool(sentences(watching)))
        assert 0 == watching.stop(signal.SIGINT)
    (told,) = sentences(watching)
    assert "1 commit was pushed to " in told


def test_watch_misused(tmp_path: Path) -> None:
    """What cannot be watched is said in a line."""
    code, _, told = ended(tmp_path, "watch", "--every", "soon", ".")
    assert (2, "--every soon: 'soon' is not a span of time like 60s, 5m, 2h, 7d or 1w\n") == (code, told)


def test_run_stops_and_goes_on(tmp_path: Path) -> None:
    """SIGTERM and Ctrl-C end it with code 0, and the next start tells what is new and nothing again."""
    with Server(Forge(changes("a", "b"))) as forge, Server(lambda _: Reply(204)) as sink:
        write(tmp_path, forge, sink)
        for number, told in ((signal.SIGTERM, "ab"), (signal.SIGINT, "abc")):
            forge.respond = Forge(changes(*told))
            with Process(tmp_path, "run", secrets=SECRETS, **GIVEN) as running:
                running.wait_for(lambda told=told: len(titles(sink)) == len(told))
                assert 0 == running.stop(number)
            assert "stopped; nothing is lost" in running.said
    assert ["change a", "change b", "change c"] == titles(sink)


def test_stopping_lets_a_send_finish(tmp_path: Path) -> None:
    """A webhook that is on its way when relay is stopped is waited for, which is said, and counted."""
    with Server(Forge(changes("a"))) as forge, Server(slow) as sink:
        write(tmp_path, forge, sink)
        with relay(tmp_path, "run") as running:
            running.wait_for(lambda: bool(sink.requests))
            assert 0 == running.stop()
            assert "what is being sent may finish first" in running.said
    views = read(str(tmp_path / "relay.db"))
    assert ["sent"] == [delivery.state for delivery in views.deliveries()]
    views.close()


def test_stopping_waits_for_no_forge(tmp_path: Path) -> None:
    """A poll that hangs is broken off when relay is stopped."""
    with Server(lambda _: Reply(fault="hang")) as forge, Server() as sink:
        write(tmp_path, forge, sink)
        with relay(tmp_path, "run") as running:
            running.wait_for(lambda: bool(forge.requests))
            assert 0 == running.stop()


def slow(_: Request) -> Reply:
    """A receiver that takes two seconds."""
    time.sleep(2)
    return Reply(204)


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    """One database has one `run`; the other commands may look and repair beside it."""
    with Server(Forge(changes("a"))) as forge, Server(lambda _: Reply(404, "no such hook")) as sink:
        write(tmp_path, forge, sink)
        with relay(tmp_path, "run") as running:
            running.wait_until_told("is dead")
            code, _, told = ended(tmp_path, "run")
            assert (2, 1) == (code, told.count("\n"))
            assert "relay.db is in use by another relay" in told
            assert 0 == running.stop()


def test_repair_beside_a_run(tmp_path: Path) -> None:
    """The dead are listed and sent again by the `run` that goes on, with the receiver repaired."""
    with Server(Forge(changes("a", "b"))) as forge, Server(echoing(404)) as sink:
        write(tmp_path, forge, sink)
        with relay(tmp_path, "run") as running:
            running.wait_for(lambda: running.said.count("is dead") == 2)
            listed = json.loads(ended(tmp_path, "deliveries", "--dead", "--json")[1])
            shown = ended(tmp_path, "status")[1]
            sink.respond = lambda _: Reply(204)
            code, told, _ = ended(tmp_path, "redeliver", "--dead")
            running.wait_for(lambda: len(sink.requests) == 4)
            assert 0 == running.stop()
    assert (0, "2 deliveries are pending again") == (code, told[:30])
    assert ["change a", "change b"] * 2 == titles(sink)
    assert {delivery["id"] for delivery in listed} == {request.headers["webhook-id"] for request in sink.requests[2:]}
    assert "lake         0        0          2" in shown


@pytest.mark.parametrize(("forge_says", "sink_says", "code"), [(200, 200, 0), (200, 500, 1), (401, 200, 1)])
def test_once_says_how_it_went(tmp_path: Path, forge_says: int, sink_says: int, code: int) -> None:
    """`run --once` exits 0 where every poll and every attempt worked, else 1, and no answer makes it show a secret."""
    forge_answers = Forge(changes("a")) if forge_says == 200 else echoing(forge_says)
    with Server(forge_answers) as forge, Server(echoing(sink_says)) as sink:
        write(tmp_path, forge, sink)
        assert code == ended(tmp_path, "run", "--once")[0]


def test_a_slip_in_the_file(tmp_path: Path) -> None:
    """A mistake is told with its line and column, without a traceback."""
    with Server() as forge, Server() as sink:
        write(tmp_path, forge, sink)
    file = tmp_path / "rules.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("[lake, leads]", "[lake, laeds]"), encoding="utf-8")
    expected = "rules.yaml:7:18: rules.commit[1]: no destination is called 'laeds'; did you mean 'leads'?\n"
    assert (2, "", expected) == ended(tmp_path, "run")
