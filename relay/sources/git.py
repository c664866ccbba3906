"""Any git repository, by address or path, without an account: `git ls-remote`, and a fetch when a ref moved.

An idle poll is one request. The cursor is a snapshot of the refs, compared as a whole. Decisions:

- A moved branch lists the commits that are new to it, as forges do, so that a merge lists what it brought even if that
  was seen on another branch; a new branch or tag lists those that no other ref had, which may be none. `commit` events
  come once for each commit that is new to the repository. Lists are cut at the newest 1,000.
- First sight tells one `pushed` for each branch with the commits that `start` asks for, the default branch first:
  `all`, the newest `count`, or those of the last `seconds`. With `start: now` it is the newest 20 commits of the default
  branch, as history. Tags are told when they move.
- A success that lists nothing where there was something is believed when the next poll says so too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, SecretStr, model_validator

from relay.budget import Budget
from relay.errors import FeedError, FeedUnavailable
from relay.finding import Finding
from relay.git.address import TOKEN_USER, Address, Login, address
from relay.git.clone import Clone, Damaged, digest
from relay.git.events import Teller
from relay.git.history import Story, read_moves, read_past
from relay.git.places import Places
from relay.git.refs import Snapshot, from_json, head, parse
from relay.redact import remember
from relay.sources.base import Found, Gives, Page, SourceSettings, Start, Tools

_AT_ONCE = 8
_PATIENCE = 15.0
_POLL_FOR = 540.0  # below the lease of a poll, which is 600 s

Place = Annotated[Address, BeforeValidator(address)]


class GitSettings(SourceSettings):
    """`url` for one repository, `repositories` for several: addresses (https, http, ssh, git, file) or paths."""

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
        self._name = name
        self._settings = settings
        self._start = start
        self._folder = tools.folder
        self._places = {place.key: place for place in settings.places}
        self._room = Places(_AT_ONCE, _PATIENCE)
        remember(place.login.password.get_secret_value() for place in settings.places if place.login)

    def feeds(self) -> tuple[str, ...]:
        """The addresses, as configured."""
        return tuple(self._places)

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """How the refs moved since the cursor, and the commits that came. Raises FeedError.

        At most 8 feeds of a source are read at once; others wait, though not behind a host that does not answer.
        """
        clone = Clone(self._folder, self._places[feed], self._settings.login, self._settings.ca)
        try:
            async with asyncio.timeout(_POLL_FOR), self._room.one():
                return await self._poll(clone, cursor, now)
        except TimeoutError:
            raise FeedUnavailable(f"{feed}: took more than {_POLL_FOR:g} s; it is tried again") from None
        except OSError as error:
            raise FeedUnavailable(f"{feed}: cannot use {error.filename or self._folder}: {error.strerror}") from None

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether each repository answers; git requests are not limited."""
        return tuple(await asyncio.gather(*(self._reach(place) for place in self._places.values())))

    async def _reach(self, place: Address) -> Finding:
        clone = Clone(self._folder, place, self._settings.login, self._settings.ca)
        try:
            async with self._room.one():
                refs = parse(await clone.refs())
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{place.key}: {len(refs)} branches and tags")

    async def _poll(self, clone: Clone, cursor: Any, now: datetime) -> Page:
        refs = parse(await clone.refs())
        if cursor is None:
            return await self._first_sight(clone, refs, now)
        known = from_json(cursor)
        if known.refs == refs and not known.emptied:
            return Page(cursor)
        if known.refs and not refs and not known.emptied:
            return Page(replace(known, emptied=True).to_json())
        moves = known.moves(refs)
        story = await _rebuilding(clone, lambda: read_moves(clone, known, moves))
        return Page(known.after(refs).to_json(), self._found(clone.address, story, now, history=False))

    async def _first_sight(self, clone: Clone, refs: dict[str, str], now: datetime) -> Page:
        default = head(await clone.head(), refs)
        story = await read_past(clone, refs, default, self._start, now) if default else Story((), {}, frozenset())
        found = self._found(clone.address, story, now, history=self._start.kind == "now")
        return Page(Snapshot(refs, head=default).to_json(), found)

    def _found(self, place: Address, story: Story, now: datetime, *, history: bool) -> tuple[Found, ...]:
        teller = Teller(self._name, digest(place.key), place, now, story.details)
        return tuple(Found(event, history) for event in teller.events(story.told, story.fresh))


async def _rebuilding(clone: Clone, read: Callable[[], Awaitable[Story]]) -> Story:
    """What was read, from a clone made anew if the one there is damaged."""
    try:
        return await read()
    except Damaged:
        clone.remove()
        return await read()
