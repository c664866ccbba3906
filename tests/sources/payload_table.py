"""Every recorded payload of a forge through its source and every template: what it is told as.

`python -m tests.sources.payload_table` prints the table. Each forge has a function that yields (payload, event) pairs;
`rows` says them in every destination's words, and raises where a template fails.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from relay import shipped
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery
from relay.errors import Problem
from relay.events import Event
from relay.render import Renderer
from tests.servers import Server
from tests.sources import datacenter_payloads
from tests.sources.forges.gitea import REPOSITORY, Forge
from tests.sources.gitea_polling import events, poll
from tests.stage import SHARED

RECORDED = SHARED / "recordings"


def gitea() -> Iterator[tuple[str, Event]]:
    """Gitea's activities: the only payload is an excerpt of a feed."""
    for path in sorted((RECORDED / "gitea").glob("*.json")):
        forge = Forge()
        forge.places = {"repos/octocat/b": REPOSITORY | {"full_name": "octocat/b"}}
        forge.places["repos/octocat/b/activities/feeds"] = recorded(f"gitea/{path.name}")
        with Server(forge.respond) as server:
            yield from ((path.name, event) for event in events(poll(server, repositories=("octocat/b",))))


def bitbucket_datacenter() -> Iterator[tuple[str, Event]]:
    """Data Center's lists, pull requests, comments and commits."""
    for path in sorted((RECORDED / "bitbucket-dc").glob("*.json")):
        yield from ((path.name, event) for event in datacenter_payloads.events_of(path))


def recorded(name: str) -> Any:
    """A payload as it was recorded."""
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


PAYLOADS: Mapping[str, Callable[[], Iterator[tuple[str, Event]]]] = {
    "bitbucket-dc": bitbucket_datacenter,
    "gitea": gitea,
}


def refuse(problem: Problem) -> None:
    raise AssertionError(f"a shipped template failed: {problem}")


RENDERER = Renderer([shipped.templates()], complain=refuse)


def rows(kind: str) -> Iterator[tuple[str, str, str]]:
    """Payload, event type and title line, each said in every destination's layout too."""
    for payload, event in PAYLOADS[kind]():
        for name, destination in DESTINATIONS.items():
            RENDERER.message(Delivery("dlv_1", "dev", "*", (event,)), name, destination.parts)
        yield payload, event.type, RENDERER.sentence(event)


if __name__ == "__main__":
    for kind in PAYLOADS:
        sys.stdout.writelines(f"| {kind}/{' | '.join(row)} |\n" for row in rows(kind))
