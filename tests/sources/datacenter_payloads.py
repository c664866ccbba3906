"""Payloads of a Bitbucket Data Center that others recorded, served where they belong."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from relay.events import Event
from relay.sources.base import Start
from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import Polls
from tests.sources.forges.bitbucket_datacenter import ADA, BEN, NOON, Forge, millis


def events_of(path: Path) -> list[Event]:
    """What the source makes of a payload."""
    forge, raw = Forge(), json.loads(path.read_text(encoding="utf-8"))
    _place(forge, path.name, raw)
    owner, slug = forge.repository["project"]["key"], forge.repository["slug"]
    here = f"projects/{owner}/repos/{slug}"

    def respond(request: Request) -> Reply:
        return forge.respond(replace(request, path=request.path.replace(here, "projects/TP/repos/site")))

    with Server(respond) as server:
        return Polls(server, repositories=(f"{owner}/{slug}",)).events(start=Start("all"))


def _place(forge: Forge, payload: str, raw: Any) -> None:
    values = raw.get("values", [raw])
    if "commits" in payload:
        forge.push("refs/heads/main", 1, 2)
        forge.commits = dict.fromkeys(forge.commits, values)
    elif "branches" in payload or "tags" in payload:
        for number, ref in enumerate(values):
            forge.push(ref["id"], None, number + 1)
            forge.log[0]["refChange"]["toHash"] = ref["latestCommit"]
    elif "activities" in payload or "comments" in payload:
        forge.open(101, "Talking Nerdy", by=ADA)
        said = [
            {"id": 7, "createdDate": millis(NOON), "user": BEN, "action": "COMMENTED", "comment": one} for one in values
        ]
        forge.activities[101] = values if "activities" in payload else said
    else:
        forge.pulls = {one["id"]: one for one in values}
        forge.activities = {id: [] for id in forge.pulls}
        described = values[0]["toRef"]["repository"]
        forge.repository = described if "id" in described else forge.repository
