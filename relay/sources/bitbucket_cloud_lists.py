"""Forks, downloads and watchers of a repository: one request each, once an hour."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from json import dumps, loads
from typing import Any
from urllib.parse import quote

from relay import snapshot
from relay.cursor import damaged
from relay.events import Actor, Event
from relay.fields import Fields
from relay.seen import Seen, from_json
from relay.snapshot import Change, Snapshot
from relay.sources.bitbucket_cloud_entries import Teller, actor_of, link, person, stamp
from relay.sources.bitbucket_cloud_look import Around, Look, hourly


@dataclass(frozen=True)
class Known:
    """The entries of a list by key, and of these what was never listed before, to be told."""

    memory: Any
    news: dict[str, Fields]


def news(around: Around, memory: Any, listed: dict[str, Fields]) -> Known:
    """What a list holds beside its memory; of one that is looked at for the first time only what `around` says."""
    seen = Seen() if memory is None else from_json(memory)
    told = memory is not None or around.first
    after = seen.after(listed)
    return Known(list(after.ids), {key: listed[key] for key in seen.news(listed)} if told else {})


class Forks:
    """Forks of the repository; who made one is not told, so its owner is named as a guess."""

    name = "forks"
    gives = frozenset({"fork"})

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """Once an hour."""
        return hourly(since)

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """The newest forks."""
        asked = {"sort": "-created_on", "pagelen": 100}
        known = set(from_json(memory).ids) if memory is not None else None
        read = await around.account.list(
            f"{around.path}/forks",
            around.now,
            asked,
            until=lambda page: known is None or any(raw.text("uuid") in known for raw in page),
        )
        found = news(around, memory, {id: raw for raw in read.values if (id := raw.text("uuid"))})
        return Look(found.memory, {f"fork:{id}": _fork(around.teller, id, raw) for id, raw in found.news.items()})


def _fork(teller: Teller, id: str, raw: Fields) -> Event:
    owner = actor_of(raw.at("owner"))
    return teller.event(
        "fork",
        f"fork:{id}",
        occurred_at=raw.time("created_on"),
        actor=owner,
        title=raw.text("full_name"),
        url=link(raw, "html"),
        guessed=("actor",) if owner else (),
    )


class Downloads:
    """Files that were put among the downloads; one that is replaced has another time, and is told again."""

    name = "downloads"
    gives = frozenset({"file_uploaded"})

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """Once an hour."""
        return hourly(since)

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """All files."""
        read = await around.account.list(f"{around.path}/downloads", around.now, {"pagelen": 100})
        listed = {
            f"dl:{name}:{stamp(raw, 'created_on') or ''}": raw for raw in read.values if (name := raw.text("name"))
        }
        found = news(around, memory, listed)
        return Look(found.memory, {key: _uploaded(around.teller, key, raw) for key, raw in found.news.items()})


def _uploaded(teller: Teller, key: str, raw: Fields) -> Event:
    name, at, who = raw.text("name") or "", raw.time("created_on"), actor_of(raw.at("user"))
    page = teller.place.page(f"/downloads/{quote(name)}")
    return teller.event("file_uploaded", key, occurred_at=at, actor=who, title=name, url=page)


class Watchers:
    """Who watches the repository: a list without times, compared with the last one.

    Nobody has gone from one that holds somebody who cannot be read.
    """

    name = "watchers"
    gives = frozenset({"start_follow_repo", "stop_follow_repo"})

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """Once an hour."""
        return hourly(since)

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """Everybody who watches."""
        read = await around.account.list(f"{around.path}/watchers", around.now, {"pagelen": 100}, most=100)
        listed = people(read.values)
        whole = read.whole and all(map(person, read.values))
        before = Snapshot() if memory is None else snapshot.from_json(memory)
        changes = () if memory is None else before.changes(listed, whole=whole)
        events = {f"watch:{change.id}": _watched(around.teller, change) for change in changes if _is_move(change)}
        return Look(before.after(listed, whole=whole).to_json(), events)


def people(users: Iterable[Fields]) -> dict[str, str]:
    """Users by what tells them apart, each with what events say of them."""
    found = ((person(user), actor_of(user)) for user in users)
    return {id: kept(actor) for id, actor in found if id}


def kept(actor: Actor | None, *more: str | None) -> str:
    """What a snapshot remembers of somebody, so that one who is gone can still be named, and what else matters."""
    return dumps([actor and actor.username, actor and actor.name, actor and actor.url, *more])


def recalled(change: Change) -> tuple[Actor | None, tuple[str | None, ...]]:
    """The person that `kept` wrote, and what else; raises FeedError for what it cannot have written."""
    try:
        values = loads(change.new or change.old or "")
    except ValueError:
        raise damaged() from None
    raw = Fields(values)
    username, name = raw.text(0), raw.text(1)
    more = tuple(one.text() for one in list(raw.items())[3:])
    return Actor(username, name, raw.text(2)) if username or name else None, more


def _is_move(change: Change) -> bool:
    return change.old is None or change.new is None


def _watched(teller: Teller, change: Change) -> Event:
    type = "start_follow_repo" if change.old is None else "stop_follow_repo"
    actor, _ = recalled(change)
    return teller.event(type, f"watch:{change.id}", actor=actor, url=teller.place.page())
