"""A small honest GitLab: one project with its events, and whatever lists and things a test puts beside them."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from relay.events import Event
from tests.servers import Reply, Request

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SITE = "https://gitlab.example/acme/site"
ADA = {
    "id": 3,
    "username": "ada",
    "name": "Ada L",
    "state": "active",
    "avatar_url": "https://gitlab.example/ada.png",
    "web_url": "https://gitlab.example/ada",
}
PROJECT = {
    "id": 15,
    "name": "Site",
    "path": "site",
    "path_with_namespace": "acme/site",
    "web_url": SITE,
    "visibility": "private",
    "default_branch": "main",
    "created_at": "2026-01-01T00:00:00.000Z",
}


def text(at: datetime) -> str:
    """A time as GitLab writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def entry(
    id: int, action: str = "opened", type: str | None = "Issue", at: datetime = NOON, **more: Any
) -> dict[str, Any]:
    """One entry of the events."""
    fixed = {"id": id, "project_id": 15, "action_name": action, "target_type": type, "author_id": 3, "author": ADA}
    target = {"target_id": 100 + id, "target_iid": id if type else None, "target_title": None}
    return fixed | target | {"created_at": text(at), "author_username": "ada"} | more


def pushed(id: int, name: str = "pushed to", at: datetime = NOON, **push: Any) -> dict[str, Any]:
    """An entry that is a push of two commits to main, unless said otherwise."""
    data = {"commit_count": 2, "action": "pushed", "ref_type": "branch", "ref": "main", "ref_count": None}
    hashes = {"commit_from": "a" * 40, "commit_to": "c" * 40, "commit_title": "Third"}
    return entry(id, name, None, at, push_data=data | hashes | push, target_id=None)


class Forge:
    """Answers as GitLab does; `entries` are in no order, `places` what else it holds, by path; both may be changed.

    `most` is how many a page holds at most.
    """

    kind, feed, token = "gitlab", "repositories/acme/site", "t0ken-of-the-test"

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self.places: dict[str, Any] = {"projects/acme%2Fsite": PROJECT, "projects/15": PROJECT}
        self.reopened: set[int] = set()
        self.project = "15"
        self.most = 100
        self._id, self._at, self._next = 1000, NOON, ""

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "gitlab", "url": url, "token": self.token, "repositories": ["acme/site"]}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        self._id += 2  # other projects have events too
        self._at = max(at or self._at + timedelta(seconds=1), self._at)
        who = {} if actor else {"author": None, "author_username": None}
        self.entries.append(entry(self._id, at=at or self._at, target_iid=n, target_title=f"Issue {n}", **who))
        return f"Issue {n}"

    def add_late(self, at: datetime) -> str:
        title = f"Late {len(self.entries)}"
        self.entries.append(entry(self._id - 1, at=at, target_title=title))
        return title

    def drop_all_but_newest(self) -> None:
        self.entries = self.listed()[:1]

    def overrun(self) -> None:
        for n in range(20_000, 30_100):
            self.add(n)

    def delete_newest(self) -> None:
        self.entries.remove(self.listed()[0])

    def title_of(self, event: Event) -> str:
        return event.title or ""

    def next_host(self, url: str) -> None:
        """Page by a link to that host, as servers do that number no pages."""
        self._next = url

    def listed(self) -> list[Any]:
        return sorted(self.entries, key=lambda one: one.get("id", 0) if isinstance(one, dict) else 0, reverse=True)

    def respond(self, request: Request) -> Reply:
        place = request.path.removeprefix("/api/v4/")
        if re.fullmatch(rf"projects/{self.project}/events|users/[^/]+/events", place):
            return self._page(self._events(request.query), request)
        if place not in self.places:
            return Reply(404, {"message": "404 Project Not Found"})
        found = self.places[place]
        return self._page(found, request) if isinstance(found, list) else Reply(body=found)

    def _events(self, query: dict[str, str]) -> list[Any]:
        """What the filters leave: `after` leaves out that whole day, `action` knows what was only reopened."""
        listed = self.listed()
        if "after" in query:
            first = date.fromisoformat(query["after"]) + timedelta(days=1)
            listed = [one for one in listed if one.get("created_at", "9999")[:10] >= first.isoformat()]
        if query.get("action") == "reopened":
            listed = [one for one in listed if one.get("id") in self.reopened]
        return listed

    def _page(self, items: list[Any], request: Request) -> Reply:
        size, number = min(int(request.query.get("per_page", 20)), self.most), int(request.query.get("page", 1))
        if self._next:
            return Reply(body=items[:1], headers={"link": f'<{self._next}/api/v4/next?page=2>; rel="next"'})
        more = str(number + 1) if number * size < len(items) else ""
        return Reply(body=items[(number - 1) * size : number * size], headers={"x-next-page": more})
