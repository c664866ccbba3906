"""What the patterns of a source stand for now: the projects of a group and its subgroups, or of a person."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from relay.api import Api
from relay.cursor import damaged
from relay.discovery import Present, Selection, Turn, turn
from relay.errors import FeedGarbled, FeedMissing
from relay.events import Event, Repository
from relay.fields import Fields
from relay.sources.base import Listed, Page, told
from relay.sources.gitlab_entries import rename_id, renamed
from relay.sources.gitlab_pages import Pages

ASK_AFTER = 600.0
_PAGES = 200
_QUERY = {"include_subgroups": "true", "with_shared": "false", "simple": "true", "order_by": "id", "sort": "asc"}


async def listing(api: Api, source: str, owner: str, wanted: Selection, cursor: Any, now: datetime) -> Page:
    """The projects of an owner that the patterns choose, and what happened to any since `cursor`. Raises a FeedError.

    An owner that is no group is a person; the cursor says which, so that later only one of the two is asked. That a
    project was created is told by its own feed.
    """
    kind, before = _read(cursor)
    kind, projects = await _projects(api, kind, owner, now)
    change = turn(before, [one for item in projects if (one := _present(item))], wanted, owner, now)
    moved = cursor if cursor and change.cursor is before else {"kind": kind, "turn": change.cursor}
    new = {one.id for one in change.created}
    listed = tuple(Listed(f"ids/{one.id}", one.name, _begin(one, whole=one.id in new)) for one in change.listed)
    return Page(moved, told(_events(change, source, now), None, now), ask_after=ASK_AFTER, listed=listed)


def _read(cursor: Any) -> tuple[str | None, Any]:
    if cursor is None:
        return None, None
    kind, before = Fields(cursor).text("kind"), Fields(cursor).at("turn").value
    if kind not in ("groups", "users") or before is None:
        raise damaged()
    return kind, before


async def _projects(api: Api, kind: str | None, owner: str, now: datetime) -> tuple[str, list[Fields]]:
    """Which kind of owner it is, and all its projects."""
    if kind or "/" in owner:
        return kind or "groups", await _all(api, kind or "groups", owner, now)
    try:
        return "groups", await _all(api, "groups", owner, now)
    except FeedMissing:
        return "users", await _all(api, "users", owner, now)


async def count(api: Api, owner: str, wanted: Selection, now: datetime) -> int:
    """How many projects of an owner the patterns choose. Raises a FeedError."""
    _, projects = await _projects(api, None, owner, now)
    return sum(wanted.takes(owner, project.text("path_with_namespace") or "") for project in projects)


async def _all(api: Api, kind: str, owner: str, now: datetime) -> list[Fields]:
    pages = Pages(api, f"{kind}/{quote(owner, safe='')}/projects", now, _QUERY)
    projects = await pages.rest(_PAGES)
    if pages.more:
        raise FeedGarbled(
            f"{owner} has more than {len(projects):,} projects; name smaller groups, as in {owner}/group/*"
        )
    return projects


def _present(project: Fields) -> Present | None:
    id, path = project.name("id"), project.text("path_with_namespace")
    return Present(id, path, project.time("created_at")) if id and path else None


def _begin(project: Present, *, whole: bool) -> dict[str, Any]:
    """The cursor that a project's own feed begins with."""
    return {"begin": project.id, "whole": whole}


def _events(change: Turn, source: str, now: datetime) -> Iterator[Event]:
    """What nothing else tells: a project's own feed is silent about new names until there are other news."""
    for one in change.gone:
        yield _event(f"{one.id}:delete:{now.date()}", "delete", one.name, source, now)
    for new in change.renamed:
        for type, title in renamed(new.old, new.name).items():
            yield _event(rename_id(new.id, new.old, new.name), type, new.name, source, now, title=title)


def _event(id: str, type: str, path: str, source: str, now: datetime, title: str | None = None) -> Event:
    owner, _, slug = path.rpartition("/")
    return Event(id=id, type=type, source=source, seen_at=now, repository=Repository(owner, slug), title=title)
