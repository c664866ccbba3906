"""The git source against real repositories."""

import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.errors import FeedMissing, FeedUnavailable
from relay.events import from_json, to_json
from relay.http import Http
from relay.sources.base import Start, Tools
from relay.sources.git import Git, GitSettings
from tests.git.repository import MAIN, Follower, Repository, messages

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Three commits on main."""
    made = Repository(tmp_path)
    made.push("one", "two", "three")
    return made


@pytest.fixture
def follower(repository: Repository, tmp_path: Path) -> Follower:
    """One that has seen the repository."""
    made = Follower(str(repository.path), tmp_path / "clones")
    made.poll()
    return made


def test_first_sight_is_history(repository: Repository, tmp_path: Path) -> None:
    """With start now, the default branch's newest commits are kept and not routed."""
    found = Follower(str(repository.path), tmp_path / "clones").found()
    assert [("pushed", True), *[("commit", True)] * 3] == [(one.event.type, one.history) for one in found]
    assert ["three", "two", "one"] == messages(found[0].event)


def test_an_idle_poll_tells_nothing(follower: Follower) -> None:
    """Unchanged refs bring no event and leave the cursor as it is."""
    before = follower.cursor
    assert [] == follower.poll()
    assert before is follower.page.cursor


def test_a_push_lists_its_commits(repository: Repository, follower: Follower) -> None:
    """A push is one event, its commits newest first, whoever pushed guessed from the newest."""
    repository.push("four", "five")
    (event,) = follower.pushes()
    assert ("main", None, ["five", "four"]) == (event.branch, event.state, messages(event))
    assert ("Ada L", ("actor", "occurred_at")) == (event.actor and event.actor.name, event.guessed)
    assert datetime(2026, 11, 20, 0, 0, 5, tzinfo=UTC) == event.occurred_at


def test_a_push_is_followed_by_its_commits(repository: Repository, follower: Follower) -> None:
    """Each new commit is a derived event after its push, oldest first."""
    repository.push("four", "five")
    events = follower.poll()
    assert ["pushed", "commit", "commit"] == [event.type for event in events]
    assert [["four"], ["five"]] == [messages(event) for event in events if event.derived]


def test_an_event_is_whole_in_its_json_form(repository: Repository, follower: Follower) -> None:
    """What a poll brings survives the one JSON form."""
    repository.push("four")
    events = follower.poll()
    assert events == [from_json(to_json(event)) for event in events]


def test_the_repository_is_named_by_its_address(repository: Repository, follower: Follower) -> None:
    """The last two parts of a path are owner and slug."""
    repository.push("four")
    (event,) = follower.pushes()
    assert "acme/site" == (event.repository and event.repository.full_name)


def test_a_forced_push(repository: Repository, follower: Follower) -> None:
    """A branch that lost commits is forced, and lists what it has instead."""
    first = repository.git("rev-parse", "main~2")
    repository.commit("two again", first, ref=MAIN)
    (event,) = follower.pushes()
    assert ("forced", ["two again"]) == (event.state, messages(event))


def test_a_branch_set_back(repository: Repository, follower: Follower) -> None:
    """A branch put on an older commit is forced, with no commit and so nobody to name."""
    repository.put(MAIN, repository.git("rev-parse", "main~1"))
    (event,) = follower.pushes()
    assert ("forced", (), None, None) == (event.state, event.commits, event.actor, event.occurred_at)


def test_a_new_branch_lists_what_no_other_has(repository: Repository, follower: Follower) -> None:
    """A branch created with commits of its own tells those alone."""
    repository.commit("fix", repository.tip(MAIN), ref="refs/heads/fix/login")
    (event,) = follower.pushes()
    assert ("fix/login", "created", ["fix"]) == (event.branch, event.state, messages(event))


def test_a_new_branch_without_commits(repository: Repository, follower: Follower) -> None:
    """A branch created at a known commit has no commits and no guessed actor."""
    repository.put("refs/heads/copy", repository.tip(MAIN))
    (event,) = follower.pushes()
    assert ("created", (), None, ()) == (event.state, event.commits, event.actor, event.guessed)


def test_a_deleted_branch(repository: Repository, follower: Follower) -> None:
    """A deleted branch is told, without a time of its own."""
    repository.put("refs/heads/copy", repository.tip(MAIN))
    follower.poll()
    repository.remove("refs/heads/copy")
    (event,) = follower.poll()
    assert ("copy", "deleted", None) == (event.branch, event.state, event.occurred_at)


def test_a_renamed_branch_is_first_there_then_gone(repository: Repository, follower: Follower) -> None:
    """Of one poll, what is deleted comes last; a folder of the old name is no obstacle."""
    repository.put("refs/heads/fix", repository.tip(MAIN))
    follower.poll()
    repository.remove("refs/heads/fix")
    repository.commit("more", repository.tip(MAIN), ref="refs/heads/fix/login")
    assert [("fix/login", "created"), ("fix", "deleted")] == [(e.branch, e.state) for e in follower.pushes()]


def test_tags(repository: Repository, follower: Follower) -> None:
    """A tag is told when it is made, moved and deleted; its name is the title."""
    told = []
    for change in (("tag", "v1", "main"), ("tag", "--force", "v1", "main~1"), ("tag", "--delete", "v1")):
        repository.git(*change)
        told += follower.poll()
    assert [("v1", None, state) for state in ("created", "forced", "deleted")] == [
        (event.title, event.branch, event.state) for event in told
    ]


def test_an_annotated_tag_names_its_tagger(repository: Repository, follower: Follower) -> None:
    """Who made an annotated tag, and when, is known and not guessed."""
    repository.git("tag", "-a", "-m", "Release", "v1", GIT_COMMITTER_DATE="@1700000000 +0000")
    (event,) = follower.poll()
    assert ("Ben Okoye", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), ()) == (
        event.actor and event.actor.name,
        event.occurred_at,
        event.guessed,
    )


def test_a_tag_on_a_file(repository: Repository, follower: Follower) -> None:
    """A tag need not lead to a commit."""
    repository.git("tag", "blob", repository.git("hash-object", "-w", "--stdin", stdin=b"text"))
    (event,) = follower.poll()
    assert ("blob", "created", ()) == (event.title, event.state, event.commits)


def test_a_merge_of_300_commits(repository: Repository, follower: Follower) -> None:
    """A merge lists all that it brought, once, and the commits come once as well."""
    side = repository.grow(300, repository.git("rev-parse", "main~2"), "side")
    repository.commit("merge", repository.tip(MAIN), side, ref=MAIN)
    events = follower.poll()
    assert ["merge", *[f"side {number}" for number in reversed(range(300))]] == messages(events[0])
    assert Counter(pushed=1, commit=301) == Counter(event.type for event in events)
    assert [] == follower.poll()


def test_a_merge_of_a_branch_that_was_told(repository: Repository, follower: Follower) -> None:
    """A merge lists commits known from another branch again; their `commit` events do not come again."""
    side = repository.commit("side", repository.tip(MAIN), ref="refs/heads/side")
    follower.poll()
    repository.put(MAIN, side)
    events = follower.poll()
    assert [("pushed", ["side"])] == [(event.type, messages(event)) for event in events]


def test_a_long_list_is_cut_and_counted(repository: Repository, follower: Follower) -> None:
    """More than 1,000 commits are counted, and the newest are listed."""
    repository.put(MAIN, repository.grow(1200, repository.tip(MAIN), "line"))
    events = follower.poll()
    assert (1000, 1200, "line 1199") == (
        len(events[0].commits),
        events[0].total_commits,
        events[0].commits[0].message,
    )
    assert 1001 == len(events)


def test_back_and_forth_is_three_events(repository: Repository, follower: Follower) -> None:
    """A to B, B to A, A to B: every move has an id of its own."""
    here, there = repository.tip(MAIN), repository.push("four")
    ids = [event.id for event in follower.pushes()]
    for tip in (here, there):
        repository.put(MAIN, tip)
        ids += [event.id for event in follower.pushes()]
    assert 3 == len(set(ids))


def test_what_was_not_committed_is_told_again(repository: Repository, follower: Follower) -> None:
    """After a crash the same poll brings the same events, the forced push known as one."""
    repository.commit("instead", repository.git("rev-parse", "main~1"), ref=MAIN)
    repository.put("refs/heads/new", repository.tip(MAIN))
    lost = follower.poll(keep=False)
    assert lost == follower.poll()
    assert ["forced", "created"] == [event.state for event in lost if event.type == "pushed"]


@pytest.mark.parametrize("damage", ["missing", "no HEAD", "broken pack", "stale lock"])
def test_the_clone_can_always_be_rebuilt(repository: Repository, follower: Follower, damage: str) -> None:
    """Without a usable clone the next push is told all the same."""
    clone = follower.clone()
    if damage == "missing":
        shutil.rmtree(clone)
    elif damage == "no HEAD":
        (clone / "HEAD").write_text("nonsense")
    elif damage == "broken pack":
        next(clone.glob("objects/pack/*.pack")).write_bytes(b"nonsense")
    else:
        (clone / "refs/heads/main.lock").touch()
    repository.push("four")
    (event,) = follower.pushes()
    assert (None, ["four"]) == (event.state, messages(event))


def test_a_forced_push_after_the_clone_was_lost(repository: Repository, follower: Follower) -> None:
    """The old commit is asked for once more, so that the list is right."""
    repository.put(MAIN, repository.git("rev-parse", "main~1"))
    repository.push("instead", "and more")
    shutil.rmtree(follower.clone())
    (event,) = follower.pushes()
    assert ("forced", ["and more", "instead"]) == (event.state, messages(event))


def test_a_forced_push_nobody_remembers(repository: Repository, follower: Follower) -> None:
    """When the old commit is gone for good, the newest is told and the list marked as guessed."""
    repository.put(MAIN, repository.git("rev-parse", "main~1"))
    repository.push("instead", "and more")
    repository.git("gc", "--quiet", "--prune=now")
    shutil.rmtree(follower.clone())
    (event,) = follower.pushes()
    assert ("forced", ["and more"], True) == (event.state, messages(event), "commits" in event.guessed)


def test_an_empty_repository(tmp_path: Path) -> None:
    """A repository without a commit is fine, and its first push tells everything."""
    repository, follower = Repository(tmp_path), Follower(str(tmp_path / "acme" / "site.git"), tmp_path / "clones")
    assert [] == follower.poll()
    repository.push("one", "two")
    (event,) = follower.pushes()
    assert ("created", ["two", "one"]) == (event.state, messages(event))


def test_an_emptied_repository_is_believed_the_second_time(repository: Repository, follower: Follower) -> None:
    """A success without any ref may be an accident; the next poll must say so too."""
    repository.remove(MAIN)
    assert ([], ["deleted"]) == (follower.poll(), [event.state for event in follower.poll()])


def test_a_repository_that_was_empty_by_accident(repository: Repository, follower: Follower) -> None:
    """When the refs are there again, nothing had happened."""
    tip = repository.tip(MAIN)
    repository.remove(MAIN)
    follower.poll()
    repository.put(MAIN, tip)
    assert ([], []) == (follower.poll(), follower.poll())


def test_a_missing_repository(tmp_path: Path) -> None:
    """What is not there is FeedMissing, with its address and what to check."""
    with pytest.raises(FeedMissing, match=r"/nowhere.*check the address"):
        Follower(str(tmp_path / "nowhere"), tmp_path / "clones").poll()


def test_a_folder_that_cannot_be_written(repository: Repository, tmp_path: Path) -> None:
    """Where nothing can be kept, the feed says so and which folder it is."""
    (tmp_path / "file").touch()
    with pytest.raises(FeedUnavailable, match=r"cannot use .*/file/clones.*: Not a directory"):
        Follower(str(repository.path), tmp_path / "file" / "clones").poll()


def test_a_repository_that_goes_away_keeps_the_cursor(repository: Repository, follower: Follower) -> None:
    """While it is away polls fail; when it is back, what was pushed meanwhile is told."""
    away = repository.path.rename(repository.path.with_name("away.git"))
    with pytest.raises(FeedMissing):
        follower.poll()
    away.rename(repository.path)
    repository.push("four")
    assert [["four"]] == [messages(event) for event in follower.pushes()]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (Start("all"), {"main": ["three", "two", "one"], "fix": ["fix 2", "fix 1"]}),
        (Start("count", count=3), {"main": ["three"], "fix": ["fix 2", "fix 1"]}),
        (Start("count", count=1), {"fix": ["fix 2"]}),
        (Start("seconds", seconds=2 * 86400 + 43200), {}),
        (Start("seconds", seconds=3 * 86400), {"main": ["three", "two", "one"], "fix": ["fix 2", "fix 1"]}),
        (Start(), {"main": ["three", "two", "one"]}),
    ],
)
def test_start(repository: Repository, tmp_path: Path, start: Start, expected: dict[str, list[str]]) -> None:
    """At first sight each branch tells the commits that start asks for; only those of now are history."""
    repository.put("refs/heads/fix", repository.tip(MAIN))
    repository.push("fix 1", "fix 2", ref="refs/heads/fix")
    found = Follower(str(repository.path), tmp_path / "clones", start).found()
    assert expected == {one.event.branch: messages(one.event) for one in found if one.event.type == "pushed"}
    assert {start.kind == "now"} >= {one.history for one in found}


def test_over_ssh(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssh address is read through the user's ssh; here one that runs the command on this machine."""
    (tmp_path / "ssh").write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(tmp_path / "ssh"))
    (event,) = Follower(f"git@github.com:{repository.path}", tmp_path / "clones").pushes()
    assert ["three", "two", "one"] == messages(event)


def test_several_repositories(tmp_path: Path) -> None:
    """Each address is a feed; the key is as configured."""
    settings = GitSettings(repositories=["/srv/a", "git@host:o/r.git", "https://u:pa55word@example.org/o/r"])
    source = Git("code", settings, Start(), Tools(Http(), tmp_path))
    assert ("/srv/a", "git@host:o/r.git", "https://example.org/o/r") == source.feeds()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "needs url:"),
        ({"url": "-oProxyCommand=x"}, "begins with '-'"),
        ({"url": "/a", "repositories": ["/a"]}, "lists /a twice"),
        ({"url": "/a", "token": "t", "password": "p"}, "both password: and token:"),
        ({"url": "/a", "password": "p"}, "password: without username:"),
        ({"url": "/a", "branch": "main"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, object], problem: str) -> None:
    """A setting that cannot work is refused before git runs."""
    with pytest.raises(ValueError, match=problem):
        GitSettings.model_validate(settings)
