"""Bitbucket Cloud: recorded changes of one repository, several at once, or of what a workspace lists."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

from relay.sources.bitbucket import Bitbucket
from relay.sources.bitbucket_cloud_comments import DELETED, UPDATED
from relay.sources.bitbucket_cloud_permissions import TYPES
from tests.mutated.case import BROKEN, Broken, Case
from tests.mutated.world import JsonWorld
from tests.servers import Reply, Request
from tests.stage import SHARED

OWN = Path(__file__).parents[1] / "recordings" / "bitbucket"
BESIDE = SHARED / "recordings" / "bitbucket"
PULLS, ACTIVITY = "pullrequests", "pullrequests/activity"
GROUPS = ("commit|pushed|strip", "cset_", "pipeline_", "status_", "start_follow|stop_follow", "repo_", "fork", "file_")
"""The beginnings of recordings that speak of the same, so that there can be one of each group at a time."""
Places = dict[str, Any]


class World(JsonWorld):
    """Some pull requests have changed, each as one recording tells it, and something else perhaps; or a workspace's lists.

    Refs are read by REST; of a workspace its repositories are listed, or who may see it.
    """

    compared: Mapping[str, str | tuple[str, ...]] = {
        **dict.fromkeys(("start_follow_repo", "stop_follow_repo"), "/watchers"),
        **dict.fromkeys(TYPES, ("/permissions", "/permissions/repositories")),
        **dict.fromkeys((UPDATED, DELETED), ("/pullrequests", "/comments")),
        **dict.fromkeys(("pushed", "commit"), "/refs"),
    }

    def __init__(self, random: Random, beside: bool) -> None:
        feed = random.choice(["repositories"] * 8 + ["owners", "workspaces"])
        self.token, self.most = f"t0ken-{random.random()}", random.choice([3, 10, 100])
        self.repositories = ["harbour/*"] if feed == "owners" else ["harbour/tide-tables"]
        names = [name for name, one in _recordings().items() if one["feed"].startswith(feed)]
        chosen = _chosen(names, random) if feed == "repositories" else [random.choice(names)]
        self.fresh = feed == "repositories" and random.random() < 0.25
        self.include = sorted(name for name in chosen if Bitbucket.coverage[name] == "include")
        before, after = Places(), Places()
        for n, name in enumerate(chosen):
            one = _recordings()[name]
            _join(before, _numbered(one["before"], 24 + n))
            _join(after, _numbered(one["before"] | one["after"], 24 + n))
        for pull in random.sample(_others(), 6) if beside and feed == "repositories" else ():
            _join(before, {PULLS: [pull | {"state": "OPEN", "updated_on": pull["created_on"]}]})
            _join(after, {PULLS: [pull], ACTIVITY: [_updated(pull)]})
        self.states = [before, after]

    def settings(self) -> dict[str, Any]:
        names = {"url": f"{self.base}/2.0", "token": self.token, "repositories": self.repositories}
        return names | ({"include": self.include} if self.include else {})

    def respond(self, request: Request, act: int) -> Reply:
        places, home = self.states[act > 0], _home()
        path = unquote(request.path).removeprefix("/2.0/")
        if path == "repositories/harbour/tide-tables":
            return Reply(body=home)
        if path == "repositories/harbour":
            return self._page(places.get("workspace", [home]), request)
        below = re.sub(r"^(repositories/harbour/\{[^}]*\}|workspaces/harbour)/", "", path)
        if below.endswith("/") or below == path:
            return Reply(404, {"type": "error", "error": {"message": "Resource not found"}})
        asked = f"{below}?include={request.query.get('include')}&exclude={request.query.get('exclude')}"
        found = places.get(asked, [] if "exclude" in request.query else places.get(below, []))
        return self._page(found, request) if isinstance(found, list) else Reply(body=found)

    def _page(self, values: list[Any], request: Request) -> Reply:
        page, size = int(request.query.get("page", 1)), min(int(request.query.get("pagelen", 10)), self.most)
        body: dict[str, Any] = {"pagelen": size, "values": values[(page - 1) * size : page * size]}
        if page * size < len(values):
            query = "&".join(f"{name}={value}" for name, value in (request.query | {"page": str(page + 1)}).items())
            body["next"] = f"{self.base}{request.path}?{query.replace('+', '%2B').replace(' ', '%20')}"
        return Reply(body=body)

    def is_same(self, told: Any, twin: Any, case: Case) -> bool:
        """What a first sight without refs takes for no branch is a new one later; a renamed repository has other pages."""
        moved = any(event["type"].startswith("repo_") for event in case.twin.events.values())
        same = {"repository": None, "url": None, "commits": None} if moved else {}
        return super().is_same(told | same, twin | same, case) or self.is_compared(told, case)

    def excuses(self, id: str, case: Case) -> bool:
        """A page without `next` is the last one, and a pull request of long ago that a list leaves out without a trace
        is no news later: nobody can know that there was more."""
        return super().excuses(id, case) or self._is_cut(case.broken) or self._is_left_out(id, case)

    def _is_left_out(self, id: str, case: Case) -> bool:
        opening = case.twin.events[id]["type"] == "pullrequest_created"
        listed = case.broken is not None and case.broken.request.path.endswith(f"/{PULLS}")
        return self.fresh and opening and listed and not case.acts[BROKEN].errors and not case.is_warned

    def _is_cut(self, broken: Broken | None) -> bool:
        if broken is None or b'"next"' not in broken.true.encoded():
            return False
        try:
            read = json.loads(broken.reply.encoded())
        except (ValueError, RecursionError):
            return False
        return isinstance(read, dict) and read.get("next") is None

    def is_vital(self, request: Request) -> bool:
        return request.path.endswith((PULLS, ACTIVITY, "/refs"))


@cache
def _recordings() -> Mapping[str, Any]:
    paths = [path for path in sorted(OWN.glob("*.json")) if ".expected" not in path.name]
    return {path.stem: json.loads(path.read_bytes()) for path in paths if path.stem != "repository"}


@cache
def _home() -> Any:
    return json.loads((OWN / "repository.json").read_bytes())


def _chosen(names: list[str], random: Random) -> list[str]:
    """Recordings that do not speak of the same."""
    pulls = random.sample([name for name in names if name.startswith("pull")], random.choice([1, 2, 5]))
    others = [random.choice([one for one in names if re.match(kind, one)]) for kind in GROUPS]
    return pulls + random.sample(others, random.choice([0, 1, 4, len(others)]))


def _numbered(places: Places, number: int) -> Places:
    """The same of another pull request than number 24."""
    text = re.sub(r"(pull-?requests)/24\b", rf"\1/{number}", json.dumps(places))
    found: Places = json.loads(text)
    for one in found.get(PULLS, ()):
        one["id"] = number
    for one in found.get(ACTIVITY, ()):
        one.get("pull_request", {})["id"] = number
    return found


def _join(places: Places, more: Places) -> None:
    for place, found in more.items():
        known = places.get(place, [])
        places[place] = [*found, *known] if isinstance(found, list) and place != "workspace" else found


@cache
def _others() -> list[Any]:
    """The pull requests that others recorded."""
    raw = json.loads((BESIDE / "devlake_pull_requests.json").read_bytes())["values"]
    return [one | {"id": 1000 + n} for n, one in enumerate(raw)]


def _updated(pull: Any) -> Any:
    update = {name: pull[name] for name in ("title", "state", "source", "destination", "author") if name in pull}
    return {"pull_request": {"id": pull["id"], "title": pull["title"]}, "update": update | {"date": pull["updated_on"]}}
