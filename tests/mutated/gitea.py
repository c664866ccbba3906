"""Gitea: the recorded activities of one repository, with what is asked for beside them, and the lists of `include`."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from relay.fields import Fields
from relay.sources.gitea_entries import read
from relay.sources.gitea_lists import LISTS
from tests.mutated.case import LATER
from tests.mutated.world import JsonWorld
from tests.servers import Reply, Request
from tests.sources import test_gitea_lists as made
from tests.sources.contract import with_etags
from tests.sources.forges.gitea import ADA, NOON, Forge
from tests.stage import SHARED

OWN = Path(__file__).parents[1] / "recordings" / "gitea"
BESIDE = SHARED / "recordings" / "gitea"
HOME = "repos/harbour/tide-tables"
FEED = f"{HOME}/activities/feeds"


class World(JsonWorld):
    """The newest of some activities are new, and perhaps one below them; in the end there is one more."""

    later, listed = True, ""
    compared: Mapping[str, str | tuple[str, ...]] = {
        type: f"/{listed.place}" for listed in LISTS for type in listed.types
    }

    def __init__(self, random: Random, beside: bool) -> None:
        activities = _ordered(random, beside)
        known = activities[1 + random.choice([1, 2, 5]) :]
        late = random.choice([0, 0, 2])
        self.fresh = random.random() < 0.3
        self.token, most = f"t0ken-{random.random()}", random.choice([2, 5, 50, 50])
        types = sorted({type for listed in LISTS for type in listed.types})
        self.include = random.sample(types, random.choice([0, 0, 2, len(types)]))
        states = [known[:late] + known[late + 1 :], activities[1:], activities]
        self.states = [with_etags(_forge(listed, min(n, 1), most).respond) for n, listed in enumerate(states)]

    def settings(self) -> dict[str, Any]:
        names = {"url": self.base, "token": self.token, "repositories": ["harbour/tide-tables"]}
        return names | ({"include": self.include} if self.include else {})

    def respond(self, request: Request, act: int) -> Reply:
        return self.states[min(act, 1) + (act == LATER)](request)

    def waits(self, event: Any) -> bool:
        """A new branch may wait for its push."""
        return event["type"] == "pushed" and event["state"] == "created"

    def mark(self, entry: Any) -> str:
        return f"{read(Fields(entry), None).uid}:"

    def is_vital(self, request: Request) -> bool:
        return request.path.endswith("/activities/feeds")


@cache
def _recorded() -> Any:
    return json.loads((OWN / "activities.json").read_bytes())


def _ordered(random: Random, beside: bool) -> list[Any]:
    """Some recorded activities as the newest, numbered and dated in their order."""
    others = [one for path in sorted(BESIDE.glob("*.json")) for one in json.loads(path.read_bytes())] if beside else []
    pool = _recorded()["activities"]
    chosen = others + random.sample(pool, random.choice([3, 8, 20, 28]))
    random.shuffle(chosen)
    step = random.choice([0, 1, 60, 600])
    repository = pool[0]["repo"]
    return [
        one
        | {"id": 9000 - 3 * n, "repo": repository, "repo_id": repository["id"]}
        | {"created": (NOON - timedelta(seconds=step * n)).isoformat()}
        for n, one in enumerate(chosen)
    ]


def _forge(activities: list[Any], state: int, most: int) -> Forge:
    forge = Forge()
    forge.most = most
    forge.places = _recorded()["answers"] | {FEED: activities} | _lists(bool(state))
    forge.places["repositories/12"] = forge.places[HOME]
    return forge


def _lists(after: bool) -> dict[str, Any]:
    """What `include` asks for, before something happened in each of them and after."""
    at = ("2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z")[after]
    lists = {
        "stargazers": [ADA, made.BEN][: 1 + after],
        "collaborators": [ADA, made.BEN][: 2 - after],
        "forks": [made.FORK] * after,
        "releases": [made.RELEASE | {"assets": [made.FILE, made.FILE | {"id": 6}][: 1 + after]}],
        "wiki/pages": [made.wiki("A", "12"[after]), made.wiki("B", "3")] + [made.wiki("C", "4")] * after,
        "pulls": [made.pull(8, ("One", "Two")[after], updated_at=at), made.pull(9, "Other")],
        "issues/comments": [made.comment(1, "ab"[after], updated=at), made.comment(2, "c")],
    }
    return {f"{HOME}/{place}": items for place, items in lists.items()}
