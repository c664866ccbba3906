"""The events that moved refs mean. Pure.

Git does not say who pushed, nor when: the actor is the author of the newest commit and the time its committer's, both
named in `guessed`, and neither is set where no commit came with the move. An annotated tag does name its tagger.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from relay.events import Actor, Commit, Event
from relay.git.address import Address
from relay.git.refs import Move
from relay.storable import clean

MOST_MESSAGE = 64 * 1024
"""Characters kept of a commit's message."""


@dataclass(frozen=True)
class Detail:
    """What a commit, or an annotated tag, says of itself; git checks none of it."""

    author: str
    seconds: str
    message: str = ""

    def time(self, now: datetime) -> datetime | None:
        """Its time, unless that lies ahead of `now` or beyond the calendar: committers' clocks may say anything."""
        try:
            moment = datetime.fromtimestamp(int(self.seconds), UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return moment if moment <= now else None


@dataclass(frozen=True)
class Told:
    """A move with what it brought: `hashes` newest first; `total` where the list was cut; `tagger` of a new tag.

    `complete` is False where the list cannot be known, since git no longer has the old commit.
    """

    move: Move
    state: str | None
    hashes: tuple[str, ...] = ()
    total: int | None = None
    complete: bool = True
    tagger: Detail | None = None


@dataclass(frozen=True)
class Teller:
    """Makes events of one feed: `source` is its name there, `prefix` what its ids begin with."""

    source: str
    prefix: str
    address: Address
    now: datetime
    details: Mapping[str, Detail] = field(default_factory=dict)

    def events(self, told: Sequence[Told], fresh: Set[str]) -> Iterator[Event]:
        """Each push and, after it, a derived `commit` for each of its commits that no ref had before, oldest first."""
        left = set(fresh)
        for one in sorted(told, key=self._order):
            yield self._pushed(one)
            for hash_ in reversed([hash_ for hash_ in one.hashes if hash_ in left]):
                left.discard(hash_)
                yield self._commit(one.move, hash_)

    def _order(self, told: Told) -> tuple[bool, datetime, str]:
        """By time as far as it is known; what is gone comes last, so that a renamed branch is first there, then gone."""
        return told.move.new is None, self._time(told) or self.now, told.move.ref

    def _newest(self, told: Told) -> Detail | None:
        return self.details.get(told.hashes[0]) if told.hashes else None

    def _time(self, told: Told) -> datetime | None:
        source = told.tagger or self._newest(told)
        return source.time(self.now) if source else None

    def _pushed(self, told: Told) -> Event:
        source = told.tagger or self._newest(told)
        actor, occurred_at = _actor(source), self._time(told)
        guesses = {
            "actor": actor and not told.tagger,
            "occurred_at": occurred_at and not told.tagger,
            "commits": not told.complete,
        }
        return Event(
            id=f"{self.prefix}:{told.move.id}",
            type="pushed",
            source=self.source,
            occurred_at=occurred_at,
            seen_at=self.now,
            repository=self.address.repository,
            actor=actor,
            title=told.move.tag,
            url=self._page(told),
            state=told.state,
            branch=told.move.branch,
            commits=tuple(self._listed(hash_) for hash_ in told.hashes),
            total_commits=told.total,
            guessed=tuple(name for name, guessed in guesses.items() if guessed),
        )

    def _page(self, told: Told) -> str | None:
        move = told.move
        if move.new is None:
            return None
        if move.tag:
            return self.address.page("tag", name=move.tag)
        if move.old is None:
            return self.address.page("branch", name=move.branch or "")
        return self.address.page("compare", old=move.old, new=move.new)

    def _commit(self, move: Move, hash_: str) -> Event:
        detail = self.details.get(hash_)
        return Event(
            id=f"{self.prefix}:commit:{hash_}",
            type="commit",
            source=self.source,
            occurred_at=detail.time(self.now) if detail else None,
            seen_at=self.now,
            repository=self.address.repository,
            actor=_actor(detail),
            url=self.address.page("commit", new=hash_),
            branch=move.branch,
            commits=(self._listed(hash_),),
            derived=True,
        )

    def _listed(self, hash_: str) -> Commit:
        detail = self.details.get(hash_)
        url = self.address.page("commit", new=hash_)
        return Commit(hash_, detail.message, detail.author or None, url) if detail else Commit(hash_, url=url)


def _actor(detail: Detail | None) -> Actor | None:
    return Actor(username=None, name=detail.author) if detail and detail.author else None


def parse_log(log: bytes) -> dict[str, Detail]:
    """Commits by hash, from records of hash, author, seconds and message, each field ended by NUL.

    The log may end in the middle: a message is then cut, and the commits that follow are not there.
    """
    fields = [clean(part.decode(errors="replace")) for part in log.split(b"\0")]
    records = zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False)
    return {hash_: Detail(author.strip(), when, text.rstrip()[:MOST_MESSAGE]) for hash_, author, when, text in records}


def parse_tags(listing: bytes) -> dict[str, Detail]:
    """Taggers of annotated tags by the tag's hash, from records of hash, tagger and seconds, each ended by NUL."""
    fields = [clean(part.decode(errors="replace")).strip() for part in listing.split(b"\0")]
    records = zip(fields[0::3], fields[1::3], fields[2::3], strict=False)
    return {hash_: Detail(tagger, when) for hash_, tagger, when in records if tagger}
