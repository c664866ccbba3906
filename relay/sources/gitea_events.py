"""The events that an activity of Gitea or Forgejo means. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.events import Actor, Comment, Commit, Event, Repository
from relay.fields import Fields
from relay.sources.gitea_entries import Entry, Home

_GHOST = -1  # the id of the user that stands for all who are deleted
_ADVERTISED = 10  # commits at most that Gitea counts when a branch is pushed for the first time
_MOST = 100  # commits of a new branch that are listed


class Teller:
    """Makes the events of one source; `site` is where people look at the forge."""

    def __init__(self, source: str, site: str, now: datetime) -> None:
        self._source, self._site, self._now = source, site, now

    def events(self, entry: Entry, detail: Fields, *, is_new: bool) -> Iterator[Event]:
        """The event of an entry, and a derived `commit` for each commit that it brought.

        `detail` is what the forge told at `place_of_detail`, or nothing; `is_new` is for a push to a branch that
        another entry tells to be new.
        """
        event = self._plain(entry)
        if entry.kind.type == "pushed":
            pushed = self._pushed(event, entry, detail, is_new=is_new or entry.creates)
            yield pushed
            yield from self._commits(pushed, entry)
        elif entry.numbered:
            yield self._numbered(event, entry, *entry.numbered, detail)
        else:
            yield self._named(event, entry)

    def event(self, id: str, type: str, home: Home | None, **fields: Any) -> Event:
        """What happened to a repository of which the forge says its name alone."""
        repository = self.repository(Fields(None), home.name) if home else None
        given = {"repository": repository, "url": repository and repository.url} | fields
        return Event(id=id, type=type, source=self._source, seen_at=self._now, **given)

    def _plain(self, entry: Entry) -> Event:
        """What every event has."""
        mirrored = entry.op.startswith("mirror_")
        return self.event(
            entry.uid,
            entry.kind.type,
            entry.home,
            url=None,
            occurred_at=entry.at,
            repository=self.repository(entry.raw.at("repo"), entry.home.name if entry.home else None),
            actor=None if mirrored else self.person(entry.raw.at("act_user")),
            state=entry.kind.state,
        )

    def repository(self, raw: Fields, name: str | None) -> Repository | None:
        """Where it happened, from what the forge says of it, or from its name alone."""
        if name is None:
            return None
        owner, _, slug = name.rpartition("/")
        url = raw.web("html_url") or f"{self._site}/{quote(name)}"
        return Repository(owner, slug, url=url, private=raw.flag("private"))

    def person(self, raw: Fields) -> Actor | None:
        """Who it was; nobody where the account is deleted."""
        login = raw.text("login")
        if login is None or raw.whole("id") == _GHOST:
            return None
        url = raw.web("html_url") or f"{self._site}/{quote(login)}"
        return Actor(login, raw.text("full_name"), url, raw.web("avatar_url"))

    def _named(self, event: Event, entry: Entry) -> Event:
        """What happened to the repository as a whole; a renamed one has its old name as title."""
        base = event.repository.url if event.repository else None
        title = first_line(entry.content)
        if entry.op == "publish_release":
            title, url = title or entry.tag, base and f"{base}/releases/tag/{quote(entry.tag or '')}"
            return replace(event, title=title, url=url)
        if entry.op == "rename_repo" and title and event.repository:
            title = f"{event.repository.owner}/{title}"
        return replace(event, title=None if entry.push else title, url=base, branch=entry.branch)

    def _numbered(self, event: Event, entry: Entry, number: int, text: str, detail: Fields) -> Event:
        """What happened to an issue or pull request; `text` is its title, or what somebody said of it."""
        base = event.repository.url if event.repository else None
        url = f"{base}/{entry.kind.list}/{number}" if base and entry.kind.list else base
        said = "comment" in entry.op or event.type.endswith(("like", "requested"))
        return replace(
            event,
            number=number,
            url=url,
            title=detail.text("title") or (None if said else first_line(text)),
            comment=_comment(entry, text, url) if said else None,
            **about(detail),
        )

    def _pushed(self, event: Event, entry: Entry, detail: Fields, *, is_new: bool) -> Event:
        commits, total, complete = self._list(event, entry, detail)
        return replace(
            event,
            title=entry.tag,
            branch=entry.branch,
            state="created" if is_new else event.state,
            url=_page(event, entry, is_new=is_new),
            commits=commits,
            total_commits=total if total > len(commits) else None,
            guessed=() if complete else ("commits",),
        )

    def _list(self, event: Event, entry: Entry, detail: Fields) -> tuple[tuple[Commit, ...], int, bool]:
        """The commits newest first, how many there were, and whether that is known."""
        url = event.repository.url if event.repository else None
        if entry.tag:
            return (), 0, True
        if detail.at("commits").value is not None:
            commits = [_compared(raw, url) for raw in detail.items("commits")][:_MOST]
            return _listed(commits), detail.whole("total_commits") or 0, True
        if entry.creates and entry.place_of_detail:
            return (), 0, False
        raws = list(entry.push.items("Commits"))
        total = max(entry.push.whole("Len") or 0, len(raws))
        whole = not entry.creates or total < _ADVERTISED
        return _listed([_advertised(raw, url) for raw in raws]), total if whole else 0, whole

    def _commits(self, pushed: Event, entry: Entry) -> Iterator[Event]:
        """Told as of the moment of the push, when they came to be seen: their own times may be anything."""
        place = entry.uid.partition(":")[0]
        for commit in reversed(pushed.commits):
            yield replace(
                pushed,
                id=f"{place}:commit:{commit.hash[:64]}",
                type="commit",
                url=commit.url,
                state=None,
                actor=Actor(None, commit.author) if commit.author else None,
                commits=(commit,),
                total_commits=None,
                guessed=(),
                derived=True,
            )


def first_line(text: str) -> str | None:
    """What a text says first."""
    return next((line.strip() for line in text.splitlines() if line.strip()), None)


def about(detail: Fields) -> dict[str, Any]:
    """What an issue or a pull request says of itself, as fields of an event."""
    return {
        "branch": detail.text("head", "ref"),
        "target_branch": detail.text("base", "ref"),
        "draft": detail.flag("draft"),
        "labels": tuple(name for label in detail.items("labels") if (name := label.text("name"))),
        "reviewers": tuple(name for user in detail.items("requested_reviewers") if (name := user.text("login"))),
    }


def _comment(entry: Entry, text: str, url: str | None) -> Comment | None:
    """What was said; `content` is cut at 200 characters, `comment.body` is whole."""
    if entry.op == "pull_review_dismissed":
        text = text.partition("|")[2]
    id = entry.raw.name("comment", "id") or entry.raw.name("comment_id")
    said = entry.raw.text("comment", "body") or text.strip() or None
    if said is None and "comment" not in entry.op:
        return None
    place = entry.raw.web("comment", "html_url") or (f"{url}#issuecomment-{id}" if url and id else url)
    return Comment(id if id != "0" else None, said, place)


def _page(event: Event, entry: Entry, *, is_new: bool) -> str | None:
    base = event.repository.url if event.repository else None
    if base is None or event.state == "deleted":
        return None
    if entry.tag:
        return f"{base}/src/tag/{quote(entry.tag)}"
    if entry.range and not is_new:
        return f"{base}/compare/{entry.range[0]}...{entry.range[1]}"
    return f"{base}/src/branch/{quote(entry.branch)}" if entry.branch else base


def _advertised(raw: Fields, base: str | None) -> Commit | None:
    hash = raw.text("Sha1")
    return Commit(hash, _message(raw, "Message"), raw.text("AuthorName"), _commit_page(base, hash)) if hash else None


def _compared(raw: Fields, base: str | None) -> Commit | None:
    hash = raw.text("sha")
    author = raw.text("commit", "author", "name") or raw.text("author", "login")
    return Commit(hash, _message(raw, "commit", "message"), author, _commit_page(base, hash)) if hash else None


def _message(raw: Fields, *path: str) -> str | None:
    return (raw.text(*path) or "").rstrip() or None


def _listed(commits: list[Commit | None]) -> tuple[Commit, ...]:
    return tuple(commit for commit in commits if commit)


def _commit_page(base: str | None, hash: str) -> str | None:
    return f"{base}/commit/{quote(hash)}" if base else None
