"""Pushes to a repository: by git, which has a budget of its own, or by REST where git cannot be used.

An idle reading is one `git ls-remote`, or one REST request where git is not installed or refuses the credentials (the
user name that goes with an API token is not documented for certain). The REST list names the commit of an annotated
tag where git names the tag itself, so tags are taken as they are, and nothing is told of them, when one reader takes
over from the other.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from relay.errors import FeedDenied
from relay.events import Event
from relay.fields import Fields
from relay.finding import branches_and_tags
from relay.git.address import Address
from relay.git.events import Teller as GitTeller
from relay.git.events import Told
from relay.git.history import Story
from relay.git.reader import GitReader
from relay.git.refs import TAGS
from relay.sources.base import Start
from relay.sources.bitbucket_cloud_account import Account
from relay.sources.bitbucket_cloud_cursor import Place
from relay.sources.bitbucket_cloud_entries import Teller
from relay.sources.bitbucket_cloud_refs import RestReader
from relay.sources.bitbucket_cloud_settings import BitbucketSettings

_GIT, _REST = "git", "rest"


@dataclass(frozen=True)
class Pushed:
    """What a reading brought; `cursor` is the very one that was passed in where nothing moved."""

    cursor: Any
    story: Story
    warning: str | None = None


class Pushes:
    """Reads the refs of every repository of a source."""

    def __init__(self, account: Account, settings: BitbucketSettings, folder: Path) -> None:
        self._account, self._site = account, settings.site
        self._git, self._rest = GitReader(folder, settings.ca), RestReader(account)
        self._by = _GIT if shutil.which("git") else _REST

    async def news(self, place: Place, cursor: Any, now: datetime, start: Start) -> Pushed:
        """How the refs moved since `cursor`, at first sight what `start` asks for. Raises FeedError."""
        if self._by == _GIT:
            try:
                return await self._read(place, cursor, now, start)
            except FeedDenied as error:
                refused = error
            self._by = _REST
            found = await self._read(place, cursor, now, start)
            return replace(found, warning=f"{refused}; pushes are read by REST instead, one request more a poll")
        return await self._read(place, cursor, now, start)

    async def _read(self, place: Place, cursor: Any, now: datetime, start: Start) -> Pushed:
        by, known = Fields(cursor).text("by"), Fields(cursor).at("refs").value
        if self._by == _GIT:
            before = known if by in (_GIT, None) else _adopted(known, await self._refs(place, now))
            news = await self._git.news(self.address(place), await self._account.login(now), before, now, start)
        else:
            before = known if by in (_REST, None) else _adopted(known, await self._rest.refs(place, now))
            news = await self._rest.news(place, before, now, start)
        same = news.cursor is known
        return Pushed(cursor if same else {"by": self._by, "refs": news.cursor}, news.story)

    async def _refs(self, place: Place, now: datetime) -> dict[str, str]:
        return await self._git.refs(self.address(place), await self._account.login(now))

    async def reach(self, place: Place, now: datetime) -> str:
        """In words, what there is to read and by which way. Raises FeedError."""
        if self._by == _GIT:
            try:
                return f"{branches_and_tags(len(await self._refs(place, now)))}, by git"
            except FeedDenied:
                self._by = _REST
        return f"{branches_and_tags(len(await self._rest.refs(place, now)))}, by REST: one request more a poll"

    def address(self, place: Place) -> Address:
        """Where git finds a repository; its pages are on bitbucket.org whatever host that is."""
        url = f"{self._site}/{quote(place.name)}.git"
        names = tuple(place.name.split("/"))
        return Address(key=url, url=url, names=names, origin=self._site, host="bitbucket.org")

    def events(self, teller: Teller, pushed: Pushed, *, strips: bool) -> Iterator[Event]:
        """A `pushed` for each ref that moved with its derived commits; where wanted, a `strip` for a forced branch."""
        place, story = teller.place, pushed.story
        git = GitTeller(teller.source, place.id, self.address(place), teller.now, story.details)
        for event in git.events(story.told, story.fresh):
            yield replace(event, repository=place.repository)
        for told in story.told if strips else ():
            if told.state == "forced" and told.move.branch:
                yield _strip(teller, told)


def _strip(teller: Teller, told: Told) -> Event:
    move, key = told.move, f"strip:{told.move.ref}:{told.move.old}..{told.move.new}"
    branch = move.branch or ""
    return teller.event("strip", key, branch=branch, url=teller.place.page(f"/branch/{quote(branch)}"))


def _adopted(known: Any, refs: Mapping[str, str]) -> Any:
    """The snapshot of the other reader with the tags as this one sees them."""
    if not isinstance(known, dict) or not isinstance(known.get("refs"), dict):
        return known
    branches = {ref: hash_ for ref, hash_ in known["refs"].items() if not ref.startswith(TAGS)}
    return known | {"refs": branches | {ref: hash_ for ref, hash_ in refs.items() if ref.startswith(TAGS)}}
