"""What Bitbucket Cloud's JSON objects say, as events. Pure.

People are told by display name and nickname: user names ended with the GDPR, and a deleted user is null. The id of an
event begins with the repository's uuid and holds neither poll time nor anything that two sources of it tell
differently. Hashes are of 12 characters in pull requests and of 40 elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.events import Actor, Comment, Commit, Event, text_of
from relay.fields import Fields
from relay.sources.bitbucket_cloud_cursor import Place

_STATES = {"OPEN": "open", "MERGED": "merged", "DECLINED": "closed", "SUPERSEDED": "superseded"}
CLOSED = {
    "MERGED": ("pullrequest_fulfilled", "merged"),
    "DECLINED": ("pullrequest_rejected", "declined"),
    "SUPERSEDED": ("pullrequest_superseded", "superseded"),
}
"""The event of a pull request that left the state OPEN, and its word in the id."""


def actor_of(user: Fields) -> Actor | None:
    """Who a user object is; None for people whose account is gone."""
    username, name = user.text("nickname"), user.text("display_name")
    if not (username or name):
        return None
    return Actor(username, name, link(user, "html"), link(user, "avatar"))


def person(user: Fields) -> str | None:
    """What tells a user from all others."""
    return user.text("uuid") or user.text("account_id")


def link(raw: Fields, *path: str) -> str | None:
    """A web address among the links of an object."""
    return raw.web("links", *path, "href")


def stamp(raw: Fields, *path: str) -> str | None:
    """A time as it stands in ids: always written in the same way."""
    moment = raw.time(*path)
    return text_of(moment) if moment else None


def state_of(pull: Fields) -> str | None:
    """The state of a pull request in the vocabulary's words; None for one that has no word, such as a merge queue's."""
    return _STATES.get(pull.text("state") or "")


@dataclass(frozen=True)
class Teller:
    """Makes events of one repository; `key` is an id without the repository's."""

    source: str
    place: Place
    now: datetime

    def event(self, type: str, key: str, **more: Any) -> Event:
        """An event of this repository."""
        fields = {"repository": self.place.repository} | more
        return Event(id=f"{self.place.id}:{key}", type=type, source=self.source, seen_at=self.now, **fields)

    def made(self, at: datetime | None) -> Event:
        """That the repository was created."""
        return self.event("create", "create", occurred_at=at, url=self.place.page())

    def deleted(self) -> Event:
        """That the repository is not there any more; its day tells a second end from the first."""
        return self.event("delete", f"delete:{self.now:%Y-%m-%d}")

    def pull(self, type: str, key: str, pull: Fields, **more: Any) -> Event:
        """An event of a pull request, with what any of its objects tells of it: listed, in an update, or only linked."""
        number = pull.whole("id")
        about = {
            "number": number,
            "title": pull.text("title"),
            "url": link(pull, "html") or self.place.page(f"/pull-requests/{number}"),
            "state": state_of(pull),
            "branch": pull.text("source", "branch", "name"),
            "target_branch": pull.text("destination", "branch", "name"),
            "draft": pull.flag("draft"),
            "reviewers": tuple(who.display_name for user in pull.items("reviewers") if (who := actor_of(user))),
        }
        return self.event(type, key, **(about | more))

    def created(self, pull: Fields) -> Event:
        """That a pull request was opened; its state is that of then."""
        at, author = pull.time("created_on"), actor_of(pull.at("author"))
        key = f"pr:{pull.whole('id')}:created"
        return self.pull("pullrequest_created", key, pull, occurred_at=at, actor=author, state="open")

    def commented(self, type: str, key: str, pull: Fields, comment: Fields, at: datetime | None) -> Event:
        """An event of a comment on a pull request."""
        said, who = self.said(comment), actor_of(comment.at("user"))
        return self.pull(type, key, pull, occurred_at=at, actor=who, comment=said)

    def said(self, comment: Fields) -> Comment:
        """A comment; one that was deleted may have no text left."""
        path = comment.text("inline", "path")
        return Comment(comment.name("id"), comment.text("content", "raw"), link(comment, "html"), path)

    def closed(self, pull: Fields, suffix: str, at: datetime | None, guessed: tuple[str, ...]) -> Event:
        """That a pull request was merged, declined or superseded, as its state says; a reason is kept as a comment."""
        type, word = CLOSED[pull.text("state") or ""]
        reason, merge = pull.text("reason"), pull.text("merge_commit", "hash")
        return self.pull(
            type,
            f"pr:{pull.whole('id')}:{word}{suffix}",
            pull,
            occurred_at=at,
            actor=actor_of(pull.at("closed_by")),
            comment=Comment(None, reason) if reason else None,
            commits=(Commit(merge, url=self.commit_page(merge)),) if merge else (),
            guessed=guessed,
        )

    def commit_page(self, hash: str) -> str:
        """The web page of a commit."""
        return self.place.page(f"/commits/{quote(hash, safe='')}")
