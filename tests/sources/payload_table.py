"""What every payload recorded by others is told as: payload, event type and title line, forge by forge.

    python -m tests.sources.payload_table

prints the rows as a table in Markdown.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from relay import shipped
from relay.events import Event
from relay.render import Renderer
from relay.sources.base import Start
from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import Polls
from tests.sources.forges.bitbucket_datacenter import ADA, BEN, NOON, Forge, millis
from tests.stage import SHARED

Row = tuple[str, str, str]
RENDERER = Renderer([shipped.templates()])
DATACENTER = SHARED / "recordings" / "bitbucket-dc"
DATACENTER_PAYLOADS = sorted(path.name for path in DATACENTER.glob("*.json"))


def bitbucket_datacenter() -> Iterator[Row]:
    """The rows of bitbucket-dc."""
    for payload in DATACENTER_PAYLOADS:
        for event in datacenter_events(payload):
            yield payload, event.type, RENDERER.sentence(event)


def datacenter_events(payload: str) -> list[Event]:
    """What the source makes of a payload, served where it belongs: lists as lists, the rest as what they are part of."""
    forge, raw = Forge(), json.loads((DATACENTER / payload).read_text(encoding="utf-8"))
    _place(forge, payload, raw)
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


FORGES = (bitbucket_datacenter,)


if __name__ == "__main__":
    for forge in FORGES:
        for row in forge():
            print(f"| {' | '.join(row)} |")  # noqa: T201 - what it is for
