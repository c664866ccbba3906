"""What a `repositories:` list with patterns stands for, and what changed in what a forge lists of an owner; pure.

A source reads its list with `selection` (its settings' validator too: a ValueError is the problem to show), polls the
repositories that are `named`, and has one listing feed for each of the `owners`. That feed asks the forge for every
repository of the owner, all pages of it, whatever the patterns say, and hands them on:

    turn = discovery.turn(cursor, [Present(id, "acme/site", created_at), …], selection, "acme", now)
    Page(turn.cursor, found=…, listed=tuple(Listed(f"ids/{it.id}", it.name, …) for it in turn.listed), ask_after=600)

`turn.created` are repositories made since the listing was first seen: `{id}:create`, and their feed begins with all of
its history. All others in `listed` that are new to the store follow `start`: what was there at first sight, but also
what a changed pattern, a new permission or a transfer brought into view. `turn.gone` became `{id}:delete:{day}`, and
`turn.renamed` repo_renamed, where the forge's own feed does not tell it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from relay.cursor import damaged
from relay.fields import Fields
from relay.globs import Globs, is_glob

REMEMBERED = 1000
"""Repositories remembered after they went, those that went last: one that comes back was not created again."""
_SKEW = timedelta(hours=1)
"""By how much a forge's clock may differ, which counts only where it listed nothing that tells its time."""
_SEGMENT = re.compile(r"(?!\.+$)[^\s/#%!\\]+")


@dataclass(frozen=True)
class Selection:
    """What a list of repositories stands for: those `named` in full, and the `owners` whose others patterns choose."""

    named: tuple[str, ...]
    owners: tuple[str, ...]
    patterns: Globs
    left_out: Globs

    def takes(self, owner: str, name: str) -> bool:
        """Whether a listing of `owner` brings this repository in, which is not named in full already.

        Its name is compared below the owner as the file writes it: a forge answers for an owner that was renamed too.
        """
        text = f"{owner}/{name.split('/', owner.count('/') + 1)[-1]}"
        return self.patterns.match(text) and not self.left_out.match(text)


def selection(items: Sequence[str], *, nested: bool = False) -> Selection:
    """What the items stand for: `owner/slug`, `owner/web-*` and `!owner/old-*`; owners may hold slashes if `nested`.

    `*` crosses slashes, so `group/*` holds the projects of its subgroups, and `!group/*/*` leaves them out. Exclusions
    narrow patterns alone. An owner within another one has no listing of its own. Raises ValueError, one sentence.
    """
    excluded = [item[1:] for item in items if item.startswith("!")]
    wanted = [item for item in items if not item.startswith("!")]
    for item in (*wanted, *excluded):
        _check(item, nested=nested)
    patterns = [item for item in wanted if is_glob(item)]
    named = _distinct(item for item in wanted if not is_glob(item))
    if excluded and not patterns:
        raise ValueError(f"'!{excluded[0]}' excludes nothing: there is no pattern that it could narrow")
    owners = _outermost(_distinct(map(_owner, patterns)))
    return Selection(tuple(named.values()), owners, Globs(patterns), Globs([*excluded, *named]))


def _distinct(names: Iterable[str]) -> dict[str, str]:
    """The names by their form in lower case, each as it was written first."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return found


def _outermost(owners: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(owner for key, owner in owners.items() if not any(key.startswith(f"{one}/") for one in owners))


def _check(item: str, *, nested: bool) -> None:
    parts = item.split("/")
    if len(parts) < 2 or (len(parts) > 2 and not nested) or not all(map(_SEGMENT.fullmatch, parts)):
        raise ValueError(f"{item!r} is not owner/slug, nor a pattern like owner/* or !owner/old-*")


def _owner(pattern: str) -> str:
    parts = pattern.split("/")
    glob = next(index for index, part in enumerate(parts) if is_glob(part))
    if not glob:
        raise ValueError(f"{pattern!r} names no owner: forges list the repositories of one, as in acme/*")
    return "/".join(parts[: min(glob, len(parts) - 1)])


@dataclass(frozen=True)
class Present:
    """A repository that a forge lists: its own id, its name with the owner's, and when it was made, where that is told."""

    id: str
    name: str
    created_at: datetime | None = None


@dataclass(frozen=True)
class Renamed:
    """A repository that has another name than at the last listing."""

    id: str
    old: str
    name: str


@dataclass(frozen=True)
class Turn:
    """What a listing means: `listed` is all that the patterns stand for now, the rest what happened to any of it.

    `cursor` is the very one that was passed in where nothing moved. `first` is first sight, at which nothing happened.
    """

    cursor: Any
    listed: tuple[Present, ...]
    created: tuple[Present, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    gone: tuple[Present, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class _Memory:
    """Names by id: what is `known`, of it what was `missing` from the last listing, and what is `gone`.

    `since` is when the newest repository was made that first sight found, by the forge's clock.
    """

    since: datetime
    known: Mapping[str, str]
    missing: frozenset[str]
    gone: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        since, missing = self.since.isoformat(), sorted(self.missing)
        return {"since": since, "known": dict(self.known), "missing": missing, "gone": dict(self.gone)}


def turn(cursor: Any, present: Iterable[Present], wanted: Selection, owner: str, now: datetime) -> Turn:
    """What a complete listing of an owner means, where `cursor` is what the last one left, None at first sight.

    A repository has gone once two listings in a row were without it, so that neither one that moved between two pages
    nor a list that is suddenly empty ends anything. Raises FeedError for a cursor that is damaged.
    """
    found = {one.id: one for one in present}
    if cursor is None:
        since = max((one.created_at for one in found.values() if one.created_at), default=now - _SKEW)
        memory = _Memory(since, {id: one.name for id, one in found.items()}, frozenset(), {})
        return Turn(memory.to_json(), _taken(found.values(), wanted, owner), first=True)
    before = _read(cursor)
    after = _after(before, found)
    kept = after.to_json()
    listed = [found.get(id) or Present(id, name) for id, name in after.known.items()]
    return Turn(
        cursor if kept == cursor else kept,
        _taken(listed, wanted, owner),
        _taken((one for one in found.values() if _is_new(one, before)), wanted, owner),
        tuple(one for one in _renamed(before, found) if any(wanted.takes(owner, name) for name in (one.old, one.name))),
        _taken((Present(id, name) for id, name in after.gone.items() if id in before.known), wanted, owner),
    )


def _taken(repositories: Iterable[Present], wanted: Selection, owner: str) -> tuple[Present, ...]:
    return tuple(one for one in repositories if wanted.takes(owner, one.name))


def _after(before: _Memory, found: Mapping[str, Present]) -> _Memory:
    absent = {id: name for id, name in before.known.items() if id not in found}
    missing = {id: name for id, name in absent.items() if id not in before.missing}
    went = {id: name for id, name in absent.items() if id in before.missing}
    known = {id: one.name for id, one in found.items()} | missing
    gone = {id: name for id, name in before.gone.items() if id not in known} | went
    return _Memory(before.since, known, frozenset(missing), dict([*gone.items()][-REMEMBERED:]))


def _is_new(one: Present, before: _Memory) -> bool:
    """Whether it was made since first sight, and not just never seen: a forge that tells no time is believed."""
    seen = one.id in before.known or one.id in before.gone
    return not seen and (one.created_at is None or one.created_at > before.since)


def _renamed(before: _Memory, found: Mapping[str, Present]) -> Iterable[Renamed]:
    pairs = ((name, found[id]) for id, name in before.known.items() if id in found)
    return (Renamed(one.id, name, one.name) for name, one in pairs if name != one.name)


def _read(cursor: Any) -> _Memory:
    fields = Fields(cursor)
    since, known, gone = fields.time("since"), fields.at("known").value, fields.at("gone").value
    if since is None or not isinstance(known, dict) or not isinstance(gone, dict):
        raise damaged()
    if not all(isinstance(name, str) for name in (*known.values(), *gone.values())):
        raise damaged()
    return _Memory(since, known, frozenset(fields.texts("missing")), gone)
