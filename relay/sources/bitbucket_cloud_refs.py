"""Refs and their commits read by REST, in the words of `relay.git`, for machines that cannot use git.

A reading that finds nothing is one request. A branch that moved costs one more for its commits, and one to tell
whether it was forced. None has gone from a list of which one cannot be read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from relay.errors import FeedMissing
from relay.fields import Fields
from relay.git.events import MOST_MESSAGE, Detail, Told
from relay.git.history import GLIMPSE, LISTED, Story
from relay.git.reader import News
from relay.git.refs import HEADS, TAGS, Move, Snapshot, from_json
from relay.sources.base import Start
from relay.sources.bitbucket_cloud_account import Account, Read
from relay.sources.bitbucket_cloud_cursor import Place

_FOLDERS = {"branch": HEADS, "tag": TAGS}
_FIELDS = "next,values.name,values.type,values.target.hash"
_COMMIT_FIELDS = "next,values.hash,values.date,values.message,values.author.raw,values.author.user.display_name"
_MOST_EXCLUDED = 20  # of a long list the address would grow too long
_NOTHING = Story((), {}, frozenset())


class RestReader:
    """Reads what `relay.git.reader.GitReader` reads."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def refs(self, place: Place, now: datetime) -> dict[str, str]:
        """Every branch and tag with the hash of its commit. Raises FeedError."""
        return (await self._read(place, now))[0]

    async def _read(self, place: Place, now: datetime) -> tuple[dict[str, str], bool]:
        """The refs that can be read, and whether these are all."""
        listed = await self._account.all(f"{place.path}/refs", now, {"pagelen": 100, "fields": _FIELDS})
        told = [(ref.text("type"), ref.text("name"), ref.text("target", "hash")) for ref in listed]
        read = [(_FOLDERS.get(type, ""), name, hash_) for type, name, hash_ in told if type and name and hash_]
        return {f"{folder}{name}": hash_ for folder, name, hash_ in read if folder}, len(read) == len(listed)

    async def news(self, place: Place, cursor: object, now: datetime, start: Start) -> News:
        """How the refs moved since `cursor`, at first sight what `start` asks of the default branch. Raises FeedError."""
        refs, whole = await self._read(place, now)
        if cursor is None:
            branches = sorted(ref for ref in refs if ref.startswith(HEADS))
            head = next((ref for ref in (f"{HEADS}main", f"{HEADS}master", *branches) if ref in refs), None)
            story = await self._past(place, head, refs[head], start, now) if head else _NOTHING
            return News(Snapshot(refs, head=head).to_json(), story)
        known = from_json(cursor)
        refs = refs if whole else dict(known.refs) | refs
        if known.refs == refs and not known.emptied:
            return News(cursor)
        if known.refs and not refs and not known.emptied:
            return News(replace(known, emptied=True).to_json())
        return News(known.after(refs).to_json(), await self._moved(place, known, known.moves(refs), now))

    async def _past(self, place: Place, head: str, tip: str, start: Start, now: datetime) -> Story:
        most = {"now": GLIMPSE, "count": start.count}.get(start.kind, LISTED)
        since = now - timedelta(seconds=min(start.seconds, now.timestamp())) if start.kind == "since" else None
        read = await self._commits(place, now, [tip], [], most)
        kept = [raw for raw in read.values[:most] if since is None or ((at := raw.time("date")) and at >= since)]
        details = _details(kept)
        told = Told(Move(head, None, tip), None, tuple(details), complete=read.whole)
        return Story((told,), details, frozenset(details)) if details else _NOTHING

    async def _moved(self, place: Place, known: Snapshot, moves: Sequence[Move], now: datetime) -> Story:
        told: list[Told] = []
        details: dict[str, Detail] = {}
        before = sorted(set(known.refs.values()), key=lambda hash_: hash_ != known.refs.get(known.head or ""))
        for move in moves:
            one, brought = await self._told(place, move, before, now)
            told.append(one)
            details |= brought
        fresh = frozenset(details) - frozenset(known.refs.values())
        return Story(tuple(told), details, fresh)

    async def _told(
        self, place: Place, move: Move, before: Sequence[str], now: datetime
    ) -> tuple[Told, dict[str, Detail]]:
        if move.new is None:
            return Told(move, "deleted"), {}
        if move.new in before and move.old is None:
            return Told(move, "created"), {}
        try:
            read = await self._commits(place, now, [move.new], [move.old] if move.old else before, LISTED)
            forced = bool(move.old) and (bool(move.tag) or await self._lost(place, now, move))
        except FeedMissing:  # the old commit is gone
            return Told(move, "forced", (move.new,), complete=False), {}
        details = _details(read.values[:LISTED])
        state = "forced" if forced else None if move.old else "created"
        return Told(move, state, tuple(details), complete=read.whole), details

    async def _lost(self, place: Place, now: datetime, move: Move) -> bool:
        """Whether the old commit is no longer part of the branch."""
        return bool((await self._commits(place, now, [move.old or ""], [move.new or ""], 1)).values)

    async def _commits(
        self, place: Place, now: datetime, include: Iterable[str], exclude: Sequence[str], most: int
    ) -> Read:
        query: Mapping[str, object] = {
            "include": list(include),
            "exclude": exclude[:_MOST_EXCLUDED],
            "pagelen": max(10, min(most, 100)),
            "fields": _COMMIT_FIELDS,
        }
        return await self._account.list(f"{place.path}/commits", now, query, most=-(-most // 100))


def _details(commits: Iterable[Fields]) -> dict[str, Detail]:
    """What commits say of themselves, by hash, newest first."""
    return {hash_: _detail(raw) for raw in commits if (hash_ := raw.text("hash"))}


def _detail(raw: Fields) -> Detail:
    author = raw.text("author", "user", "display_name") or (raw.text("author", "raw") or "").partition(" <")[0].strip()
    at = raw.time("date")
    seconds = str(int(at.timestamp())) if at else ""
    return Detail(author, seconds, (raw.text("message") or "").rstrip()[:MOST_MESSAGE])
