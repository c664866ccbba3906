"""Who may see a workspace and its repositories: two lists without times, compared with the last ones once an hour.

Both want the token of an administrator; access tokens may not ask. Who granted or took a permission is not told: the
person is the one it concerns. Nobody has lost any where one of them cannot be read.
"""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay import snapshot
from relay.events import Event
from relay.fields import Fields
from relay.snapshot import Change, Snapshot
from relay.sources.base import Page, told
from relay.sources.bitbucket_cloud_account import Account
from relay.sources.bitbucket_cloud_cursor import Place
from relay.sources.bitbucket_cloud_entries import actor_of, person
from relay.sources.bitbucket_cloud_lists import kept, recalled
from relay.sources.bitbucket_cloud_settings import SITE

TYPES = frozenset(
    {
        "team_access_gained_admin",
        "team_access_gained_collab",
        "team_lost_access",
        "team_access_changed_admin",
        "team_access_changed_collab",
    }
)
_LISTS = {"members": "permissions", "repositories": "permissions/repositories"}
_ADMINS = ("owner", "admin")
_AGAIN_AFTER = 3600.0


class Permissions:
    """Polls the feeds of workspaces; the cursor holds a snapshot of either list."""

    def __init__(self, account: Account, source: str, include: frozenset[str]) -> None:
        self._account, self._source, self._include = account, source, include

    async def poll(self, workspace: str, cursor: Any, now: datetime) -> Page:
        """Whose access changed since `cursor`; first sight tells nothing. Raises a FeedError."""
        after, events = {}, list[Event]()
        for name, below in _LISTS.items():
            listed, whole = await self._read(f"workspaces/{quote(workspace)}/{below}", now)
            before = None if cursor is None else snapshot.from_json(Fields(cursor).at(name).value)
            after[name] = (before or Snapshot()).after(listed, whole=whole).to_json()
            changes = before.changes(listed, whole=whole) if before else ()
            events += (event for change in changes if (event := self._event(workspace, change, now)))
        wanted = (event for event in events if event.type in self._include)
        return Page(cursor if cursor == after else after, told(wanted, None, now), ask_after=_AGAIN_AFTER)

    async def _read(self, place: str, now: datetime) -> tuple[dict[str, str], bool]:
        """The permissions that can be read, and whether these are all."""
        listed = [_permission(raw) for raw in await self._account.all(place, now, {"pagelen": 100})]
        return dict(filter(None, listed)), None not in listed

    def _event(self, workspace: str, change: Change, now: datetime) -> Event | None:
        """What a change means; None where only a name changed."""
        actor, (_, name, *_) = recalled(change)
        old, new = _role(change.old), _role(change.new)
        if old == new:
            return None
        user, _, id = change.key.partition(" ")
        place = Place(id, name) if id and name else None
        return Event(
            id=f"{place.id if place else workspace}:perm:{user}:{old or ''}->{new or ''}:{change.count}",
            type=_type(old, new),
            source=self._source,
            seen_at=now,
            repository=place.repository if place else None,
            actor=actor,
            title=None if place else workspace,
            url=place.page() if place else f"{SITE}/{quote(workspace)}/",
        )


def _permission(raw: Fields) -> tuple[str, str] | None:
    """What tells a permission from others: whose it is, and of which repository if not of all the workspace."""
    who, role = person(raw.at("user")), raw.text("permission")
    id, name = raw.text("repository", "uuid"), raw.text("repository", "full_name")
    if not who or not role:
        return None
    whole = bool(id and name and name.count("/") == 1)
    return f"{who} {id}" if whole else who, kept(actor_of(raw.at("user")), role, name if whole else None)


def _role(value: str | None) -> str | None:
    return None if value is None else recalled(Change("", None, value, 0))[1][0]


def _type(old: str | None, new: str | None) -> str:
    if new is None:
        return "team_lost_access"
    what = "gained" if old is None else "changed"
    return f"team_access_{what}_{'admin' if new in _ADMINS else 'collab'}"
