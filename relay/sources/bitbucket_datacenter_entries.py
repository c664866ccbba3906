"""What the entries of a Bitbucket Data Center server mean as events. Pure.

A comment is told by its own id and not by that of the activity that brought it: replies have no activity of their own.
Of a pull request's other activities, those without a word of the vocabulary pass under the server's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from relay.events import Actor, Comment, Commit, Event, Repository
from relay.fields import Fields
from relay.git.refs import HEADS, TAGS

ACTIVITIES: Mapping[str, str] = MappingProxyType(
    {
        "UPDATED": "pullrequest_updated",
        "RESCOPED": "pullrequest_updated",
        "REOPENED": "pullrequest_updated",
        "APPROVED": "pullrequest_like",
        "UNAPPROVED": "pullrequest_unlike",
        "REVIEWED": "pullrequest_changes_requested",
        "MERGED": "pullrequest_fulfilled",
        "DECLINED": "pullrequest_rejected",
    }
)
TOLD_OTHERWISE = frozenset({"OPENED", "COMMENTED", "REVIEW_COMMENTED"})
_STATES = {"OPEN": "open", "MERGED": "merged", "DECLINED": "closed"}
ENDS = frozenset({"MERGED", "DECLINED"})
_LEFT = {"MERGED": "merged", "DECLINED": "closed", "REOPENED": "open"}
_CHANGES = {"ADD": "created", "DELETE": "deleted"}
_MOST_COMMENTS = 10_000


@dataclass(frozen=True)
class Place:
    """A repository: its id, which stays when it is renamed or moved, and what it is called now."""

    id: str
    repository: Repository


def place_of(raw: Fields) -> Place | None:
    """The repository that the server describes, if it says which: without its project nothing of it can be asked for."""
    id, owner, slug = raw.name("id"), raw.text("project", "key"), raw.text("slug")
    if id is None or owner is None or slug is None:
        return None
    public = raw.flag("public")
    private = None if public is None else not public
    url = address_of(raw)
    return Place(id, Repository(owner, slug, raw.text("name"), url, private))


def address_of(raw: Fields) -> str | None:
    """The web page of anything that the server describes, where it tells one."""
    return raw.web("links", "self", 0, "href")


def actor_of(user: Fields) -> Actor | None:
    """Who a user is; None where the account is gone, or was never told."""
    username, name = user.text("name") or user.text("slug"), user.text("displayName")
    return Actor(username, name, address_of(user)) if username or name else None


@dataclass(frozen=True)
class Said:
    """A comment as it stands now; `path` is the file that its thread stands beside."""

    id: str
    version: int
    created: int
    raw: Fields
    path: str | None = None


def comments_of(threads: Sequence[tuple[Fields, str | None]]) -> dict[str, Said]:
    """Every comment of threads, each given with its path, by id: the first ones and all replies, at their newest."""
    left, found = list(reversed(threads)), dict[str, Said]()
    while left and len(found) < _MOST_COMMENTS:
        raw, path = left.pop()
        path = raw.text("anchor", "path") or path
        left += [(reply, path) for reply in raw.items("comments")]
        if (id := raw.name("id")) is None:
            continue
        said = Said(id, raw.whole("version") or 0, raw.whole("createdDate") or 0, raw, path)
        if id not in found or found[id].version < said.version:
            found[id] = said
    return found


def threads_of(activities: Sequence[Fields]) -> list[tuple[Fields, str | None]]:
    """The threads that a pull request's activities show, each with the path of the file it stands beside."""
    shown = [one for one in activities if one.text("commentAction") != "DELETED" and one.at("comment")]
    return [(one.at("comment"), one.text("commentAnchor", "path")) for one in shown]


@dataclass(frozen=True)
class RefChange:
    """One entry of the log of pushes: which ref went from where to where, and by whom."""

    raw: Fields
    ref: str
    old: str | None
    new: str | None
    kind: str | None

    @property
    def branch(self) -> str | None:
        """The branch that moved."""
        return self.ref.removeprefix(HEADS) if self.ref.startswith(HEADS) else None


def ref_change_of(raw: Fields) -> RefChange | None:
    """What an entry of the log says of a branch or tag; None for one that it cannot be read from."""
    change = raw.at("refChange")
    ref = change.text("refId") or change.text("ref", "id") or ""
    old, new = (_hash(change.text(name)) for name in ("fromHash", "toHash"))
    if raw.name("id") is None or not ref.startswith((HEADS, TAGS)) or not (old or new):
        return None
    kind = _CHANGES.get(change.text("type") or "") or ("created" if old is None else "deleted" if new is None else None)
    return RefChange(raw, ref, old, new, kind)


def _hash(text: str | None) -> str | None:
    return text if text and text.strip("0") else None


@dataclass(frozen=True)
class Brought:
    """The commits of a push, newest first, and whether these are all of them."""

    commits: tuple[Fields, ...] = ()
    forced: bool = False
    complete: bool = True


@dataclass(frozen=True)
class Teller:
    """Makes the events of one repository; `source` is its source's name."""

    source: str
    place: Place
    now: datetime
    web: str

    @property
    def page(self) -> str:
        """The repository's own page, which others lie below."""
        repository = self.place.repository
        owner = repository.owner or ""
        kind = f"users/{owner[1:]}" if owner.startswith("~") else f"projects/{owner}"
        made = f"{self.web}/{quote(kind)}/repos/{quote(repository.slug)}"
        return (repository.url or made).removesuffix("/browse")

    def event(self, id: str, type: str, **fields: Any) -> Event:
        """An event of this repository; `id` tells it from the others of the repository."""
        return Event(
            id=f"{self.place.id}:{id}",
            type=type,
            source=self.source,
            seen_at=self.now,
            repository=self.place.repository,
            **fields,
        )

    def opened(self, pull: Fields) -> Event:
        """That a pull request was opened, as the list itself tells it."""
        created = self._of_pull(f"{pull.whole('id')}:created", "pullrequest_created", pull)
        author, at = actor_of(pull.at("author", "user")), pull.millis("createdDate")
        return replace(created, occurred_at=at, actor=author, state="open")

    def ended(self, pull: Fields) -> Event:
        """That a pull request was merged or declined, as the list itself tells it: not by whom."""
        state = pull.text("state") or ""
        ended = self._of_pull(f"{pull.whole('id')}:{state.lower()}:{pull.whole('closedDate')}", ACTIVITIES[state], pull)
        return replace(ended, occurred_at=pull.millis("closedDate"))

    def activity(self, pull: Fields, raw: Fields) -> Event | None:
        """What an activity of a pull request means; None for what is told otherwise, or is no activity at all."""
        id, action = raw.name("id"), raw.text("action")
        if id is None or action is None or action in TOLD_OTHERWISE:
            return None
        event = self._of_pull(f"{pull.whole('id')}:act:{id}", ACTIVITIES.get(action, action), pull)
        commits = tuple(self.commits(raw.items("added", "commits")) if action == "RESCOPED" else ())
        total = raw.whole("added", "total") or 0
        return replace(
            event,
            occurred_at=raw.millis("createdDate"),
            actor=actor_of(raw.at("user")),
            state=_LEFT.get(action, event.state),
            commits=commits,
            total_commits=total if total > len(commits) else None,
        )

    def comment(self, pull: Fields, said: Said, *, edited: bool = False) -> Event:
        """That a comment was made, or edited: the server tells neither who edited it, nor whether it was the text."""
        id, kind = f"{pull.whole('id')}:comment:{said.id}", "updated" if edited else "created"
        event = self._of_pull(f"{id}:{said.version}" if edited else id, f"pullrequest_comment_{kind}", pull)
        url = f"{event.url}/overview?commentId={quote(said.id)}"
        return replace(event, **_said(said, url, edited=edited))

    def comment_gone(self, pull: Fields, id: str) -> Event:
        """That a comment is no longer there; nobody tells who deleted it, nor when."""
        gone = self._of_pull(f"{pull.whole('id')}:comment:{id}:deleted", "pullrequest_comment_deleted", pull)
        return replace(gone, comment=Comment(id))

    def _of_pull(self, id: str, type: str, pull: Fields) -> Event:
        reviewers = [actor_of(one.at("user")) for one in pull.items("reviewers")]
        return self.event(
            id,
            type,
            title=pull.text("title"),
            url=address_of(pull) or f"{self.page}/pull-requests/{pull.whole('id')}",
            number=pull.whole("id"),
            state=_STATES.get(pull.text("state") or ""),
            branch=_short(pull.at("fromRef")),
            target_branch=_short(pull.at("toRef")),
            draft=pull.flag("draft"),
            reviewers=tuple(one.display_name for one in reviewers if one),
        )

    def pushed(self, change: RefChange, brought: Brought) -> Iterator[Event]:
        """A push and, after it, a derived `commit` for each commit that it brought, oldest first."""
        commits = tuple(self.commits(brought.commits))
        yield self.event(
            f"push:{change.raw.name('id')}",
            "pushed",
            occurred_at=change.raw.millis("createdDate"),
            actor=actor_of(change.raw.at("user")),
            title=None if change.branch else change.ref.removeprefix(TAGS),
            url=self._compared(change),
            state="forced" if brought.forced else change.kind,
            branch=change.branch,
            commits=commits,
            guessed=() if brought.complete else ("commits",),
        )
        for raw in reversed(brought.commits):
            yield from self._commit(raw, change.branch)

    def _commit(self, raw: Fields, branch: str | None) -> Iterator[Event]:
        at = raw.millis("committerTimestamp") or raw.millis("authorTimestamp")
        for commit in self.commits([raw]):
            yield self.event(
                f"commit:{commit.hash}",
                "commit",
                occurred_at=at if at and at <= self.now else None,  # the clock of whoever committed may say anything
                actor=actor_of(raw.at("author")),
                url=commit.url,
                branch=branch,
                commits=(commit,),
                derived=True,
            )

    def commits(self, listed: Sequence[Fields] | Iterator[Fields]) -> Iterator[Commit]:
        """The commits that the server describes."""
        for raw in listed:
            if (hash_ := raw.text("id")) is not None:
                author = actor_of(raw.at("author"))
                name = author.display_name if author else None
                yield Commit(hash_, raw.text("message"), name, self._commit_page(hash_))

    def _commit_page(self, hash_: str) -> str:
        return f"{self.page}/commits/{quote(hash_)}"

    def _compared(self, change: RefChange) -> str | None:
        if change.new is None:
            return None
        if change.branch is None:
            return f"{self.page}/browse?at={quote(change.ref, safe='')}"
        if change.old is None:
            return self.branch_page(change.branch)
        return f"{self.page}/compare/commits?targetBranch={quote(change.old)}&sourceBranch={quote(change.new)}"

    def branch_page(self, branch: str) -> str:
        """The commits of a branch."""
        return f"{self.page}/commits?until={quote(HEADS + branch, safe='')}"

    def of_git(self, event: Event) -> Event:
        """An event that was read with git, with the repository's name and pages as the server has them."""
        commits = tuple(replace(one, url=self._commit_page(one.hash)) for one in event.commits)
        page = None
        if event.type == "commit":
            page = commits[0].url
        elif event.state != "deleted":
            tag = f"{self.page}/browse?at={quote(f'{TAGS}{event.title}', safe='')}"
            page = self.branch_page(event.branch) if event.branch else tag
        return replace(event, repository=self.place.repository, url=page, commits=commits)


def _short(ref: Fields) -> str | None:
    """A branch as people say it."""
    name = ref.text("displayId") or ref.text("id")
    return name.removeprefix(HEADS) if name else None


def _said(said: Said, url: str, *, edited: bool) -> dict[str, Any]:
    """What a comment adds to an event."""
    return {
        "occurred_at": said.raw.millis("updatedDate" if edited else "createdDate"),
        "actor": actor_of(said.raw.at("author")),
        "comment": Comment(said.id, said.raw.text("text"), url, said.path),
        "guessed": ("actor",) if edited else (),
    }
