"""A small Bitbucket Cloud: repositories, their pull requests and activity, and git's own server behind them."""

import re
import shutil
import tempfile
import weakref
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from relay.events import Event
from tests.git.repository import Repository, serve
from tests.servers import Reply, Request

TOKEN = "t0ken-of-the-test"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SITE = "{e762bff4-f795-49c6-b9f9-6ea334b6d964}"
_ADA, _BEN = "{64135f6a-3978-4297-99b1-21827e0faf0b}", "{9484702e-c663-4afd-aefb-c93a8cd31c28}"
_OF_NONE: dict[tuple[str, bytes], Reply] = {}  # what git answers for a repository that is empty


def stamp(at: datetime) -> str:
    """A time as Bitbucket writes it."""
    return at.isoformat(timespec="microseconds")


def user(uuid: str, name: str, nickname: str) -> dict[str, Any]:
    """A person as every object names one."""
    html = f"https://bitbucket.org/%7B{uuid[1:-1]}%7D/"
    links = {"html": {"href": html}, "avatar": {"href": f"https://avatars.example/{nickname}"}}
    return {"display_name": name, "nickname": nickname, "uuid": uuid, "type": "user", "links": links}


ADA, BEN = user(_ADA, "Ada L", "ada"), user(_BEN, "Ben Okoye", "ben")


def repository(uuid: str = SITE, name: str = "acme/site", at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """A repository as listings have it."""
    links = {"html": {"href": f"https://bitbucket.org/{name}"}}
    fixed = {"uuid": uuid, "full_name": name, "name": name.partition("/")[2].title(), "is_private": True}
    times = {"created_on": stamp(at - timedelta(days=900)), "updated_on": stamp(at)}
    return fixed | times | {"type": "repository", "links": links} | more


def linked(number: int, title: str = "Dark mode") -> dict[str, Any]:
    """A pull request as activity names it."""
    links = {"html": {"href": f"https://bitbucket.org/acme/site/pull-requests/{number}"}}
    return {"type": "pullrequest", "id": number, "title": title, "links": links}


def pull(number: int, at: datetime = NOON, state: str = "OPEN", **more: Any) -> dict[str, Any]:
    """A pull request as its list has it, opened at a time."""
    ends = {"source": {"branch": {"name": "dark"}}, "destination": {"branch": {"name": "main"}}}
    times = {"created_on": stamp(at), "updated_on": stamp(at)}
    people = {"author": ADA, "closed_by": None, "participants": [], "reviewers": [BEN]}
    return linked(number) | ends | times | people | {"state": state, "reason": "", "merge_commit": None} | more


def comment(number: int, text: str, at: datetime, pull_request: int = 12, **more: Any) -> dict[str, Any]:
    """A comment on a pull request; it is written a moment before its last change, as all recorded ones are."""
    url = f"https://bitbucket.org/acme/site/pull-requests/{pull_request}/_/diff#comment-{number}"
    said = {"content": {"raw": text, "markup": "markdown"}, "user": BEN, "deleted": False}
    times = {"created_on": stamp(at), "updated_on": stamp(at + timedelta(microseconds=70))}
    return {"id": number, "type": "pullrequest_comment", "links": {"html": {"href": url}}} | said | times | more


def activity(kind: str, body: dict[str, Any], pull_request: int = 12) -> dict[str, Any]:
    """One entry of the activity."""
    return {"pull_request": linked(pull_request), kind: body}


class Forge:
    """Answers as Bitbucket does; `entries` is the activity of the first repository, newest first."""

    kind, feed, token = "bitbucket", "repositories/acme/site", TOKEN

    def __init__(self) -> None:
        self.repositories = [repository()]
        self.pulls: list[dict[str, Any]] = [pull(12, NOON - timedelta(days=30))]
        self.entries: list[Any] = []
        self.answers: dict[str, Any] = {}
        self._next: str | None = None
        self._number = 1000
        self._kept = _OF_NONE

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, folder)
        return folder

    @cached_property
    def git(self) -> Repository:
        """The repository behind it, empty at first; `push` makes known what is done to it."""
        return Repository(self._folder)

    def settings(self, url: str) -> dict[str, Any]:
        """What stands in rules.yaml."""
        return {"kind": "bitbucket", "url": url, "token": TOKEN, "repositories": ["acme/site"]}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        """Somebody comments on the pull request, newest."""
        self.entries.insert(0, self._comment(f"Comment {n}", at or NOON, actor))
        return f"Comment {n}"

    def add_late(self, at: datetime) -> str:
        """A comment that appears below newer ones."""
        text = f"Late {len(self.entries)}"
        self.entries.insert(min(2, len(self.entries)), self._comment(text, at, actor=True))
        return text

    def _comment(self, text: str, at: datetime, actor: bool) -> dict[str, Any]:
        self._number += 1
        self.touch()
        return activity("comment", comment(self._number, text, at, user=BEN if actor else None))

    def touch(self, index: int = 0) -> None:
        """The repository has a new `updated_on`, as pushes and comments give it."""
        before = datetime.fromisoformat(self.repositories[index]["updated_on"])
        self.repositories[index]["updated_on"] = stamp(before + timedelta(milliseconds=1))

    def drop_all_but_newest(self) -> None:
        """The activity shrinks to its newest entry."""
        del self.entries[1:]

    def overrun(self) -> None:
        """So much happened that nothing known is listed."""
        self.entries.clear()
        for n in range(60):
            self.add(100_000 + n, NOON + timedelta(minutes=30, seconds=n))

    def delete_newest(self) -> None:
        """What the newest entry told of is gone, and the entry with it."""
        del self.entries[0]
        self.touch()

    def title_of(self, event: Event) -> str:
        """What `add` returned."""
        return (event.comment.text if event.comment else None) or ""

    def next_host(self, url: str) -> None:
        """Every list goes on at another host."""
        self._next = url

    def push(self, *messages: str) -> None:
        """Commits on main, as one push, and whatever else happened to the refs."""
        if messages:
            self.git.push(*messages)
        self._kept = {}

    def respond(self, request: Request) -> Reply:
        """The answer to REST and to git."""
        path = unquote(request.path)
        if ".git/" in path:
            return self._git(request)
        if path in self.answers:
            answer = self.answers[path]
            return answer if isinstance(answer, Reply) else self._page(answer, request)
        workspace, repository, below = ([*path.split("/", 5)[3:], "", ""])[:3]
        if not repository:
            return self._page(self._chosen(self.repositories, request), request)
        found = [one for one in self.repositories if f"{workspace}/{repository}" in _names(one)]
        if not found:
            return Reply(404, {"type": "error", "error": {"message": f"Repository {workspace}/{repository} not found"}})
        first = found[0] is self.repositories[0]
        if below == "pullrequests/activity":
            return self._page(self.entries if first else [], request)
        if below == "pullrequests":
            return self._page(self._chosen(self.pulls, request) if first else [], request)
        return Reply(404) if below else Reply(body=found[0])

    def _git(self, request: Request) -> Reply:
        inside = re.sub(r"^/acme/[^/]+\.git/", "/acme/site.git/", request.path)
        key = (f"{inside} {request.query}", request.body)
        if key not in self._kept:
            own = Request(request.method, inside, request.query, request.headers, request.body)
            self._kept[key] = serve(self.git.path.parents[1], own)
        return self._kept[key]

    def _chosen(self, objects: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
        """Those that `q` asks for, in the order of `sort`; of both the little that relay uses."""
        wanted = request.query.get("q", "")
        since = re.search(r"updated_on > (\S+)", wanted)
        chosen = [
            one
            for one in objects
            if not wanted
            or (since and datetime.fromisoformat(one["updated_on"]) > datetime.fromisoformat(since[1]))
            or ('state = "OPEN"' in wanted and one.get("state") == "OPEN")
        ]
        sort = request.query.get("sort", "")
        return sorted(chosen, key=lambda one: one[sort.lstrip("-")], reverse=sort.startswith("-")) if sort else chosen

    def _page(self, values: list[Any], request: Request) -> Reply:
        page, size = int(request.query.get("page", 1)), int(request.query.get("pagelen", 10))
        if size > (50 if "/pullrequests" in request.path else 100):
            return Reply(400, {"type": "error", "error": {"message": "Invalid pagelen"}})
        body: dict[str, Any] = {"pagelen": size, "values": values[(page - 1) * size : page * size]}
        if self._next:
            body["next"] = f"{self._next}{request.path}?page={page + 1}"
        elif page * size < len(values):
            query = "&".join(f"{name}={value}" for name, value in (request.query | {"page": str(page + 1)}).items())
            body["next"] = f"http://{request.headers['host']}{request.path}?{query.replace('+', '%2B')}"
        return Reply(body=body)


def _names(one: dict[str, Any]) -> set[str]:
    workspace = one["full_name"].partition("/")[0]
    return {one["full_name"], f"{workspace}/{one['uuid']}"}
