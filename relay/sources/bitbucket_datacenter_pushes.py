"""Reads what was pushed to a repository: the server's own log where the account administers it, else its refs by git.

The log names who pushed and has ids, but is for administrators of the repository. For everybody else the refs are
compared, as the git source does; who pushed is then a guess. Which of the two it is stands in the cursor, and the log is
tried again once a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

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
        except (FeedDenied, FeedMissing):  # old versions have no log
            return await self._without_log(replace(known, denied_at=now))
        if known.git is not None:  # from now on by the log; what came until now is told by the refs
            told = await self._by_git(known)
            return replace(told, pushes=Pushes(log=Seen().after(listing.ids).ids))
        return await self._by_log(known, listing)

    async def _listed(self, known: Pushes) -> Listing:
        seen = set(known.log or ())

        def enough(values: Sequence[Fields]) -> bool:
            if self._start is None:
                return known.git is not None or any(raw.name("id") in seen for raw in values)
            if self._start.kind in ("all", "since"):
                return not any(_is_recent(raw, self._start, self._now.timestamp()) for raw in values[-LIMIT:])
            return len(values) >= self._start.count

        return await self._rest.list(self._path("ref-change-activities"), self._now, until=enough)

    async def _by_log(self, known: Pushes, listing: Listing) -> PushesRead:
        seen = Seen(known.log or ())
        if listing.values and not listing.ids:
            raise FeedGarbled(f"{self._path('ref-change-activities')} lists entries, and none is a push")
        by_id = {id: raw for raw in listing.values if (id := raw.name("id")) is not None}
        entries = [by_id[id] for id in seen.news(listing.ids)]
        changes = [(index, change) for index, raw in enumerate(entries) if (change := ref_change_of(raw))]
        events = list[Event]()
        for index, change in changes:
            events += self._teller.pushed(change, await self._brought(change, index))
        broken = sum(not raw.at("refChange") for raw in entries)
        return PushesRead(
            Pushes(log=seen.after(listing.ids).ids),
            tuple(events),
            "more was pushed than the server keeps in its log" if seen.missed(listing.ids) else None,
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

    async def _without_log(self, known: Pushes) -> PushesRead:
        """By git; where the log could be read until now, the refs as they are begin a new memory."""
        if known.log is None:
            return await self._by_git(known)
        try:
            refs = await self._git.reader.refs(self._address(), self._git.login)
        except (FeedDenied, FeedMissing) as error:
            return _refused(known, error)
        gap = "the log of pushes may no longer be read; what was pushed since the last poll is not told"
        return PushesRead(replace(known, log=None, git=Snapshot(refs).to_json()), gap=gap)

    async def _by_git(self, known: Pushes) -> PushesRead:
        place = self._address()
        start = self._start or Start()
        try:
            news = await self._git.reader.news(place, self._git.login, known.git, self._now, start)
        except (FeedDenied, FeedMissing) as error:
            return _refused(known, error)
        git = GitTeller(self._teller.source, self._teller.place.id, place, self._now, news.story.details)
        events = map(self._teller.of_git, git.events(news.story.told, news.story.fresh))
        return PushesRead(replace(known, log=None, git=news.cursor, refused=False), tuple(events))

    def _address(self) -> Address:
        repository = self._teller.place.repository
        names = "/".join(quote(name.lower(), safe="~") for name in (repository.owner or "", repository.slug))
        return address(f"{self._teller.web}/scm/{names}.git")


def _refused(known: Pushes, error: FeedError) -> PushesRead:
    """Neither way is open, which is no reason to be silent of pull requests; both are tried again in a day."""
    return PushesRead(replace(known, refused=True), warnings=(f"pushes cannot be read: {error}",))


def _is_recent(raw: Fields, start: Start, now: float) -> bool:
    """Whether a push is as young as `start` wants; one without a time is."""
    created = raw.whole("createdDate")
    return start.kind == "all" or created is None or created / 1000 >= now - start.seconds
