"""A small server of the Bitbucket 1.0 events resource: a list without ids, newest recorded first."""

from datetime import UTC, datetime, timedelta
from typing import Any

from relay.events import Event
from tests.servers import Reply, Request
from tests.sources.events_server import entry, serving

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Forge:
    """Answers as the 1.0 API did; `entries` are newest first."""

    kind, feed, token = "bitbucket-v1", "repositories/harbour/tide-tables", "t0ken-of-the-test"
    next_host = None  # it is paged by number

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._at = NOON

    def settings(self, url: str) -> dict[str, Any]:
        return {"url": url, "token": self.token, "repositories": ["harbour/tide-tables"]}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        self._at = max(at or self._at + timedelta(minutes=1), self._at)
        user = {"username": "ana"} if actor else None
        self.entries.insert(0, entry(f"c{n}", utc_created_on=(at or self._at).isoformat(), user=user))
        return f"c{n}"

    def add_late(self, at: datetime) -> str:
        self.entries.insert(2, entry("late", utc_created_on=at.isoformat()))
        return "late"

    def drop_all_but_newest(self) -> None:
        del self.entries[1:]

    def overrun(self) -> None:
        self.entries.clear()
        for n in range(8000, 8060):
            self.add(n)

    def delete_newest(self) -> None:
        del self.entries[0]

    def title_of(self, event: Event) -> str:
        return event.commits[0].hash

    def respond(self, request: Request) -> Reply:
        if request.path != "/1.0/repositories/harbour/tide-tables/events/":
            return Reply(404, "<h1>Resource not found</h1>")
        return serving(self.entries)(request)
