"""Pipelines, and the checks of commits, which `include` may ask for.

Pipelines are looked at after a push, with every visit and while one runs; checks on the tips of branches that moved and
of pull requests that changed, until they have ended. `next` of the pipelines forgets how they were sorted, so their
pages are counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from relay import snapshot
from relay.events import Commit, Event, text_of
from relay.fields import Fields
from relay.snapshot import Change, Snapshot
from relay.sources.bitbucket_cloud_account import entries
from relay.sources.bitbucket_cloud_entries import Teller, actor_of
from relay.sources.bitbucket_cloud_lists import news
from relay.sources.bitbucket_cloud_look import GARBLED, Around, Look, hourly

_ENDS = {
    "SUCCESSFUL": "succeeded",
    "PASSED": "succeeded",
    "FAILED": "failed",
    "ERROR": "failed",
    "STOPPED": "stopped",
    "EXPIRED": "stopped",
}
_PAGE, _MOST_PAGES = 50, 10
_STATES = {"SUCCESSFUL": "status_succeeded", "FAILED": "status_failed"}
_WATCHED, _WATCH_FOR, _AT_LEAST = 10, timedelta(hours=6), timedelta(minutes=10)


class Pipelines:
    """Remembers the ends that were told, and whether any runs."""

    name = "pipelines"
    gives = frozenset({f"pipeline_{end}" for end in _ENDS.values()})

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """After a push, with a visit, while one runs, and once an hour."""
        moved = bool(around.pushed.story.told) or around.visit is not None
        return moved or hourly(since) or Fields(memory).flag("running") is True

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """The pipelines that ended since the last look."""
        known = Fields(memory).at("ends").value
        listed = {f"pipeline:{id}": raw for raw in await self._read(around, known) if (id := raw.text("uuid"))}
        ended = {f"{key}:{end}": raw for key, raw in listed.items() if (end := _end(raw))}
        found = news(around, known, ended)
        events = {key: _ended(around.teller, key, raw) for key, raw in found.news.items()}
        return Look({"ends": found.memory, "running": len(ended) < len(listed)}, events)

    async def _read(self, around: Around, known: Any) -> list[Fields]:
        read: list[Fields] = []
        for page in range(1, _MOST_PAGES + 1):
            asked = {"sort": "-created_on", "pagelen": _PAGE, "page": page}
            values = entries(await around.account.get(f"{around.path}/pipelines", around.now, asked))
            read += values
            ids = {f"pipeline:{raw.text('uuid')}:{_end(raw)}" for raw in values}
            if known is None or len(values) < _PAGE or ids & set(known):
                break
        return read


def _end(raw: Fields) -> str | None:
    """How a pipeline ended, or None where it has not: its result counts, else its state."""
    return _ENDS.get(raw.text("state", "result", "name") or raw.text("state", "name") or "")


def _ended(teller: Teller, key: str, raw: Fields) -> Event:
    target, number = raw.at("target"), raw.whole("build_number")
    branch, name, hash_ = target.text("ref_name"), target.text("selector", "pattern"), target.text("commit", "hash")
    return teller.event(
        f"pipeline_{_end(raw)}",
        key,
        occurred_at=raw.time("completed_on"),
        actor=actor_of(raw.at("creator")),
        title=None if name == branch else name,
        url=teller.place.page(f"/pipelines/results/{number or quote(raw.text('uuid') or '')}"),
        number=number,
        branch=branch,
        commits=(Commit(hash_, target.text("commit", "message"), url=teller.commit_page(hash_)),) if hash_ else (),
    )


@dataclass(frozen=True)
class _Checks:
    """The checks of one commit, by key; `whole` is False where one cannot be read."""

    hash: str
    listed: dict[str, Fields]
    whole: bool

    @property
    def ended(self) -> bool:
        running = any(raw.text("state") == "INPROGRESS" for raw in self.listed.values())
        return bool(self.listed) and self.whole and not running


class Statuses:
    """Remembers which commits are watched since when, and the last state of every check."""

    name = "statuses"
    gives = frozenset(_STATES.values())

    def is_due(self, around: Around, memory: Any, since: timedelta | None) -> bool:
        """While there are commits to watch."""
        return since is None or bool(self._watched(around, memory))

    async def look(self, around: Around, memory: Any, include: frozenset[str]) -> Look:
        """The checks that passed or failed since the last look."""
        before = Snapshot() if memory is None else snapshot.from_json(Fields(memory).at("held").value)
        watched, listed, warnings = self._watched(around, memory), dict[str, Fields](), list[str]()
        for hash_, since in list(watched.items()):
            try:
                checks = await self._read(around, hash_)
            except GARBLED as error:
                checks = _Checks(hash_, {}, whole=False)
                warnings.append(f"{self.name} of {hash_} cannot be read: {error}")
            listed |= checks.listed
            age = around.now - since
            if age > _WATCH_FOR or (checks.ended and age >= _AT_LEAST):
                del watched[hash_]
        states = {key: raw.text("state") or "" for key, raw in listed.items()}
        told = memory is not None or around.first
        moves = [change for change in before.changes(states, whole=False) if change.new in _STATES] if told else []
        events = (_checked(around.teller, change, listed[change.key]) for change in moves)
        held = before.after(states, whole=False).to_json()
        left = {hash_: text_of(since) for hash_, since in watched.items()}
        return Look({"watched": left, "held": held}, {event.id: event for event in events}, warnings=tuple(warnings))

    async def _read(self, around: Around, hash_: str) -> _Checks:
        place = f"{around.path}/commit/{quote(hash_, safe='')}/statuses"
        read = await around.account.list(place, around.now, {"pagelen": 100})
        checks = [raw for raw in read.values if raw.text("key") and raw.text("state")]
        listed = {f"{hash_[:12]}:{raw.text('key')}": raw for raw in checks}
        return _Checks(hash_, listed, whole=len(checks) == len(read.values))

    def _watched(self, around: Around, memory: Any) -> dict[str, datetime]:
        raw = Fields(memory).at("watched")
        old = raw.value if isinstance(raw.value, dict) else {}
        before = {hash_: since for hash_ in old if (since := raw.time(hash_))}
        fresh = {hash_: around.now for hash_ in _tips(around) if hash_ not in before}
        return dict([*before.items(), *fresh.items()][-_WATCHED:])


def _tips(around: Around) -> Iterator[str]:
    """The commits at which branches and changed pull requests stand now, by the 12 digits that both tell."""
    for told in around.pushed.story.told:
        if told.move.branch and told.move.new:
            yield told.move.new[:12]
    high = around.known.high if around.known else None
    for pull in around.visit.pulls.values if around.visit else ():
        at, hash_ = pull.time("updated_on"), pull.text("source", "commit", "hash")
        if hash_ and pull.text("state") == "OPEN" and (high is None or (at and at > high)):
            yield hash_[:12]


def _checked(teller: Teller, change: Change, raw: Fields) -> Event:
    hash_ = change.key.partition(":")[0]
    return teller.event(
        _STATES[change.new or ""],
        f"status:{change.key}:{change.count}",
        occurred_at=raw.time("updated_on"),
        title=raw.text("name") or raw.text("key"),
        url=raw.web("url"),
        branch=raw.text("refname"),
        commits=(Commit(hash_, url=teller.commit_page(hash_)),),
    )
