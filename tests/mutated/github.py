"""GitHub: the recorded entries of one repository, with what is asked for beside them, and the comments of `include`."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.mutated.case import BROKEN, Case
from tests.mutated.world import JsonWorld
from tests.servers import Reply, Request
from tests.sources import test_github_edits as made
from tests.sources.forges.github import NOON, Forge
from tests.sources.github_payloads import NO_EVENTS
from tests.stage import SHARED

OWN = Path(__file__).parents[1] / "recordings" / "github"
BESIDE = SHARED / "recordings" / "github"
ID = 616001
PLACE = f"/repositories/{ID}"
INCLUDE = ["pullrequest_updated", "pullrequest_comment_updated", "cset_comment_updated", "cset_comment_deleted"]


class World(JsonWorld):
    """Of a window of three pages at most some entries are new, wherever they stand; some are a minute old."""

    listed = ""
    compared: Mapping[str, str | tuple[str, ...]] = {
        **dict.fromkeys(("cset_comment_updated", "cset_comment_deleted"), f"{PLACE}/comments"),
        "pullrequest_comment_updated": (f"{PLACE}/issues/comments", f"{PLACE}/pulls/comments"),
    }

    def __init__(self, random: Random, beside: bool) -> None:
        entries = random.sample(pool := _pool(beside), min(len(pool), random.choice([3, 9, 25])))
        entries = [_dated(entry, random) for entry in entries]
        new = random.sample(range(len(entries)), random.choice([1, 2]))
        self.fresh = random.random() < 0.3
        self.token, most = f"t0ken-{random.random()}", random.choice([9, 100])
        self.include = random.sample(INCLUDE, random.choice([0, 0, 2, 4]))
        known = [entry for at, entry in enumerate(entries) if at not in new]
        self.states = [_forge(known, 0, most), _forge(entries, 1, most)]
        for forge in self.states:
            forge.token = self.token

    def settings(self) -> dict[str, Any]:
        names = {"url": self.base, "token": self.token, "repositories": ["harbour/tide-tables"]}
        return names | ({"include": self.include} if self.include else {})

    def respond(self, request: Request, act: int) -> Reply:
        return self.states[act > 0].respond(self.below(request))

    def excuses(self, id: str, case: Case) -> bool:
        """An entry that tells of several pages was told as something else that is one."""
        broken = [one for one in case.acts[BROKEN].arrived if f"{one['id']}:" in id]
        otherwise = any(one["type"] != case.twin.events.get(one["id"], one)["type"] for one in broken)
        return super().excuses(id, case) or otherwise

    def mark(self, entry: Any) -> str:
        return f":{entry['id']}:"

    def is_vital(self, request: Request) -> bool:
        return request.path.endswith("/events")


@cache
def _pool(beside: bool) -> list[Any]:
    found = [entry for one in _recordings() for entry in one["entries"]]
    for path in sorted(BESIDE.glob("*.json")) if beside else ():
        raw = json.loads(path.read_bytes())
        listed = raw if isinstance(raw, list) else [raw]
        if path.name not in NO_EVENTS:
            found += [entry for entry in listed if "type" in entry and "payload" in entry]
    return [*{_deed(entry): entry for entry in found}.values()]


def _deed(entry: Any) -> Any:
    """What an entry tells of: a review is told once, however often it is listed."""
    return entry["payload"].get("review", {}).get("id") or entry["id"]


@cache
def _recordings() -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted(OWN.glob("*.json")) if ".expected" not in path.name]


def _dated(entry: dict[str, Any], random: Random) -> dict[str, Any]:
    """The entry as if it had happened lately; of a young one relay waits for the details."""
    ago = random.choice([-119, -118, 1, 30, 600])
    return entry | {"created_at": f"{NOON - timedelta(minutes=ago):%Y-%m-%dT%H:%M:%SZ}"}


def _forge(entries: list[Any], state: int, most: int) -> Forge:
    forge, more = Forge(), bool(state)
    forge.entries, forge.most, forge.events = entries, most, (f"{PLACE}/events",)
    forge.answers = {"/repos/harbour/tide-tables": {"id": ID, "full_name": "harbour/tide-tables"}}
    for one in _recordings():
        forge.answers |= one["answers"]
    said = [made.comment(1, "pull/4#issuecomment-1", 5 * state), made.comment(2, "issues/5#issuecomment-2")]
    lines = [made.comment(3, "pull/4#discussion_r3", 6 * state, path="a.py")]
    commits = [made.comment(n, f"commit/{'c' * 40}#commitcomment-{n}", 5 * state) for n in (6, 7)]
    forge.answers |= {
        f"{PLACE}/issues/comments": said,
        f"{PLACE}/pulls/comments": lines,
        f"{PLACE}/comments": commits[more:],
        f"{PLACE}/pulls/4": {"number": 4, "title": "Mend it", "state": "open"},
    }
    return forge
