"""What the git source tells of random histories, compared with what git says of the whole repository."""

import random
import shutil
from pathlib import Path

import pytest

from relay.events import Event
from tests.git.repository import MAIN, Follower, Repository

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

REFS = [MAIN, *(f"refs/heads/b{number}" for number in range(5))]


def weave(repository: Repository, chance: random.Random, count: int, root: str | None) -> list[str]:
    """The hashes of so many commits, in runs, branches and merges, with clocks that go wrong at times."""
    stream = []
    for mark in range(1, count + 1):
        repository.seconds += chance.choice([1, 1, 60, -30])
        parents = list(dict.fromkeys(chosen(chance, mark))) if mark > 1 else [root] if root else []
        stream.append(f"commit refs/x/woven\nmark :{mark}\ncommitter A <a@b> {repository.seconds} +0000\ndata 1\nx\n")
        stream += [f"{'merge' if index else 'from'} {parent}\n" for index, parent in enumerate(parents)]
    marks = repository.path / "marks"
    text = "reset refs/x/woven\n\n" + "".join(stream)
    repository.git("fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin=text.encode())
    return [line.split()[1] for line in marks.read_text().splitlines()]


def chosen(chance: random.Random, mark: int) -> list[str]:
    """The parents of a commit among those before it."""
    any_before = f":{chance.randrange(1, mark)}"
    return chance.choices([[f":{mark - 1}"], [any_before], [f":{mark - 1}", any_before]], [13, 3, 4])[0]


def between(repository: Repository, new: str, *old: str) -> set[str]:
    return set(repository.git("rev-list", new, *(f"^{hash_}" for hash_ in old)).split())


def truth(repository: Repository, old: dict[str, str], new: dict[str, str]) -> dict[str, tuple[str | None, set[str]]]:
    """State and commits of each branch that moved, by the rules of the source's docstring."""
    told: dict[str, tuple[str | None, set[str]]] = {ref: ("deleted", set()) for ref in old if ref not in new}
    for ref in [ref for ref in new if ref in old and old[ref] != new[ref]]:
        state = "forced" if between(repository, old[ref], new[ref]) else None
        told[ref] = (state, between(repository, new[ref], old[ref]))
    known = {*old.values(), *(new[ref] for ref in told if ref in new)}
    for ref in sorted(new.keys() - old.keys()):
        told[ref] = ("created", between(repository, new[ref], *known))
        known.add(new[ref])
    return told


def heard(events: list[Event]) -> dict[str, tuple[str | None, set[str]]]:
    return {f"refs/heads/{event.branch}": (event.state, {one.hash for one in event.commits}) for event in events}


@pytest.mark.parametrize("seed", range(6))
def test_random_histories_are_told_rightly(tmp_path: Path, seed: int) -> None:
    """Whatever moves, and however little was fetched, each push is told with its commits and no others."""
    chance, repository = random.Random(seed), Repository(tmp_path)
    commits = weave(repository, chance, chance.choice([30, 100, 300]), None)
    for ref in REFS[:3]:
        repository.put(ref, chance.choice(commits[-60:]))
    follower = Follower(str(repository.path), tmp_path / "clones")
    follower.poll()
    for _ in range(3):
        before = follower.cursor["refs"]
        commits += weave(repository, chance, chance.randint(1, 30), chance.choice(commits))
        for ref in chance.sample(REFS, 3):
            repository.put(ref, repository.commit("merge", chance.choice(commits), chance.choice(commits)))
        told = heard(follower.pushes())
        assert truth(repository, before, follower.cursor["refs"]) == told
