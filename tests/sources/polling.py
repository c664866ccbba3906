"""A source of any kind that polls a server of the tests again and again, for the tests of that source."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from relay.budget import Meter
from relay.http import Http
from relay.sources import SOURCES
from relay.sources.base import Page, Source, Start, Tools


class Polls:
    """Keeps the cursor of each feed as the store does, as JSON; a setting that is None is left out."""

    def __init__(
        self,
        kind: str,
        name: str,
        settings: dict[str, Any],
        start: Start,
        include: Iterable[str] = (),
        folder: Path | None = None,
    ) -> None:
        self._kind, self._name, self._folder = SOURCES[kind], name, folder or Path("unused")
        given = {name: value for name, value in settings.items() if value is not None}
        self.settings: Any = self._kind.Settings(**given)
        self.start, self.include, self.meter = start, frozenset(include), Meter()
        self.cursors: dict[str, Any] = {}

    @property
    def first(self) -> str:
        """The first feed that the settings name."""
        return self.source(Http()).feeds()[0]

    def polls(self, *asked: tuple[datetime, str]) -> list[Page]:
        """One poll at each time of each feed, by the same source: what it remembers between polls is kept."""

        async def act() -> list[Page]:
            async with Http() as http:
                source = self.source(http)
                return [await self.one(source, feed, now) for now, feed in asked]

        return asyncio.run(act())

    def source(self, http: Http) -> Source:
        """The source as configured."""
        return self._kind(self._name, self.settings, self.start, Tools(http, self._folder, self.include, self.meter))

    async def one(self, source: Source, feed: str, now: datetime) -> Page:
        """One poll; the very same cursor where nothing moved."""
        page = await source.poll(feed, self.cursors.get(feed), now)
        if page.cursor is not self.cursors.get(feed):
            self.cursors[feed] = json.loads(json.dumps(page.cursor))
        return replace(page, cursor=self.cursors.get(feed))
