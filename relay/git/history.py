"""What moved refs brought, and what was there at first sight, read from the clone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from relay.errors import FeedUnavailable
from relay.git.clone import EVERYTHING, Clone
from relay.git.events import Detail, Told, parse_log, parse_tags
from relay.git.refs import HEADS, Move, Snapshot

if TYPE_CHECKING:  # the table of sources, which comes with it, leads back here
    from relay.sources.base import Start

LISTED = 1000
"""Commits that one event lists, the newest; more are counted."""
GLIMPSE = 20
"""Commits of the default branch that are kept as history with `start: now`."""


@dataclass(frozen=True)
class Story:
    """What is to be told, what the commits in it say of themselves, and which of them no ref had before."""

    told: tuple[Told, ...]
    details: Mapping[str, Detail]
    fresh: frozenset[str]


async def read_moves(clone: Clone, known: Snapshot, moves: Sequence[Move]) -> Story:
    """What the moves of refs since the snapshot brought."""
    if not any(move.new for move in moves):
        return Story(tuple(Told(move, "deleted") for move in moves), {}, frozenset())
    hashes = [hash_ for move in moves for hash_ in (move.old, move.new) if hash_]
    await clone.fetch(hashes, [move.ref for move in moves if move.tag and move.new])
    reader = _Reader(clone, known)
    await reader.check([move for move in moves if move.branch])
    told = [await reader.told(move) for move in moves]
    taggers = parse_tags(await clone.taggers()) if any(move.tag for move in moves) else {}
    told = [replace(one, tagger=taggers.get(one.move.new or "")) for one in told]
    fresh = await clone.commits([move.new for move in moves if move.new], known.refs.values())
    return Story(tuple(told), await _details(clone, told), frozenset(fresh))


class _Reader:
    """Finds what each move brought; remembers which tips were told already, so that two new branches share nothing."""

    def __init__(self, clone: Clone, known: Snapshot) -> None:
        self._clone = clone
        self._known = list(known.refs.values())
        self._base = known.refs.get(known.head or "")
        self._present: set[str] = set()

    async def check(self, moves: Sequence[Move]) -> None:
        """Look which tips of the branches the clone has, and ask once more for old ones that it lost."""
        old = {move.old for move in moves if move.old and move.new}
        new = {move.new for move in moves if move.new}
        self._present = await self._clone.present(old | new)
        _all_there(self._clone, new - self._present)
        if old - self._present:
            await self._clone.fetch_lost(old - self._present)
            self._present |= await self._clone.present(old)

    async def told(self, move: Move) -> Told:
        if not move.new:
            return Told(move, "deleted")
        if move.branch and move.old:
            return await self._updated(move, move.old, move.new)
        brought = () if move.new in self._known else await self._listed(move.new, self._known, self._base)
        self._known.append(move.new)
        return _cut(Told(move, "forced" if move.old else "created", brought))

    async def _updated(self, move: Move, old: str, new: str) -> Told:
        self._known.append(new)
        if old not in self._present:
            return Told(move, "forced", (new,), complete=False)
        brought = await self._listed(new, [old], old)
        forced = await self._clone.commits([old], [new], "--max-count=1")
        return _cut(Told(move, "forced" if forced else None, brought))

    async def _listed(self, new: str, exclude: Sequence[str], base: str | None) -> tuple[str, ...]:
        while not await self._clone.is_exact(new, exclude, base) and await self._clone.deepen():
            pass
        return tuple(await self._clone.commits([new], exclude))


async def read_past(clone: Clone, refs: Mapping[str, str], default: str | None, start: "Start", now: datetime) -> Story:
    """What `start` asks for of a repository seen for the first time; with `now`, a glimpse of its default branch."""
    heads = {ref: refs[ref] for ref in sorted(refs, key=lambda ref: (ref != default, ref)) if ref.startswith(HEADS)}
    clone.remove()
    await clone.fetch(heads.values(), depth=_depth(start))
    _all_there(clone, set(heads.values()) - await clone.present(heads.values()))
    wanted = await _wanted(clone, list(heads.values()), start, now)
    told: list[Told] = []
    known: list[str] = []
    for ref, new in heads.items():
        brought = [hash_ for hash_ in await clone.commits([new], known) if hash_ in wanted]
        known.append(new)
        if brought:
            told.append(_cut(Told(Move(ref, None, new), None, tuple(brought))))
    return Story(tuple(told), await _details(clone, told), frozenset(wanted))


def _depth(start: "Start") -> int:
    """How much of the past is fetched at first: commits below each branch."""
    if start.kind == "all":
        return EVERYTHING
    return LISTED if start.seconds else max(start.count, GLIMPSE)


async def _wanted(clone: Clone, heads: Sequence[str], start: "Start", now: datetime) -> set[str]:
    """The commits that `start` asks for."""
    if start.kind == "all":
        return set(await clone.commits(heads))
    if start.seconds:
        since = f"--since={int((now - timedelta(seconds=start.seconds)).timestamp())}"
        while await clone.commits(heads, (), since, "--max-parents=0") and await clone.deepen():
            pass
        return set(await clone.commits(heads, (), since))
    if start.count:
        return set(await clone.commits(heads, (), f"--max-count={start.count}"))
    return set(await clone.commits(heads[:1], (), f"--max-count={GLIMPSE}"))


def _cut(told: Told) -> Told:
    """The same with a list that is not too long, and then the count."""
    if len(told.hashes) <= LISTED:
        return told
    return replace(told, hashes=told.hashes[:LISTED], total=len(told.hashes))


async def _details(clone: Clone, told: Iterable[Told]) -> dict[str, Detail]:
    hashes = list(dict.fromkeys(hash_ for one in told for hash_ in one.hashes))
    return parse_log(await clone.log(hashes)) if hashes else {}


def _all_there(clone: Clone, missing: set[str]) -> None:
    if missing:
        raise FeedUnavailable(
            f"{clone.address.key}: a branch moved while it was read; it is read again with the next poll"
        )
