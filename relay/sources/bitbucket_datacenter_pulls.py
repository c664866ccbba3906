"""Reads the pull requests of a repository: one request while none of them changes, one more for each that did.

The server lists them newest first and by nothing else, so what is kept in view is a window: the newest hundred, and all
that are open. Where an open one lies below the newest hundred, the open ones are listed too, in a request of its own.
A comment that is edited is found when its pull request is listed differently, or changes the next time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from relay.errors import FeedGarbled, FeedMissing
from relay.events import Event
from relay.fields import Fields
from relay.sources.base import Start
from relay.sources.bitbucket_datacenter_cursor import Memory, Pull, Story, opened, pull_of, story, youngest
from relay.sources.bitbucket_datacenter_entries import Place, Teller, place_of
from relay.sources.bitbucket_datacenter_rest import LIMIT, Listing, Rest, path_of

Pulled = dict[int, Fields]


@dataclass(frozen=True)
class PullsRead:
    """The memory with what was read, and what happened since.

    If its place has another id, another repository took the name, and nothing was compared.
    """

    memory: Memory
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()


class Pulls:
    """Reads the pull requests of one repository; `start` is what to tell of them at first sight, None afterwards."""

    def __init__(self, rest: Rest, teller: Teller, start: Start | None) -> None:
        self._rest, self._teller, self._start = rest, teller, start
        self._now = teller.now
        self._path = path_of(teller.place.repository, "pull-requests")

    async def read(self, memory: Memory) -> PullsRead:
        """What is new since `memory`. Raises FeedError."""
        window = await self._listed("ALL", lambda values: self._reaches(values, memory))
        listed = _by_id(window)
        if window.values and not listed:
            raise FeedGarbled(f"{self._path} lists {len(window.values)} entries, and none is a pull request")
        place = _place(window, memory.place)
        if place.id != memory.place.id:
            return PullsRead(replace(memory, place=place))
        low = 0 if window.ended else min(listed, default=0)
        if not window.ended:
            listed |= await self._below(listed, memory)
        wanted = self._wanted(listed)
        stories = {id: await self._story(id, raw, memory, deep=id in wanted) for id, raw in listed.items()}
        after = replace(
            memory,
            place=place,
            pulls=_vanished(memory, listed, low) | {id: story.pull for id, story in stories.items() if story.pull},
            bottom=low,
            high=max(memory.high, youngest(listed.values(), self._now.timestamp())),
            unread=sum(raw.whole("id") is None for raw in window.values),
        )
        warnings = [f"{after.unread} pull requests could not be read"] if after.unread > memory.unread else []
        warnings += [warning for story in stories.values() for warning in story.warnings]
        return PullsRead(after, tuple(event for story in stories.values() for event in story.events), tuple(warnings))

    async def _listed(self, state: str, until: Callable[[Sequence[Fields]], bool]) -> Listing:
        return await self._rest.list(self._path, self._now, {"state": state, "order": "NEWEST"}, until=until)

    def _reaches(self, values: Sequence[Fields], memory: Memory) -> bool:
        """Whether the list was read as far as is wanted: to what was known, or at first sight to what `start` says."""
        if self._start is None:
            ids = [raw.whole("id") for raw in values]
            return any(id is not None and (id in memory.pulls or id <= memory.bottom) for id in ids)
        if self._start.kind in ("all", "since"):
            return not any(self._is_recent(raw) for raw in values[-LIMIT:])
        return len(values) >= self._start.count

    def _is_recent(self, raw: Fields) -> bool:
        """Whether a pull request changed since the time that `start` says."""
        if self._start is None or self._start.kind != "since":
            return True
        updated = raw.millis("updatedDate")
        return updated is None or updated >= self._now - timedelta(seconds=self._start.seconds)

    def _wanted(self, listed: Pulled) -> set[int]:
        """The pull requests whose activities are read if they changed: at first sight the open ones, and `start`'s."""
        if self._start is None:
            return set(listed)
        wanted = {id for id, raw in listed.items() if raw.text("state") == "OPEN"}
        if self._start.kind in ("all", "since"):
            return wanted | {id for id, raw in listed.items() if self._is_recent(raw)}
        newest = sorted(listed, key=lambda id: -(listed[id].whole("updatedDate") or 0))
        return wanted | set(newest[: self._start.count])

    async def _below(self, listed: Pulled, memory: Memory) -> Pulled:
        """The open pull requests below the window, those that were open there and no longer are, and the half-read."""
        known = [id for id, pull in memory.pulls.items() if (pull.is_open or pull.is_half) and id not in listed]
        if not known and self._start is None:
            return {}
        found = _by_id(await self._listed("OPEN", lambda values: False))
        for id in known:
            if id not in found:
                found |= await self._one(id)
        return {id: raw for id, raw in found.items() if id not in listed}

    async def _one(self, id: int) -> Pulled:
        try:
            return {id: await self._rest.one(f"{self._path}/{id}", self._now)}
        except FeedMissing:  # deleted, for which there is no word
            return {}

    async def _story(self, id: int, raw: Fields, memory: Memory, *, deep: bool) -> Story:
        known, floor = memory.pulls.get(id), memory.floor(id)
        if known and known.mark == pull_of(raw).mark:
            return Story((), known)
        if not deep:
            return Story(opened(self._teller, raw, known, floor), pull_of(raw))
        try:
            listing = await self._rest.list(f"{self._path}/{id}/activities", self._now)
        except FeedMissing:  # deleted since it was listed; if not, it is asked again
            return Story((), known)
        if known and known.acts and not listing.values:
            return Story((), known)  # each has at least its opening: it is asked again
        return story(self._teller, raw, known, floor, listing.values, whole=listing.ended)


def _vanished(memory: Memory, listed: Pulled, low: int) -> dict[int, Pull]:
    """What is remembered of pull requests that the window lacks: one that it lists again was not opened since.

    Of a window that is cut the open ones were asked for one by one, and are gone.
    """
    gone = {id: pull for id, pull in memory.pulls.items() if id > low and id not in listed}
    return dict(sorted((id, pull) for id, pull in gone.items() if not low or not pull.is_open)[-LIMIT:])


def _place(listing: Listing, known: Place) -> Place:
    """Where the repository lies now: pull requests say so, which a redirect leads to after it was renamed."""
    found = next((place for raw in listing.values if (place := place_of(raw.at("toRef", "repository")))), known)
    same = found.id == known.id and found.repository.full_name == known.repository.full_name
    return known if same else found


def _by_id(listing: Listing) -> Pulled:
    return {id: raw for raw in listing.values if (id := raw.whole("id")) is not None}
