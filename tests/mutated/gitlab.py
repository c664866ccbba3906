"""GitLab: the recorded entries of one project, with what is asked for beside them, and the lists of `include`."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from relay.sources.gitlab_lists import INCLUDED
from tests.mutated.case import Broken, Case
from tests.mutated.world import JsonWorld
from tests.servers import Reply, Request
from tests.sources import test_gitlab_lists as made
from tests.sources.forges.gitlab import ADA, NOON, Forge, text
from tests.sources.gitlab_payloads import entries_of
from tests.stage import SHARED

OWN = Path(__file__).parents[1] / "recordings" / "gitlab"
BESIDE = SHARED / "recordings" / "gitlab"
LISTS = "projects/4410/"
NOTED = ("pullrequest_comment_updated", "pullrequest_unlike", "pullrequest_changes_requested")


class World(JsonWorld):
    """The newest of some entries are new, and perhaps one below them; pages hold only a few."""

    listed = ""
    compared: Mapping[str, str | tuple[str, ...]] = {
        "start_follow_repo": "/starrers",
        "stop_follow_repo": "/starrers",
        "pullrequest_updated": "/merge_requests",
        **dict.fromkeys(NOTED, ("/merge_requests", "/notes")),
        "issue_update": "/issues",
        "fork": "/forks",
        "release_published": "/releases",
        "file_uploaded": "/releases",
        "pipeline_succeeded": "/pipelines",
        "pipeline_failed": "/pipelines",
        "pipeline_stopped": "/pipelines",
    }

    def __init__(self, random: Random, beside: bool) -> None:
        entries, reopened = _ordered(random, beside)
        known = entries[random.choice([1, 2, 5]) :]
        late = random.choice([0, 0, 2])
        self.fresh = random.random() < 0.3
        self.token, most = f"t0ken-{random.random()}", random.choice([2, 5, 100, 100])
        self.include = random.sample(sorted(INCLUDED), random.choice([0, 0, 2, len(INCLUDED)]))
        self.states = [_forge(known[:late] + known[late + 1 :], 0, most), _forge(entries, 1, most)]
        for forge in self.states:
            forge.reopened = reopened

    def settings(self) -> dict[str, Any]:
        names = {"url": self.base, "token": self.token, "repositories": ["harbour/sea/tide-tables"]}
        return names | ({"include": self.include} if self.include else {})

    def respond(self, request: Request, act: int) -> Reply:
        return self.states[act > 0].respond(request)

    def excuses(self, id: str, case: Case) -> bool:
        """What the last of several pages leaves out without a trace is not missed: above it all is known by then.

        A note of GitLab's own that says something else is none of what was asked for.
        """
        unseen = self._is_last(case.broken) or self._is_reworded(id, case)
        return super().excuses(id, case) or (unseen and not case.is_warned)

    def _is_reworded(self, id: str, case: Case) -> bool:
        if case.broken is None or not case.broken.request.path.endswith("/notes"):
            return False
        words = case.twin.events[id]["type"] == "pullrequest_unlike"
        true, broken = (_notes(reply) for reply in (case.broken.true, case.broken.reply))
        return words and true.keys() == broken.keys() and true != broken

    def _is_last(self, broken: Broken | None) -> bool:
        page = broken.request.query.get("page") if broken and self.is_vital(broken.request) else None
        return broken is not None and page is not None and not broken.true.headers.get("x-next-page")

    def mark(self, entry: Any) -> str:
        return f":{entry.get('id')}:"

    def is_vital(self, request: Request) -> bool:
        return request.path.endswith("/events") and "action" not in request.query


def _notes(reply: Reply) -> dict[Any, Any]:
    """What each note says."""
    try:
        return {note["id"]: note["body"] for note in json.loads(reply.encoded())}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


@cache
def _recordings() -> list[dict[str, Any]]:
    found = [json.loads(path.read_bytes()) for path in sorted(OWN.glob("*.json")) if ".expected" not in path.name]
    return [one for one in found if "entries" in one]


@cache
def _others() -> list[Any]:
    return [entry for path in sorted(BESIDE.glob("*.json")) for entry in entries_of(json.loads(path.read_bytes()))]


def _ordered(random: Random, beside: bool) -> tuple[list[Any], set[int]]:
    """Some recorded entries as the newest, numbered and dated in their order, and the ids of what was only reopened."""
    entries = [entry for one in _recordings() for entry in one["entries"]] + (_others() if beside else [])
    chosen = random.sample(entries, min(len(entries), random.choice([3, 8, 20, 40])))
    once = {id for one in _recordings() for id in one.get("reopened", ())}
    numbered = [
        entry | {"id": 9000 - 2 * n, "project_id": 4410, "created_at": text(NOON - timedelta(minutes=n))}
        for n, entry in enumerate(chosen)
    ]
    reopened = {new["id"] for old, new in zip(chosen, numbered, strict=True) if old.get("id") in once}
    return numbered, reopened


def _forge(entries: list[Any], state: int, most: int) -> Forge:
    forge = Forge()
    forge.entries, forge.project, forge.most = entries, "4410", most
    card = json.loads((OWN / "project.json").read_bytes())
    forge.places = {"projects/harbour%2Fsea%2Ftide-tables": card, "projects/4410": card} | _lists(state)
    for place, answer in (pair for one in _recordings() for pair in one["answers"].items()):
        known = forge.places.get(place, [])
        forge.places[place] = [*known, *answer] if isinstance(answer, list) else answer
    return forge


def _lists(state: int) -> Mapping[str, Any]:
    """What `include` asks for, before something happened in each of them and after."""
    title, more = ("One", "Other")[state], bool(state)
    notes = [made.note(1, "Said", -30, state), made.note(2, "Old", -30, -20)]
    notes += [made.note(3, "unapproved this merge request", 1, 1, system=True)] * more
    lists = {
        "merge_requests": [made.pull(3, 2 * state, title=title), made.pull(4)],
        "merge_requests/3/notes": notes,
        "issues": [made.pull(7, 2 * state, title=title), made.pull(8)],
        "forks": [made.fork(61, 1)] * more + [made.fork(60, 0), made.fork(50, -9)],
        "releases": [made.release("v2", 1, 2)] * more + [made.release("v1", 0, *[1, 3][: 1 + more])],
        "pipelines": [made.pipeline(1, "success", 0), made.pipeline(2, ("running", "failed")[state], state)],
        "starrers": [made.star(ADA)] + [made.star(made.BEN, 1)] * more,
    }
    return {f"{LISTS}{place}": items for place, items in lists.items()}
