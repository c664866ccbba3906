"""Payloads of Bitbucket Cloud recorded by others, served where they belong."""

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from relay.events import Event
from relay.sources.bitbucket import Bitbucket
from tests.servers import Reply, Request, Server
from tests.sources.bitbucket_cloud_polls import ALL, Polls
from tests.sources.forges.bitbucket import NOON, repository

INCLUDE = sorted(type for type, gives in Bitbucket.coverage.items() if gives == "include")
FEED, ACCESS = "repositories/acme/site", "workspaces/acme"
SILENT = {
    "atlassian_python_api_issues.json": "issues ended in August 2026",
    "devlake_issues.json": "issues ended in August 2026",
    "devlake_issue_comments.json": "issues ended in August 2026",
    "swagger_repositories_workspace_repo_slug_issues_issue_id_changes.json": "issues ended in August 2026",
    "devlake_deployments.json": "deployments are not asked for",
    "error_410_change_2770.json": "an error",
    "swagger_user_workspaces.json": "says nothing of anybody's access",
    "swagger_repositories_workspace_repo_slug_permissions_config_groups.json": "groups are no people",
    "swagger_repositories_workspace_repo_slug_permissions_config_groups_group_slug.json": "groups are no people",
}
"""Payloads that tell no event, and why."""


def events_of(path: Path) -> list[Event]:
    """What the source makes of a payload that is there at first sight; refs and permissions come later."""
    payload, raw = path.name, json.loads(path.read_text(encoding="utf-8"))
    answers = _places(payload, raw, raw.get("values", [raw]))
    feed = ACCESS if "permission" in payload else FEED
    with tempfile.TemporaryDirectory() as folder, Server(_answers({})) as server:
        polls = Polls(server, Path(folder), ALL, INCLUDE)
        if feed == ACCESS or "refs" in answers:
            polls.poll(feed=feed)
        server.respond = _answers(answers)
        return [found.event for found in polls.poll(NOON + timedelta(hours=1), feed).found]


def _places(payload: str, raw: Any, values: list[Any]) -> dict[str, Any]:
    """Below which path of the repository, or of the workspace, what is listed."""
    if "permission" in payload:
        return {"permissions": values}
    if "activity" in payload:
        return {"pullrequests/activity": values}
    if "statuses" in payload:
        return _checked(values)
    if "comments" in payload:
        said = [{"pull_request": one.get("pullrequest"), "comment": one} for one in values]
        return {"pullrequests/activity": said}
    if "webhook_push" in payload:
        moved = [change["new"] for change in raw["push"]["changes"] if change["new"]]
        commits = [one for change in raw["push"]["changes"] for one in change.get("commits", [])]
        return {"refs": moved, "commits": commits}
    if "webhook_pr" in payload:
        return {"pullrequests": [raw["pullrequest"]]}
    if "refs" in payload:
        return {"refs": values, "commits": [one["target"] for one in values]}
    if "commit" in payload:
        return _commits(values)
    named = {"pipelines": "pipelines", "pull": "pullrequests", "repositories.json": "forks", "test-repos.json": "forks"}
    return next(({place: values} for name, place in named.items() if name in payload), {"issues": values})


def _commits(values: list[Any]) -> dict[str, Any]:
    ref = {"type": "branch", "name": "main", "target": {"hash": values[0]["hash"]}}
    single = {f"commit/{one['hash']}": Reply(body=one) for one in values}
    return {"refs": [ref], "commits": values, **single}


def _checked(values: list[Any]) -> dict[str, Any]:
    hash_ = (values[0].get("commit") or {}).get("hash", "0" * 12)[:12]
    pull = {"id": 1, "state": "OPEN", "source": {"commit": {"hash": hash_}}}
    return {"pullrequests": [pull], f"commit/{hash_}/statuses": values}


def _answers(places: dict[str, Any]):
    """A Bitbucket that has these lists, and all others empty; it takes no login for git."""
    site = repository()

    def respond(request: Request) -> Reply:
        path = unquote(request.path).removeprefix("/2.0/")
        if ".git/" in path:
            return Reply(401)
        if path == "repositories/acme/site":
            return Reply(body=site)
        below = path.removeprefix(f"repositories/acme/{site['uuid']}/").removeprefix("workspaces/acme/")
        found = places.get(below, [site] if path == "repositories/acme" else [])
        return found if isinstance(found, Reply) else Reply(body={"values": found, "pagelen": 100})

    return respond
