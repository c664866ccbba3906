"""Running git, and what its complaints mean."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from relay.errors import FeedDenied, FeedError, FeedGone, FeedMissing, FeedUnavailable
from relay.git.address import address
from relay.git.process import environment, failure, is_local, run
from tests.git.repository import NOW, Follower, Repository, messages

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

SHELL = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def script(text: str) -> tuple[str, ...]:
    """Arguments with which git runs a line of shell, as it runs its own helpers."""
    return ("-c", f"alias.x=!{text}", "x")


def test_what_git_prints(tmp_path: Path) -> None:
    """Output, errors and status come back, and what git is given reaches it."""
    output = asyncio.run(run(script("cat; echo no >&2; exit 3"), SHELL, stdin=b"yes", deadline=9, most=99))
    assert (3, b"yes", "no\n", True) == (output.status, output.out, output.errors, output.whole)


def test_endless_output_is_stopped() -> None:
    """A program that prints without end is ended, and its beginning kept."""
    output = asyncio.run(run(script("yes"), SHELL, deadline=9, most=1000))
    assert (1000, False, False) == (len(output.out), output.whole, output.worked)


def test_more_than_anybody_read_holds_up_nothing() -> None:
    """One that prints on although it is to end is waited for no longer than it prints."""
    output = asyncio.run(run(script("trap '' TERM; head -c 1000000 /dev/zero"), SHELL, deadline=9, most=1000))
    assert (1000, False) == (len(output.out), output.whole)


def test_endless_complaints_are_not_kept() -> None:
    """Of the errors, only the end is kept."""
    output = asyncio.run(run(script("head -c 1000000 /dev/zero >&2; echo end >&2"), SHELL, deadline=9, most=9))
    assert (8192, True) == (len(output.errors), output.errors.endswith("end\n"))


def test_a_deadline_ends_everything(tmp_path: Path) -> None:
    """After the deadline git and all that it started are gone."""
    pids = tmp_path / "pids"
    line = script(f"sleep 60 & echo $! > {pids}; wait")
    with pytest.raises(FeedUnavailable, match=r"took more than 0.5 s"):
        asyncio.run(run(line, SHELL, deadline=0.5, most=9))
    assert not is_running(int(pids.read_text()))


def test_a_program_that_will_not_end_is_killed(tmp_path: Path) -> None:
    """What ignores the polite signal gets the other."""
    line = script(f"trap '' TERM; echo $$ > {tmp_path / 'pid'}; while :; do sleep 60; done")
    with pytest.raises(FeedUnavailable):
        asyncio.run(run(line, SHELL, deadline=0.3, most=9))
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_last_words_that_nobody_reads() -> None:
    """One that prints a great deal when its time is up ends all the same."""
    line = script("trap 'head -c 1000000 /dev/zero; exit' TERM; while :; do sleep 0.1; done")
    with pytest.raises(FeedUnavailable, match=r"took more than 0.3 s"):
        asyncio.run(run(line, SHELL, deadline=0.3, most=9))


def test_a_cancelled_task_leaves_nothing_behind(tmp_path: Path) -> None:
    """Stopping relay ends git too."""
    started = tmp_path / "started"
    os.mkfifo(started)

    async def cancel() -> int:
        task = asyncio.create_task(run(script(f"echo $$ > {started}; sleep 60"), SHELL, deadline=60, most=9))
        pid = int(await asyncio.to_thread(started.read_text))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return pid

    assert not is_running(asyncio.run(cancel()))


def test_a_task_that_is_cancelled_as_git_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    """Nor is anything waited for that git has started by then."""
    started = tmp_path / "started"
    os.mkfifo(started)

    async def cancel() -> int:
        task = asyncio.create_task(run(script(f"echo $$ > {started}; sleep 60"), SHELL, deadline=60, most=9))
        for _ in range(2):
            await asyncio.sleep(0)
        pid = int(started.read_text())  # no turn of the loop passes meanwhile: its pipes are not connected yet
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return pid

    assert not is_running(asyncio.run(cancel()))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()


def test_without_git() -> None:
    """A machine without git is told what to install."""
    with pytest.raises(FeedUnavailable, match=r"git is not installed.*apt install git"):
        asyncio.run(run(["version"], {"PATH": "/nowhere"}, deadline=9, most=9))


def test_a_git_that_cannot_be_started(tmp_path: Path) -> None:
    """Whatever the system says against starting git is a failure of the feed."""
    (tmp_path / "git").write_text("not a program")
    with pytest.raises(FeedUnavailable, match=r"git cannot be started: Permission denied"):
        asyncio.run(run(["version"], {"PATH": str(tmp_path)}, deadline=9, most=9))


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ("fatal: Authentication failed for 'https://example.org/o/r/'", FeedDenied),
        ("fatal: could not read Username for 'https://example.org': terminal prompts disabled", FeedDenied),
        ("git@example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.", FeedDenied),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", FeedDenied),
        ("fatal: repository 'https://example.org/o/r/' not found", FeedMissing),
        ("fatal: unable to access 'https://example.org/o/r/': The requested URL returned error: 410", FeedGone),
        ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", FeedMissing),
        ("fatal: '/srv/x' does not appear to be a git repository", FeedMissing),
        ("ssh: Could not resolve hostname example.org: Name or service not known", FeedUnavailable),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", FeedUnavailable),
        ("", FeedUnavailable),
    ],
)
def test_complaints(errors: str, kind: type[FeedError]) -> None:
    """git's words are sorted into what they mean for the feed."""
    assert kind is type(failure("o/r", errors))


def test_a_complaint_is_one_clean_line() -> None:
    """The last line that says something is told, without control characters or a login."""
    errors = (
        "remote: hi\nfatal: https://u:pass@host/ \x1b[31mred\nPlease make sure you have the correct access rights\n"
    )
    assert "o/r: fatal: https://REDACTED@host/  [31mred" == str(failure("o/r", errors))


def test_a_lock_is_a_local_trouble() -> None:
    """What the network or the login did is no reason to throw the clone away."""
    found = ["error: cannot lock ref 'refs/heads/main'", "fatal: early EOF", "fatal: Authentication failed"]
    assert [True, False, False] == [is_local(errors) for errors in found]


def test_the_environment_is_relays_own(tmp_path: Path) -> None:
    """What the user's shell says to git is left out, but for how to reach ssh hosts."""
    given = {"GIT_WORK_TREE": "/x", "GIT_SSH_COMMAND": "ssh -i key", "SSL_CERT_FILE": "/ca.pem"}
    made = environment(given, tmp_path, tmp_path / "config", address("/srv/x"), None, None)
    assert (False, "ssh -i key", "/ca.pem", "0") == (
        "GIT_WORK_TREE" in made,
        made["GIT_SSH_COMMAND"],
        made["GIT_SSL_CAINFO"],
        made["GIT_TERMINAL_PROMPT"],
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_repository_of_somebody_else(tmp_path: Path) -> None:
    """A configured folder is read whoever owns it."""
    repository = Repository(tmp_path)
    repository.push("one")
    for path in [repository.path, *repository.path.rglob("*")]:
        os.chown(path, 1234, 1234)
    assert 1 == len(Follower(str(repository.path), tmp_path / "clones").pushes())


HOSTILE = [
    b"<!channel> <http://x|y> *_~` {{ 7*7 }} </td><script>",
    b"\xff\xfe not UTF-8 \xed\xa0\x80",
    "bidi \u202e and zero\u200bwidth".encode(),
    b"CR\rLF\r\nmore",
    b"x" * 100_000,
    b"commit " + b"a" * 40 + b"\nauthor Eve",
    b"",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_messages(tmp_path: Path, text: bytes) -> None:
    """Whatever a message holds, its commit and its neighbours are told."""
    repository = Repository(tmp_path)
    follower = Follower(str(repository.path), tmp_path / "clones")
    repository.push("one")
    follower.poll()
    bad = repository.commit(text, repository.tip("refs/heads/main"), author="Eve <!here>\u202e")
    repository.commit("after", bad, ref="refs/heads/main")
    (event,) = follower.pushes()
    wanted = text.decode(errors="replace").rstrip()[: 64 * 1024]
    assert ["after", wanted] == messages(event)


@pytest.mark.parametrize(
    "date", ["0 +0000", "4102444800 +0000", "99999999999999999999 +0000", "-5 +0000", "1700000000 +9959", "today", ""]
)
def test_hostile_dates(tmp_path: Path, date: str) -> None:
    """A committer's clock may say anything."""
    repository = Repository(tmp_path)
    follower = Follower(str(repository.path), tmp_path / "clones")
    follower.poll()
    repository.commit("odd", when=date, ref="refs/heads/main")
    (event,) = follower.pushes()
    assert (["odd"], True) == (messages(event), event.time <= NOW)
