"""Any git repository, by address or path, without an account: `git ls-remote`, and a fetch when a ref moved.

`relay.git.reader` does the reading. Decisions:

- A moved branch lists the commits that are new to it, as forges do, so that a merge lists what it brought even if that
  was seen on another branch; a new branch or tag lists those that no other ref had, which may be none. `commit` events
  come once for each commit that is new to the repository. Lists are cut at the newest 1,000.
- First sight tells one `pushed` for each branch with the commits that `start` asks for, the default branch first:
  `all`, the newest `count`, or those of the last `seconds`. With `start: now` it is the newest 20 commits of the default
  branch, as history. Tags are told when they move.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, SecretStr, model_validator

from relay.budget import Budget
from relay.errors import FeedError
from relay.finding import Finding, branches_and_tags
from relay.git.address import TOKEN_USER, Address, Login, address
from relay.git.clone import digest
from relay.git.events import Teller
from relay.git.reader import GitReader
from relay.redact import remember
from relay.sources.base import Found, Gives, Page, SourceSettings, Start, Tools

Place = Annotated[Address, BeforeValidator(address)]


class GitSettings(SourceSettings):
    """`url` for one repository, `repositories` for several: addresses (https, http, ssh, git, file) or paths."""

    takes_addresses: ClassVar[bool] = True

    url: Place | None = None
    repositories: tuple[Place, ...] = ()
    username: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    ca: Path | None = None

    @model_validator(mode="after")
    def _fits(self) -> "GitSettings":
        keys = [place.key for place in self.places]
        if not keys:
            raise ValueError("needs url: (one repository) or repositories: (a list of addresses or paths)")
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise ValueError(f"lists {twice} twice")
        if self.password and self.token:
            raise ValueError("has both password: and token:; keep one")
        if self.password and not self.username:
            raise ValueError("has password: without username:")
        return self

    @classmethod
    def of_target(cls, target: str, given: Mapping[str, str]) -> dict[str, Any]:
        """One repository, by its address or path; what it takes to log in stands in the address, or git knows it."""
        return {"url": target}

    @property
    def places(self) -> tuple[Address, ...]:
        """Every repository of the source."""
        return (*([self.url] if self.url else []), *self.repositories)

    @property
    def login(self) -> Login | None:
        """What servers that ask for it are given, unless the address itself holds a login."""
        secret = self.token or self.password
        return Login(self.username or TOKEN_USER, secret) if secret else None


class Git:
    """Polls git repositories; each is a feed whose key is its address or path as configured, without a password."""

    Settings: ClassVar[type[SourceSettings]] = GitSettings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType({"pushed": "snapshot", "commit": "direct"})
    budget: Budget | None = None

    def __init__(self, name: str, settings: GitSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start = name, settings, start
        self._reader = GitReader(tools.folder, settings.ca)
        self._places = {place.key: place for place in settings.places}
        remember(place.login.password.get_secret_value() for place in settings.places if place.login)

    def feeds(self) -> tuple[str, ...]:
        """The addresses, as configured."""
        return tuple(self._places)

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """How the refs moved since the cursor, and the commits that came. Raises FeedError."""
        place = self._places[feed]
        news = await self._reader.news(place, self._settings.login, cursor, now, self._start)
        teller = Teller(self._name, digest(place.key), place, now, news.story.details)
        history = cursor is None and self._start.kind == "now"
        events = teller.events(news.story.told, news.story.fresh)
        return Page(news.cursor, tuple(Found(event, history) for event in events))

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether each repository answers; git requests are not limited."""
        return tuple(await asyncio.gather(*(self._reach(place) for place in self._places.values())))

    async def _reach(self, place: Address) -> Finding:
        try:
            refs = await self._reader.refs(place, self._settings.login)
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{place.key}: {branches_and_tags(len(refs))}")
