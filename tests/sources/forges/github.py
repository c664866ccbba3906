"""A small GitHub: one repository, its events in the order they were recorded, conditional requests and three pages."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from json import dumps
from typing import Any

from relay.events import Event
from tests.servers import Reply, Request

TOKEN = "t0ken-of-the-test"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = {"id": 7, "login": "ada", "display_login": "ada", "gravatar_id": "", "avatar_url": "https://avatars.example/7"}
SITE = {"id": 501, "name": "acme/site", "url": "https://api.github.com/repos/acme/site"}
WINDOW, PAGE = 300, 100


def entry(id: str, type: str, payload: dict[str, Any], at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """One entry of the events, as GitHub wraps them all."""
    created_at = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    fixed = {"id": id, "type": type, "actor": ADA, "repo": SITE, "payload": payload, "public": True}
    return fixed | {"created_at": created_at} | more


def issue(number: int, title: str, **more: Any) -> dict[str, Any]:
    """An issue as entries hold it whole."""
    url = f"https://github.com/acme/site/issues/{number}"
    return {"number": number, "title": title, "html_url": url, "state": "open", "labels": []} | more


class Forge:
    """Answers as GitHub does; `entries` are newest first, `answers` what else it knows, by path.

    `most` is how many entries a page holds.
    """

    kind, feed, token = "github", "repositories/acme/site", TOKEN
    events = ("/repositories/501/events", "/users/ada/events", "/orgs/acme/events")

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self.answers: dict[str, Any] = {"/repos/acme/site": {"id": 501, "full_name": "acme/site"}}
        self.counted: list[str] = []
        self.headers = {"x-poll-interval": "60"}
        self.most = PAGE
        self._next: str | None = None
        self._number = 0

    def settings(self, url: str) -> dict[str, Any]:
        """What stands in rules.yaml."""
        return {"kind": "github", "url": url, "token": TOKEN, "repositories": ["acme/site"]}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        """An issue is reported, newest."""
        self.entries.insert(0, self._issue(f"Issue {n}", at or NOON, actor))
        return f"Issue {n}"

    def add_late(self, at: datetime) -> str:
        """An issue that appears below newer ones."""
        title = f"Late {len(self.entries)}"
        self.entries.insert(min(2, len(self.entries)), self._issue(title, at, actor=True))
        return title

    def _issue(self, title: str, at: datetime, actor: bool) -> dict[str, Any]:
        self._number += 1
        id = str(10_000_000_000 + 7_919 * self._number % 100_003)  # ids say nothing of the order
        payload = {"action": "opened", "issue": issue(self._number, title)}
        return entry(id, "IssuesEvent", payload, at, actor=ADA if actor else None)

    def overrun(self) -> None:
        """So much happened that nothing known is listed."""
        for n in range(WINDOW):
            self.add(100_000 + n, NOON + timedelta(seconds=n))

    def drop_all_but_newest(self) -> None:
        """The window shrinks to its newest entry."""
        del self.entries[1:]

    def delete_newest(self) -> None:
        """What the newest entry told of is gone, and the entry with it."""
        del self.entries[0]

    def title_of(self, event: Event) -> str:
        """What `add` returned."""
        return event.title or ""

    def next_host(self, url: str) -> None:
        """Further pages stand on another host."""
        self._next = url

    def respond(self, request: Request) -> Reply:
        """What GitHub answers; `counted` are the requests that it counts."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401, {"message": "Bad credentials"})
        reply = self._reply(request)
        if reply.status != 304:
            self.counted.append(request.path)
        return reply

    def _reply(self, request: Request) -> Reply:
        if request.path in self.events:
            return self._page(request, int(request.query.get("page", "1")))
        answer = self.answers.get(request.path)
        return Reply(404, {"message": "Not Found"}) if answer is None else self._conditional(request, answer, {})

    def _page(self, request: Request, number: int) -> Reply:
        if number * PAGE > WINDOW:
            return Reply(422, {"message": "In order to keep the API fast for everyone, pagination is limited"})
        listed = self.entries[:WINDOW]
        more = number * self.most < len(listed)
        host = request.headers["host"]
        onward = self._next or (f"http://{host}{request.path}?per_page={self.most}&page={number + 1}" if more else None)
        link = {"link": f'<{onward}>; rel="next", <http://{host}/last>; rel="last"'} if onward else {}
        return self._conditional(request, listed[(number - 1) * self.most : number * self.most], link | self.headers)

    def _conditional(self, request: Request, answer: Any, headers: dict[str, str]) -> Reply:
        if isinstance(answer, Reply):
            return answer
        etag = f'W/"{blake2b(dumps(answer).encode(), digest_size=8).hexdigest()}"'
        same = request.headers.get("if-none-match") == etag
        return Reply(304 if same else 200, b"" if same else answer, headers | {"etag": etag})
