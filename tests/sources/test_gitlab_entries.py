"""What GitLab's entries are told as: every row of its events, what is missing, what is hostile."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relay import shipped
from relay.events import to_json
from relay.render import Renderer
from tests.servers import Server
from tests.sources.forges.gitlab import NOON, Forge, entry, pushed
from tests.sources.gitlab_polling import ALL, NOW, Poll, events, only

RECORDINGS = Path(__file__).parents[1] / "recordings" / "gitlab"
CASES = sorted(path.name.removesuffix(".expected.json") for path in RECORDINGS.glob("*.expected.json"))
RENDERER = Renderer([shipped.templates()])


def forge_of(case: str) -> Forge:
    """A GitLab that has what was recorded."""
    recorded, forge = json.loads((RECORDINGS / f"{case}.json").read_text(encoding="utf-8")), Forge()
    card = json.loads((RECORDINGS / "project.json").read_text(encoding="utf-8"))
    forge.entries, forge.reopened = recorded["entries"], set(recorded.get("reopened", ()))
    forge.project = "4410"
    forge.places = {"projects/harbour%2Fsea%2Ftide-tables": card, **recorded["answers"]}
    return forge


def told(case: str) -> list[dict[str, Any]]:
    """The events of a recording in their JSON form, each with its words."""
    with Server(forge_of(case).respond) as server:
        found = events(Poll(server, ALL, repositories=("harbour/sea/tide-tables",))())
    return [{"words": RENDERER.sentence(event)} | to_json(event) for event in found]


def test_every_recording_has_its_expectation():
    """Beside each recording stands what it is told as."""
    names = {path.name for path in RECORDINGS.glob("*.json")} - {"project.json"}
    assert {name for case in CASES for name in (f"{case}.json", f"{case}.expected.json")} == names


@pytest.mark.parametrize("case", CASES)
def test_recording(case: str):
    """Each recording is told as the events written down beside it, ids included."""
    expected = json.loads((RECORDINGS / f"{case}.expected.json").read_text(encoding="utf-8"))
    assert expected == told(case)


def test_old_servers_tell_no_ids():
    """Without an id, an entry is known by what it says, so that it comes once and a second push comes too."""
    forge = Forge()
    forge.entries = [pushed(0), pushed(0, at=NOW), entry(0)]
    for one in forge.entries:
        del one["id"]
    with Server(forge.respond) as server:
        poll = Poll(server, ALL)
        assert ["report_issue", "pushed", "pushed"] == sorted((one.type for one in events(poll())), reverse=True)
        assert [] == events(poll())


def test_new_branch_is_compared_with_the_default_one():
    """The commits of a new branch are those that the default branch has not."""
    forge, newest = Forge(), {"id": "c" * 40, "message": "Third", "author_name": "Ada L"}
    forge.entries = [pushed(1, "pushed new", action="created", commit_from=None, ref="fix")]
    forge.places["projects/15/repository/compare"] = {"commits": [newest]}
    with Server(forge.respond) as server:
        (new, commit) = events(Poll(server, ALL)())
    compared = next(request.query for request in server.requests if request.path.endswith("compare"))
    assert ({"from": "main", "to": "c" * 40}, ("c" * 40,)) == (compared, tuple(one.hash for one in new.commits))
    assert ("15:commit:" + "c" * 40, True) == (commit.id, commit.derived)


def test_first_push_of_all_names_its_last_commit():
    """Where nothing can be compared, the last commit is named and the rest counted."""
    told = only(pushed(1, "pushed new", action="created", commit_from=None, commit_count=9))
    assert (("Third",), 9, ("commits",)) == (
        tuple(one.message for one in told.commits),
        told.total_commits,
        told.guessed,
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_commits_are_newest_first(reverse: bool):
    """The tip that was pushed to comes first, whichever way a server lists them."""
    listed = [{"id": hash * 40, "message": hash} for hash in ("b", "c")]
    comparison = {"commits": listed[::-1] if reverse else listed}
    told = only(pushed(1), places={"projects/15/repository/compare": comparison})
    assert ["c" * 40, "b" * 40] == [commit.hash for commit in told.commits]


def test_project_that_cannot_be_seen():
    """An event of a project whose card is refused is told without a place, once."""
    forge = Forge()
    forge.entries = [entry(1, project_id=16)]
    with Server(forge.respond) as server:
        poll = Poll(server, ALL, repositories=(), users=("ada",))
        (told,) = events(poll())
        assert ("16:1", None, None) == (told.id, told.repository, told.url)
        assert [] == events(poll())


def test_filter_that_is_ignored_reopens_nothing():
    """A server that does not filter by action lists all: what was opened stays so."""
    forge = Forge()
    forge.entries = [entry(1), entry(2, "closed")]
    forge.reopened = {1, 2}
    with Server(forge.respond) as server:
        assert ["report_issue", "issue_update"] == [one.type for one in events(Poll(server, ALL)())]


def test_nested_owner():
    """The owner of a project in a subgroup is the whole path of the group."""
    card = {**Forge().places["projects/15"], "path_with_namespace": "acme/web/site"}
    told = only(entry(1), places={"projects/acme%2Fsite": card})
    assert told.repository
    assert ("acme/web", "site") == (told.repository.owner, told.repository.slug)


@pytest.mark.parametrize(
    ("visibility", "private"), [("public", False), ("internal", True), ("private", True), (7, None)]
)
def test_visibility(visibility: Any, private: bool | None):
    """What only people with an account see is not public."""
    card = {**Forge().places["projects/15"], "visibility": visibility}
    told = only(entry(1), places={"projects/acme%2Fsite": card})
    assert told.repository
    assert private is told.repository.private


ODD = [
    None,
    True,
    -1,
    2**70,
    1e400,
    "",
    "/",
    "\ud800",
    "\0",
    "javascript:alert(1)",
    "x" * 100_000,
    [],
    {},
    [[]],
    {"a": {}},
]


@pytest.mark.parametrize("case", CASES)
def test_mutated_entries(case: str):
    """Whatever stands in one field of an entry, each is an event in words or a warning, and its neighbours are told."""
    forge = forge_of(case)
    healthy = entry(1, project_id=4410, target_title="Healthy", at=NOON)
    broken = [one for raw in forge.entries for n, odd in enumerate(ODD) for one in _broken(raw, n, odd)]
    forge.entries = [healthy, *(raw | {"id": 5000 + n} for n, raw in enumerate(broken))]
    with Server(forge.respond) as server:
        page = Poll(server, ALL, repositories=("harbour/sea/tide-tables",))()
    told = [event for event in events(page) if not event.derived]
    assert len(forge.entries) == len({event.id for event in told}) + len(page.warnings)
    assert "Healthy" in [event.title for event in told]
    assert all(len(event.id) <= 200 and RENDERER.sentence(event) for event in told)


def _broken(raw: dict[str, Any], n: int, odd: Any) -> Iterator[dict[str, Any]]:
    """The entry with something odd as its action, in one of its fields, and within each field that has some."""
    names = [name for name in raw if name != "id"]
    yield raw | {"action_name": odd}
    yield raw | {names[n % len(names)]: odd}
    for name, inner in raw.items():
        if isinstance(inner, dict):
            yield raw | {name: inner | {[*inner][n % len(inner)]: odd}}
