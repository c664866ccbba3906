"""The vocabulary: the event types of the Bitbucket 1.0 `events` resource, and what today's forges add to them.

What was added is marked as an extension here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class EventType:
    """A word of the vocabulary and what it means; `about` is the kind of thing it happened to."""

    name: str
    about: str
    meaning: str
    extension: bool = False


_WORDS = [
    ("pushed", "branch", "commits were pushed; state tells a created, deleted or forced branch, title names a tag"),
    ("commit", "commit", "one commit; derived ones come with a pushed and are matched only by a key that names commit"),
    ("fork", "repository", "the repository was forked; title is the fork"),
    ("mq", "repository", "a Mercurial patch queue was created"),
    ("create", "repository", "the repository was created"),
    ("delete", "repository", "the repository was deleted"),
    ("strip", "branch", "commits were removed from history"),
    ("report_issue", "issue", "an issue was reported"),
    ("issue_update", "issue", "an issue was changed"),
    ("issue_comment", "issue", "a comment on an issue"),
    ("wiki_created", "wiki", "a wiki page was created; title is the page"),
    ("wiki_updated", "wiki", "a wiki page was edited"),
    ("wiki_deleted", "wiki", "a wiki page was deleted (never documented, but sent)"),
    ("file_uploaded", "file", "a file was added to the downloads; title is its name"),
    ("start_follow_repo", "repository", "somebody follows the repository"),
    ("stop_follow_repo", "repository", "somebody no longer follows the repository"),
    ("start_follow_issue", "issue", "somebody follows an issue"),
    ("stop_follow_issue", "issue", "somebody no longer follows an issue"),
    ("start_follow_user", "user", "somebody follows a user; title is that user"),
    ("stop_follow_user", "user", "somebody no longer follows a user"),
    ("pullrequest_created", "pull request", "a pull request was opened"),
    ("pullrequest_updated", "pull request", "a pull request was changed or pushed to"),
    ("pullrequest_fulfilled", "pull request", "a pull request was merged"),
    ("pullrequest_rejected", "pull request", "a pull request was closed without merging"),
    ("pullrequest_superseded", "pull request", "a pull request was replaced by another"),
    ("pullrequest_comment_created", "pull request", "a comment on a pull request"),
    ("pullrequest_comment_updated", "pull request", "a comment on a pull request was edited"),
    ("pullrequest_comment_deleted", "pull request", "a comment on a pull request was deleted"),
    ("pullrequest_like", "pull request", "a pull request was approved"),
    ("pullrequest_unlike", "pull request", "an approval of a pull request was withdrawn"),
    ("cset_comment_created", "commit", "a comment on a commit"),
    ("cset_comment_updated", "commit", "a comment on a commit was edited"),
    ("cset_comment_deleted", "commit", "a comment on a commit was deleted"),
    ("cset_like", "commit", "a commit was approved"),
    ("cset_unlike", "commit", "an approval of a commit was withdrawn"),
    ("team_access_gained_admin", "team", "somebody became an administrator of a team; title is the team"),
    ("team_access_gained_collab", "team", "somebody became a collaborator of a team"),
    ("team_lost_access", "team", "somebody lost access to a team"),
    ("team_access_changed_admin", "team", "somebody's access to a team changed to administrator"),
    ("team_access_changed_collab", "team", "somebody's access to a team changed to collaborator"),
]
_EXTENSIONS = [
    ("pullrequest_changes_requested", "pull request", "a reviewer asked for changes"),
    ("release_published", "release", "a release was published; title is its name, or its tag"),
    ("entry_published", "entry", "a feed has an entry that is nothing else known; title is its own"),
    ("repo_public", "repository", "the repository was made public"),
    ("repo_renamed", "repository", "the repository has another name; title is the former one"),
    ("repo_transferred", "repository", "the repository has another owner; title is its former owner/slug"),
    ("discussion_created", "discussion", "a discussion was started"),
    ("pipeline_succeeded", "pipeline", "a pipeline ran to its end; number is its own, title its name"),
    ("pipeline_failed", "pipeline", "a pipeline failed"),
    ("pipeline_stopped", "pipeline", "a pipeline was stopped, or ran out of time"),
    ("status_succeeded", "commit", "a check of a commit passed; title is the check"),
    ("status_failed", "commit", "a check of a commit failed; title is the check"),
]
VOCABULARY: Mapping[str, EventType] = MappingProxyType(
    {name: EventType(name, about, meaning) for name, about, meaning in _WORDS}
    | {name: EventType(name, about, meaning, extension=True) for name, about, meaning in _EXTENSIONS}
)
THINGS = frozenset({"pull request", "issue", "commit"})
"""What several events can be about, each time the same one; all others stand alone."""
