"""The whole path: a page is polled, matched, rendered, committed and delivered; over real sockets, on a real database."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay.service import Service
from relay.store import change
from relay.store.settle import Redeliver
from tests.servers import Reply, Request, Server
from tests.stage import SHARED, Stage

RECORDED = SHARED / "recordings" / "bitbucket-v1"
needs_recordings = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded pages are not beside the project")


class Forge:
    """The events resource of 2012: a list, newest first, in pages of `start` and `limit`."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.limit = 50

    def __call__(self, request: Request) -> Reply:
        start, limit = int(request.query.get("start", 0)), int(request.query.get("limit", 25))
        return Reply(body={"count": len(self.events), "events": self.events[start : start + min(limit, self.limit)]})


def recorded(name: str) -> list[dict[str, Any]]:
    """The events of a recorded page."""
    found: list[dict[str, Any]] = json.loads((RECORDED / name).read_text(encoding="utf-8"))["events"]
    return found


def rules(forge: Server, sink: Server, repository: str = "jespern/django-piston", start: str = "all") -> str:
    """Every event of one repository to one webhook."""
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}/1.0", repositories: [{repository}], start: {start}}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}/lake"}}
rules:
  "*": lake
  commit: lake
"""


def told(sink: Server) -> list[tuple[str, str | None]]:
    """The commits that arrived at the webhook: node and time."""
    bodies = [request.json()["data"] for request in sink.requests]
    return [(body["commits"][0]["hash"] if body["commits"] else "", body["occurred_at"]) for body in bodies]


def listed(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """What should arrive for a list of raw events, oldest first."""
    times = [event["utc_created_on"].replace(" ", "T").replace("+00:00", "Z") for event in reversed(events)]
    return list(zip([event["node"] or "" for event in reversed(events)], times, strict=True))


def commit(node: str, at: str = "2026-11-20 10:00:00+00:00", text: str = "a change") -> dict[str, Any]:
    """A commit event in the recorded shape."""
    return {
        "node": node,
        "description": text,
        "repository": {"owner": "jespern", "slug": "django-piston", "name": "Piston", "is_private": False},
        "created_on": at[:19],
        "user": {"username": "ada", "first_name": "Ada", "last_name": "L"},
        "utc_created_on": at,
        "event": "commit",
    }


@needs_recordings
@pytest.mark.parametrize(
    ("page", "repository", "count"),
    [
        ("coderwall-django-piston_commits.json", "jespern/django-piston", 50),
        ("coderwall-heechee-fixes_commits.json", "jespern/heechee-fixes", 18),
        ("coderwall-par2-drobofs_commits.json", "jespern/par2-drobofs", 0),
    ],
)
def test_a_recorded_page_is_told_once(tmp_path: Path, page: str, repository: str, count: int) -> None:
    """Every recorded event arrives once, oldest first, and none again on later polls."""
    events = recorded(page)
    with Server(Forge(events)) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink, repository))
        assert stage.once()
        assert stage.once(minutes=5)
        assert stage.once(days=1)
        assert listed(events) == told(sink)
        assert count == len(sink.requests)


@needs_recordings
def test_what_is_new_in_a_moving_list(tmp_path: Path) -> None:
    """Prepended, backdated, identical and many at once: exactly the new ones arrive, in order; a deletion tells nothing."""
    events = recorded("coderwall-django-piston_commits.json")
    with Server(Forge(list(events))) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        stage.once()
        sink.requests.clear()
        backdated = [commit("b" * 12, "2004-02-29 10:00:00+00:00"), commit("c" * 12, "1999-01-01 00:00:00+00:00")]
        burst = [commit(f"{number:012x}", "2026-11-22 11:00:00+00:00") for number in range(173)]
        new = [*burst, events[3], *backdated, commit("a" * 12)]
        kept = [event for index, event in enumerate(events) if index != 7]
        forge.respond = Forge([*new, *kept])
        stage.once(minutes=5)
        stage.once(minutes=5)
        assert listed(new) == told(sink)


@needs_recordings
def test_an_unchanged_list_over_200_days(tmp_path: Path) -> None:
    """Long after the events were pruned, the list still tells nothing new."""
    events = recorded("coderwall-heechee-fixes_commits.json")
    with Server(Forge(events)) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink, "jespern/heechee-fixes"))
        stage.once()
        sink.requests.clear()

        async def days(service: Service) -> None:
            for _ in range(200):
                stage.clock.move(days=1)
                assert await service.once()

        stage.perform(days)
        assert [] == sink.requests


def test_first_sight_is_silent(tmp_path: Path) -> None:
    """With `start: now`, history is kept and served, and not told."""
    with Server(Forge([commit("a" * 12)])) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink, start="now"))
        assert stage.once()
        assert [] == sink.requests


def test_a_refused_delivery_is_sent_after_repair(tmp_path: Path) -> None:
    """A 404 is dead with a readable reason; `redeliver` sends it under its old id once the receiver is repaired."""
    with Server(Forge([commit("a" * 12)])) as forge, Server(lambda _: Reply(404, "no such hook")) as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        assert not stage.once()
        dead = stage.deliveries(dead=True)
        assert "404" in (dead[0].reason or "")
        sink.respond = lambda _: Reply(204)
        change(stage.database, Redeliver(None, stage.clock.now().timestamp()))
        assert stage.once()
        assert [dead[0].id, dead[0].id] == [request.headers["webhook-id"] for request in sink.requests]


def test_a_week_away_is_told_as_one_late_bundle(tmp_path: Path) -> None:
    """What happened while relay was away for days goes out together; what is fresh does not."""
    with Server(Forge([commit("a" * 12)])) as forge, Server() as sink:
        stage = Stage(tmp_path, rules(forge, sink, start="now"))
        stage.once()
        new = [
            commit("d" * 12, "2026-11-29 11:00:00+00:00"),
            commit("c" * 12, "2026-11-24 11:00:00+00:00"),
            commit("b" * 12, "2026-11-23 11:00:00+00:00"),
        ]
        forge.respond = Forge([*new, commit("a" * 12)])
        stage.once(days=7)
        first, second = (request.json() for request in sink.requests)
        assert ("bundle", "late", 2) == (first["type"], first["data"]["why"], len(first["data"]["events"]))
        assert "commit" == second["type"]
