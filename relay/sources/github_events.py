"""The events that GitHub's entries mean, in the vocabulary. Pure.

Decisions where GitHub's words and these differ:

- A force push is a `pushed` whose state is forced, as everywhere in relay; who lost commits sees what replaced them.
- A new branch with commits is recorded twice, as CreateEvent and PushEvent; it is told once, by the push.
- A review that only holds line comments is not told: each of them is an entry of its own.
- The files of a release are told as derived `file_uploaded`: the release itself is what most people want to hear of.
- A closed pull request of which GitHub would not say whether it was merged is told as updated: that much is true.
- What has no word here passes under GitHub's own name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from relay.events import Comment, Commit, Event
from relay.fields import Fields
from relay.sources.github_answers import Change, Compared, Moved, Pull, Site, listed, names, pull
from relay.sources.github_entries import ACTIVITY, OPEN_PULLS, REVIEWS, Entry, Window, comparison

_MANY = 100  # wiki pages of one entry, files of one release
_MEMBERS = {"removed": "team_lost_access", "edited": "team_access_changed_collab"}
_COMMENTED = {"edited": "pullrequest_comment_updated", "deleted": "pullrequest_comment_deleted"}
_ISSUE_STATES = {"open": "open", "closed": "closed"}

Answers = Mapping[str, Any]


class Teller:
    """Makes the events of one poll; `answers` holds what extra requests brought, by their path."""

    def __init__(self, source: str, site: Site, now: datetime, window: Window, answers: Answers) -> None:
        self._source, self._site, self._now = source, site, now
        self._window, self._answers = window, answers

    def events(self, entry: Entry) -> tuple[Event, ...]:
        """What the entry means; nothing where another entry tells the same."""
        return tuple(_TELLERS.get(entry.type, Teller._other)(self, entry))

    def _event(self, entry: Entry, type: str, part: str = "", **fields: Any) -> Event:
        public = entry.raw.flag("public")
        repository = self._site.repository(entry.name, None if public is None else not public)
        return Event(
            id=f"{entry.home}:{entry.id}{part}",
            type=type,
            source=self._source,
            occurred_at=entry.at,
            seen_at=self._now,
            repository=repository,
            **{
                "actor": self._site.actor(entry.raw.at("actor")),
                "url": repository.url if repository else None,
            }
            | fields,
        )

    def _page(self, entry: Entry, *parts: str) -> str | None:
        return self._site.page(entry.name, *parts) if entry.name else None

    def _answer(self, entry: Entry, path: str | None) -> Any:
        return self._answers.get(f"{entry.place}/{path}") if path else None

    def _other(self, entry: Entry) -> Iterator[Event]:
        yield self._event(entry, entry.type)

    def _pushed(self, entry: Entry) -> Iterator[Event]:
        ref, payload = entry.ref, entry.payload
        path = comparison(entry, self._window)
        brought: Compared | None = listed(payload, entry.name, self._site) or self._answer(entry, path)
        moved = self._moved(entry)
        forced = (moved is not None and moved.forced) or (brought is not None and brought.forced)
        created = entry.makes_branch and not self._window.was_told(entry)
        event = self._event(
            entry,
            "pushed",
            **_ref(ref),
            url=self._compare_page(entry),
            state="created" if created else "forced" if forced and not entry.makes_branch else None,
            commits=tuple(change.commit for change in brought.changes) if brought else (),
            total_commits=brought.total if brought and brought.total > len(brought.changes) else None,
            guessed=() if brought else ("commits",),
        )
        yield replace(event, actor=event.actor or (moved.actor if moved else None))
        yield from (
            self._commit(entry, event, change) for change in (brought.changes[::-1] if brought else ()) if change.fresh
        )
        yield from self._pulls_pushed_to(entry, event)

    def _moved(self, entry: Entry) -> Moved | None:
        payload = entry.payload
        move = (entry.ref, payload.text("before"), payload.text("head"))
        listed = self._answer(entry, ACTIVITY) or ()
        return next((one for one in listed if (one.ref, one.before, one.after) == move), None)

    def _compare_page(self, entry: Entry) -> str | None:
        before, head = entry.payload.text("before"), entry.payload.text("head")
        if head is None or before is None:
            return self._page(entry)
        return (
            self._page(entry, "commits", head)
            if entry.makes_branch
            else self._page(entry, "compare", f"{before}...{head}")
        )

    def _commit(self, entry: Entry, push: Event, change: Change) -> Event:
        dated = change.at is not None and change.at <= self._now
        return replace(
            push,
            id=f"{entry.home}:commit:{change.commit.hash}",
            type="commit",
            occurred_at=change.at if dated else entry.at,
            actor=change.actor,
            url=change.commit.url or push.url,
            state=None,
            commits=(change.commit,),
            total_commits=None,
            guessed=() if dated else ("occurred_at",),
            derived=True,
        )

    def _pulls_pushed_to(self, entry: Entry, push: Event) -> Iterator[Event]:
        """GitHub records no push to a pull request as such: the branch is looked up among the open ones."""
        for one in self._answer(entry, OPEN_PULLS) or ():
            if push.branch and (one.branch, one.head) == (push.branch, entry.raw.name("repo", "id")):
                fields = self._of_pull(entry, one) | {"commits": push.commits, "total_commits": push.total_commits}
                yield self._event(entry, "pullrequest_updated", f":pull:{one.number}", **fields, guessed=push.guessed)

    def _created(self, entry: Entry) -> Iterator[Event]:
        if entry.payload.text("ref_type") == "repository" or entry.ref is None:
            yield self._event(entry, "create")
        elif not self._window.is_told_by_push(entry):
            url = self._page(entry, "tree", entry.payload.text("ref") or "")
            yield self._event(entry, "pushed", **_ref(entry.ref), url=url, state="created")

    def _deleted(self, entry: Entry) -> Iterator[Event]:
        yield self._event(entry, "pushed", **_ref(entry.ref), state="deleted")

    def _forked(self, entry: Entry) -> Iterator[Event]:
        name = entry.payload.text("forkee", "full_name")
        url = entry.payload.web("forkee", "html_url") or (self._site.page(name) if name else None)
        yield self._event(entry, "fork", title=name, url=url)

    def _issue(self, entry: Entry) -> dict[str, Any]:
        issue = entry.payload.at("issue")
        number = issue.whole("number")
        return {
            "title": issue.text("title"),
            "url": issue.web("html_url") or self._page(entry, "issues", str(number)),
            "number": number,
            "state": _ISSUE_STATES.get(issue.text("state") or ""),
            "labels": tuple(names(issue.items("labels"), "name")),
        }

    def _issue_changed(self, entry: Entry) -> Iterator[Event]:
        action, fields = entry.payload.text("action"), self._issue(entry)
        states = {"opened": "open", "reopened": "open", "closed": "closed"}
        fields["state"] = states.get(action or "", fields["state"])
        yield self._event(entry, "report_issue" if action == "opened" else "issue_update", **fields)

    def _commented(self, entry: Entry) -> Iterator[Event]:
        action, issue = entry.payload.text("action") or "created", entry.payload.at("issue")
        fields = self._issue(entry) | {"comment": _comment(entry.payload.at("comment"))}
        if not any(issue.text("pull_request", key) for key in ("url", "html_url", "diff_url", "patch_url")):
            yield self._event(entry, "issue_comment" if action == "created" else "issue_update", **fields)
            return
        if issue.text("pull_request", "merged_at"):
            fields["state"] = "merged"
        yield self._event(entry, _COMMENTED.get(action, "pullrequest_comment_created"), **fields)

    def _pull(self, entry: Entry) -> Pull:
        """The pull request as it stands in the entry, or as it was asked for."""
        own = pull(entry.payload.at("pull_request"))
        answer: Pull | None = self._answer(entry, f"pulls/{entry.number}") if own.title is None else None
        return answer or own

    def _of_pull(self, entry: Entry, one: Pull) -> dict[str, Any]:
        number = entry.number if one.number is None else one.number
        return {
            "title": one.title,
            "url": one.url or self._page(entry, "pull", str(number)),
            "number": number,
            "state": one.state,
            "branch": one.branch,
            "target_branch": one.target_branch,
            "labels": one.labels,
            "draft": one.draft,
            "reviewers": one.reviewers,
        }

    def _pull_changed(self, entry: Entry) -> Iterator[Event]:
        action, one = entry.payload.text("action"), self._pull(entry)
        if action in ("opened", "reopened"):
            one = replace(one, state="open")
        elif action == "merged":
            one = replace(one, state="merged")
        elif action == "closed" and one.state == "open":  # reopened since, or told before the answer knew
            one = replace(one, state="closed")
        type, unknown = _pull_type(action, one.state), action == "closed" and one.state is None
        fields = self._of_pull(entry, replace(one, state="closed") if unknown else one)
        yield self._event(entry, type, **fields, guessed=("state",) if unknown else ())

    def _reviewed(self, entry: Entry) -> Iterator[Event]:
        if entry.is_silent:
            return
        said, fields = _comment(entry.payload.at("review")), self._of_pull(entry, self._pull(entry))
        type, comment = REVIEWS.get(entry.review, "pullrequest_comment_created"), said if said.text else None
        yield self._event(entry, type, **fields, comment=comment)

    def _line_commented(self, entry: Entry) -> Iterator[Event]:
        type = _COMMENTED.get(entry.payload.text("action") or "", "pullrequest_comment_created")
        comment = _comment(entry.payload.at("comment"))
        yield self._event(entry, type, **self._of_pull(entry, self._pull(entry)), comment=comment)

    def _commit_commented(self, entry: Entry) -> Iterator[Event]:
        said = entry.payload.at("comment")
        hash = said.text("commit_id")
        commits = (Commit(hash, url=self._page(entry, "commit", hash)),) if hash else ()
        url = commits[0].url if commits else self._page(entry)
        yield self._event(entry, "cset_comment_created", url=url, commits=commits, comment=_comment(said))

    def _wiki(self, entry: Entry) -> Iterator[Event]:
        pages = enumerate([*entry.payload.items("pages")][:_MANY])
        for index, page in ((index, page) for index, page in pages if page):
            type = "wiki_created" if page.text("action") == "created" else "wiki_updated"
            title, url = page.text("title") or page.text("page_name"), page.web("html_url")
            yield self._event(
                entry, type, f":{index}" if index else "", title=title, url=url or self._page(entry, "wiki")
            )

    def _member(self, entry: Entry) -> Iterator[Event]:
        """Whose access changed is the actor, as in the events of old; who changed it has no place there."""
        type = _MEMBERS.get(entry.payload.text("action") or "", "team_access_gained_collab")
        yield self._event(entry, type, actor=self._site.actor(entry.payload.at("member")))

    def _released(self, entry: Entry) -> Iterator[Event]:
        release = entry.payload.at("release")
        title, url = release.text("name") or release.text("tag_name"), release.web("html_url")
        fields: dict[str, Any] = {"title": title, "url": url or self._page(entry, "releases")}
        if entry.payload.text("action") not in (None, "published", "released", "prereleased", "created"):
            yield self._event(entry, entry.type, **fields)
            return
        yield self._event(entry, "release_published", **fields)
        for asset in [*release.items("assets")][:_MANY]:
            if file := asset.text("name"):
                part, file_url = f":file:{asset.name('id') or file}"[:100], asset.web("browser_download_url")
                yield self._event(entry, "file_uploaded", part, title=file, url=file_url or fields["url"], derived=True)

    def _discussed(self, entry: Entry) -> Iterator[Event]:
        discussion = entry.payload.at("discussion")
        known = entry.payload.text("action") in (None, "created")
        url = discussion.web("html_url") or self._page(entry, "discussions")
        fields: dict[str, Any] = {"title": discussion.text("title"), "number": discussion.whole("number"), "url": url}
        yield self._event(entry, "discussion_created" if known else entry.type, **fields)


def _named(type: str) -> Callable[[Teller, Entry], Iterator[Event]]:
    """For what needs no more than its word."""
    return lambda teller, entry: iter([teller._event(entry, type)])


def _ref(ref: str | None) -> dict[str, Any]:
    """A branch by its name; a tag, which is on none, as the title."""
    if ref is not None and ref.startswith("refs/tags/"):
        return {"title": ref.removeprefix("refs/tags/")}
    return {"branch": ref.removeprefix("refs/heads/") if ref else None}


def _comment(raw: Fields) -> Comment:
    return Comment(raw.name("id"), raw.text("body"), raw.web("html_url"), raw.text("path"))


def _pull_type(action: str | None, state: str | None) -> str:
    if action == "opened":
        return "pullrequest_created"
    if action not in ("closed", "merged") or state is None:
        return "pullrequest_updated"
    return "pullrequest_fulfilled" if state == "merged" else "pullrequest_rejected"


_TELLERS: Mapping[str, Callable[[Teller, Entry], Iterator[Event]]] = MappingProxyType(
    {
        "PushEvent": Teller._pushed,
        "CreateEvent": Teller._created,
        "DeleteEvent": Teller._deleted,
        "ForkEvent": Teller._forked,
        "IssuesEvent": Teller._issue_changed,
        "IssueCommentEvent": Teller._commented,
        "PullRequestEvent": Teller._pull_changed,
        "PullRequestReviewEvent": Teller._reviewed,
        "PullRequestReviewCommentEvent": Teller._line_commented,
        "CommitCommentEvent": Teller._commit_commented,
        "GollumEvent": Teller._wiki,
        "WatchEvent": _named("start_follow_repo"),
        "MemberEvent": Teller._member,
        "ReleaseEvent": Teller._released,
        "PublicEvent": _named("repo_public"),
        "DiscussionEvent": Teller._discussed,
    }
)
