"""The repositories of an owner, for its patterns: all pages of the list, free of cost while they stay the same."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.api import Answer, Api
from relay.discovery import Present, Selection, Turn, turn
from relay.errors import FeedGarbled, FeedMissing
from relay.events import Event
from relay.fields import Fields
from relay.sources.base import Listed, Page, told
from relay.sources.github_answers import Site
from relay.sources.github_cursor import Mark
from relay.sources.github_extras import Kept

_AGAIN = 600.0
_PAGES = 100

_Read = tuple[tuple[Present, ...], str | None, bool]
"""What a page holds, where the next one is, and whether all of it can be read."""


class Listing:
    """What patterns stand for; `user` tells whose token it is, which sees private repositories of its own."""

    def __init__(
        self,
        api: Api,
        site: Site,
        source: str,
        wanted: Selection,
        user: Callable[[datetime], Awaitable[str | None]],
    ) -> None:
        self._kept, self._site, self._source = Kept(api), site, source
        self._wanted, self._user = wanted, user

    async def poll(self, owner: str, cursor: Any, now: datetime) -> Page:
        """Everything the owner's patterns stand for now, and what came, went or changed its name. Raises a FeedError."""
        now_there = turn(cursor, await self._present(owner, now), self._wanted, owner, now)
        created = {one.id for one in now_there.created}
        listed = tuple(_listed(one, created=one.id in created) for one in now_there.listed)
        found = told(self._events(now_there, now), None, now)
        return Page(now_there.cursor, found, ask_after=_AGAIN, listed=listed)

    async def count(self, owner: str, now: datetime) -> int:
        """How many repositories the patterns stand for. Raises a FeedError."""
        return sum(self._wanted.takes(owner, one.name) for one in await self._present(owner, now))

    async def _present(self, owner: str, now: datetime) -> list[Present]:
        """All repositories of an organisation or, where there is none of that name, of a user."""
        try:
            return await self._walk(f"orgs/{quote(owner)}/repos?per_page=100&type=all", now)
        except FeedMissing:
            user = await self._user(now)
        if user and user.casefold() == owner.casefold():
            return await self._walk("user/repos?per_page=100&affiliation=owner", now)
        return await self._walk(f"users/{quote(owner)}/repos?per_page=100&type=owner", now)

    async def _walk(self, first: str, now: datetime) -> list[Present]:
        found: list[Present] = []
        path = first
        for _ in range(_PAGES):
            page: _Read = await self._kept.get(path, now, _read, fresh=True)
            found += page[0]
            if not page[2]:
                self._kept.forget(path)
            if page[1] is None:
                return found
            path = page[1]
        raise FeedGarbled(
            f"{first.partition('?')[0]} has no end after {len(found):,} repositories; name those that matter"
        )

    def _events(self, there: Turn, now: datetime) -> Iterator[Event]:
        """Of what came GitHub's own feed tells."""
        for one in there.gone:
            yield self._event(f"{one.id}:delete:{now.date()}", "delete", one.name, now)
        for new in there.renamed:
            yield self._event(f"{new.id}:renamed:{new.name}", "repo_renamed", new.name, now, title=new.old)

    def _event(self, id: str, type: str, name: str, now: datetime, **fields: Any) -> Event:
        repository = self._site.repository(name)
        url = repository.url if repository and type != "delete" else None
        return Event(id=id, type=type, source=self._source, seen_at=now, repository=repository, url=url, **fields)


def _listed(one: Present, *, created: bool) -> Listed:
    return Listed(f"ids/{one.id}", one.name, Mark(f"repositories/{one.id}/events", created=created).to_json())


def _read(answer: Answer) -> _Read:
    if not isinstance(answer.json, list):
        raise FeedGarbled(f"{answer.url.partition('?')[0]} sent no list of repositories; is this the API's address?")
    found = []
    for raw in Fields(answer.json).items():
        id, name = raw.whole("id"), raw.text("full_name")
        if id is not None and name:
            found.append(Present(str(id), name, raw.time("created_at")))
    return tuple(found), answer.link("next"), len(found) == len(answer.json)
