"""What GitHub says beside its events, read leniently: pull requests, comparisons, branch activity, people. Pure.

The same readers serve what stands inside an event and what an extra request brought, so that the whole payloads of
before October 2025 and the trimmed ones of today end as the same facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from relay.events import Actor, Commit, Repository
from relay.fields import Fields

COMMITS_MOST = 1000
"""Commits listed of one push; a comparison gives 250 at most, what stands in an old payload 20."""
_HASH_MOST = 64
_STATES = {"open": "open", "closed": "closed"}


@dataclass(frozen=True)
class Site:
    """Where people read what the API at `base` tells; addresses of pages that GitHub itself does not name."""

    root: str

    @classmethod
    def of(cls, base: str) -> "Site":
        """`https://github.com` for the public API, the host for an Enterprise server's `/api/v3`."""
        parts = urlsplit(base)
        host = parts.netloc.removeprefix("api.")
        path = parts.path.rstrip("/").removesuffix("/api/v3")
        return cls(f"{parts.scheme}://{host}{path}")

    def page(self, name: str, *parts: str) -> str:
        """The page of a repository, or of something in it."""
        return "/".join((self.root, *(quote(part, safe="/@:+~") for part in (name, *parts))))

    def repository(self, name: str | None, private: bool | None = None) -> Repository | None:
        """The repository of a full name; None where it has none."""
        owner, _, slug = (name or "").partition("/")
        return Repository(owner or None, slug, None, self.page(f"{owner}/{slug}"), private) if slug else None

    def actor(self, user: Fields) -> Actor | None:
        """A person or an app; None for nobody and for accounts without a name."""
        login = user.text("login")
        if login is None:
            return None
        bot = login.removesuffix("[bot]")
        page = self.page("apps", bot) if bot != login else self.page(login)
        return Actor(login, user.text("name"), page, user.web("avatar_url"))


@dataclass(frozen=True)
class Pull:
    """A pull request as far as it was told; `state` is None where that is not known."""

    number: int | None
    title: str | None
    url: str | None
    state: str | None
    branch: str | None
    target_branch: str | None
    labels: tuple[str, ...]
    draft: bool | None
    reviewers: tuple[str, ...]
    head: str | None
    """The id of the repository that the branch is in; None where that was deleted."""


def pull(raw: Fields) -> Pull:
    """The pull request of `/pulls/{number}`, of a list of them, or of an event."""
    merged = raw.flag("merged") or raw.text("merged_at") is not None
    return Pull(
        number=raw.whole("number"),
        title=raw.text("title"),
        url=raw.web("html_url"),
        state="merged" if merged else _STATES.get(raw.text("state") or ""),
        branch=raw.text("head", "ref"),
        target_branch=raw.text("base", "ref"),
        labels=tuple(names(raw.items("labels"), "name")),
        draft=raw.flag("draft"),
        reviewers=tuple(names(raw.items("requested_reviewers"), "login")),
        head=raw.name("head", "repo", "id"),
    )


def names(items: Iterator[Fields], key: str) -> Iterator[str]:
    """The texts under a key of the items that have it."""
    return (text for item in items if (text := item.text(key)))


def pulls(raw: Fields) -> tuple[Pull, ...]:
    """A list of pull requests."""
    return tuple(map(pull, raw.items()))


@dataclass(frozen=True)
class Change:
    """A commit of a push, with what only GitHub knows of it: the account behind it, and when it was made."""

    commit: Commit
    actor: Actor | None
    at: datetime | None
    fresh: bool = True
    """Whether the push brought it to the repository; old payloads say so, comparisons do not."""


@dataclass(frozen=True)
class Compared:
    """What a push brought: its commits newest first, how many there were, and whether it dropped any."""

    changes: tuple[Change, ...]
    total: int
    forced: bool = False


def compared(raw: Fields, site: Site) -> Compared:
    """The answer of `/compare/{before}...{head}`, which lists oldest first and, where it must cut, the newest 250."""
    changes = tuple(_changes(raw.items("commits"), site))[::-1][:COMMITS_MOST]
    total = max(raw.whole("total_commits") or 0, len(changes))
    return Compared(changes, total, forced=raw.text("status") in ("diverged", "behind"))


def _changes(items: Iterator[Fields], site: Site) -> Iterator[Change]:
    for item in items:
        if sha := _sha(item):
            author = item.text("commit", "author", "name")
            commit = Commit(sha, item.text("commit", "message"), author, item.web("html_url"))
            at = item.time("commit", "committer", "date")
            yield Change(commit, site.actor(item.at("author")) or named(author), at)


def listed(payload: Fields, name: str | None, site: Site) -> Compared | None:
    """What stands in a PushEvent of before October 2025, oldest first and at most 20; None in those of today."""
    if not isinstance(payload.at("commits").value, list):
        return None
    changes = []
    for item in payload.items("commits"):
        if sha := _sha(item):
            author = item.text("author", "name")
            url = site.page(name, "commit", sha) if name else None
            fresh = item.flag("distinct") is not False
            changes.append(Change(Commit(sha, item.text("message"), author, url), named(author), None, fresh))
    total = max(payload.whole("size") or 0, len(changes))
    return Compared(tuple(changes[::-1][:COMMITS_MOST]), total)


def _sha(item: Fields) -> str | None:
    sha = item.text("sha")
    return sha if sha and len(sha) <= _HASH_MOST else None


def named(author: str | None) -> Actor | None:
    """Somebody of whom a commit tells no more than a name."""
    return Actor(None, author) if author else None


@dataclass(frozen=True)
class Moved:
    """One move of a branch as `/activity` tells it."""

    ref: str | None
    before: str | None
    after: str | None
    forced: bool
    actor: Actor | None


def moves(raw: Fields, site: Site) -> tuple[Moved, ...]:
    """What `/activity` lists; the schema and the example of GitHub's own documentation differ, both are read."""
    return tuple(
        Moved(
            ref=item.text("ref"),
            before=item.text("before"),
            after=item.text("after"),
            forced="force" in (item.text("activity_type") or item.text("push_type") or ""),
            actor=site.actor(item.at("actor") or item.at("pusher")),
        )
        for item in raw.items()
    )
