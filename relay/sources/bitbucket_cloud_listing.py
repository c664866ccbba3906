"""What the patterns of a Bitbucket Cloud source stand for, from the listing that all feeds of a workspace share."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from relay.discovery import Present, Selection, Turn, turn
from relay.events import Event
from relay.sources.base import Listed, Page, told
from relay.sources.bitbucket_cloud_cursor import Place, newcomer
from relay.sources.bitbucket_cloud_entries import Teller
from relay.sources.bitbucket_cloud_workspace import Sight, Workspaces

_AGAIN_AFTER = 600.0


class Listing:
    """Polls the feeds of patterns; a repository that was renamed tells so itself."""

    def __init__(self, workspaces: Workspaces, source: str, wanted: Selection) -> None:
        self._workspaces, self._source, self._wanted = workspaces, source, wanted

    async def poll(self, owner: str, cursor: Any, now: datetime) -> Page:
        """The repositories of a workspace that are wanted, with the new and the deleted as events. Raises a FeedError."""
        sights = {sight.place.id: sight for sight in await self._workspaces.all(owner, now)}
        present = [Present(id, sight.place.name, sight.created_at) for id, sight in sights.items()]
        owner = next((name for name in self._wanted.owners if name.lower() == owner), owner)
        seen = turn(cursor, present, self._wanted, owner, now)
        listed = tuple(self._listed(seen, sights))
        return Page(
            seen.cursor, told(self._events(seen, sights, now), None, now), ask_after=_AGAIN_AFTER, listed=listed
        )

    def _listed(self, seen: Turn, sights: Mapping[str, Sight]) -> Iterator[Listed]:
        created = {one.id for one in seen.created}
        for one in seen.listed:
            place = sights[one.id].place if one.id in sights else Place(one.id, one.name)
            yield Listed(f"ids/{one.id}", one.name, newcomer(place, whole=one.id in created))

    def _events(self, seen: Turn, sights: Mapping[str, Sight], now: datetime) -> Iterator[Event]:
        for one in seen.created:
            yield Teller(self._source, sights[one.id].place, now).made(one.created_at)
        for gone in seen.gone:
            yield Teller(self._source, Place(gone.id, gone.name), now).deleted()
