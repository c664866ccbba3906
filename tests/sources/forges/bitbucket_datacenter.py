"""A small honest Bitbucket Data Center: one repository with its pull requests, its log of pushes, and what hangs there."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers import Reply, Request

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SITE = "https://git.example"
WEB = f"{SITE}/projects/TP/repos/site"
BASE = "/rest/api/1.0/"
MOST = 100  # entries of a page, whatever is asked for


def user(name: str, shown: str) -> dict[str, Any]:
    """A user as the server describes one."""
    links = {"self": [{"href": f"{SITE}/users/{name}"}]}
    id = sum(map(ord, name))
    return {
        "name": name,
        "slug": name,
        "displayName": shown,
        "id": id,
        "active": True,
        "type": "NORMAL",
        "links": links,
    }


ADA, BEN = user("ada", "Ada L"), user("ben", "Ben K")


def millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def repository(id: int = 7, slug: str = "site", project: str = "TP", **fields: Any) -> dict[str, Any]:
    """A repository as the server describes one."""
    links = {"self": [{"href": f"{SITE}/projects/{project}/repos/{slug}/browse"}]}
    return {
        "id": id,
        "slug": slug,
        "name": slug.title(),
        "public": False,
        "project": {"key": project},
        "links": links,
    } | fields


def commit(n: int, message: str = "", at: datetime = NOON, author: Any = None) -> dict[str, Any]:
    """A commit as the server describes one; its hash is made of its number."""
    who = author or {"name": "ada", "displayName": "Ada L", "emailAddress": "ada@git.example"}
    return {"id": hash_of(n), "message": message or f"Change {n}", "author": who, "committerTimestamp": millis(at)}


def hash_of(n: int) -> str:
    return f"{n:040x}"


class Forge:
    """Answers as the server does; what it holds may be changed, and `rest` is whatever else lies below the API's base."""

    kind = "bitbucket-datacenter"
    feed = "repositories/TP/site"
    token = "t0ken-of-the-test"
    next_host = None  # it is paged by number

    def __init__(self) -> None:
        self.pulls: dict[int, dict[str, Any]] = {}
        self.activities: dict[int, list[dict[str, Any]]] = {}
        self.log: list[dict[str, Any]] = []
        self.commits: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.repository = repository()
        self.is_admin = True
        self.rest: dict[str, Any] = {}
        self._id, self._at = 100, NOON

    def settings(self, url: str) -> dict[str, Any]:
        return {"url": url, "token": self.token, "repositories": ["TP/site"]}

    def add(self, n: int, at: datetime | None = None, actor: bool = True) -> str:
        self.push(f"refs/tags/v{n}", None, n + 1, at, who=ADA if actor else None)
        return f"v{n}"

    def add_late(self, at: datetime) -> str:
        self.push("refs/tags/late", None, 9000, at)
        self.log.insert(min(3, len(self.log) - 1), self.log.pop(0))
        return "late"

    def drop_all_but_newest(self) -> None:
        del self.log[1:]

    def overrun(self) -> None:
        self.log.clear()
        for n in range(8000, 8250):
            self.add(n)

    def delete_newest(self) -> None:
        del self.log[0]

    def title_of(self, event: Any) -> str:
        return event.title

    def tick(self) -> datetime:
        self._at += timedelta(minutes=1)
        return self._at

    def next_id(self) -> int:
        self._id += 3
        return self._id

    def push(
        self,
        ref: str,
        old: int | None,
        new: int | None,
        at: datetime | None = None,
        *,
        who: Any = ADA,
        brought: int = 0,
    ) -> None:
        """Somebody moves a ref from one commit to another; `brought` are the commits between the two."""
        kind = "ADD" if old is None else "DELETE" if new is None else "UPDATE"
        hashes = [hash_of(one or 0) for one in (old, new)]
        change = {"refId": ref, "fromHash": hashes[0], "toHash": hashes[1], "type": kind, "ref": {"id": ref}}
        at = at or self.tick()
        self.log.insert(
            0, {"id": self.next_id(), "createdDate": millis(at), "user": who, "trigger": "push", "refChange": change}
        )
        if new is not None and old is not None:
            self.commits[hashes[0], hashes[1]] = [commit(new - n, at=at) for n in range(brought)]

    def open(self, n: int, title: str = "", *, by: Any = ADA, at: datetime | None = None) -> None:
        """Somebody opens a pull request."""
        at = at or self.tick()
        ref = {"id": "refs/heads/fix", "displayId": "fix", "repository": self.repository}
        target = {"id": "refs/heads/main", "displayId": "main", "repository": self.repository}
        self.pulls[n] = {
            "id": n,
            "version": 0,
            "title": title or f"Pull request {n}",
            "state": "OPEN",
            "createdDate": millis(at),
            "updatedDate": millis(at),
            "fromRef": ref,
            "toRef": target,
            "author": {"user": by},
            "reviewers": [{"user": BEN, "status": "UNAPPROVED"}],
            "properties": {"commentCount": 0},
            "links": {"self": [{"href": f"{WEB}/pull-requests/{n}"}]},
        }
        self.activities[n] = [{"id": self.next_id(), "createdDate": millis(at), "user": by, "action": "OPENED"}]

    def act(self, n: int, action: str, *, by: Any = BEN, at: datetime | None = None, **fields: Any) -> None:
        """Somebody does something to a pull request."""
        at = at or self.tick()
        entry = {"id": self.next_id(), "createdDate": millis(at), "user": by, "action": action}
        self.activities[n].insert(0, entry | fields)
        self.touch(n, at, {"MERGED": "MERGED", "DECLINED": "DECLINED", "REOPENED": "OPEN"}.get(action))

    def touch(self, n: int, at: datetime, state: str | None = None) -> None:
        """The pull request is listed differently."""
        pull = self.pulls[n]
        self.pulls[n] = pull | {
            "updatedDate": millis(at),
            "version": pull["version"] + 1,
            "state": state or pull["state"],
        }

    def say(self, n: int, id: int, text: str, *, path: str | None = None, replies: Any = ()) -> dict[str, Any]:
        """Somebody comments; what is returned may be changed in place, as comments are."""
        at = self.tick()
        said = comment(id, text, at) | {"comments": list(replies)}
        anchor = {"commentAnchor": {"path": path}} if path else {}
        self.act(n, "COMMENTED", at=at, commentAction="ADDED", comment=said, **anchor)
        return self.activities[n][0]["comment"]

    def respond(self, request: Request) -> Reply:
        place = request.path.removeprefix(BASE)
        below = place.removeprefix("projects/TP/repos/site")
        if place in self.rest:
            found = self.rest[place]
            return page(found, request) if isinstance(found, list) else Reply(body=found)
        if below == place:
            return missing(place)
        return self._below(below.strip("/").split("/"), request)

    def _below(self, names: list[str], request: Request) -> Reply:
        match names:
            case [""]:
                return Reply(body=self.repository)
            case ["pull-requests"]:
                state = request.query["state"]
                return page([one for one in self.newest() if state in ("ALL", one["state"])], request)
            case ["pull-requests", n] if int(n) in self.pulls:
                return Reply(body=self.pulls[int(n)])
            case ["pull-requests", n, "activities"] if int(n) in self.pulls:
                return page(self.activities[int(n)], request)
            case ["ref-change-activities"] if self.is_admin:
                return page(self.log, request)
            case ["ref-change-activities"]:
                return Reply(401, errors("You are not permitted to access this resource"))
            case ["commits"] if "since" in request.query:
                return page(self.commits.get((request.query["since"], request.query["until"]), []), request)
            case ["default-branch"]:
                return Reply(body={"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"})
        return missing("/".join(names))

    def newest(self) -> list[dict[str, Any]]:
        return [self.pulls[n] for n in sorted(self.pulls, reverse=True)]


def comment(id: int, text: str, at: datetime, *, by: Any = BEN, version: int = 0) -> dict[str, Any]:
    """A comment as the server describes one."""
    times = {"createdDate": millis(at), "updatedDate": millis(at)}
    return {"id": id, "version": version, "text": text, "author": by, "comments": [], **times}


def missing(what: str) -> Reply:
    return Reply(404, errors(f"{what} does not exist."))


def errors(message: str) -> dict[str, Any]:
    return {"errors": [{"context": None, "message": message, "exceptionName": None}]}


def page(items: list[Any], request: Request, most: int = MOST) -> Reply:
    """A page of a list; the next one starts where the server says, one entry that nobody may see further on."""
    start, size = int(request.query.get("start", 0)), min(int(request.query.get("limit", 25)), most)
    at = start - start // (most + 1)
    values, ended = items[at : at + size], at + size >= len(items)
    onward = {} if ended else {"nextPageStart": start + size + (size == most)}
    return Reply(
        body={"values": values, "size": len(values), "limit": size, "start": start, "isLastPage": ended} | onward
    )
