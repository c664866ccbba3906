"""The extra requests that tell what GitHub's trimmed entries leave out, few and remembered.

An extra request that fails must neither stop a feed for good nor cost an event its words because of one bad second:
while GitHub cannot answer, the poll fails and is made again, as long as the event is younger than five minutes; then,
and where it says no (404, 403, 422, garbage), the event is told with what its entry holds, and a warning says so. A
used-up limit always fails the poll: it passes.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.api import Answer, Api
from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedGone, FeedLimited, FeedMissing, FeedUnavailable
from relay.fields import Fields
from relay.sources.github_answers import Pull, Site, compared, moves, pull, pulls
from relay.sources.github_entries import Entry, Need, Window, needs

REMEMBERED = 300
"""Answers kept between polls: pull requests are talked about again and again."""
PAGE = 100
"""Items of a page, the most that GitHub gives; every list is asked for by so many."""
_PATIENCE = timedelta(minutes=5)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Kept:
    """Answers of the API, kept with their ETags: asked for again they cost nothing while they are the same."""

    def __init__(self, api: Api, most: int = REMEMBERED) -> None:
        self._api, self._most = api, most
        self._values: OrderedDict[str, tuple[str | None, Any]] = OrderedDict()

    async def get(self, path: str, now: datetime, read: Callable[[Answer], Any], *, fresh: bool) -> Any:
        """What `read` makes of the answer; without `fresh` that of an earlier poll does. Raises a FeedError."""
        etag, value = self._values.get(path, (None, None))
        if fresh or path not in self._values:
            answer = await self._api.get(path, now, etag=etag)
            if answer.status != 304:
                etag, value = _lasting(answer), read(answer)
        self._values[path] = etag, value
        self._values.move_to_end(path)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

    def forget(self, path: str) -> None:
        """Ask for it anew the next time, and without a condition: what was read of it was not all."""
        self._values.pop(path, None)


def is_full(answer: Answer) -> bool:
    """Whether a page of a list holds as much as it can, so that more may follow without any change to it."""
    return isinstance(answer.json, list) and len(answer.json) >= PAGE


def _lasting(answer: Answer) -> str | None:
    """The ETag, unless the answer is the last page of a list and full: a further one would not change it."""
    return None if is_full(answer) and answer.link("next") is None else answer.etag


class Extras:
    """Asks what entries need before they are told; at most `most` requests in one poll."""

    def __init__(self, api: Api, site: Site, most: int, *, updates: bool) -> None:
        self._kept, self._site, self._most, self._updates = Kept(api), site, most, updates

    async def ask(
        self, entries: Iterable[Entry], window: Window, now: datetime
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The answers by path, and a warning for each that is missing. Raises FeedUnavailable if it is worth waiting."""
        wanted = _wanted(entries, window, updates=self._updates)
        answers: dict[str, Any] = {}
        warnings = []
        for need, entry in wanted[: self._most]:
            try:
                answers[need.path] = await self._kept.get(need.path, now, self._read(need.path), fresh=need.fresh)
                if isinstance(found := answers[need.path], Pull) and found.title is None:
                    self._kept.forget(need.path)
            except FeedError as error:
                _rethrow(error, need, entry, now)
                if need.vital:
                    warnings.append(f"{entry.type} {entry.id} is told without its details: {error}")
        if left := len(wanted[self._most :]):
            warnings.append(f"{left} answers were not asked for, {self._most} being the most in one poll")
        return answers, tuple(warnings)

    async def pull(self, path: str, now: datetime) -> Pull | None:
        """A pull request as it is remembered, or asked for; None where GitHub does not give it. Raises a FeedError."""
        try:
            found: Pull = await self._kept.get(path, now, self._read(path), fresh=False)
        except (FeedMissing, FeedDenied, FeedGone, FeedGarbled):
            return None
        return found

    def _read(self, path: str) -> Callable[[Answer], Any]:
        return lambda answer: facts(path, Fields(answer.json), self._site)


def _wanted(entries: Iterable[Entry], window: Window, *, updates: bool) -> list[tuple[Need, Entry]]:
    """Each request once, with the newest entry that needs it, the newest first; fresh if one of them needs it so."""
    wanted: dict[str, tuple[Need, Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.at or _NEVER, reverse=True):
        for need in needs(entry, window, updates=updates):
            known, newest = wanted.get(need.path, (need, entry))
            wanted[need.path] = need if need.fresh else known, newest
    return [*wanted.values()]


def _rethrow(error: FeedError, need: Need, entry: Entry, now: datetime) -> None:
    """Raise what is worth waiting for."""
    young = need.vital and entry.at is not None and now - entry.at < _PATIENCE
    if isinstance(error, FeedLimited) or (young and isinstance(error, FeedUnavailable)):
        raise error


def facts(path: str, raw: Fields, site: Site) -> Any:
    """What is kept of an answer: a thirtieth of it."""
    about = path.partition("?")[0]
    if "/compare/" in about:
        return compared(raw, site)
    if about.endswith("/activity"):
        return moves(raw, site)
    return pulls(raw) if about.endswith("/pulls") else pull(raw)
