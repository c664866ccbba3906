"""Payloads of GitHub that others recorded or its documentation shows, served where they belong."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from relay.events import Event
from tests.servers import Server
from tests.sources.forges.github import NOON, Forge, entry
from tests.sources.github_polls import Polls

NO_EVENTS = {
    "openapi_issues_events.json": "lists what happened to issues, and no events",
    "openapi_notifications.json": "lists notifications, and no events",
}
"""Payloads that are no list of events, and what they are."""
SILENT = NO_EVENTS | {"openapi_issues_comments.json": "an edited comment on an issue has no word"}
"""Payloads that tell no event, and why."""
_COMMENTS = {
    "openapi_commit_comments.json": "comments",
    "openapi_issues_comments.json": "issues/comments",
    "openapi_pulls_comments.json": "pulls/comments",
}


def events_of(path: Path) -> list[Event]:
    """What the source makes of a payload."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    if path.name in _COMMENTS:
        return _edited(f"/repositories/501/{_COMMENTS[path.name]}", raw)
    with Server(_forge_of(path.name, raw).respond) as server:
        return [found.event for found in Polls(server).poll().found]


def _forge_of(payload: str, raw: Any) -> Forge:
    """A GitHub that has this payload."""
    forge = Forge()
    if payload == "openapi_repos_activity.json":
        forge.entries, forge.answers["/repositories/501/activity"] = [_pushed(raw[0])], raw
    elif payload.startswith("observed_order"):
        forge.entries = [entry(id, "WatchEvent", {"action": "started"}, created_at=at) for id, at in raw["rows"]]
    elif isinstance(raw, list):
        forge.entries = raw
    else:
        forge.entries = [raw if "type" in raw else entry("1", "PublicEvent", raw)]
    return forge


def _pushed(move: dict[str, Any]) -> dict[str, Any]:
    """The trimmed entry of a push that /activity lists."""
    payload = {"ref": move["ref"], "before": move["before"], "head": move["after"], "push_id": 1}
    return entry("1", "PushEvent", payload, actor=None)


def _edited(place: str, raw: list[dict[str, Any]]) -> list[Event]:
    """A listed comment once it was edited."""
    forge = Forge()
    forge.answers[place] = raw
    with Server(forge.respond) as server:
        polls = Polls(server, include=["pullrequest_comment_updated", "cset_comment_updated"])
        polls.poll()
        forge.answers[place] = [raw[0] | {"updated_at": "2011-04-15T16:00:49Z"}]
        return [found.event for found in polls.poll(NOON + timedelta(minutes=1)).found]
