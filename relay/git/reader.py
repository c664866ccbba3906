"""Reads git repositories for a source: what is new in each since its cursor, and no queue before a dead host.

An idle reading is one `git ls-remote`. The cursor is a snapshot of the refs, compared as a whole. A success that lists
nothing where there was something is believed when the next reading says so too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relay.errors import FeedUnavailable
from relay.git.address import Address, Login
from relay.git.clone import Clone, Damaged
from relay.git.history import Story, read_moves, read_past
from relay.git.places import Places
from relay.git.refs import Snapshot, from_json, head, parse

if TYPE_CHECKING:  # the table of sources, which comes with it, leads back here
    from relay.sources.base import Start

_AT_ONCE = 8
_PATIENCE = 15.0
_READ_FOR = 540.0  # below the lease of a poll, which is 600 s
_NOTHING = Story((), {}, frozenset())


@dataclass(frozen=True)
class News:
    """What a reading brought. `cursor` is the very one that was passed in where nothing moved."""

    cursor: Any
    story: Story = _NOTHING


class GitReader:
    """Reads repositories into clones below `folder`; at most 8 at once, others wait as long as readings end well."""

    def __init__(self, folder: Path, ca: Path | None = None) -> None:
        self._folder, self._ca = folder, ca
        self._room = Places(_AT_ONCE, _PATIENCE)

    async def news(self, address: Address, login: Login | None, cursor: Any, now: datetime, start: "Start") -> News:
        """How the refs moved since `cursor`, and the commits that came. Raises FeedError.

        At first sight (None) it is what `start` asks for: with `now`, the newest 20 commits of the default branch.
        """
        clone = Clone(self._folder, address, login, self._ca)
        try:
            async with asyncio.timeout(_READ_FOR), self._room.one():
                return await self._read(clone, cursor, now, start)
        except TimeoutError:
            raise FeedUnavailable(f"{address.key}: took more than {_READ_FOR:g} s; it is tried again") from None
        except OSError as error:
            place = error.filename or self._folder
            raise FeedUnavailable(f"{address.key}: cannot use {place}: {error.strerror}") from None

    async def refs(self, address: Address, login: Login | None) -> dict[str, str]:
        """Every branch and tag with its hash. Raises FeedError."""
        async with self._room.one():
            return parse(await Clone(self._folder, address, login, self._ca).refs())

    async def _read(self, clone: Clone, cursor: Any, now: datetime, start: "Start") -> News:
        refs = parse(await clone.refs())
        if cursor is None:
            default = head(await clone.head(), refs)
            story = await read_past(clone, refs, default, start, now) if default else _NOTHING
            return News(Snapshot(refs, head=default).to_json(), story)
        known = from_json(cursor)
        if known.refs == refs and not known.emptied:
            return News(cursor)
        if known.refs and not refs and not known.emptied:
            return News(replace(known, emptied=True).to_json())
        moves = known.moves(refs)
        story = await _rebuilding(clone, lambda: read_moves(clone, known, moves))
        return News(known.after(refs).to_json(), story)


async def _rebuilding(clone: Clone, read: Callable[[], Awaitable[Story]]) -> Story:
    """What was read, from a clone made anew if the one there is damaged."""
    try:
        return await read()
    except Damaged:
        clone.remove()
        return await read()
