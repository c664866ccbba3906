"""A small honest Gitea: one repository with its activities, its issues, and what stands around them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers import Reply, Request

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = {"id": 3, "login": "ada", "full_name": "Ada L", "html_url": "https://git.example/ada"}
GHOST = {"id": -1, "login": "Ghost", "full_name": ""}
REPOSITORY = {
    "id": 12,
    "name": "site",
    "full_name": "acme/site",
    "owner": {"id": 2, "login": "acme"},
    "html_url": "https://git.example/acme/site",
    "private": False,
    "default_branch": "main",
    "created_at": "2026-01-01T00:00:00Z",
}
PER_PAGE = 50


def activity(id: int, op: str = "commit_repo", content: Any = "", at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    """One entry of a feed."""
    return {
        "id": id,
        "op_type": op,
        "content": content,
        "created": at.isoformat(),
        "act_user": ADA,
        "act_user_id": 3,
        "user_id": 3,
        "repo": REPOSITORY,
        "repo_id": 12,
        "ref_name": "",
        "is_private": False,
    } | fields


class Forge:
    """Answers as Gitea does; `activities` and `places` are what it holds, `most` what a page holds; may be changed."""

    kind = "gitea"
    feed = "repositories/acme/site"
    token = "t0ken-of-the-test"
    next_host = None  # it is paged by number

    def __init__(self) -> None:
        self.activities: list[dict[str, Any]] = []
        self.places: dict[str, Any] = {"user": ADA} | dict.fromkeys(("repos/acme/site", "repositories/12"), REPOSITORY)
        self.most = PER_PAGE
        self._id, self._at = 1000, NOON

    def settings(self, url: str) -> dict[str, Any]:
        return {"url": url, "token": self.token, "repositories": ["acme/site"]}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        self._id += 2  # other repositories have activities too
        self._at = max(at or self._at + timedelta(minutes=1), self._at)
        title = f"Issue {n}"
        person = ADA if actor else GHOST
        self.activities.append(activity(self._id, "create_issue", f"{n}|{title}", at or self._at, act_user=person))
        return title

    def add_late(self, at: datetime) -> str:
        self.activities.append(activity(self._id - 1, "create_issue", "9000|Late", at))
        return "Late"

    def drop_all_but_newest(self) -> None:
        self.activities = self.listed()[:1]

    def overrun(self) -> None:
        self.activities.clear()
        self._id += 5000
        for n in range(8000, 8060):
            self.add(n)

    def delete_newest(self) -> None:
        self.activities.remove(self.listed()[0])

    def title_of(self, event: Any) -> str:
        return event.title

    def listed(self) -> list[dict[str, Any]]:
        newest = sorted(self.activities, key=lambda entry: -entry["id"])
        return sorted(newest, key=lambda entry: datetime.fromisoformat(entry["created"]), reverse=True)

    def respond(self, request: Request) -> Reply:
        place = request.path.removeprefix("/api/v1/")
        if place == "repos/acme/site/activities/feeds":
            return page(self.listed(), request, self.most)
        if place in self.places:
            found = self.places[place]
            return page(found, request, self.most) if isinstance(found, list) else Reply(body=found)
        return Reply(404, {"message": "The target couldn't be found.", "errors": []})


def page(items: list[Any], request: Request, most: int) -> Reply:
    size = min(int(request.query.get("limit", 30)), most)
    start = (int(request.query.get("page", 1)) - 1) * size
    return Reply(body=items[start : start + size], headers={"x-total-count": str(len(items))})
