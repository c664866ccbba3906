"""A model of a forge that misbehaves as real ones did: a list of events without ids, which shifts, forgets and fails.

Every entry has an identity that is never shown; all that a reader sees of it is its content, which others may share.
What was asked and shown is kept in `asked`, from which `tests.model_oracle` says what could be known.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from relay.errors import HttpError
from relay.http import Response

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOST_EVER = 260
"""Entries that a forge records: fewer than relay remembers, since what was forgotten cannot be known again."""
MOVES = 2
"""How often an entry changes places: one that moved further than relay's reach could not be told from a new one."""
COUNTS = [0, 1, 7, 299, 10**6, -1]
"""What the forge says of the list's length when it lies; never a page's, which would say that there is no more."""
STATUSES = [500, 502, 503, 403, 404, 429]


@dataclass(eq=False)
class Entry:
    """What happened once. `content` is all that is shown of it; one that is `gone` keeps its place."""

    content: int
    gone: bool = False
    moves: int = 0


class Action(NamedTuple):
    """One thing that the forge does: a kind, and two numbers that say where and how much."""

    kind: str = "rest"
    a: int = 0
    b: int = 0


class Shape(NamedTuple):
    """What a forge is from the beginning: entries recorded, sent at once, and kept (None is all)."""

    size: int = 0
    most: int = 50
    keeps: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request that got a page: where it began, the whole list as it was then, and what of it was sent."""

    start: int
    whole: Sequence[Entry]
    page: Sequence[Entry]


class Forge:
    """One list of events. `begin` prepares a poll with what happens before and during it; `answer` serves it.

    `ground` is all that was ever recorded, newest first, `taken` counts what was done, and `failed` says whether this
    poll met an answer that is no page.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape, self._keeps = shape, shape.keeps
        self.ground: list[Entry] = []
        self.taken: Counter[str] = Counter()
        self._last = 0
        self._fresh(0, shape.size)
        self._past = [self.listed]
        self.begin(())

    def begin(self, actions: Sequence[Action]) -> None:
        """Change the list, and lay ready what is to happen while it is read."""
        self._past.append(self.listed)
        self.asked: list[Asked] = []
        self.failed, self._requests = False, 0
        self._most, self._count, self._stale = self._shape.most, None, None
        self._due = [action for action in actions if action.kind in AMID or action.kind in INSTEAD]
        for action in actions:
            if action.kind in BEFORE:
                self.taken[action.kind] += BEFORE[action.kind](self, action.a, action.b)

    def answer(self, start: int, url: str) -> Response:
        """The page that begins at `start`, or what the forge says in its place. Raises HttpError."""
        self._requests += 1
        for action in self._due_now(AMID):
            self.taken[action.kind] += BEFORE[AMID[action.kind]](self, action.a, action.b)
        instead = self._due_now(INSTEAD)[:1]
        try:
            for action in instead:
                return INSTEAD[action.kind](self, start, url, action.a)
            return self._page(start, self.listed if self._stale is None else self._stale, url)
        finally:
            for action in instead:
                self.taken[action.kind] += self.failed or self.asked[-1].whole != self.listed

    def _due_now(self, kinds: Mapping[str, object]) -> list[Action]:
        """What happens before this request; what needs two requests, not before the second."""
        due = [one for one in self._due if one.kind in kinds and self._requests > one.b % 2 + (one.kind in AMID)]
        self._due = [one for one in self._due if one not in due]
        return due

    @property
    def listed(self) -> list[Entry]:
        """What the list holds, newest first."""
        return [entry for entry in self.ground if not entry.gone][: self._keeps]

    def _page(self, start: int, whole: Sequence[Entry], url: str) -> Response:
        page = whole[start : start + self._most]
        self.asked.append(Asked(start, whole, page))
        count = len(whole) if self._count is None else self._count
        return Response(
            200,
            {},
            f'{{"count": {count}, "events": [{", ".join(_text(entry.content) for entry in page)}]}}'.encode(),
            url,
        )

    def _fresh(self, place: int, many: int, sign: int = 1) -> bool:
        """Record contents that were never there, at a place of the ground."""
        if len(self.ground) + many > MOST_EVER:
            return False
        for _ in range(many):
            self._last += 1
            self.ground.insert(place, Entry(sign * self._last))
        return True

    def _again(self, entries: Sequence[Entry]) -> bool:
        """Record on top what looks like these, the first of them topmost."""
        if len(self.ground) + len(entries) > MOST_EVER:
            return False
        self.ground[:0] = [Entry(entry.content) for entry in entries]
        return bool(entries)

    def _drop(self, entries: Sequence[Entry]) -> bool:
        for entry in entries:
            entry.gone = True
        return bool(entries)

    def _behind(self, a: int) -> list[Entry]:
        """The list as it was some polls ago, or as it is if nearly all of that was new: so far behind is no replica."""
        past, listed = self._past[-1 - a % min(3, len(self._past))], self.listed
        return past if 2 * len(set(past).intersection(listed)) >= len(past) else listed

    def prepend(self, a: int, _: int) -> bool:
        """Something happens."""
        return self._fresh(0, 1 + a % 3)

    def backdate(self, a: int, _: int) -> bool:
        """Old commits are pushed: recorded now, with times long past."""
        return self._fresh(0, 1 + a % 3, -1)

    def burst(self, a: int, b: int) -> bool:
        """More happens than relay's reach, and at times than a page holds."""
        return self._fresh(0, 11 + (a + b) % 25)

    def double(self, a: int, _: int) -> bool:
        """The same is recorded twice or three times at once."""
        return self._fresh(0, 1) and self._again([self.ground[0]] * (1 + a % 2))

    def repeat(self, a: int, _: int) -> bool:
        """Something near the top is recorded again, identically."""
        near = self.listed[:12]
        return self._again([near[a % len(near)]] if near else [])

    def recall(self, a: int, b: int) -> bool:
        """Something of long ago, deleted perhaps, is recorded again, identically."""
        return self._again([self.ground[(a * 7 + b) % len(self.ground)]] if self.ground else [])

    def delete(self, a: int, _: int) -> bool:
        """One entry vanishes."""
        return self._drop(self.listed[a % 24 :][:1])

    def purge(self, a: int, b: int) -> bool:
        """Many entries vanish that stood together."""
        return self._drop(self.listed[a % 24 :][: 3 + b % 18])

    def push_again(self, a: int, b: int) -> bool:
        """Some commits are stripped and pushed again, which replicas learn at once.

        What one that is behind showed of them could not be told from entries that moved far.
        """
        stripped = self.listed[a % 6 :][: 1 + b % 12]
        if not (self._again(stripped) and self._drop(stripped)):
            return False
        self._past = [self.listed]
        return True

    def reorder(self, a: int, b: int) -> bool:
        """Two entries that stand near each other change places."""
        listed = self.listed
        pair = listed[a % 20 : a % 20 + 2 + b % 3 : 1 + b % 3]
        if len(pair) < 2 or max(entry.moves for entry in pair) >= MOVES:
            return False
        i, j = map(self.ground.index, pair)
        self.ground[i], self.ground[j] = reversed(pair)
        for entry in pair:
            entry.moves += 1
        return True

    def insert_late(self, a: int, _: int) -> bool:
        """Something is recorded below what was there before it."""
        above = self.listed[: 1 + a % 6]
        return bool(above) and self._fresh(self.ground.index(above[-1]) + 1, 1)

    def keep_fewer(self, a: int, _: int) -> bool:
        """The list's end is cut off, or comes back."""
        before, self._keeps = self.listed, [3, 8, 12, 30, 60, None][a % 6]
        return before != self.listed

    def serve_stale(self, a: int, _: int) -> bool:
        """A replica answers that is behind."""
        self._stale = self._behind(a)
        return self._stale != self.listed

    def send_fewer(self, a: int, _: int) -> bool:
        """Pages hold less than was asked for."""
        before, self._most = self._most, [4, 5, 7, 14][a % 4]
        return self._most < min(before, len(self.listed))

    def lie(self, a: int, _: int) -> bool:
        """The list's count is wrong."""
        self._count = COUNTS[a % len(COUNTS)]
        return self._count != len(self.listed)

    def _instead(self, url: str, status: int, body: bytes) -> Response:
        self.failed = True
        return Response(status, {}, body, url)

    def fail(self, _: int, url: str, a: int) -> Response:
        """An answer that says that something is wrong."""
        return self._instead(url, STATUSES[a % len(STATUSES)], b"{}")

    def break_off(self, _: int, url: str, a: int) -> Response:
        """No whole answer."""
        self.failed = True
        raise HttpError("the answer of forge.example broke off", sent=True)

    def ask_to_log_in(self, _: int, url: str, a: int) -> Response:
        """A page for people, with 200."""
        return self._instead(url, 200, b"<!doctype html><title>Log in</title>")

    def truncate(self, start: int, url: str, a: int) -> Response:
        """The beginning of a page, with 200."""
        body = self._page(start, self.listed, url).body
        self.asked.pop()
        return self._instead(url, 200, body[: 1 + a * 97 % (len(body) - 1)])

    def answer_empty(self, start: int, url: str, a: int) -> Response:
        """A page that says that there is nothing."""
        return self._page(start, [], url)

    def send_stale(self, start: int, url: str, a: int) -> Response:
        """One page of a replica that is behind."""
        return self._page(start, self._behind(a), url)


BEFORE: Mapping[str, Callable[[Forge, int, int], bool]] = {
    "prepends": Forge.prepend,
    "backdates": Forge.backdate,
    "bursts": Forge.burst,
    "records twice at once": Forge.double,
    "repeats": Forge.repeat,
    "recalls": Forge.recall,
    "deletes": Forge.delete,
    "purges": Forge.purge,
    "pushes again": Forge.push_again,
    "reorders": Forge.reorder,
    "inserts late": Forge.insert_late,
    "keeps fewer": Forge.keep_fewer,
    "serves a stale list": Forge.serve_stale,
    "sends fewer": Forge.send_fewer,
    "lies about count": Forge.lie,
}
"""What happens before a poll, or is so for the whole of it; whether it made a difference."""
AMID: Mapping[str, str] = {
    "shifts amid": "prepends",
    "deletes amid": "deletes",
    "reorders amid": "reorders",
    "inserts late amid": "inserts late",
}
"""What happens between two requests of one poll."""
INSTEAD: Mapping[str, Callable[[Forge, int, str, int], Response]] = {
    "fails": Forge.fail,
    "breaks off": Forge.break_off,
    "asks to log in": Forge.ask_to_log_in,
    "truncates": Forge.truncate,
    "answers empty": Forge.answer_empty,
    "sends a stale page": Forge.send_stale,
}
"""What the first or second request of a poll gets in place of the page."""
KINDS = (*BEFORE, *AMID, *INSTEAD)


@cache
def _text(content: int) -> str:
    """What is shown of an entry, by its content alone; negative ones happened long ago."""
    at = NOON + timedelta(minutes=content) - timedelta(days=4000 * (content < 0))
    return json.dumps(
        {
            "node": str(content),
            "description": f"Change {content}\n",
            "repository": {"owner": "acme", "slug": "site", "is_private": False},
            "user": {"username": "ada"},
            "created_on": f"{at:%Y-%m-%d %H:%M:%S}",
            "utc_created_on": f"{at:%Y-%m-%d %H:%M:%S}+00:00",
            "event": "commit",
        }
    )
