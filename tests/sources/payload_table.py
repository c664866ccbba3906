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
from tests.sources import bitbucket_cloud_payloads, datacenter_payloads, github_payloads, gitlab_payloads
from tests.sources.events_server import poll as poll_v1
from tests.sources.events_server import serving
from tests.sources.feed_polling import Reader
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


def bitbucket() -> Iterator[tuple[str, Event]]:
    """Bitbucket Cloud's lists, single objects, and what webhooks hold of them."""
    for path in sorted((RECORDED / "bitbucket").glob("*.json")):
        yield from ((path.name, event) for event in bitbucket_cloud_payloads.events_of(path))


def bitbucket_datacenter() -> Iterator[tuple[str, Event]]:
    """Data Center's lists, pull requests, comments and commits."""
    for path in sorted((RECORDED / "bitbucket-dc").glob("*.json")):
        yield from ((path.name, event) for event in datacenter_payloads.events_of(path))


def bitbucket_v1() -> Iterator[tuple[str, Event]]:
    """Pages of the events resource of old, and single events of it."""
    for path in sorted((RECORDED / "bitbucket-v1").glob("*.json")):
        raw = recorded(f"bitbucket-v1/{path.name}")
        with Server(serving(raw.get("events", [raw]))) as server:
            yield from ((path.name, found.event) for found in poll_v1(server).found)


def github() -> Iterator[tuple[str, Event]]:
    """GitHub's events, moves of refs, and comments."""
    paths = sorted((RECORDED / "github").glob("*.json"))
    for path in (path for path in paths if path.name not in github_payloads.NO_EVENTS):
        yield from ((path.name, event) for event in github_payloads.events_of(path))


def gitlab() -> Iterator[tuple[str, Event]]:
    """GitLab's events, notes, a pull request, approvals, and bodies of webhooks in the shape of events."""
    for path in sorted((RECORDED / "gitlab").glob("*.json")):
        yield from ((path.name, event) for event in gitlab_payloads.events_of(path))


def feeds() -> Iterator[tuple[str, Event]]:
    """Feeds of cgit, gitweb, GitHub and Trac, read as if they had been served."""
    for path in sorted((RECORDED / "feeds").iterdir()):
        reader = Reader(f"http://git.example.org/repo/{path.name}")
        yield from ((path.name, event) for event in reader.events(path.read_bytes()))


def recorded(name: str) -> Any:
    """A payload as it was recorded."""
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


PAYLOADS: Mapping[str, Callable[[], Iterator[tuple[str, Event]]]] = {
    "bitbucket": bitbucket,
    "bitbucket-dc": bitbucket_datacenter,
    "bitbucket-v1": bitbucket_v1,
    "feeds": feeds,
    "gitea": gitea,
    "github": github,
    "gitlab": gitlab,
}

SILENT: Mapping[str, Mapping[str, str]] = {
    "bitbucket": bitbucket_cloud_payloads.SILENT,
    "bitbucket-v1": {"coderwall-par2-drobofs_commits.json": "an empty list", "INDEX.md": "says where they are from"},
    "github": github_payloads.SILENT,
}
"""Payloads that tell no event, each with the reason."""


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
