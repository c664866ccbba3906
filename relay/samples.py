"""A sample event of every type: what `check` tries templates on, `render` and `send` show, and `types` prints.

One small story (Ana Lima's dark theme for acme/site), so that samples read like a day's work. Deterministic: the same
type and time give the same event, and every field that the type can have is filled.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from relay.event_types import VOCABULARY
from relay.events import Actor, Comment, Commit, Event, Repository
from relay.notice import Notice

SITE = "https://forge.example/acme/site"
_ANA = Actor("ana", "Ana Lima", "https://forge.example/ana", "https://forge.example/ana.png")
_BEN = Actor("ben", "Ben Okoye", "https://forge.example/ben", "https://forge.example/ben.png")
_DARA = Actor("dara", "Dara Singh", "https://forge.example/dara", "https://forge.example/dara.png")
_REPOSITORY = Repository("acme", "site", "Site", SITE, private=True)
_COMMITS = tuple(
    Commit(hash, message, author, f"{SITE}/commits/{hash}")
    for hash, message, author in [
        ("4f2a91c07be3d15f", "Read the theme from the system\n\nAsks prefers-color-scheme once a page.", "Ana Lima"),
        ("b07dd12e4c9a8f31", "Keep contrast above 4.5:1", "Ben Okoye"),
        ("91c3e5a2d7f60b48", "Document the theme switch", "Ana Lima"),
    ]
)
_PULL_REQUEST: Mapping[str, Any] = {
    "title": "Add a dark theme to the settings page",
    "number": 42,
    "url": f"{SITE}/pull-requests/42",
    "state": "open",
    "branch": "feature/dark",
    "target_branch": "main",
    "labels": ("frontend",),
    "draft": False,
    "reviewers": ("Ben Okoye", "Chi Nakamura"),
}
_ISSUE: Mapping[str, Any] = {
    "actor": _DARA,
    "title": "Crash on start when the cache folder is missing",
    "number": 7,
    "url": f"{SITE}/issues/7",
    "state": "open",
    "labels": ("bug", "windows"),
}
_COMMIT: Mapping[str, Any] = {"commits": _COMMITS[:1], "url": _COMMITS[0].url, "branch": "main"}
_WIKI: Mapping[str, Any] = {"actor": _DARA, "title": "Deploying", "url": f"{SITE}/wiki/Deploying"}
_TEAM: Mapping[str, Any] = {
    "title": "acme-reviewers",
    "url": "https://forge.example/acme-reviewers",
    "repository": None,
}
_PIPELINE: Mapping[str, Any] = {
    "title": "Deploy",
    "number": 311,
    "url": f"{SITE}/pipelines/311",
    "branch": "main",
    "commits": _COMMITS[:1],
}
_USER: Mapping[str, Any] = {"title": "chi", "url": "https://forge.example/chi", "repository": None}
_SAID = Comment(
    "739707",
    "Should this follow the system setting by default?\nPeople who never open the settings would get it too.",
    f"{SITE}/pull-requests/42#comment-739707",
    "app/settings/theme.py",
)
_SAID_OF_COMMIT = replace(_SAID, url=f"{_COMMITS[0].url}#comment-739707")
_REPORTED = Comment("739811", "Same here on Windows 11, with version 2.3.", f"{SITE}/issues/7#comment-739811")

_ABOUT: Mapping[str, Mapping[str, Any]] = {
    "pull request": _PULL_REQUEST,
    "issue": _ISSUE,
    "commit": _COMMIT,
    "branch": {"branch": "main", "url": f"{SITE}/branch/main"},
    "wiki": _WIKI,
    "team": _TEAM,
    "user": _USER,
    "repository": {"url": SITE},
    "file": {"title": "site-2.3.zip", "url": f"{SITE}/downloads"},
    "release": {"title": "Site 2.3", "url": f"{SITE}/releases/v2.3"},
    "entry": {"title": "Site 2.3 is out", "url": f"{SITE}/news/23"},
    "discussion": {"title": "How dark is dark?", "number": 3, "url": f"{SITE}/discussions/3"},
    "pipeline": _PIPELINE,
}
_OF_TYPE: Mapping[str, Mapping[str, Any]] = {
    "pushed": {"commits": _COMMITS, "total_commits": 3, "url": f"{SITE}/compare/91c3e5a..4f2a91c"},
    "fork": {"actor": _BEN, "title": "ben/site", "url": "https://forge.example/ben/site"},
    "start_follow_repo": {"actor": _BEN},
    "stop_follow_repo": {"actor": _BEN},
    "issue_comment": {"actor": _BEN, "comment": _REPORTED},
    "pullrequest_updated": {"commits": _COMMITS[:2], "total_commits": 2},
    "pullrequest_fulfilled": {"state": "merged"},
    "pullrequest_rejected": {"state": "closed", "actor": _BEN},
    "pullrequest_superseded": {"state": "superseded"},
    "pullrequest_like": {"actor": _BEN},
    "pullrequest_unlike": {"actor": _BEN},
    "pullrequest_changes_requested": {"actor": _BEN, "comment": replace(_SAID, path=None)},
    "pullrequest_comment_created": {"actor": _BEN, "comment": _SAID},
    "pullrequest_comment_updated": {"actor": _BEN, "comment": _SAID},
    "pullrequest_comment_deleted": {"actor": _BEN, "comment": replace(_SAID, text=None, url=None)},
    "cset_comment_created": {"actor": _BEN, "comment": _SAID_OF_COMMIT},
    "cset_comment_updated": {"actor": _BEN, "comment": _SAID_OF_COMMIT},
    "cset_comment_deleted": {"actor": _BEN, "comment": replace(_SAID, text=None, url=None)},
    "cset_like": {"actor": _BEN},
    "cset_unlike": {"actor": _BEN},
    "repo_renamed": {"title": "homepage"},
    "repo_transferred": {"title": "ana/site"},
    "status_succeeded": {"title": "style", "url": f"{SITE}/checks/1"},
    "status_failed": {"title": "tests on Windows", "url": f"{SITE}/checks/2"},
}


def sample(type: str, now: datetime) -> Event:
    """The sample of a type, as if it had happened 41 seconds ago; of an unknown type, one that shows `default.j2`."""
    known = VOCABULARY.get(type)
    fields: dict[str, Any] = {"actor": _ANA, "repository": _REPOSITORY}
    fields |= _ABOUT.get(known.about, {}) if known else {"title": "Dark", "url": f"{SITE}/milestones/4"}
    fields |= _OF_TYPE.get(type, {})
    at = now - timedelta(seconds=41)
    return Event(id=f"sample:{type}", type=type, source="acme", occurred_at=at, seen_at=now, **fields)


def sample_notice(now: datetime) -> Notice:
    """A notice, as `render notice` and `send notice` show it."""
    reason = "Slack answered is_archived; unarchive the channel or name another"
    return Notice("blocked", {"alerts": 3}, reason, now - timedelta(minutes=1), now)
