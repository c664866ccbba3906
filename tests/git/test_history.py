"""What is new, told rightly from a history that was fetched only in part."""

import shutil
from pathlib import Path

import pytest

from relay.sources.base import Start
from tests.git.repository import MAIN, Follower, Repository, messages

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A main branch of 101 commits, and an old release 80 commits back."""
    made = Repository(tmp_path)
    made.put(MAIN, made.grow(100, made.push("root"), "line"))
    made.put("refs/heads/release", made.git("rev-parse", "main~80"))
    return made


@pytest.fixture
def follower(repository: Repository, tmp_path: Path) -> Follower:
    """One that has seen the repository, and fetched the newest commits of each branch."""
    made = Follower(str(repository.path), tmp_path / "clones")
    made.poll()
    return made


def is_cut(follower: Follower) -> bool:
    return (follower.clone() / "shallow").exists()


def test_first_sight_fetches_little(follower: Follower) -> None:
    """The clone is cut after the newest commits, and holds no file."""
    assert is_cut(follower)
    assert "partialclonefilter = tree:0" in (follower.clone() / "config").read_text()


def test_a_push_needs_no_more_of_the_past(repository: Repository, follower: Follower) -> None:
    """Commits on top of a known tip are told from the cut clone."""
    repository.push("four", "five")
    assert [["five", "four"]] == [messages(event) for event in follower.pushes()]
    assert is_cut(follower)


def test_a_branch_begun_lately_needs_no_more_of_the_past(repository: Repository, follower: Follower) -> None:
    """A branch that stands on a commit above the cut is told from the cut clone."""
    repository.commit("fix", repository.git("rev-parse", "main~5"), ref="refs/heads/fix")
    assert [["fix"]] == [messages(event) for event in follower.pushes()]
    assert is_cut(follower)


@pytest.mark.parametrize("back", [19, 20, 60, 100])
def test_a_merge_from_behind_the_cut(repository: Repository, follower: Follower, back: int) -> None:
    """A merged branch that began behind the cut brings its own commits alone."""
    side = repository.grow(3, repository.git("rev-parse", f"main~{back}"), "side")
    repository.commit("merge", repository.tip(MAIN), side, ref=MAIN)
    assert [["merge", "side 2", "side 1", "side 0"]] == [messages(event) for event in follower.pushes()]


@pytest.mark.parametrize("back", [0, 19, 20, 60, 85, 100])
def test_a_branch_from_behind_the_cut(repository: Repository, follower: Follower, back: int) -> None:
    """A new branch that began behind the cut tells its own commit alone, though an older branch stands further back."""
    repository.commit("fix", repository.git("rev-parse", f"main~{back}"), ref="refs/heads/fix")
    assert [("created", ["fix"])] == [(event.state, messages(event)) for event in follower.pushes()]


def test_a_branch_that_catches_up_across_the_cut(repository: Repository, follower: Follower) -> None:
    """A release moved forward over commits that the clone lacks is not forced."""
    repository.put("refs/heads/release", repository.git("rev-parse", "main~10"))
    (event,) = follower.pushes()
    assert (None, 70, "line 89") == (event.state, len(event.commits), event.commits[0].message)


def test_a_tag_behind_the_cut(repository: Repository, follower: Follower) -> None:
    """A tag on an old commit of a known branch brings no commits."""
    repository.git("tag", "v0", "main~50")
    assert [("v0", ())] == [(event.title, event.commits) for event in follower.poll()]


def test_histories_that_have_nothing_in_common(repository: Repository, follower: Follower) -> None:
    """A branch with a root of its own tells all of it."""
    root = repository.commit("other root")
    repository.put("refs/heads/pages", repository.commit("page", root))
    assert [["page", "other root"]] == [messages(event) for event in follower.pushes()]


def test_two_new_branches_share_nothing(repository: Repository, follower: Follower) -> None:
    """Of two branches created between two polls, only the first by name tells what both have."""
    shared = repository.commit("shared", repository.tip(MAIN), ref="refs/heads/a")
    repository.commit("own", shared, ref="refs/heads/b")
    assert [("a", ["shared"]), ("b", ["own"])] == [(event.branch, messages(event)) for event in follower.pushes()]


def test_a_source_that_is_cut_itself(repository: Repository, tmp_path: Path) -> None:
    """A shallow working copy can be followed, as far as it goes."""
    copy = tmp_path / "copy"
    repository.git("clone", "--quiet", "--depth=3", f"file://{repository.path}", str(copy))
    follower = Follower(str(copy), tmp_path / "clones", Start("all"))
    assert [["line 99", "line 98", "line 97"]] == [messages(event) for event in follower.pushes()]
    repository.git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--allow-empty", "-qm", "new", at=copy)
    assert [["new"]] == [messages(event) for event in follower.pushes()]


def test_the_past_of_a_span(repository: Repository, tmp_path: Path) -> None:
    """A span that reaches beyond what is fetched at first is read whole."""
    repository.put(MAIN, repository.grow(1500, repository.tip(MAIN), "more"))
    events = Follower(str(repository.path), tmp_path / "clones", Start("seconds", seconds=90 * 86400)).pushes()
    assert [("main", 1000, 1601)] == [(event.branch, len(event.commits), event.total_commits) for event in events]


def test_many_commits_after_much_deepening(repository: Repository, follower: Follower) -> None:
    """A history longer than every step of deepening is read to its root when it must be."""
    repository.put(MAIN, repository.grow(2500, repository.tip(MAIN), "more"))
    again = Follower(follower.address, follower.folder)
    again.poll()
    side = repository.commit("side", repository.git("rev-parse", "main~2550"))
    repository.commit("merge", repository.tip(MAIN), side, ref=MAIN)
    assert [["merge", "side"]] == [messages(event) for event in again.pushes()]
    assert not is_cut(again)
