"""The workspaces of an account: one listing a cycle tells every repository's feed whether to look further.

A feed takes the listing that stands, unless it took that one before; then it asks anew, and the others of its
workspace take what it brought. So a cycle costs one request however many feeds there are and however long it is. The
first listing of a process is whole, so that each feed can compare what it remembers itself; later ones ask for what
changed since. That a repository's `updated_on` moves with its pull requests is not documented, hence the sweep. Where
a workspace may not be listed, or its list lacks the repository, nothing is known, and the feed looks for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from relay.errors import FeedDenied, FeedMissing
from relay.fields import Fields
from relay.sources.bitbucket_cloud_account import Account
from relay.sources.bitbucket_cloud_activity import OVERLAP
from relay.sources.bitbucket_cloud_cursor import Place, place_of
from relay.sources.bitbucket_cloud_turns import Turns

_FIELDS = "next,values.uuid,values.full_name,values.name,values.is_private,values.created_on,values.updated_on"
_AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Sight:
    """A repository as the workspace's listing shows it."""

    place: Place
    created_at: datetime | None
    updated_at: datetime | None


@dataclass
class _Workspace:
    """What is known of one: by uuid, as of which listing (`turn`), and the listing that each feed took last."""

    name: str
    turns: Turns = field(default_factory=Turns)
    turn: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    sights: dict[str, Sight] = field(default_factory=dict)
    newest: datetime | None = None
    silent_until: datetime | None = None


class Workspaces:
    """Every workspace that the feeds of a source are in."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._workspaces: dict[str, _Workspace] = {}

    async def sight(self, place: Place, feed: str, now: datetime) -> Sight | None:
        """How a repository is listed since this feed asked last; None where that is not to be known."""
        workspace = self._of(place.workspace)
        async with workspace.turns.one():
            if workspace.silent_until and now < workspace.silent_until:
                return None
            if workspace.taken.get(feed, 0) == workspace.turn:
                await self._refresh(workspace, now)
            workspace.taken[feed] = workspace.turn
            return workspace.sights.get(place.id)

    async def all(self, name: str, now: datetime) -> Sequence[Sight]:
        """Every repository of a workspace; what the other feeds are told next is this very listing."""
        workspace = self._of(name)
        async with workspace.turns.one():
            await self._read_all(workspace, now)
            return tuple(workspace.sights.values())

    def _of(self, name: str) -> _Workspace:
        return self._workspaces.setdefault(name.casefold(), _Workspace(name))

    async def _refresh(self, workspace: _Workspace, now: datetime) -> None:
        try:
            await (self._read_changed(workspace, now) if workspace.newest else self._read_all(workspace, now))
        except (FeedDenied, FeedMissing):
            workspace.silent_until = now + _AGAIN_AFTER
            workspace.newest = None
            workspace.sights.clear()
            workspace.turn += 1

    async def _read_all(self, workspace: _Workspace, now: datetime) -> None:
        sights = await self._list(workspace, now, {"sort": "created_on"})
        workspace.sights = {sight.place.id: sight for sight in sights}
        self._took(workspace, sights)

    async def _read_changed(self, workspace: _Workspace, now: datetime) -> None:
        since = (workspace.newest or now) - OVERLAP
        query = {"q": f"updated_on > {since.isoformat()}", "sort": "-updated_on"}
        sights = await self._list(workspace, now, query)
        workspace.sights |= {sight.place.id: sight for sight in sights}
        self._took(workspace, sights)

    async def _list(self, workspace: _Workspace, now: datetime, query: dict[str, str]) -> Sequence[Sight]:
        asked = query | {"pagelen": "100", "fields": _FIELDS}
        listed = await self._account.all(f"repositories/{quote(workspace.name)}", now, asked)
        return tuple(sight for raw in listed if (sight := _sight(raw)))

    def _took(self, workspace: _Workspace, sights: Sequence[Sight]) -> None:
        times = [sight.updated_at for sight in sights if sight.updated_at]
        workspace.newest = max((*times, *([workspace.newest] if workspace.newest else [])), default=None)
        workspace.turn += 1


def _sight(raw: Fields) -> Sight | None:
    place = place_of(raw)
    return Sight(place, raw.time("created_on"), raw.time("updated_on")) if place else None
