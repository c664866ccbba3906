"""Bitbucket Data Center: recorded changes of one repository, several at once, or of what a project lists."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from relay.sources.bitbucket_datacenter import BitbucketDatacenter
from tests.mutated.case import LATER, Case
from tests.mutated.world import JsonWorld
from tests.servers import Reply, Request
from tests.sources.forges.bitbucket_datacenter import BASE, missing, page
from tests.stage import SHARED

OWN = Path(__file__).parents[1] / "recordings" / "bitbucket-datacenter"
BESIDE = SHARED / "recordings" / "bitbucket-dc"
HOME = "projects/HAR/repos/tide-tables"
ALIKE = ("cset_", "team_", "commit", "pushed")
"""The beginnings of recordings of which there can be one at a time, the last two together."""
Places = dict[str, Any]


class World(JsonWorld):
    """Some pull requests have changed, each as one recording tells it, and something else perhaps; or a project's list.

    In the end all pull requests are listed differently: what a list of activities had left out is told then.
    """

    later = True
    compared: Mapping[str, str | tuple[str, ...]] = {
        **dict.fromkeys(("fork",), "/forks"),
        **{type: "/permissions/users" for type in BitbucketDatacenter.coverage if type.startswith("team_")},
        **{type: "/comments" for type in BitbucketDatacenter.coverage if type.startswith("cset_")},
        **dict.fromkeys(("create", "delete", "repo_renamed", "repo_transferred"), "/repos"),
        **dict.fromkeys(("pullrequest_comment_updated", "pullrequest_comment_deleted"), "/activities"),
    }

    def __init__(self, random: Random, beside: bool) -> None:
        listed = random.random() < 0.15
        self.token, self.most = f"t0ken-{random.random()}", random.choice([1, 2, 100])
        self.fresh = not listed and random.random() < 0.25
        self.repositories = ["HAR/*"] if listed else ["HAR/tide-tables"]
        chosen = [random.choice(_of("owners/HAR"))] if listed else _chosen(random)
        self.include = sorted({type for one in chosen for type in one["include"]})
        before: Places = {}
        after: Places = {}
        for n, one in enumerate(chosen):
            _join(before, _numbered(one["before"], 12 + n))
            _join(after, _numbered(one["before"] | one["after"], 12 + n))
        for n, pull in enumerate(_others() if beside and not listed else ()):
            _join(before, _pull(pull | {"state": "OPEN", "version": 0, "updatedDate": 1}, 200 + n, []))
            _join(after, _pull(pull, 200 + n, _activities()))
        touched = json.loads(json.dumps(after))
        for one in touched.get(f"{HOME}/pull-requests", {}).get("values", ()):
            one["version"] = one.get("version", 0) + 1
        self.states = [before, after, touched]

    def settings(self) -> dict[str, Any]:
        names = {"url": self.base, "token": self.token, "repositories": self.repositories}
        return names | ({"include": self.include} if self.include else {})

    def respond(self, request: Request, act: int) -> Reply:
        places, place = self.states[min(act, 1) + (act == LATER)], request.path.removeprefix(BASE)
        between = f"{place}?since={request.query.get('since')}&until={request.query.get('until')}"
        found = places.get(between, places.get(place))
        if found is None and place in _empty(self.states):
            found = {"values": []}
        if found is None:
            pulls = places.get(f"{HOME}/pull-requests", {"values": []})["values"]
            found = next((one for one in pulls if place == f"{HOME}/pull-requests/{one['id']}"), None)
        if found is None:
            return missing(place)
        return page(_asked(found["values"], request), request, self.most) if "values" in found else Reply(body=found)

    def is_hidden(self, case: Case) -> bool:
        """A list of activities is not asked for again before its pull request is listed differently."""
        return case.broken is not None and case.broken.request.path.endswith("/activities")

    def is_vital(self, request: Request) -> bool:
        return request.path.endswith(("/pull-requests", "/repos"))


def _empty(states: Iterable[Places]) -> set[str]:
    """The lists of repositories in which nothing happens; one that went answers until the project lacks it too."""
    listed = [one for places in states for one in places.get("projects/HAR/repos", {"values": []})["values"]]
    homes = [HOME, *(f"projects/HAR/repos/{one['slug']}" for one in listed)]
    return {f"{home}/{name}" for home in homes for name in ("pull-requests", "ref-change-activities")}


def _asked(values: list[Any], request: Request) -> list[Any]:
    return [one for one in values if request.query.get("state", "ALL") in ("ALL", one.get("state"))]


@cache
def _recordings() -> Mapping[str, Any]:
    paths = [path for path in sorted(OWN.glob("*.json")) if ".expected" not in path.name]
    return {path.stem: json.loads(path.read_bytes()) for path in paths}


def _of(feed: str) -> list[Any]:
    return [one for one in _recordings().values() if one["feed"] == feed]


def _chosen(random: Random) -> list[Any]:
    """Recordings that do not speak of the same."""
    names = [name for name, one in _recordings().items() if one["feed"].startswith("repositories/")]
    pulls = random.sample([name for name in names if name.startswith("pull")], random.choice([1, 2, 5]))
    others = [random.choice([one for one in names if one.startswith(kind)]) for kind in (*ALIKE[:2], ALIKE[2:], "fork")]
    return [_recordings()[name] for name in pulls + random.sample(others, random.choice([0, 1, 4]))]


def _numbered(places: Places, number: int) -> Places:
    """The same of another pull request than number 12."""
    text = json.dumps(places).replace("pull-requests/12", f"pull-requests/{number}")
    found: Places = json.loads(text)
    for place, body in found.items():
        if place.endswith("/pull-requests"):
            body["values"] = [one | {"id": number} for one in body["values"]]
    return found


def _join(places: Places, more: Places) -> None:
    for place, body in more.items():
        known = places.get(place, {}).get("values")
        places[place] = body if known is None else {"values": [*body["values"], *known]}


@cache
def _others() -> list[Any]:
    """The pull requests that others recorded, as if they were of this repository."""
    home = _recordings()["pushed"]["before"][HOME]
    paths = [path for path in sorted(BESIDE.glob("*pull*request*.json")) if path.name.count("pull") == 1]
    listed = [json.loads(path.read_bytes()) for path in paths]
    pulls = [one for raw in listed for one in raw.get("values", [raw]) if "toRef" in one]
    return [one | {ref: one[ref] | {"repository": home} for ref in ("toRef", "fromRef")} for one in pulls]


@cache
def _activities() -> list[Any]:
    return list(json.loads((BESIDE / "cdancy_pull-request-activities.json").read_bytes())["values"])


def _pull(raw: Any, number: int, activities: list[Any]) -> Places:
    listed = {f"{HOME}/pull-requests": {"values": [raw | {"id": number}]}}
    return listed | {f"{HOME}/pull-requests/{number}/activities": {"values": activities}}
