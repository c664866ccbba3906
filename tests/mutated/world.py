"""What the forges of a campaign have in common: how one of their answers is broken, and what that excuses."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from operator import itemgetter
from random import Random
from typing import Any

from tests.mutated.case import BROKEN, STRANGERS, TRUE, Broken, Case, Twin, asked
from tests.mutated.trees import CHANGES, ENTRIES, MARK, changed, way
from tests.mutated.ways import ANYTHING, HARMLESS, NO_JSON, NO_PAGES, SLOW, Way
from tests.servers import Reply, Request

_TELLING = ("type", "occurred_at", "actor", "title", "number", "branch", "state", "comment", "url", "commits")


class World:
    """One answer of the broken act is broken: in two of five cases one that a poll cannot do without, else any.

    `ways` are all ways to do that, by name; those in `failing` leave nothing that could be read, those in `harmless`
    everything. `compared` are the types of what is found by comparing two answers, with the ends of the paths that
    are asked. `fresh`: at first the forge does not answer at all, and all of its history is wanted. `later`: in the
    last act there is something more.
    """

    base = ""
    fresh = later = False
    ways: Mapping[str, Way]
    failing: Collection[str]
    harmless: Collection[str] = HARMLESS
    compared: Mapping[str, str | tuple[str, ...]] = {}

    def below(self, request: Request) -> Request:
        """The request as a forge sees it that lies at this one's base; the links it makes lead there again."""
        return replace(request, headers=request.headers | {"host": self.base.partition("://")[2]})

    def is_vital(self, request: Request) -> bool:
        """Whether a poll cannot do without this answer."""
        raise NotImplementedError

    def broken(self, by: str, twin: Twin, random: Random) -> Broken:
        """What the broken act answers."""
        whole = sorted(
            ((asked(one), one, reply) for one, reply in twin.asked if reply.status == 200), key=itemgetter(0)
        )
        vital = [answer for answer in whole if self.is_vital(answer[1])]
        _, request, true = random.choice(vital if random.random() < 0.4 else whole)
        return Broken(
            request,
            true,
            self.ways[by](true, random),
            fails=by in self.failing and self.is_vital(request),
            sure=frozenset(twin.acts[BROKEN].ids if by in self.harmless else ()),
        )

    def excuses(self, id: str, case: Case) -> bool:
        """An entry may have been told in its broken form, under another id.

        What is found by comparing lists has an id that counts how often they changed, so that it may have another one.
        A commit is derived from its push: where that was told with other commits, it need not be told.
        """
        event = case.twin.events[id]
        acts = case.acts[BROKEN:] if self.is_compared(event, case) else case.acts[BROKEN:TRUE]
        others = [one for act in acts for one in act.arrived if one["id"] not in case.twin.events]
        if any(_is_same(one, event) for one in others):
            return True
        told = {one["id"]: one["commits"] for act in case.acts for one in act.arrived}
        pushes = [one for one in case.twin.events.values() if one["type"] == "pushed"]
        without = [one for one in pushes if one["commits"] != told.get(one["id"])]
        return event["derived"] and any(_brings(one, event) for one in without)

    def is_same(self, told: Any, twin: Any, case: Case) -> bool:
        """Only when it was seen may be another time."""
        return {**told, "seen_at": None} == {**twin, "seen_at": None}

    def strangers(self, case: Case) -> int:
        """How many events the broken answer may tell beyond the true ones."""
        return STRANGERS

    def waits(self, event: Any) -> bool:
        """Whether it may be told a poll after it was listed."""
        return False

    def is_hidden(self, case: Case) -> bool:
        """Whether the truth is not asked for, or not answered, before something else happens: that is told then."""
        return case.unchanged

    def explains(self, event: Any, case: Case) -> bool:
        """Of two lists that differ that is told, be it that the truth undoes what a broken one showed."""
        return self.is_compared(event, case)

    def is_compared(self, event: Any, case: Case) -> bool:
        """Whether it was found by comparing two answers, of which one was broken."""
        place = self.compared.get(event["type"])
        return bool(place and case.broken and case.broken.request.path.endswith(place))


def _is_same(one: Any, other: Any) -> bool:
    """Whether they tell the same, one perhaps in a broken form: of one entry, of one deed, or most of the same."""
    if one["id"].partition(":")[2] == other["id"].partition(":")[2]:
        return True
    if one["occurred_at"] and (one["occurred_at"], one["actor"]) == (other["occurred_at"], other["actor"]):
        return True
    if _words(one) and _words(one) == _words(other):
        return True
    return sum(one[name] == other[name] for name in _TELLING) > len(_TELLING) // 2


def _words(event: Any) -> str:
    """What an event says first."""
    said = event["title"] or (event["commits"][0]["message"] if event["commits"] else "") or ""
    return str(said.partition("\n")[0])


def _brings(push: Any, commit: Any) -> bool:
    return commit["commits"][0]["hash"] in [one["hash"] for one in push["commits"]]


class JsonWorld(World):
    """A forge that answers with JSON. Some ways break entries of a list, each for itself: the others are told at once.

    `listed` is the key under which an answer that is vital has its list, "" where it is the list, None for no such way.
    """

    failing = (*NO_PAGES, *NO_JSON)
    ways: Mapping[str, Way] = {
        **NO_PAGES,
        **NO_JSON,
        **{name: way(change) for name, change in {**CHANGES, **ENTRIES}.items()},
        **HARMLESS,
        **ANYTHING,
        **SLOW,
    }
    listed: str | None = None

    def mark(self, entry: Any) -> str:
        """What stands in the ids of the events of an entry, with a colon after them."""
        raise NotImplementedError

    def broken(self, by: str, twin: Twin, random: Random) -> Broken:
        """One answer, or some of its entries each for itself."""
        found = super().broken(by, twin, random)
        change, entries = ENTRIES.get(by), self._entries(found)
        if change is None or len(entries) < 2:
            return found
        hit = random.sample(range(len(entries)), min(len(entries) - 1, random.choice([1, 1, 2, 3])))
        texts = [changed(one, change, random) if n in hit else json.dumps(one) for n, one in enumerate(entries)]
        marks = [self.mark(entries[n]) for n in hit]
        told = [event["id"] for event in twin.acts[BROKEN].arrived if not event["derived"]]
        return replace(
            found,
            reply=replace(found.true, body=self._written(found.true, texts)),
            sure=frozenset(id for id in told if not any(mark in f"{id}:" for mark in marks)),
        )

    def _entries(self, broken: Broken) -> list[Any]:
        body = json.loads(broken.true.encoded()) if self.listed is not None and self.is_vital(broken.request) else []
        entries = body.get(self.listed) if isinstance(body, dict) else body
        return entries if isinstance(entries, list) else []

    def _written(self, reply: Reply, texts: list[str]) -> str:
        listed, body = f"[{', '.join(texts)}]", json.loads(reply.encoded())
        if not isinstance(body, dict):
            return listed
        return json.dumps(body | {self.listed: MARK}).replace(json.dumps(MARK), listed)
