"""Comments as GitHub lists them, and what is told of them once they were edited or deleted. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from relay.cursor import digest
from relay.events import Actor, Comment, Commit, Event
from relay.fields import Fields
from relay.sources.github_answers import Pull, Site

_WHERE = re.compile(r"/([^/]+/[^/]+)/(pull|issues|commit)/([0-9a-f]{1,64})", re.ASCII)
_SOON = timedelta(seconds=1)


@dataclass(frozen=True)
class Said:
    """A comment in a list; its page says what it is about."""

    id: str
    url: str
    created_at: datetime
    updated_at: datetime
    comment: Comment
    user: Fields

    @property
    def key(self) -> str:
        """The comment as it reads now."""
        return f"{self.id}@{self.updated_at.isoformat()}"

    @property
    def was_edited(self) -> bool:
        """Whether it was changed after it was written."""
        return self.updated_at - self.created_at > _SOON

    @property
    def number(self) -> int | None:
        """The pull request that it belongs to; None for comments on issues and commits."""
        _, kind, number = where(self.url)
        return int(number) if kind == "pull" and number.isdecimal() and len(number) < 10 else None


def where(url: str) -> tuple[str, str, str]:
    """The repository, the kind of thing and which one, from the address of a comment; empty where it tells none."""
    found = _WHERE.fullmatch(urlsplit(url).path)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def said(raw: Fields) -> tuple[list[Said], list[str]]:
    """The comments of a list, and for each that lacks its id, page or times a digest of what it is instead."""
    read = [(one, _said(one)) for one in raw.items()]
    return [one for _, one in read if one], [f"?{digest(item.value)}" for item, one in read if one is None]


def _said(raw: Fields) -> Said | None:
    id, url = raw.whole("id"), raw.web("html_url")
    created_at, updated_at = raw.time("created_at"), raw.time("updated_at")
    if id is None or not url or not created_at or not updated_at:
        return None
    comment = Comment(str(id), raw.text("body"), url, raw.text("path"))
    return Said(str(id), url, created_at, updated_at, comment, raw.at("user"))


@dataclass(frozen=True)
class CommentTeller:
    """Makes the events of one repository; `home` is its id."""

    source: str
    site: Site
    home: str
    now: datetime

    def of_pull(self, path: str, one: Said, pull: Pull | None) -> Event:
        """A comment on a pull request was edited; review comments have ids of their own, `path` keeps them apart."""
        about: dict[str, Any] = {}
        if pull:
            about = {"title": pull.title, "state": pull.state, "labels": pull.labels, "draft": pull.draft}
            about |= {"branch": pull.branch, "target_branch": pull.target_branch, "reviewers": pull.reviewers}
        page = one.url.partition("#")[0]
        type, part = "pullrequest_comment_updated", f"{path}:{one.key}"
        return self._event(type, part, one, **about, url=page, number=one.number)

    def of_commit(self, one: Said) -> Event:
        """A comment on a commit was edited."""
        return self._event("cset_comment_updated", f"comments:{one.key}", one, **_commit(one.url))

    def deleted(self, id: str, url: str) -> Event:
        """A comment on a commit is there no more; of it no more than its address was kept."""
        return Event(
            id=f"{self.home}:comments:{id}:deleted"[:200],
            type="cset_comment_deleted",
            source=self.source,
            seen_at=self.now,
            repository=self.site.repository(where(url)[0] or None),
            comment=Comment(id),
            **_commit(url),
        )

    def _event(self, type: str, part: str, one: Said, **fields: Any) -> Event:
        actor: Actor | None = self.site.actor(one.user)
        return Event(
            id=f"{self.home}:{part}",
            type=type,
            source=self.source,
            occurred_at=one.updated_at,
            seen_at=self.now,
            repository=self.site.repository(where(one.url)[0] or None),
            actor=actor,
            comment=one.comment,
            guessed=("actor",) if actor else (),
            **fields,
        )


def _commit(url: str) -> dict[str, Any]:
    """The commit that the address of a comment belongs to."""
    _, kind, hash = where(url)
    page = url.partition("#")[0]
    return {"url": page, "commits": (Commit(hash, url=page),)} if kind == "commit" else {}
