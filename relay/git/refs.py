"""What a git repository's refs were and are, and how each moved. Pure.

The cursor of a git feed is a snapshot: the hash of every branch and tag. It is compared as a whole, so nothing depends
on order or time, and two polls that see the same refs tell nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.cursor import damaged
from relay.errors import FeedGarbled

HEADS = "refs/heads/"
TAGS = "refs/tags/"
_LINE = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64})\t(refs/(?:heads|tags)/[^\n]+)")
_REMEMBERED = 1000


@dataclass(frozen=True)
class Move:
    """One ref that was created (no `old`), moved or deleted (no `new`); `count` is how often it had moved before."""

    ref: str
    old: str | None
    new: str | None
    count: int = 0

    @property
    def id(self) -> str:
        """What tells this move from every other of the feed, and is the same when it is read again."""
        zero = "0" * len(self.old or self.new or "")
        return f"push:{self.ref}:{self.old or zero}..{self.new or zero}:{self.count}"

    @property
    def branch(self) -> str | None:
        """The branch that moved, without `refs/heads/`."""
        return self.ref.removeprefix(HEADS) if self.ref.startswith(HEADS) else None

    @property
    def tag(self) -> str | None:
        """The tag that moved, without `refs/tags/`."""
        return self.ref.removeprefix(TAGS) if self.ref.startswith(TAGS) else None


@dataclass(frozen=True)
class Snapshot:
    """What the cursor holds: the refs, how often each moved, the default branch, and whether the last answer was empty.

    The count makes A to B, B to A, A to B three events. It is kept per ref, so that a database restored from a backup
    repeats a move under its old id whatever other refs did; of refs that are gone, for the last 1,000.
    """

    refs: Mapping[str, str]
    counts: Mapping[str, int] = field(default_factory=dict)
    head: str | None = None
    emptied: bool = False

    def to_json(self) -> dict[str, Any]:
        """The snapshot as a cursor."""
        marks = {"emptied": True} if self.emptied else {}
        return {"refs": dict(self.refs), "n": dict(self.counts), "head": self.head, **marks}

    def moves(self, refs: Mapping[str, str]) -> tuple[Move, ...]:
        """How the refs moved since: updates first, then new branches, new tags and what is gone."""
        names = [name for name in self.refs.keys() | refs.keys() if self.refs.get(name) != refs.get(name)]
        found = [Move(name, self.refs.get(name), refs.get(name), self.counts.get(name, 0)) for name in names]
        return tuple(sorted(found, key=lambda move: (move.new is None, move.old is None, move.ref)))

    def after(self, refs: Mapping[str, str]) -> "Snapshot":
        """The snapshot of the refs as they are now, every move counted."""
        moved = {move.ref: move.count + 1 for move in self.moves(refs)}
        counts = {name: count for name, count in self.counts.items() if name not in moved} | moved
        gone = [name for name in counts if name not in refs]
        for name in gone[:-_REMEMBERED]:
            del counts[name]
        return Snapshot(refs, counts, self.head)


def from_json(cursor: Any) -> Snapshot:
    """The snapshot that `to_json` wrote; raises FeedError if it is anything else."""
    try:
        refs, counts, default = cursor["refs"], cursor["n"], cursor["head"]
        emptied = cursor.get("emptied", False)
    except (TypeError, KeyError, AttributeError):
        raise damaged() from None
    if not (_maps(refs, str) and _maps(counts, int) and isinstance(default, str | None)):
        raise damaged()
    return Snapshot(refs, counts, default, emptied is True)


def _maps(value: Any, kind: type) -> bool:
    """Whether it is a mapping of names to such values; a key of JSON is always text."""
    return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())


def parse(listing: bytes) -> dict[str, str]:
    """Every branch and tag with its hash, from what `git ls-remote` printed. Raises FeedGarbled.

    A name need not be UTF-8: other bytes become `\\xff`, which no ref name can hold, so that `raw` finds the way back.
    """
    refs = {}
    for line in listing.splitlines():
        match = _LINE.fullmatch(line)
        if not match:
            raise FeedGarbled(f"git ls-remote answered a line that is no ref: {line[:80]!r}")
        refs[match[2].decode(errors="backslashreplace")] = match[1].decode()
    return refs


def raw(ref: str) -> bytes:
    """The name as git knows it."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), ref.encode())


def head(listing: bytes, refs: Mapping[str, str]) -> str | None:
    """The default branch: where HEAD leads if that exists, else main, master, or the first by name."""
    match = re.match(rb"ref: ([^\t\n]+)\tHEAD", listing)
    named = match[1].decode(errors="backslashreplace") if match else ""
    branches = sorted(ref for ref in refs if ref.startswith(HEADS))
    wanted = [ref for ref in (named, f"{HEADS}main", f"{HEADS}master") if ref in branches]
    return next(iter(wanted + branches), None)
