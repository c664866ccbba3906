"""Edited and deleted comments, of which GitHub's events tell nothing: asked for by `include:`, free while idle.

Comments of pull requests are listed by when they were changed. `since` stays what it is while nothing changes, so the
address does too, and with it the ETag; it lies ten minutes before the newest change, for what is listed late. Comments
of commits are only listed whole: that list is compared with the last one. A list that is suddenly empty is believed when
it is empty the next time too. Who edited or deleted is not told: it is taken to be who wrote it, and named in
`guessed`. A list with a comment that cannot be read is read in the same way once more, and shows no deletion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from relay.api import Answer, Api
from relay.errors import FeedDenied, FeedGarbled, FeedGone, FeedMissing
from relay.events import Event
from relay.fields import Fields
from relay.seen import Seen
from relay.sources.github_comments import CommentTeller, Said, said
from relay.sources.github_extras import Extras, Kept, is_full

OF_PULLS = "pullrequest_comment_updated"
OF_COMMITS = frozenset({"cset_comment_updated", "cset_comment_deleted"})
_OF_PULLS, _OF_COMMITS = ("issues/comments", "pulls/comments"), "comments"
_RETRY = 3600
_PAGES = 30
_OVERLAP = timedelta(minutes=10)
_LONG_AGO = "1970-01-01T00:00:00Z"
_EMPTIED = "emptied"
_GONE_MOST = 1000


class Edited(NamedTuple):
    """What a look at the lists brought: what to remember, what happened, and what GitHub refused."""

    memory: Any
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """The repository that is looked at: its path in the API, and who tells of it."""

    path: str
    teller: CommentTeller
    now: datetime


class Edits:
    """Looks for edited and deleted comments of the types in `wanted`."""

    def __init__(self, api: Api, extras: Extras, wanted: frozenset[str]) -> None:
        self._api, self._kept, self._extras = api, Kept(api), extras
        self._wanted = wanted & {OF_PULLS, *OF_COMMITS}

    async def poll(self, place: str, teller: CommentTeller, memory: Any, now: datetime) -> Edited:
        """What changed since `memory` (None at first sight), which stays the same object where nothing did.

        Only repositories are looked at. Raises a FeedError.
        """
        if not self._wanted or not place.startswith("repositories/"):
            return Edited(memory)
        there, before = _Place(place.removesuffix("/events"), teller, now), Fields(memory)
        looks = {path: await self._look(there, path, before.at(path)) for path in self._lists}
        after = {path: look.memory for path, look in looks.items()}
        events = tuple(event for look in looks.values() for event in look.events if event.type in self._wanted)
        warnings = tuple(warning for look in looks.values() for warning in look.warnings)
        return Edited(memory if after == memory else after, events, warnings)

    @property
    def _lists(self) -> tuple[str, ...]:
        return (*(_OF_PULLS if OF_PULLS in self._wanted else ()), *([_OF_COMMITS] if self._wanted & OF_COMMITS else []))

    async def _look(self, there: _Place, path: str, known: Fields) -> Edited:
        """What one list brings; what GitHub refuses is told once an hour, and stops nothing else."""
        moment = int(there.now.timestamp())
        if moment < (known.whole("again_at") or 0):
            return Edited(known.value)
        try:
            return await (self._compared if path == _OF_COMMITS else self._changed)(there, path, known)
        except (FeedDenied, FeedGarbled, FeedGone, FeedMissing) as error:
            kept = known.value if isinstance(known.value, dict) else {}
            return Edited(kept | {"again_at": moment + _RETRY}, warnings=(str(error),))

    async def _changed(self, there: _Place, path: str, known: Fields) -> Edited:
        since, ids = known.text("since"), known.texts("seen")
        listing = f"{there.path}/{path}?per_page=100&sort=updated"
        if since is None:
            newest = _Listed.of(await self._api.get(f"{listing}&direction=desc", there.now))
            return Edited(newest.memory(Seen(newest.unread), _LONG_AGO, None))
        first = await self._api.get(
            f"{listing}&direction=asc&since={quote(since, safe=':')}", there.now, etag=known.text("etag")
        )
        if first.status == 304:
            return Edited(known.value)
        listed = sum(map(_Listed.of, await self._pages(first, there.now)), _Listed())
        new = set(Seen(ids).news(listed.keys))
        edited = [one for one in listed.said if one.key in new and one.was_edited and one.number]
        pulls = [await self._extras.pull(f"{there.path}/pulls/{one.number}", there.now) for one in edited]
        events = (there.teller.of_pull(path, one, pull) for one, pull in zip(edited, pulls, strict=True))
        emptied = {_EMPTIED: True} if ids and not listed.keys else {}  # though it reaches back to what was seen
        doubted = is_full(first) or (emptied and not known.flag(_EMPTIED))  # of a full page the newest are on the last
        memory = listed.memory(Seen(ids), since, None if doubted else first.etag)
        return Edited(memory | emptied, tuple(events))

    async def _pages(self, first: Answer, now: datetime) -> list[Answer]:
        answers = [first]
        while len(answers) < _PAGES and (onward := answers[-1].link("next")):
            answers.append(await self._api.get(onward, now))
        return answers

    async def _compared(self, there: _Place, path: str, known: Fields) -> Edited:
        listed = _Listed()
        onward: str | None = f"{there.path}/{path}?per_page=100"
        for _ in range(_PAGES):
            if onward is None:
                break
            page: tuple[_Listed, str | None] = await self._kept.get(onward, there.now, _read, fresh=True)
            if page[0].unread:
                self._kept.forget(onward)
            listed, onward = listed + page[0], page[1]
        before: Mapping[str, Any] = known.value if isinstance(known.value, dict) else {}
        there_before = {id: kept for id, kept in before.items() if isinstance(kept, list)}
        if not listed.keys and there_before and _EMPTIED not in before:
            return Edited({**there_before, _EMPTIED: True})
        after, events = _differences(there.teller, there_before, listed, whole=onward is None and not listed.unread)
        return Edited(after, tuple(events))


@dataclass(frozen=True)
class _Listed:
    """What a list holds: comments, and digests of what cannot be read."""

    said: tuple[Said, ...] = ()
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Answer) -> "_Listed":
        """The comments of one page. Raises FeedGarbled for what is no list."""
        if not isinstance(answer.json, list):
            raise FeedGarbled(f"{answer.url.partition('?')[0]} sent JSON that is no list; is this the API's address?")
        comments, unread = said(Fields(answer.json))
        return cls(tuple(comments), tuple(unread))

    def __add__(self, more: "_Listed") -> "_Listed":
        return _Listed(self.said + more.said, self.unread + more.unread)

    @property
    def keys(self) -> tuple[str, ...]:
        """What is remembered of it."""
        return (*(one.key for one in self.said), *self.unread)

    def memory(self, seen: Seen, since: str, etag: str | None) -> dict[str, Any]:
        """What is remembered of a list; its ETag only while the address stays, and nothing moves for what is unread."""
        newest = max((one.updated_at for one in self.said), default=None)
        onward = f"{newest - _OVERLAP:%Y-%m-%dT%H:%M:%SZ}" if newest else since
        doubtful = bool(seen.news(self.unread))
        since, same = (since if doubtful else max(since, onward)), onward <= since and not doubtful
        return {"since": since, "seen": list(seen.after(self.keys).ids), "etag": etag if same else None}


def _differences(
    teller: CommentTeller, before: Mapping[str, Any], listed: _Listed, *, whole: bool
) -> tuple[dict[str, Any], list[Event]]:
    """What is remembered, and what happened to the comments that were there.

    A list that could not be read to its end shows no deletion. Of what is gone is remembered how it was, for a list
    may leave out what it holds the next time.
    """
    events, gone = list[Event](), dict[str, Any]()
    there = {one.id: one for one in listed.said}
    for id, kept in before.items():
        updated_at, url, is_gone = Fields(kept).text(0), Fields(kept).text(1), Fields(kept).flag(2)
        if id in there and updated_at != there[id].updated_at.isoformat():
            events.append(teller.of_commit(there[id]))
        elif id not in there:
            gone[id] = [updated_at, url, True] if whole else kept
            events += [teller.deleted(id, url or "")] if whole and not is_gone else []
    after = {one.id: [one.updated_at.isoformat(), one.url] for one in listed.said}
    return dict([*gone.items()][-_GONE_MOST:]) | after, events


def _read(answer: Answer) -> tuple[_Listed, str | None]:
    return _Listed.of(answer), answer.link("next")
