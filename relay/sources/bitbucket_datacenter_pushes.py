"""Reads what was pushed to a repository: the server's own log where the account administers it, else its refs by git.

The log names who pushed and has ids, but is for administrators of the repository. For everybody else the refs are
compared, as the git source does; who pushed is then a guess. Which of the two it is stands in the cursor, and the log is
tried again once a day. A log that could be read until now is refused for good when it is refused a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from relay.cursor import digest
from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedMissing
from relay.events import Event
from relay.fields import Fields
from relay.git.address import Address, Login, address
from relay.git.events import Teller as GitTeller
from relay.git.reader import GitReader
from relay.git.refs import Snapshot
from relay.seen import Seen
from relay.sources.base import Start
from relay.sources.bitbucket_datacenter_cursor import Pushes
from relay.sources.bitbucket_datacenter_entries import Brought, RefChange, Teller, ref_change_of
from relay.sources.bitbucket_datacenter_rest import LIMIT, Listing, Rest, path_of

TRY_AFTER = 86_400.0
"""Seconds until the log is asked for again by an account that was refused."""
COMMIT_PAGES = 10
"""Pages of commits that are read of one push; an event lists the newest thousand."""
_DETAILED = 1000  # pushes of one poll whose commits are asked for, the newest


@dataclass(frozen=True)
class PushesRead:
    """What is remembered of pushes, and what happened since."""

    pushes: Pushes
    events: tuple[Event, ...] = ()
    gap: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByGit:
    """How git reaches the repositories of the server."""

    reader: GitReader
    login: Login | None


class PushLog:
    """Reads the pushes of one repository; `start` is what to tell of them at first sight, None afterwards."""

    def __init__(self, rest: Rest, git: ByGit, teller: Teller, start: Start | None) -> None:
        self._rest, self._git, self._teller, self._start = rest, git, teller, start
        self._now = teller.now
        self._default: str | None = None

    def _path(self, *below: str) -> str:
        return path_of(self._teller.place.repository, *below)

    async def read(self, known: Pushes) -> PushesRead:
        """What was pushed since. Raises FeedError."""
        now = self._now.timestamp()
        if known.denied_at is not None and 0 <= now - known.denied_at < TRY_AFTER:
            return PushesRead(known) if known.refused else await self._by_git(known)
        try:
            listing = await self._listed(known)
        except (FeedDenied, FeedMissing) as error:  # old versions have no log
            return await self._without_log(known, error)
        if known.git is not None and known.log is None:  # from now on by the log; what came until now the refs tell
            told = await self._by_git(known)
            return replace(told, pushes=Pushes(log=Seen().after(listing.ids).ids))
        return await self._by_log(known, listing)

    async def _listed(self, known: Pushes) -> Listing:
        seen = set(known.log or ())

        def enough(values: Sequence[Fields]) -> bool:
            if self._start is None:
                reached = known.log is None or any(raw.name("id") in seen for raw in values)
                return reached and len(values) >= known.again
            if self._start.kind in ("all", "since"):
                return not any(_is_recent(raw, self._start, self._now.timestamp()) for raw in values[-LIMIT:])
            return len(values) >= self._start.count

        return await self._rest.list(self._path("ref-change-activities"), self._now, until=enough)

    async def _by_log(self, known: Pushes, listing: Listing) -> PushesRead:
        seen = Seen(known.log or ())
        if listing.values and not listing.ids:
            raise FeedGarbled(f"{self._path('ref-change-activities')} lists entries, and none is a push")
        by_key = {_key(raw): raw for raw in listing.values}
        entries = [by_key[key] for key in seen.news(by_key)]
        changes = [(index, change) for index, raw in enumerate(entries) if (change := ref_change_of(raw))]
        events = list[Event]()
        for index, change in changes:
            events += self._teller.pushed(change, await self._brought(change, index))
        broken = sum(not raw.at("refChange") for raw in entries)
        again = len(listing.values) if len(changes) < len(entries) and listing.pages > 1 else 0
        return PushesRead(
            Pushes(log=seen.after(by_key).ids, again=again),
            tuple(events),
            "more was pushed than the server keeps in its log" if seen.missed([*by_key]) else None,
            (f"{broken} pushes could not be read",) if broken else (),
        )

    async def _brought(self, change: RefChange, index: int) -> Brought:
        """The commits of a push. Nothing is asked for a tag, what is gone, and history that is only kept."""
        if change.branch is None or change.new is None:
            return Brought()
        if not self._is_detailed(change.raw, index):
            return Brought(complete=False)
        try:
            listing = await self._commits(change.new, change.old or await self._default_branch(), COMMIT_PAGES)
            forced = change.old is not None and await self._is_forced(change.old, change.new)
        except FeedMissing:  # the commits are gone already
            return Brought(complete=False)
        commits = {raw.text("id"): raw for raw in listing.values}
        return Brought(tuple(commits.values()), forced=forced, complete=listing.ended)

    def _is_detailed(self, raw: Fields, index: int) -> bool:
        """Whether the commits of a new push are asked for; the newest is the first."""
        if self._start is None or self._start.kind in ("all", "since"):
            recent = self._start is None or _is_recent(raw, self._start, self._now.timestamp())
            return recent and index < _DETAILED
        return index < self._start.count

    async def _is_forced(self, old: str, new: str) -> bool:
        """Whether the branch lost commits."""
        return bool((await self._commits(old, new, 1, limit=1)).values)

    async def _commits(self, until: str, since: str, pages: int, limit: int = LIMIT) -> Listing:
        query = {"until": until, "since": since, "limit": limit}
        return await self._rest.list(self._path("commits"), self._now, query, pages=pages)

    async def _default_branch(self) -> str:
        if self._default is None:
            branch = await self._rest.one(self._path("default-branch"), self._now)
            self._default = branch.text("id") or "HEAD"
        return self._default

    async def _without_log(self, known: Pushes, error: FeedError) -> PushesRead:
        """By git; if the log could be read until now, only once it is refused again, from the refs of the first time."""
        denied_at = self._now.timestamp()
        if known.log is None:
            return await self._by_git(replace(known, denied_at=denied_at))
        if not known.doubted:
            doubt = replace(known, doubted=True, git=await self._refs())
            return PushesRead(doubt, warnings=(f"the log of pushes is asked for once more: {error}",))
        left = replace(known, denied_at=denied_at, doubted=False)
        gap = "the log of pushes may no longer be read; what was pushed since it could be read last is not told"
        if known.git is not None:
            return replace(await self._by_git(replace(left, log=None)), gap=gap)
        refs = await self._refs()
        return PushesRead(replace(left, log=None, git=refs), gap=gap) if refs else _refused(left, error)

    async def _refs(self) -> Any:
        """The refs as they are; None where git may not read them either."""
        try:
            return Snapshot(await self._git.reader.refs(self._address(), self._git.login)).to_json()
        except (FeedDenied, FeedMissing):
            return None

    async def _by_git(self, known: Pushes) -> PushesRead:
        place = self._address()
        start = self._start or Start()
        try:
            news = await self._git.reader.news(place, self._git.login, known.git, self._now, start)
        except (FeedDenied, FeedMissing) as error:
            return _refused(known, error)
        git = GitTeller(self._teller.source, self._teller.place.id, place, self._now, news.story.details)
        events = map(self._teller.of_git, git.events(news.story.told, news.story.fresh))
        return PushesRead(replace(known, git=news.cursor, refused=False), tuple(events))

    def _address(self) -> Address:
        repository = self._teller.place.repository
        names = "/".join(quote(name.lower(), safe="~") for name in (repository.owner or "", repository.slug))
        return address(f"{self._teller.web}/scm/{names}.git")


def _key(raw: Fields) -> str:
    """What an entry of the log is remembered by: its id, or all of it where it tells no move, as that may be mended."""
    return raw.name("id") or "" if ref_change_of(raw) else f"?{digest(raw.value)}"


def _refused(known: Pushes, error: FeedError) -> PushesRead:
    """Neither way is open, which is no reason to be silent of pull requests; both are tried again in a day."""
    return PushesRead(replace(known, refused=True), warnings=(f"pushes cannot be read: {error}",))


def _is_recent(raw: Fields, start: Start, now: float) -> bool:
    """Whether a push is as young as `start` wants; one without a time is."""
    created = raw.whole("createdDate")
    return start.kind == "all" or created is None or created / 1000 >= now - start.seconds
