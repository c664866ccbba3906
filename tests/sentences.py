"""What relay says of each event type, and the event that it says it of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from relay.event_types import VOCABULARY
from relay.events import Actor, Comment, Commit, Event, Repository
from tests.extensions import EXTENSIONS

NOW = datetime(2026, 11, 23, 9, 14, 5, tzinfo=UTC)
PULL_REQUEST = {"number": 42, "title": "Add a dark theme", "branch": "feature/dark", "target_branch": "main"}
COMMITS = tuple(
    Commit(hash, message, author, f"https://forge.example/acme/site/commits/{hash}")
    for hash, message, author in [
        ("4f2a91c07be3", "Read the theme\n\nOnce a page.", "Ana Lima"),
        ("b07dd12e4c9a", "Keep contrast", "Ben Okoye"),
        ("91c3e5a2d7f6", "Document the switch", "Ana Lima"),
    ]
)
_ABOUT: Mapping[str, Mapping[str, Any]] = {
    "pull request": PULL_REQUEST,
    "issue": {"number": 7, "title": "Crash on start"},
    "commit": {"commits": COMMITS[:1]},
    "branch": {"branch": "main"},
    "wiki": {"title": "Deploying"},
    "file": {"title": "site-2.3.zip"},
    "user": {"title": "chi"},
    "team": {"title": "reviewers"},
    "release": {"title": "Site 2.3"},
    "entry": {"title": "Site 2.3 is out"},
    "discussion": {"number": 3, "title": "How dark is dark?"},
    "pipeline": {"number": 311, "title": "Deploy", "branch": "main"},
}
_OF_TYPE: Mapping[str, Mapping[str, Any]] = {
    "pushed": {"commits": COMMITS},
    "commit": {"branch": "main"},
    "fork": {"title": "ben/site"},
    "repo_renamed": {"title": "homepage"},
    "repo_transferred": {"title": "ana/site"},
    "status_succeeded": {"title": "style"},
    "status_failed": {"title": "tests on Windows"},
}


def event(type: str, **fields: Any) -> Event:
    """An event of the type with everything known that its sentence can say; `fields` change it."""
    about = VOCABULARY[type].about if type in VOCABULARY else ""
    known: dict[str, Any] = {
        "actor": Actor("ana", "Ana Lima"),
        "repository": Repository("acme", "site", url="https://forge.example/acme/site"),
        "url": "https://forge.example/acme/site/it",
        "comment": Comment("1", "Should this follow the system?") if "comment" in type else None,
    }
    known |= {**_ABOUT.get(about, {}), **_OF_TYPE.get(type, {}), **fields}
    return Event(id=f"test:{type}", type=type, source="acme", occurred_at=NOW, seen_at=NOW, **known)


def untitled(known: Event) -> Event:
    """The event without its title: of a commit, without its message."""
    return replace(known, title=None, commits=tuple(replace(commit, message=None) for commit in known.commits))


def nothing(type: str) -> Event:
    """An event of which nothing but the type is known."""
    return Event(id=f"test:{type}", type=type, source="acme", seen_at=NOW)


SENTENCES: Mapping[str, tuple[str, str, str, str, str]] = EXTENSIONS | {
    # type: with everything, without actor, without title, without repository, with nothing but the type
    "pushed": (
        "Ana Lima pushed 3 commits to main (acme/site)",
        "3 commits were pushed to main (acme/site)",
        "Ana Lima pushed 3 commits to main (acme/site)",
        "Ana Lima pushed 3 commits to main",
        "Push",
    ),
    "commit": (
        "Ana Lima committed 4f2a91c to main: Read the theme (acme/site)",
        "Commit 4f2a91c to main: Read the theme (acme/site)",
        "Ana Lima committed 4f2a91c to main (acme/site)",
        "Ana Lima committed 4f2a91c to main: Read the theme",
        "New commit",
    ),
    "fork": (
        "Ana Lima forked acme/site to ben/site",
        "acme/site was forked to ben/site",
        "Ana Lima forked acme/site",
        "Ana Lima forked a repository to ben/site",
        "A repository was forked",
    ),
    "mq": (
        "Ana Lima created a patch queue for acme/site",
        "A patch queue was created for acme/site",
        "Ana Lima created a patch queue for acme/site",
        "Ana Lima created a patch queue",
        "A patch queue was created",
    ),
    "create": (
        "Ana Lima created repository acme/site",
        "Repository acme/site was created",
        "Ana Lima created repository acme/site",
        "Ana Lima created a repository",
        "A repository was created",
    ),
    "delete": (
        "Ana Lima deleted repository acme/site",
        "Repository acme/site was deleted",
        "Ana Lima deleted repository acme/site",
        "Ana Lima deleted a repository",
        "A repository was deleted",
    ),
    "strip": (
        "Ana Lima removed commits from main (acme/site)",
        "Commits were removed from main (acme/site)",
        "Ana Lima removed commits from main (acme/site)",
        "Ana Lima removed commits from main",
        "Commits were removed",
    ),
    "report_issue": (
        "Ana Lima reported issue #7: Crash on start (acme/site)",
        "Issue #7 was reported: Crash on start (acme/site)",
        "Ana Lima reported issue #7 (acme/site)",
        "Ana Lima reported issue #7: Crash on start",
        "An issue was reported",
    ),
    "issue_update": (
        "Ana Lima updated issue #7: Crash on start (acme/site)",
        "Issue #7 was updated: Crash on start (acme/site)",
        "Ana Lima updated issue #7 (acme/site)",
        "Ana Lima updated issue #7: Crash on start",
        "An issue was updated",
    ),
    "issue_comment": (
        "Ana Lima commented on issue #7: Crash on start (acme/site)",
        "New comment on issue #7: Crash on start (acme/site)",
        "Ana Lima commented on issue #7 (acme/site)",
        "Ana Lima commented on issue #7: Crash on start",
        "New comment on an issue",
    ),
    "wiki_created": (
        "Ana Lima created a wiki page: Deploying (acme/site)",
        "A wiki page was created: Deploying (acme/site)",
        "Ana Lima created a wiki page (acme/site)",
        "Ana Lima created a wiki page: Deploying",
        "A wiki page was created",
    ),
    "wiki_updated": (
        "Ana Lima edited a wiki page: Deploying (acme/site)",
        "A wiki page was edited: Deploying (acme/site)",
        "Ana Lima edited a wiki page (acme/site)",
        "Ana Lima edited a wiki page: Deploying",
        "A wiki page was edited",
    ),
    "wiki_deleted": (
        "Ana Lima deleted a wiki page: Deploying (acme/site)",
        "A wiki page was deleted: Deploying (acme/site)",
        "Ana Lima deleted a wiki page (acme/site)",
        "Ana Lima deleted a wiki page: Deploying",
        "A wiki page was deleted",
    ),
    "file_uploaded": (
        "Ana Lima uploaded a file: site-2.3.zip (acme/site)",
        "A file was uploaded: site-2.3.zip (acme/site)",
        "Ana Lima uploaded a file (acme/site)",
        "Ana Lima uploaded a file: site-2.3.zip",
        "A file was uploaded",
    ),
    "start_follow_repo": (
        "Ana Lima started following acme/site",
        "acme/site has a new follower",
        "Ana Lima started following acme/site",
        "Ana Lima started following a repository",
        "A repository has a new follower",
    ),
    "stop_follow_repo": (
        "Ana Lima stopped following acme/site",
        "acme/site lost a follower",
        "Ana Lima stopped following acme/site",
        "Ana Lima stopped following a repository",
        "A repository lost a follower",
    ),
    "start_follow_issue": (
        "Ana Lima started following issue #7: Crash on start (acme/site)",
        "Issue #7 has a new follower: Crash on start (acme/site)",
        "Ana Lima started following issue #7 (acme/site)",
        "Ana Lima started following issue #7: Crash on start",
        "An issue has a new follower",
    ),
    "stop_follow_issue": (
        "Ana Lima stopped following issue #7: Crash on start (acme/site)",
        "Issue #7 lost a follower: Crash on start (acme/site)",
        "Ana Lima stopped following issue #7 (acme/site)",
        "Ana Lima stopped following issue #7: Crash on start",
        "An issue lost a follower",
    ),
    "start_follow_user": (
        "Ana Lima started following chi",
        "chi has a new follower",
        "Ana Lima started following a user",
        "Ana Lima started following chi",
        "A user has a new follower",
    ),
    "stop_follow_user": (
        "Ana Lima stopped following chi",
        "chi lost a follower",
        "Ana Lima stopped following a user",
        "Ana Lima stopped following chi",
        "A user lost a follower",
    ),
    "pullrequest_created": (
        "Ana Lima opened pull request #42: Add a dark theme (acme/site)",
        "Pull request #42 was opened: Add a dark theme (acme/site)",
        "Ana Lima opened pull request #42 (acme/site)",
        "Ana Lima opened pull request #42: Add a dark theme",
        "A pull request was opened",
    ),
    "pullrequest_updated": (
        "Ana Lima updated pull request #42: Add a dark theme (acme/site)",
        "Pull request #42 was updated: Add a dark theme (acme/site)",
        "Ana Lima updated pull request #42 (acme/site)",
        "Ana Lima updated pull request #42: Add a dark theme",
        "A pull request was updated",
    ),
    "pullrequest_fulfilled": (
        "Ana Lima merged pull request #42 into main: Add a dark theme (acme/site)",
        "Pull request #42 was merged into main: Add a dark theme (acme/site)",
        "Ana Lima merged pull request #42 into main (acme/site)",
        "Ana Lima merged pull request #42 into main: Add a dark theme",
        "A pull request was merged",
    ),
    "pullrequest_rejected": (
        "Ana Lima closed pull request #42 without merging: Add a dark theme (acme/site)",
        "Pull request #42 was closed without merging: Add a dark theme (acme/site)",
        "Ana Lima closed pull request #42 without merging (acme/site)",
        "Ana Lima closed pull request #42 without merging: Add a dark theme",
        "A pull request was closed without merging",
    ),
    "pullrequest_superseded": (
        "Ana Lima marked pull request #42 as superseded: Add a dark theme (acme/site)",
        "Pull request #42 was superseded: Add a dark theme (acme/site)",
        "Ana Lima marked pull request #42 as superseded (acme/site)",
        "Ana Lima marked pull request #42 as superseded: Add a dark theme",
        "A pull request was superseded",
    ),
    "pullrequest_comment_created": (
        "Ana Lima commented on pull request #42: Add a dark theme (acme/site)",
        "New comment on pull request #42: Add a dark theme (acme/site)",
        "Ana Lima commented on pull request #42 (acme/site)",
        "Ana Lima commented on pull request #42: Add a dark theme",
        "New comment on a pull request",
    ),
    "pullrequest_comment_updated": (
        "Ana Lima edited a comment on pull request #42: Add a dark theme (acme/site)",
        "A comment was edited on pull request #42: Add a dark theme (acme/site)",
        "Ana Lima edited a comment on pull request #42 (acme/site)",
        "Ana Lima edited a comment on pull request #42: Add a dark theme",
        "A comment was edited on a pull request",
    ),
    "pullrequest_comment_deleted": (
        "Ana Lima deleted a comment on pull request #42: Add a dark theme (acme/site)",
        "A comment was deleted on pull request #42: Add a dark theme (acme/site)",
        "Ana Lima deleted a comment on pull request #42 (acme/site)",
        "Ana Lima deleted a comment on pull request #42: Add a dark theme",
        "A comment was deleted on a pull request",
    ),
    "pullrequest_like": (
        "Ana Lima approved pull request #42: Add a dark theme (acme/site)",
        "Pull request #42 was approved: Add a dark theme (acme/site)",
        "Ana Lima approved pull request #42 (acme/site)",
        "Ana Lima approved pull request #42: Add a dark theme",
        "A pull request was approved",
    ),
    "pullrequest_unlike": (
        "Ana Lima withdrew approval of pull request #42: Add a dark theme (acme/site)",
        "Approval of pull request #42 was withdrawn: Add a dark theme (acme/site)",
        "Ana Lima withdrew approval of pull request #42 (acme/site)",
        "Ana Lima withdrew approval of pull request #42: Add a dark theme",
        "Approval of a pull request was withdrawn",
    ),
    "cset_comment_created": (
        "Ana Lima commented on commit 4f2a91c: Read the theme (acme/site)",
        "New comment on commit 4f2a91c: Read the theme (acme/site)",
        "Ana Lima commented on commit 4f2a91c (acme/site)",
        "Ana Lima commented on commit 4f2a91c: Read the theme",
        "New comment on a commit",
    ),
    "cset_comment_updated": (
        "Ana Lima edited a comment on commit 4f2a91c: Read the theme (acme/site)",
        "A comment was edited on commit 4f2a91c: Read the theme (acme/site)",
        "Ana Lima edited a comment on commit 4f2a91c (acme/site)",
        "Ana Lima edited a comment on commit 4f2a91c: Read the theme",
        "A comment was edited on a commit",
    ),
    "cset_comment_deleted": (
        "Ana Lima deleted a comment on commit 4f2a91c: Read the theme (acme/site)",
        "A comment was deleted on commit 4f2a91c: Read the theme (acme/site)",
        "Ana Lima deleted a comment on commit 4f2a91c (acme/site)",
        "Ana Lima deleted a comment on commit 4f2a91c: Read the theme",
        "A comment was deleted on a commit",
    ),
    "cset_like": (
        "Ana Lima approved commit 4f2a91c: Read the theme (acme/site)",
        "Commit 4f2a91c was approved: Read the theme (acme/site)",
        "Ana Lima approved commit 4f2a91c (acme/site)",
        "Ana Lima approved commit 4f2a91c: Read the theme",
        "A commit was approved",
    ),
    "cset_unlike": (
        "Ana Lima withdrew approval of commit 4f2a91c: Read the theme (acme/site)",
        "Approval of commit 4f2a91c was withdrawn: Read the theme (acme/site)",
        "Ana Lima withdrew approval of commit 4f2a91c (acme/site)",
        "Ana Lima withdrew approval of commit 4f2a91c: Read the theme",
        "Approval of a commit was withdrawn",
    ),
    "team_access_gained_admin": (
        "Ana Lima gained admin access to team reviewers",
        "Admin access to team reviewers was granted",
        "Ana Lima gained admin access to acme/site",
        "Ana Lima gained admin access to team reviewers",
        "Admin access to a team was granted",
    ),
    "team_access_gained_collab": (
        "Ana Lima gained collaborator access to team reviewers",
        "Collaborator access to team reviewers was granted",
        "Ana Lima gained collaborator access to acme/site",
        "Ana Lima gained collaborator access to team reviewers",
        "Collaborator access to a team was granted",
    ),
    "team_lost_access": (
        "Ana Lima lost access to team reviewers",
        "Access to team reviewers was removed",
        "Ana Lima lost access to acme/site",
        "Ana Lima lost access to team reviewers",
        "Access to a team was removed",
    ),
    "team_access_changed_admin": (
        "Admin access to team reviewers changed: Ana Lima",
        "Admin access to team reviewers changed",
        "Admin access to acme/site changed: Ana Lima",
        "Admin access to team reviewers changed: Ana Lima",
        "Admin access to a team changed",
    ),
    "team_access_changed_collab": (
        "Collaborator access to team reviewers changed: Ana Lima",
        "Collaborator access to team reviewers changed",
        "Collaborator access to acme/site changed: Ana Lima",
        "Collaborator access to team reviewers changed: Ana Lima",
        "Collaborator access to a team changed",
    ),
}
