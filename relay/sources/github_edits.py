"""Edited and deleted comments, of which GitHub's events tell nothing: asked for by `include:`, free while idle.

Comments of pull requests are listed by when they were changed. `since` stays what it is while nothing changes, so the
address does too, and with it the ETag; it lies ten minutes before the newest change, for what is listed late. Comments
of commits are only listed whole: that list is compared with the last one. Who edited or deleted is not told: it is
taken to be who wrote it, and named in `guessed`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from relay.api import Answer, Api
from relay.errors import FeedDenied, FeedGone, FeedMissing
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
        except (FeedDenied, FeedGone, FeedMissing) as error:
            kept = known.value if isinstance(known.value, dict) else {}
            return Edited(kept | {"again_at": moment + _RETRY}, warnings=(str(error),))

    async def _changed(self, there: _Place, path: str, known: Fields) -> Edited:
        since, ids = known.text("since"), known.texts("seen")
        listing = f"{there.path}/{path}?per_page=100&sort=updated"
        if since is None:
            newest = await self._api.get(f"{listing}&direction=desc", there.now)
            return Edited(_memory(list(_listed(newest)), Seen(), _LONG_AGO, None))
        first = await self._api.get(
            f"{listing}&direction=asc&since={quote(since, safe=':')}", there.now, etag=known.text("etag")
        )
        if first.status == 304:
            return Edited(known.value)
        listed = [one for answer in await self._pages(first, there.now) for one in _listed(answer)]
        new = set(Seen(ids).news(one.key for one in listed))
        edited = [one for one in listed if one.key in new and one.was_edited and one.number]
        pulls = [await self._extras.pull(f"{there.path}/pulls/{one.number}", there.now) for one in edited]
        events = (there.teller.of_pull(path, one, pull) for one, pull in zip(edited, pulls, strict=True))
        etag = None if is_full(first) else first.etag  # the newest are on the last page
        return Edited(_memory(listed, Seen(ids), since, etag), tuple(events))

    async def _pages(self, first: Answer, now: datetime) -> list[Answer]:
        answers = [first]
        while len(answers) < _PAGES and (onward := answers[-1].link("next")):
            answers.append(await self._api.get(onward, now))
        return answers

    async def _compared(self, there: _Place, path: str, known: Fields) -> Edited:
        listed: dict[str, Said] = {}
        onward: str | None = f"{there.path}/{path}?per_page=100"
        for _ in range(_PAGES):
            if onward is None:
                break
            page: tuple[list[Said], str | None] = await self._kept.get(onward, there.now, _read, fresh=True)
            listed |= {one.id: one for one in page[0]}
            onward = page[1]
        before: Mapping[str, Any] = known.value if isinstance(known.value, dict) else {}
        after = {id: [one.updated_at.isoformat(), one.url] for id, one in listed.items()}
        return Edited(after, tuple(_differences(there.teller, before, after, listed, whole=onward is None)))


def _differences(
    teller: CommentTeller,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    listed: Mapping[str, Said],
    *,
    whole: bool,
) -> Iterator[Event]:
    """What happened to the comments that were there; a list that could not be read to its end shows no deletion."""
    for id, kept in before.items():
        if not isinstance(kept, list):
            continue
        if id in after and Fields(kept).text(0) != after[id][0]:
            yield teller.of_commit(listed[id])
        elif id not in after and whole:
            yield teller.deleted(id, Fields(kept).text(1) or "")


def _listed(answer: Answer) -> Iterator[Said]:
    return said(Fields(answer.json))


def _read(answer: Answer) -> tuple[list[Said], str | None]:
    return list(_listed(answer)), answer.link("next")


def _memory(listed: list[Said], seen: Seen, since: str, etag: str | None) -> dict[str, Any]:
    """What is remembered of a list; its ETag only while the address stays."""
    newest = max((one.updated_at for one in listed), default=None)
    onward = f"{newest - _OVERLAP:%Y-%m-%dT%H:%M:%SZ}" if newest else since
    kept = seen.after(one.key for one in listed)
    return {"since": max(since, onward), "seen": list(kept.ids), "etag": etag if onward <= since else None}
