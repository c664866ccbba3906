"""Edited and deleted comments on pull requests: one request for each pull request that changed.

An edit leaves no entry in the activity, but moves the `updated_on` of the comment and of its pull request. Every
comment's two times differ by some microseconds, so an edit is what lies a second after its creation.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from relay.cursor import digest
from relay.events import Event
from relay.fields import Fields
from relay.sources.bitbucket_cloud_activity import OVERLAP
from relay.sources.bitbucket_cloud_entries import stamp
from relay.sources.bitbucket_cloud_look import Around, Look

UPDATED, DELETED = "pullrequest_comment_updated", "pullrequest_comment_deleted"
_EDITED = timedelta(seconds=1)
_REMEMBERED = 200


class Comments:
    """Remembers of each pull request the `updated_on` at which its comments were read."""

    name = "comments"
    gives = frozenset({UPDATED, DELETED})

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """With every visit."""
        return around.visit is not None

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """The comments that changed since the last visit, of pull requests that did."""
        pulls = around.visit.pulls.values if around.visit else ()
        high = around.known.high if around.known else None
        read = dict(memory) if isinstance(memory, dict) else {}
        events, unread = dict[str, Event](), dict[str, str]()
        for pull in pulls:
            number, updated = str(pull.whole("id")), stamp(pull, "updated_on")
            at = pull.time("updated_on")
            if high and at and at > high - OVERLAP and read.get(number) != updated:
                comments = await self._changed(around, number, f"updated_on > {(high - OVERLAP).isoformat()}")
                unread |= {f"unread:{digest(raw.value)}": number for raw in comments if not _is_read(raw)}
                events |= {key: event for raw in comments for key, event in _told(around, pull, raw).items()}
            read.pop(number, None)
            read[number] = updated
        seen = around.known.seen.ids if around.known else ()
        for number in {number for key, number in unread.items() if key not in seen}:  # looked at once more
            del read[number]
        fresh = {key: event for key, event in events.items() if key not in seen}
        return Look(dict([*read.items()][-_REMEMBERED:]), fresh, tuple(events), tuple(unread))

    async def _changed(self, around: Around, number: str, query: str) -> tuple[Fields, ...]:
        place = f"{around.path}/pullrequests/{number}/comments"
        asked = {"q": query, "sort": "updated_on", "pagelen": 50}
        return (await around.account.list(place, around.now, asked)).values


def _is_read(raw: Fields) -> bool:
    """Whether a comment says which it is, when it was written and changed, and whether it was deleted if that at all."""
    is_clear = isinstance(raw.at("deleted").value, bool | None)
    return bool(is_clear and raw.name("id") and raw.time("created_on") and raw.time("updated_on"))


def _told(around: Around, pull: Fields, raw: Fields) -> dict[str, Event]:
    return {key: around.teller.commented(type, key, pull, raw, raw.time("updated_on")) for type, key in changes(raw)}


def changes(raw: Fields, word: str = "prc", types: tuple[str, str] = (UPDATED, DELETED)) -> Iterator[tuple[str, str]]:
    """The types and keys of what happened to a comment after it was written."""
    id, created_at, updated_at = raw.name("id"), raw.time("created_on"), raw.time("updated_on")
    if not id:
        return
    if raw.flag("deleted"):
        yield types[1], f"{word}:{id}:del"
    elif created_at and updated_at and updated_at - created_at > _EDITED:
        yield types[0], f"{word}:{id}:upd:{stamp(raw, 'updated_on')}"
