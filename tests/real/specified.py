"""Forges as their specifications have them, with what a mock cannot know put right.

The repository is the same one at every look, lists have an end, and what a specification leaves empty is made of a list
that is like it. Everything else is as random as it comes.
"""

import json
from dataclasses import replace
from random import Random
from typing import Any, ClassVar

from relay.sources.bitbucket import Bitbucket
from relay.sources.gitea import Gitea
from tests.real.prism import RANDOM, Prism
from tests.servers import Reply, Request

_HAPPENED = (
    *("CommitComment", "Create", "Delete", "Fork", "Gollum", "IssueComment", "Issues", "Member", "Public", "Push"),
    *("PullRequest", "PullRequestReview", "PullRequestReviewComment", "Release", "Watch"),
)


class Specified:
    """What these forges share; `polls` counts the polls of the repository, `spec` is the file, `base` where the API is.

    `reposited` are the addresses of the repository itself, `ids` what it is known by there, and `polled` are addresses
    of which each poll asks one first; `included` are types that may be asked for.
    """

    kind: ClassVar[str]
    spec: ClassVar[str]
    base: ClassVar[str] = ""
    polled: ClassVar[tuple[str, ...]]
    reposited: ClassVar[tuple[str, ...]]
    ids: ClassVar[dict[str, Any]]
    included: ClassVar[tuple[str, ...]] = ()

    def __init__(self, prism: Prism) -> None:
        self.prism, self.polls = prism, 0
        self._random, self._number = Random(1), 0

    def respond(self, request: Request) -> Reply:
        """The mock's answer, put right."""
        path = request.path.removeprefix(self.base)
        self.polls += path in self.polled and request.query.get("page", "1") == "1"
        reply = self.answer(path, request)
        if reply.status != 200 or not reply.body:
            return reply
        raw = json.loads(reply.encoded())
        return replace(reply, body=raw | self.ids if path in self.reposited else self.put_right(path, raw))

    def answer(self, path: str, request: Request) -> Reply:
        """The mock's answer."""
        return self.prism.ask(path, request, request.query)

    def put_right(self, path: str, raw: Any) -> Any:
        """What a mock cannot know, put right in a list."""
        return raw

    def chance(self, of: float) -> bool:
        """Whether to do something that is done now and then."""
        return self._random.random() < of

    def number(self) -> int:
        """Numbers that grow, as a forge counts."""
        self._number += 1
        return self._number


class Cloud(Specified):
    """Bitbucket Cloud. Its mock leads to a strange host with the `next` of every list, of which `onward` is the part left.

    `like` says by its end which list is made of which other one.
    """

    kind, spec, base = "bitbucket", "bitbucket-cloud.openapi3.json", "/2.0"
    polled = ("/repositories/acme", "/repositories/acme/site")
    reposited = ("/repositories/acme/site",)
    ids: ClassVar[dict[str, Any]] = {"uuid": "{e762bff4-f795-49c6-b9f9-6ea334b6d964}", "full_name": "acme/site"}
    included = tuple(type for type, how in Bitbucket.coverage.items() if how == "include")
    onward = 0.05
    like: ClassVar[dict[str, str]] = {  # of refs the mock fails by an overflow of its own
        "/pullrequests/activity": "/pullrequests/1/comments",
        "/downloads": "/forks",
        "/refs": "/commits",
    }

    def answer(self, path: str, request: Request) -> Reply:
        """The mock's answer; git asks for a login that there is not, so pushes are read here too."""
        if ".git/" in path:
            return Reply(401)
        sort = {"sort": request.query["sort"].lstrip("-")} if "sort" in request.query else {}  # `-` is not specified
        end = next((end for end in self.like if path.endswith(end)), None)
        if end is None or self.chance(0.1):
            return self.prism.ask(path, request, request.query | sort)
        return self.prism.ask(path.removesuffix(end) + self.like[end], request, {})

    def put_right(self, path: str, raw: Any) -> Any:
        """Lists of their own kind, the repository in that of the workspace, and `next` now and then."""
        if "values" not in raw:
            return raw
        values = [self._made(path, one) for one in raw["values"]]
        if path == "/repositories/acme" and values:
            values[0] |= self.ids
        onward = {"next": raw["next"]} if "next" in raw and self.chance(self.onward) else {}
        return {"values": values} | onward

    def _made(self, path: str, one: Any) -> Any:
        if path.endswith("/refs"):
            return {"type": self._random.choice(["branch", "tag"]), "name": one.get("message"), "target": one}
        if path.endswith("/pullrequests/activity"):
            return {"comment": one, "pull_request": one.get("pullrequest")}
        return one


class Forgejo(Specified):
    """Forgejo. Its mock has no last page."""

    kind, spec, base = "gitea", "forgejo.swagger2.json", "/api/v1"
    polled = ("/repos/acme/site/activities/feeds",)
    reposited = ("/repos/acme/site", "/repositories/501")
    ids: ClassVar[dict[str, Any]] = {"id": 501, "full_name": "acme/site"}
    included = tuple(type for type, how in Gitea.coverage.items() if how == "include")

    def answer(self, path: str, request: Request) -> Reply:
        """The mock's answer, and no third page."""
        return Reply(body=[]) if int(request.query.get("page", 1)) > 2 else super().answer(path, request)

    def put_right(self, path: str, raw: Any) -> Any:
        """Activities mostly of the repository, numbered in their order, and some about an issue."""
        if not path.endswith("/activities/feeds"):
            return raw
        return [self._happened(one) if self.chance(0.9) else one for one in raw]

    def _happened(self, entry: dict[str, Any]) -> dict[str, Any]:
        text = f"{self.number()}|{entry.get('content')}" if self.chance(0.5) else entry.get("content")
        return entry | {"id": self.number(), "repo": (entry.get("repo") or {}) | self.ids, "content": text}


class GitHub(Specified):
    """GitHub, of which the specification is a part: events, and hardly anything that they lead to."""

    kind, spec = "github", "github-events-subset.openapi3.json"
    polled = ("/repositories/501/events",)
    reposited = ("/repos/acme/site",)
    ids: ClassVar[dict[str, Any]] = {"id": 501, "full_name": "acme/site"}

    def answer(self, path: str, request: Request) -> Reply:
        """The mock's answer: the events of all, which alone are specified with their failures."""
        if path in self.reposited:
            return Reply(body={"id": 501})
        if path not in self.polled:
            return self.prism.ask(path, request, request.query)
        reply = self.prism.ask("/events", request, request.query)
        return replace(reply, headers=reply.headers | {"etag": '"page"'})  # none is specified, but a 304 is

    def put_right(self, path: str, raw: Any) -> Any:
        """Random events with an id each, and mostly with a type that there is."""
        random = path in self.polled and self.prism.prefer == RANDOM
        return [self._happened(one) for one in raw] if random else raw

    def _happened(self, entry: dict[str, Any]) -> dict[str, Any]:
        type = f"{self._random.choice(_HAPPENED)}Event" if self.chance(0.9) else entry["type"]
        return entry | {"id": str(self.number()), "type": type}
