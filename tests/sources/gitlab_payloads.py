"""Payloads of GitLab that others recorded, served where they belong.

Some are bodies of webhooks, which the API has no list of: they are put into the shape that the events have.
"""

import json
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.sources.base import Start
from tests.servers import Server
from tests.sources.forges.gitlab import PROJECT, Forge, entry
from tests.sources.gitlab_polling import ALL, Poll, events


def events_of(path: Path) -> list[Event]:
    """What the source makes of a payload."""
    forge, raw = Forge(), json.loads(path.read_text(encoding="utf-8"))
    if "merge-request.json" in path.name:
        return _edited(forge, raw)
    forge.entries = entries_of(raw)
    forge.project = str(next((one["project_id"] for one in forge.entries if "project_id" in one), 15))
    card = PROJECT | {"id": int(forge.project)} | _project(raw)
    forge.places = {"projects/acme%2Fsite": card}
    with Server(forge.respond) as server:
        return events(Poll(server, ALL)())


def entries_of(raw: Any) -> list[dict[str, Any]]:
    if isinstance(raw, list):
        return [one for item in raw for one in (map(_said, item["notes"]) if "notes" in item else [item])]
    if "rules" in raw:
        approvers = [user for rule in raw["rules"] for user in rule["approved_by"]]
        return [entry(n, "approved", "MergeRequest", author=user) for n, user in enumerate(approvers, 1)]
    if "object_kind" in raw:
        return [_hooked(raw)]
    return [raw if "action_name" in raw else _said(raw)]


def _said(note: dict[str, Any]) -> dict[str, Any]:
    return entry(note["id"], "commented on", "Note", note=note, author=note["author"], created_at=note["created_at"])


def _hooked(raw: dict[str, Any]) -> dict[str, Any]:
    """A webhook's body as an entry of the events."""
    what, user = raw["object_attributes"], raw["user"]
    if raw["object_kind"] == "wiki_page":
        page = {"title": what["title"], "slug": what["slug"]}
        return entry(1, f"{what['action']}d", "WikiPage::Meta", author=user, wiki_page=page)
    note = what | {"body": what["note"], "noteable_iid": raw["merge_request"]["iid"]}
    return entry(2, "commented on", what["type"], author=user, note=note, target_title=raw["merge_request"]["title"])


def _project(raw: Any) -> dict[str, Any]:
    project = raw.get("project", {}) if isinstance(raw, dict) else {}
    return {name: project[name] for name in ("name", "path_with_namespace", "web_url") if name in project}


def _edited(forge: Forge, raw: dict[str, Any]) -> list[Event]:
    """The pull request as it is once somebody gave it its title, with the news that it was merged."""
    forge.places["projects/15/merge_requests"] = pulls = [raw | {"title": "test", "updated_at": raw["created_at"]}]
    with Server(forge.respond) as server:
        poll = Poll(server, Start("now"), include=("pullrequest_updated",))
        poll()
        pulls[0] = raw | {"updated_at": "2016-12-03T17:30:00Z"}
        forge.entries = [entry(1, "accepted", "MergeRequest", author=raw["merge_user"], created_at=raw["merged_at"])]
        return events(poll())
