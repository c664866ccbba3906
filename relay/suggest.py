""" "Did you mean": the nearest known word, and the event types that other vocabularies call by another name."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from relay.event_types import VOCABULARY

_SUBJECTS = {"pr": "pullrequest", "pull_request": "pullrequest", "merge_request": "pullrequest", "commit": "cset"}
_HAPPENINGS = {
    "push": "pushed",
    "merged": "pullrequest_fulfilled",
    "declined": "pullrequest_rejected",
    "approve": "pullrequest_like",
    "approved": "pullrequest_like",
    "unapprove": "pullrequest_unlike",
    "unapproved": "pullrequest_unlike",
    "opened": "pullrequest_created",
    "closed": "pullrequest_rejected",
    "synchronize": "pullrequest_updated",
    "changes_requested": "pullrequest_changes_requested",
    "pullrequest_merged": "pullrequest_fulfilled",
    "pullrequest_declined": "pullrequest_rejected",
    "pullrequest_closed": "pullrequest_rejected",
    "pullrequest_opened": "pullrequest_created",
    "pullrequest_open": "pullrequest_created",
    "pullrequest_approve": "pullrequest_like",
    "pullrequest_approved": "pullrequest_like",
    "pullrequest_approval": "pullrequest_like",
    "pullrequest_unapprove": "pullrequest_unlike",
    "pullrequest_unapproved": "pullrequest_unlike",
    "pullrequest_synchronize": "pullrequest_updated",
    "pullrequest_comment": "pullrequest_comment_created",
    "pullrequest_review_comment": "pullrequest_comment_created",
    "repo_push": "pushed",
    "repo_refs_changed": "pushed",
    "repo_fork": "fork",
    "repo_forked": "fork",
    "repo_created": "create",
    "repo_deleted": "delete",
    "repo_commit_comment_created": "cset_comment_created",
    "repo_comment_added": "cset_comment_created",
    "commit_comment": "cset_comment_created",
    "issue_created": "report_issue",
    "issue_opened": "report_issue",
    "issues": "report_issue",
    "issue_updated": "issue_update",
    "issue_comment_created": "issue_comment",
    "watch": "start_follow_repo",
    "star": "start_follow_repo",
    "gollum": "wiki_updated",
    "wiki": "wiki_updated",
    "release": "release_published",
    "release_created": "release_published",
    "public": "repo_public",
    "discussion": "discussion_created",
    "workflow_run": "pipeline_failed",
    "build_failed": "pipeline_failed",
    "build_succeeded": "pipeline_succeeded",
    "commit_status": "status_failed",
    "repo_commit_status_created": "status_failed",
}
"""Names of POST hooks, webhooks 2.0 and other forges, in lower case with `_` between the words."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, if any is; a long word must be nearer, or github would mean git."""
    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), by_folded, 1, 0.6 if len(word) < 5 else 0.7)
    return by_folded[near[0]] if near else None


def perhaps(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'dev'?`, or nothing."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


def choices(word: str, known: Collection[str]) -> str:
    """`; did you mean 'dev'?`, or else `; there are audit, dev, leads`."""
    return perhaps(word, known) or (f"; there are {', '.join(known)}" if known else "")


def event_type(word: str) -> str | None:
    """The event type that was meant by a word which is none."""
    name = word.strip().casefold().replace(":", "_").replace("-", "_").replace(".", "_").replace(" ", "_")
    for foreign, own in _SUBJECTS.items():
        if name.startswith(f"{foreign}_"):
            name = f"{own}_{name.removeprefix(f'{foreign}_')}"
            break
    return name if name in VOCABULARY else _HAPPENINGS.get(name) or nearest(name, VOCABULARY)
