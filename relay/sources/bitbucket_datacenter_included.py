"""What costs extra requests and is asked for with `include:`: forks, comments on commits, and who has access.

All are snapshots, taken every ten minutes: the server tells no history of any of them. A list that is suddenly empty is
believed when it is empty the next time too, and nothing has gone from one of which an entry cannot be read.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from relay.errors import FeedDenied, FeedError, FeedMissing
from relay.events import Actor, Comment, Event
from relay.fields import Fields
from relay.sources.bitbucket_datacenter_cursor import Snapshot
from relay.sources.bitbucket_datacenter_entries import Teller, actor_of, address_of, comments_of, place_of
from relay.sources.bitbucket_datacenter_rest import Rest, path_of

ASK_AFTER = 600.0
"""Seconds between two snapshots."""
COMMITS = 10
"""Commits of the default branch, the newest, whose comments are asked for."""
GROUPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "forks": frozenset({"fork"}),
        "comments": frozenset({"cset_comment_created", "cset_comment_updated", "cset_comment_deleted"}),
        "access": frozenset(
            {
                "team_access_gained_admin",
                "team_access_gained_collab",
                "team_access_changed_admin",
                "team_access_changed_collab",
                "team_lost_access",
            }
        ),
    }
)
_ADMIN = "REPO_ADMIN"
_RIGHTS = ("REPO_READ", "REPO_WRITE", _ADMIN)


@dataclass(frozen=True)
class Included:
    """The snapshots as they are now, and what happened since those before."""

    snapshots: Mapping[str, Snapshot]
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()


class Includes:
    """Takes the snapshots that were asked for of one repository."""

    def __init__(self, rest: Rest, teller: Teller, include: frozenset[str]) -> None:
        self._rest, self._teller, self._include = rest, teller, include
        self._now = teller.now

    async def read(self, before: Mapping[str, Snapshot]) -> Included:
        """Those that are due, compared with what they were before; the first of each tells nothing."""
        found, events, warnings = dict[str, Snapshot](), list[Event](), list[str]()
        for name, types in GROUPS.items():
            if types & self._include:
                found[name], told, refused = await self._one(name, before.get(name))
                events += [event for event in told if event.type in self._include]
                warnings += refused
        return Included(found, tuple(events), tuple(warnings))

    async def _one(self, name: str, before: Snapshot | None) -> tuple[Snapshot, Iterable[Event], list[str]]:
        now = self._now.timestamp()
        if before and 0 <= now - before.asked_at < ASK_AFTER:
            return before, (), []
        values = before.values if before else {}
        try:
            listed = await _READERS[name](self._rest, self._teller, self._now)
        except FeedError as error:
            if type(error) not in (FeedDenied, FeedMissing, FeedError):  # or a 400: comments by file alone
                raise
            warned = [] if before and before.refused else [f"{name} cannot be read: {error}"]
            return Snapshot(values, now, refused=True, begun=bool(before and before.begun)), (), warned
        if values and not listed.values and before and not before.doubted:
            return replace(before, asked_at=now, doubted=True), (), []
        told = listed.events(values) if before and before.begun else ()
        return Snapshot(listed.kept(values), now), told, []


@dataclass(frozen=True)
class Forks:
    """The forks of a repository, by id."""

    teller: Teller
    values: Mapping[str, Fields]

    def kept(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Every fork ever seen: one that vanished and comes back was not made again."""
        return dict(before) | dict.fromkeys(self.values)

    def events(self, before: Mapping[str, Any]) -> Iterator[Event]:
        """The new ones; who made one is a guess, and known only where it lies with a user."""
        for id, raw in self.values.items():
            place = place_of(raw)
            if place and id not in before:
                owner = actor_of(raw.at("project", "owner"))
                yield self.teller.event(
                    f"fork:{id}",
                    "fork",
                    title=place.repository.full_name,
                    url=address_of(raw),
                    actor=owner,
                    guessed=("actor",) if owner else (),
                )


@dataclass(frozen=True)
class CommitComments:
    """The comments on commits: by id, what each says with its commit."""

    teller: Teller
    values: Mapping[str, tuple[Fields, Comment, str]]
    commits: Mapping[str, Fields]
    whole: bool = True

    def kept(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The version and the commit of each."""
        now = {id: [raw.whole("version") or 0, hash_] for id, (raw, _, hash_) in self.values.items()}
        return now if self.whole else dict(before) | now

    def events(self, before: Mapping[str, Any]) -> Iterator[Event]:
        """Those that were made, edited, and deleted while their commit was still looked at."""
        for id, (raw, said, hash_) in self.values.items():
            version = Fields(before).whole(id, 0)
            if id not in before:
                author, at = actor_of(raw.at("author")), raw.millis("createdDate")
                yield self._event(id, "created", hash_, comment=said, actor=author, occurred_at=at)
            elif version is not None and (raw.whole("version") or 0) > version:
                author, at = actor_of(raw.at("author")), raw.millis("updatedDate")
                told = {"comment": said, "actor": author, "occurred_at": at, "guessed": ("actor",)}
                yield self._event(f"{id}:{raw.whole('version')}", "updated", hash_, **told)
        for id in before:
            hash_ = Fields(before).text(id, 1) or ""
            if self.whole and id not in self.values and hash_ in self.commits:
                yield self._event(f"{id}:deleted", "deleted", hash_, comment=Comment(id))

    def _event(self, id: str, kind: str, hash_: str, **fields: Any) -> Event:
        commits = tuple(self.teller.commits([self.commits[hash_]]))
        url = commits[0].url if commits else None
        return self.teller.event(f"cset:{id}", f"cset_comment_{kind}", url=url, commits=commits, **fields)


@dataclass(frozen=True)
class Access:
    """Who has been given access to the repository itself: name and permission by the user's id."""

    teller: Teller
    values: Mapping[str, tuple[Actor, str]]
    whole: bool = True

    def kept(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Each with how often it changed, which makes a right that is given, taken and given again three events."""
        now = {id: [actor.username, actor.name, right] for id, (actor, right) in self.values.items()}
        gone = {id: [*value[:2], None if self.whole else value[2]] for id, value in before.items() if id not in now}
        return {id: [*one, _count(before, id) + (one[2] != _right(before, id))] for id, one in (gone | now).items()}

    def events(self, before: Mapping[str, Any]) -> Iterator[Event]:
        """What was gained, changed and lost; nobody tells who did it, so the actor is whose right it is."""
        for id, (actor, right) in self.values.items():
            old, kind = _right(before, id), "admin" if right == _ADMIN else "collab"
            if old != right:
                done = f"team_access_{'changed' if old else 'gained'}_{kind}"
                yield self._event(done, f"{id}:{old}..{right}:{_count(before, id)}", actor)
        for id in before:
            name, shown, old = (Fields(before).text(id, index) for index in range(3))
            if self.whole and id not in self.values and old and (name or shown):
                yield self._event("team_lost_access", f"{id}:{old}..:{_count(before, id)}", Actor(name, shown))

    def _event(self, type: str, id: str, actor: Actor) -> Event:
        return self.teller.event(f"access:{id}", type, actor=actor, url=self.teller.page)


def _right(before: Mapping[str, Any], id: str) -> str | None:
    return Fields(before).text(id, 2)


def _count(before: Mapping[str, Any], id: str) -> int:
    return Fields(before).whole(id, 3) or 0


Listed = Forks | CommitComments | Access


async def _forks(rest: Rest, teller: Teller, now: datetime) -> Forks:
    listing = await rest.list(path_of(teller.place.repository, "forks"), now)
    return Forks(teller, {place.id: raw for raw in listing.values if (place := place_of(raw))})


async def _comments(rest: Rest, teller: Teller, now: datetime) -> CommitComments:
    repository = teller.place.repository
    try:
        newest = await rest.list(path_of(repository, "commits"), now, {"limit": COMMITS}, pages=1)
    except FeedMissing:  # the answer for a repository without commits
        return CommitComments(teller, {}, {})
    commits = {hash_: raw for raw in newest.values[:COMMITS] if (hash_ := raw.text("id")) is not None}
    values, whole = dict[str, tuple[Fields, Comment, str]](), True
    for hash_ in commits:
        listing = await rest.list(path_of(repository, "commits", hash_, "comments"), now)
        whole = whole and all(raw.name("id") and raw.whole("version") is not None for raw in listing.values)
        for id, said in comments_of([(raw, None) for raw in listing.values]).items():
            url = f"{teller.page}/commits/{hash_}?commentId={id}"
            values[id] = (said.raw, Comment(id, said.raw.text("text"), url, said.path), hash_)
    return CommitComments(teller, values, commits, whole)


async def _access(rest: Rest, teller: Teller, now: datetime) -> Access:
    listed = await rest.all(path_of(teller.place.repository, "permissions", "users"), now)
    rows = ((row.name("user", "id"), actor_of(row.at("user")), row.text("permission")) for row in listed)
    values = {id: (actor, right) for id, actor, right in rows if id and actor and right in _RIGHTS}
    return Access(teller, values, whole=len(values) == len(listed))


_READERS: Mapping[str, Callable[[Rest, Teller, datetime], Awaitable[Listed]]] = {
    "forks": _forks,
    "comments": _comments,
    "access": _access,
}
