"""Comments on commits and approvals of them, of the newest ten: there is no list for a whole repository.

A look is one request for the commits and one or two for each, once an hour.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from relay import snapshot
from relay.events import Commit, Event
from relay.fields import Fields
from relay.seen import Seen
from relay.seen import from_json as seen_from_json
from relay.snapshot import Change, Snapshot
from relay.sources.bitbucket_cloud_comments import changes
from relay.sources.bitbucket_cloud_entries import Teller, actor_of, link, person
from relay.sources.bitbucket_cloud_lists import kept, recalled
from relay.sources.bitbucket_cloud_look import Around, Look, hourly

_CREATED, _UPDATED, _DELETED = (f"cset_comment_{what}" for what in ("created", "updated", "deleted"))
_COMMENTS = frozenset({_CREATED, _UPDATED, _DELETED})
_LIKES = frozenset({"cset_like", "cset_unlike"})
_NEWEST = 10  # the smallest page there is


class Commits:
    """Remembers the keys of what happened to comments, and who approved which commit."""

    name = "commits"
    gives = _COMMENTS | _LIKES

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """Once an hour."""
        return hourly(since)

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """What happened around the newest commits; the first look tells nothing."""
        listed = await around.account.list(
            f"{around.path}/commits", around.now, {"pagelen": _NEWEST}, until=lambda page: True
        )
        commits = {hash_: raw for raw in listed.values[:_NEWEST] if (hash_ := raw.text("hash"))}
        before = Fields(memory)
        said, comments = await _commented(around, before, commits if include & _COMMENTS else {})
        likes, liked = await _liked(around, before, commits if include & _LIKES else {})
        return Look({"comments": said, "likes": likes}, {} if memory is None else {**comments, **liked})


async def _commented(around: Around, before: Fields, commits: Mapping[str, Fields]) -> tuple[Any, dict[str, Event]]:
    found: dict[str, Event] = {}
    for hash_, commit in commits.items():
        read = await around.account.list(f"{_path(around, hash_)}/comments", around.now, {"pagelen": 100})
        for raw in read.values:
            found |= _said(around.teller, commit, raw)
    seen = seen_from_json(before.at("comments").value) if before.at("comments").value is not None else Seen()
    return list(seen.after(found).ids), {key: found[key] for key in seen.news(found)}


def _said(teller: Teller, commit: Fields, raw: Fields) -> dict[str, Event]:
    id = raw.name("id")
    happened = [(_CREATED, f"cc:{id}"), *changes(raw, "cc", (_UPDATED, _DELETED))] if id else []
    return {key: _comment(teller, type, key, commit, raw) for type, key in happened}


def _comment(teller: Teller, type: str, key: str, commit: Fields, raw: Fields) -> Event:
    at = raw.time("created_on" if type == _CREATED else "updated_on")
    who = actor_of(raw.at("user"))
    return _event(teller, type, key, commit, occurred_at=at, actor=who, comment=teller.said(raw))


async def _liked(around: Around, before: Fields, commits: Mapping[str, Fields]) -> tuple[Any, dict[str, Event]]:
    likes: dict[str, tuple[Fields, Fields]] = {}
    whole = True
    for hash_ in commits:
        commit = Fields((await around.account.get(_path(around, hash_), around.now)).json)
        whole = whole and _tells_likes(commit)
        for one in commit.items("participants"):
            if one.flag("approved") and (who := person(one.at("user"))):
                likes[f"{hash_}:{who}"] = commit, one
    memory = before.at("likes").value
    known = Snapshot() if memory is None else snapshot.from_json(memory)
    known = replace(known, held={key: one for key, one in known.held.items() if key.partition(":")[0] in commits})
    listed = {key: kept(actor_of(one.at("user"))) for key, (_, one) in likes.items()}
    if memory is None and not whole:
        return None, {}  # who approves already is not known yet
    changes = () if memory is None else known.changes(listed, whole=whole)
    moves = [change for change in changes if change.old is None or change.new is None]
    events = (_like(around.teller, change, commits, likes.get(change.key)) for change in moves)
    return known.after(listed, whole=whole).to_json(), {event.id: event for event in events}


def _tells_likes(commit: Fields) -> bool:
    """Whether a commit says of everybody around it whether they approve."""
    people = commit.at("participants").value
    read = (person(one.at("user")) and one.flag("approved") is not None for one in commit.items("participants"))
    return isinstance(people, list) and all(read)


def _like(teller: Teller, change: Change, commits: Mapping[str, Fields], now: tuple[Fields, Fields] | None) -> Event:
    key = f"clike:{change.key}{f':{change.count}' if change.count else ''}"
    actor, _ = recalled(change)
    if now:
        commit, one = now
        return _event(teller, "cset_like", key, commit, occurred_at=one.time("participated_on"), actor=actor)
    return _event(teller, "cset_unlike", key, commits[change.key.partition(":")[0]], actor=actor)


def _event(teller: Teller, type: str, key: str, commit: Fields, **more: Any) -> Event:
    page = link(commit, "html") or teller.commit_page(commit.text("hash") or "")
    return teller.event(type, key, commits=tuple(_commits(teller, [commit])), url=page, **more)


def _commits(teller: Teller, commits: Iterable[Fields]) -> Iterable[Commit]:
    for raw in commits:
        hash_, author = raw.text("hash"), raw.text("author", "user", "display_name")
        if hash_:
            author = author or (raw.text("author", "raw") or "").partition(" <")[0] or None
            yield Commit(hash_, raw.text("message"), author, link(raw, "html") or teller.commit_page(hash_))


def _path(around: Around, hash_: str) -> str:
    return f"{around.path}/commit/{quote(hash_, safe='')}"
