"""One entry of GitLab's events as an event, whatever it holds. Pure.

An entry names its target by type and number and links to nothing, so addresses are built from the project's own. What
it lacks besides (branches, labels, whether something was opened or only reopened: GitLab calls both "opened") is in
`Details`, where the source could get it; without that the entry is told as it stands.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relay.cursor import digest
from relay.events import Actor, Comment, Commit, Event
from relay.fields import Fields
from relay.sources.gitlab_cursor import Project

_TYPE_MOST = 80  # characters of a type that has no word
_ID_MOST = 64
_HASH = re.compile(r"[0-9a-f]{7,64}")
_TARGETS: Mapping[str, str] = {
    "issue": "issue",
    "workitem": "issue",
    "mergerequest": "pull request",
    "wikipagemeta": "wiki",
    "commit": "commit",
}
_TYPES: Mapping[tuple[str, str], tuple[str, str | None]] = {
    ("opened", "issue"): ("report_issue", "open"),
    ("reopened", "issue"): ("issue_update", "open"),
    ("closed", "issue"): ("issue_update", "closed"),
    ("opened", "pull request"): ("pullrequest_created", "open"),
    ("reopened", "pull request"): ("pullrequest_updated", "open"),
    ("approved", "pull request"): ("pullrequest_like", None),
    ("accepted", "pull request"): ("pullrequest_fulfilled", "merged"),
    ("closed", "pull request"): ("pullrequest_rejected", "closed"),
    ("created", "wiki"): ("wiki_created", None),
    ("updated", "wiki"): ("wiki_updated", None),
    ("destroyed", "wiki"): ("wiki_deleted", None),
    ("created", ""): ("create", None),
    ("imported", ""): ("create", None),
    ("joined", ""): ("team_access_gained_collab", None),
    ("left", ""): ("team_lost_access", None),
    ("removed due to membership expiration from", ""): ("team_lost_access", None),
}
_COMMENTS: Mapping[str, str] = {
    "issue": "issue_comment",
    "pull request": "pullrequest_comment_created",
    "commit": "cset_comment_created",
}
_STATES: Mapping[str, str] = {"created": "created", "removed": "deleted"}


@dataclass(frozen=True)
class Entry:
    """An entry of the list, and its key, which is GitLab's id; where an old server tells none, a digest stands for it.

    So does one for an entry that cannot be read, or its id would be known when it is mended. `project` is the id of
    where it happened.
    """

    fields: Fields
    key: str
    project: str

    @property
    def time(self) -> datetime | None:
        """When it happened; the oldest documented examples do not say."""
        return self.fields.time("created_at")

    @property
    def action(self) -> str | None:
        """What was done, in GitLab's words; an entry without that cannot be read."""
        return self.fields.text("action_name")

    @property
    def is_whole(self) -> bool:
        """Whether it says what was done and has GitLab's own id."""
        return self.action is not None and self.fields.name("id") is not None

    @property
    def target(self) -> str:
        """What it was done to: issue, pull request, wiki, commit, nothing, or what else GitLab calls it."""
        name = self.fields.text("note", "noteable_type") or self.fields.text("target_type") or ""
        return _TARGETS.get(re.sub(r"[^a-z]", "", name.lower()), name)

    @property
    def is_note(self) -> bool:
        """Whether something was said."""
        return bool(self.fields.at("note"))

    @property
    def number(self) -> int | None:
        """The number that people know its target by; a note's own `target_iid` is not that."""
        return self.fields.whole("note", "noteable_iid") if self.is_note else self.fields.whole("target_iid")

    @property
    def push(self) -> Fields:
        """What was pushed; nothing in an entry that is no push."""
        return self.fields.at("push_data")


def read(raw: Any, project: str | None = None) -> Entry:
    """The entry that an item of the list is; `project` is where it happened if it does not say."""
    fields = Fields(raw)
    place = project or (fields.name("project_id") or "")[:_ID_MOST]
    if fields.text("action_name") is None:
        return Entry(fields, digest(raw), place)
    if id := fields.name("id"):
        return Entry(fields, id[:_ID_MOST], place)
    names = ("action_name", "target_type", "target_id", "created_at")
    what = [fields.at(name).value for name in names] + [
        fields.at("push_data", key).value for key in ("ref", "commit_to")
    ]
    return Entry(fields, digest(*what) if fields.text("created_at") else digest(raw), place)


@dataclass(frozen=True)
class Details:
    """What further requests brought: targets by kind and number, the keys of what was reopened, commits by key."""

    targets: Mapping[tuple[str, int], Fields] = field(default_factory=dict)
    reopened: frozenset[str] = frozenset()
    commits: Mapping[str, tuple[Commit, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Teller:
    """Makes the events of one poll and one project, whose `id` they begin with; `project` is None without its card."""

    source: str
    now: datetime
    id: str
    project: Project | None
    details: Details = Details()

    def id_of(self, entry: Entry) -> str:
        """The id of the event that an entry is."""
        return f"{self.id}:{entry.key}"

    def events(self, entry: Entry) -> list[Event]:
        """The event of an entry that has an action; after a push, a derived one for each of its commits."""
        if entry.push:
            pushed = self._pushed(entry)
            listed = self.details.commits.get(entry.key, ())
            return [pushed, *(self._commit(pushed, commit) for commit in reversed(listed))]
        return [self._comment(entry) if entry.is_note else self._done(entry)]

    def _event(self, entry: Entry, type: str, **more: Any) -> Event:
        return Event(
            id=self.id_of(entry),
            type=type,
            source=self.source,
            occurred_at=entry.time,
            seen_at=self.now,
            repository=self.project.repository if self.project else None,
            actor=person(entry.fields.at("author"), entry.fields.text("author_username")),
            **more,
        )

    def page(self, *parts: object) -> str | None:
        """The address of a page of the project."""
        return self.project.page(*parts) if self.project else None

    def _done(self, entry: Entry) -> Event:
        """What was done to an issue, a pull request, a wiki page or the project, or to what relay has no word for."""
        action = "reopened" if entry.key in self.details.reopened else entry.action or ""
        type, state = _TYPES.get((action, entry.target), (_own_name(action, entry.target), None))
        if entry.target == "wiki":
            slug = entry.fields.text("wiki_page", "slug")
            title = entry.fields.text("wiki_page", "title") or entry.fields.text("target_title")
            return self._event(entry, type, title=title, url=self.page("wikis", type != "wiki_deleted" and slug))
        return self._event(entry, type, **{**self._target(entry), "state": state})

    def _comment(self, entry: Entry) -> Event:
        note, target = entry.fields.at("note"), self._target(entry)
        type = _COMMENTS.get(entry.target, _own_name(entry.action or "", entry.target))
        return self._event(entry, type, **target, comment=said(note, target["url"]))

    def _target(self, entry: Entry) -> dict[str, Any]:
        """What is known of the thing that an entry is about."""
        known = self.details.targets.get((entry.target, entry.number or 0), Fields(None))
        title = known.text("title") or entry.fields.text("target_title")
        if entry.target == "commit":
            return {"title": title, **self._of_commit(entry.fields.at("note"))}
        places = {"pull request": "merge_requests", "issue": "issues"}
        number = entry.number if entry.target in places else None
        url = known.web("web_url") or self.page(places.get(entry.target), number)
        return {"title": title, "number": number, "url": url, **about(known)}

    def _of_commit(self, note: Fields) -> dict[str, Any]:
        """The commit that a note is about; GitLab tells it only of notes that stand beside a line."""
        hash = note.text("commit_id") or note.text("position", "head_sha")
        if hash is None or not _HASH.fullmatch(hash):
            return {"url": None}
        url = self.page("commit", hash)
        return {"url": url, "commits": (Commit(hash, url=url),)}

    def _pushed(self, entry: Entry) -> Event:
        push = entry.push
        ref, tag = push.text("ref"), push.text("ref_type") == "tag"
        total = push.whole("commit_count") or 0
        listed = self.details.commits.get(entry.key)
        commits = self._last(push) if listed is None else listed
        return self._event(
            entry,
            "pushed",
            title=ref if tag else None,
            branch=None if tag else ref,
            state=None if push.whole("ref_count") else _STATES.get(push.text("action") or ""),
            url=self._place(push, tag=tag),
            commits=commits,
            total_commits=total if total > len(commits) else None,
            guessed=("commits",) if listed is None and total > len(commits) else (),
        )

    def _last(self, push: Fields) -> tuple[Commit, ...]:
        """The one commit that a push names, by the beginning of its first line."""
        hash = push.text("commit_to")
        if hash is None or not push.whole("commit_count"):
            return ()
        return (Commit(hash, push.text("commit_title"), url=self.page("commit", hash)),)

    def _place(self, push: Fields, *, tag: bool) -> str | None:
        """Where a push can be looked at; of many branches pushed at once, which have no names here, their list."""
        ref, old, new = push.text("ref"), push.text("commit_from"), push.text("commit_to")
        if push.text("action") == "removed":
            return None
        if ref is None:
            return self.page("tags" if tag else "branches") if push.whole("ref_count") else None
        if old and new:
            return self.page("compare", f"{old}...{new}")
        return self.page("tags" if tag else "tree", ref)

    def _commit(self, pushed: Event, commit: Commit) -> Event:
        """A commit of a push, at the time of the push: it goes wherever that goes."""
        return Event(
            id=f"{self.id}:commit:{commit.hash}",
            type="commit",
            source=self.source,
            occurred_at=pushed.occurred_at,
            seen_at=self.now,
            repository=pushed.repository,
            actor=Actor(None, commit.author) if commit.author else None,
            url=commit.url,
            branch=pushed.branch,
            commits=(commit,),
            derived=True,
        )


def moved(old: Mapping[str, Project], new: Mapping[str, Project], source: str, now: datetime) -> Iterator[Event]:
    """What newer cards show: projects that were renamed, transferred or made public; GitLab says neither who nor when."""
    for id, project in new.items():
        before = old.get(id, project)
        made = renamed(before.path, project.path)
        if before.private and project.private is False:
            made["repo_public"] = None
        for type, title in made.items():
            key = f"{id}:public:{before.asked_at}" if title is None else rename_id(id, before.path, project.path)
            yield Event(
                id=key,
                type=type,
                source=source,
                seen_at=now,
                repository=project.repository,
                title=title,
                url=project.url,
            )


def renamed(old: str, new: str) -> dict[str, str | None]:
    """The event type that another path means, with the old name as title."""
    (owner, _, slug), owner_now = old.rpartition("/"), new.rpartition("/")[0]
    if old == new:
        return {}
    return {"repo_renamed": slug} if owner == owner_now else {"repo_transferred": old}


def rename_id(id: str, old: str, new: str) -> str:
    """The event id of a project's new path, whoever finds it out: its own feed or the listing of its group."""
    return f"{id}:renamed:{digest(old, new)}"


def about(target: Fields) -> dict[str, Any]:
    """What a pull request or an issue tells of itself, as fields of an event."""
    return {
        "branch": target.text("source_branch"),
        "target_branch": target.text("target_branch"),
        "labels": target.texts("labels"),
        "draft": target.flag("draft"),
        "reviewers": tuple(who.display_name for one in target.items("reviewers") if (who := person(one))),
    }


def said(note: Fields, url: str | None) -> Comment:
    """The comment that a note is, on the page at `url`."""
    id = note.name("id")
    path = note.text("position", "new_path") or note.text("position", "old_path")
    return Comment(id, note.text("body"), f"{url}#note_{id}" if url and id else None, path)


def person(user: Fields, username: str | None = None) -> Actor | None:
    """Who it was; `username` is all that is left of some."""
    login, name = user.text("username") or username, user.text("name")
    if not (login or name):
        return None
    return Actor(login, name, user.web("web_url"), user.web("avatar_url"))


def commits(answer: Fields, project: Project | None, newest: str | None) -> tuple[Commit, ...]:
    """The commits of a comparison, newest first; GitLab lists the oldest first."""
    listed = [
        Commit(
            hash,
            one.text("message") or one.text("title"),
            one.text("author_name"),
            project.page("commit", hash) if project else None,
        )
        for one in answer.items("commits")
        if (hash := one.text("id")) and _HASH.fullmatch(hash)
    ]
    return tuple(listed if listed and listed[0].hash == newest else reversed(listed))


def _own_name(action: str, target: str) -> str:
    """GitLab's own words as a type: "opened Milestone" is opened_milestone."""
    return re.sub(r"[^a-z0-9]+", "_", f"{action} {target}".lower()).strip("_")[:_TYPE_MOST]
