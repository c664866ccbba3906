"""One poll of a project's or a user's events.

An idle poll is one request. News cost more: the card of their project once a day; one request each for the pull
requests and issues that they name, and for what was only reopened; one for each push. All of that is for saying more:
where it fails, the news are told without, and what is guessed then is named. History is told as it stands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.api import Api
from relay.errors import FeedError, FeedGarbled, FeedUnavailable
from relay.events import Commit, Event
from relay.fields import Fields
from relay.http import readable
from relay.sources.base import Page, Start, told
from relay.sources.gitlab_cursor import Memory, Project, card
from relay.sources.gitlab_entries import Details, Entry, Teller, commits, moved, read
from relay.sources.gitlab_pages import PAGE, Pages
from relay.sources.gitlab_walk import Walk, after

_LISTS: Mapping[str, str] = {"pull request": "merge_requests", "issue": "issues"}
_COMPARED_MOST = 200  # pushes of one poll that are looked into
_NUMBERED_MOST = 1000  # issues of one poll that are looked at, and pull requests
_OPENED = frozenset({"opened", "reopened"})


async def ask_card(api: Api, name: str, now: datetime) -> Project:
    """The card of a project, by its id or its path. Raises a FeedError."""
    place = f"projects/{quote(name, safe='')}"
    answer = await api.get(place, now)
    return card(Fields(answer.json), answer.url, now)


class Feed:
    """A feed during one poll: `place` is where its events are listed, `start` is None but at first sight."""

    def __init__(self, api: Api, source: str, place: str, now: datetime, start: Start | None) -> None:
        self._api, self._source, self._place = api, source, place
        self._now, self._start = now, start
        self._tired = False

    async def poll(self, known: Memory) -> tuple[Memory, Page]:
        """What to remember (the very `known` where nothing moved) and the page, without its cursor. Raises a FeedError."""
        walk = Walk(known, self._start, self._now)
        pages = Pages(self._api, self._place, self._now, after(known.newest))
        while not walk.done:
            walk.add(_entries(await pages.read(), pages.url, known.id), more=pages.more)
        news = [entry for entry in walk.news if entry.action]
        cards = await self._cards(known, news)
        events = [*moved(known.projects, cards, self._source, self._now), *await self._events(news, cards)]
        memory = replace(walk.memory, projects=cards) if cards != known.projects else walk.memory
        warnings = tuple(_complaint(entry) for entry in walk.news if not entry.action)
        return memory, Page(None, told(events, self._start, self._now), _gap(walk), warnings=warnings)

    async def _cards(self, known: Memory, news: Iterable[Entry]) -> Mapping[str, Project]:
        """The cards known, with those that the news need; a project that cannot be seen has none."""
        cards = dict(known.projects)
        for id in dict.fromkeys(entry.project for entry in news if entry.project):
            if id not in cards or not cards[id].is_fresh(self._now):
                fresh = await self._card(id)
                cards = {key: one for key, one in cards.items() if key != id} | ({id: fresh} if fresh else {})
        return cards

    async def _card(self, id: str) -> Project | None:
        try:
            return await ask_card(self._api, id, self._now)
        except FeedUnavailable:
            raise
        except FeedError:
            return None

    async def _events(self, news: Sequence[Entry], cards: Mapping[str, Project]) -> list[Event]:
        """The events of the news, with details of those that are not history."""
        plain = {id: Teller(self._source, self._now, id, cards.get(id)) for id in {entry.project for entry in news}}
        found = told((plain[entry.project].events(entry)[0] for entry in news), self._start, self._now)
        recent = {one.event.id for one in found if not one.history}
        tellers = plain
        for id, teller in plain.items():
            wanted = [entry for entry in news if entry.project == id and teller.id_of(entry) in recent]
            tellers = tellers | {id: replace(teller, details=await self._details(id, cards.get(id), wanted))}
        return [event for entry in news for event in tellers[entry.project].events(entry)]

    async def _details(self, id: str, project: Project | None, entries: Sequence[Entry]) -> Details:
        targets: dict[tuple[str, int], Fields] = {}
        for kind, place in _LISTS.items():
            numbers = sorted({entry.number for entry in entries if entry.target == kind and entry.number})
            for one in await self._numbered(f"projects/{id}/{place}", numbers):
                targets[kind, one.whole("iid") or 0] = one
        return Details(targets, await self._reopened(id, entries), await self._commits(id, project, entries))

    async def _numbered(self, place: str, numbers: Sequence[int]) -> list[Fields]:
        newest = numbers[-_NUMBERED_MOST:]
        chunks = [newest[first : first + PAGE] for first in range(0, len(newest), PAGE)]
        answers = [await self._try(place, {"iids[]": chunk, "per_page": PAGE}) for chunk in chunks]
        return [item for answer in answers for item in answer.items()]

    async def _reopened(self, id: str, entries: Sequence[Entry]) -> frozenset[str]:
        """The keys of the entries called opened that were reopened: GitLab tells by its filter alone."""
        opened = [entry for entry in entries if entry.action == "opened" and entry.target in _LISTS]
        if not opened:
            return frozenset()
        oldest = min((entry.time for entry in opened if entry.time), default=None)
        answer = await self._try(f"projects/{id}/events", {"action": "reopened", "per_page": PAGE, **after(oldest)})
        listed = [read(item.value, id) for item in answer.items()]
        filtered = all(entry.action in _OPENED for entry in listed)
        return frozenset(entry.key for entry in listed if filtered)

    async def _commits(
        self, id: str, project: Project | None, entries: Iterable[Entry]
    ) -> dict[str, tuple[Commit, ...]]:
        found = {}
        for entry, old, new in [*_ranges(entries, project)][:_COMPARED_MOST]:
            answer = await self._try(f"projects/{id}/repository/compare", {"from": old, "to": new})
            if listed := commits(answer, project, new):
                found[entry.key] = listed
        return found

    async def _try(self, place: str, query: Mapping[str, Any]) -> Fields:
        """The answer, or nothing; GitLab is asked no more in this poll once it was unavailable."""
        try:
            return Fields(None if self._tired else (await self._api.get(place, self._now, query)).json)
        except FeedError as error:
            self._tired = isinstance(error, FeedUnavailable)
            return Fields(None)


def _entries(items: Sequence[Any], url: str, project: str | None) -> list[Entry]:
    entries = [read(item, project) for item in items]
    if entries and not any(entry.action for entry in entries):
        raise FeedGarbled(f"{url} sent {len(entries)} items and none is an event; is this the API's address?")
    return entries


def _gap(walk: Walk) -> str | None:
    return f"more than {len(walk.news):,} new events are listed; older ones were not read" if walk.cut else None


def _ranges(entries: Iterable[Entry], project: Project | None) -> Iterator[tuple[Entry, str, str]]:
    """What is to be compared: a push of commits with where it began; a new branch began at the default one."""
    base = project.branch if project else None
    for entry in entries:
        push = entry.push
        old = push.text("commit_from") or (base if base != push.text("ref") else None)
        new = push.text("commit_to")
        if old and new and push.whole("commit_count"):
            yield entry, old, new


def _complaint(entry: Entry) -> str:
    return f"an entry cannot be read (it has no action_name): {readable(str(entry.fields.value), 120)}"
