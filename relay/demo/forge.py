"""A forge on which something is always going on: samples of every event type, served as the events resource.

It is the reader behind the very application that `relay serve` runs, so that the demo polls what relay serves.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from relay.events import Event
from relay.samples import sample
from relay.store.views import EventList

SCENES = (
    ("create", "fork", "report_issue", "pushed", "pipeline_failed", "discussion_created"),
    (
        "wiki_created",
        "start_follow_repo",
        "pullrequest_created",
        "team_access_gained_collab",
        "commit",
        "status_failed",
    ),
    (
        "issue_comment",
        "pullrequest_comment_created",
        "pullrequest_changes_requested",
        "start_follow_issue",
        "cset_comment_created",
    ),
    (
        "file_uploaded",
        "pullrequest_updated",
        "pullrequest_comment_updated",
        "pullrequest_like",
        "start_follow_user",
        "repo_public",
    ),
    (
        "wiki_updated",
        "cset_like",
        "pullrequest_unlike",
        "pullrequest_comment_deleted",
        "team_access_changed_admin",
        "status_succeeded",
    ),
    (
        "issue_update",
        "pullrequest_fulfilled",
        "cset_comment_updated",
        "mq",
        "team_access_gained_admin",
        "pipeline_stopped",
    ),
    (
        "wiki_deleted",
        "pullrequest_rejected",
        "cset_unlike",
        "stop_follow_issue",
        "team_access_changed_collab",
        "pipeline_succeeded",
    ),
    (
        "pullrequest_superseded",
        "cset_comment_deleted",
        "strip",
        "stop_follow_repo",
        "team_lost_access",
        "release_published",
    ),
    ("delete", "stop_follow_user", "repo_renamed", "repo_transferred", "entry_published"),
)
"""What happens at one time; every type once, each scene with something for every destination."""

_KEPT = 500


class Forge:
    """The events of the demo, newest first; `clock` says when they happen."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self.happened = 0

    def happen(self, type: str) -> None:
        """Something of this type happens now; the oldest is forgotten in time, as on any forge."""
        self.happened += 1
        event = sample(type, self._clock())
        place = event.repository and replace(event.repository, private=False)
        happened = replace(event, id=f"demo-{self.happened}", repository=place)
        self._events = [happened, *self._events[: _KEPT - 1]]  # a new list: another thread may be reading the old one

    def events(
        self,
        *,
        owner: str | None,
        slug: str | None,
        username: str | None,
        type: str | None,
        start: int,
        limit: int,
        include_private: bool,
    ) -> EventList:
        """Everything here is public, and a place where nothing happened yet is an empty list."""
        where = self._of_user(username) if username is not None else self._of_repository(f"{owner}/{slug}")
        found = [event for event in where if type in (None, event.type)]
        return EventList(len(found), tuple(found[start : start + limit]))

    def _of_user(self, username: str) -> Iterator[Event]:
        return (event for event in self._events if event.actor and event.actor.username == username)

    def _of_repository(self, name: str) -> Iterator[Event]:
        return (event for event in self._events if event.repository and event.repository.full_name == name)
