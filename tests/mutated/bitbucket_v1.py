"""The Bitbucket 1.0 API: recorded lists of events, which have no ids; a third of them another relay's, which have."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from relay.cursor import occurrence_id
from relay.events import to_json
from relay.sources.bitbucket_v1_entries import Teller, fingerprint_of, read
from tests.mutated.case import STRANGERS, Broken, Case, Twin
from tests.mutated.odd import DATES, NUMBERS, ODD
from tests.mutated.trees import ENTRIES, Change, changed, way
from tests.mutated.ways import Way
from tests.mutated.world import JsonWorld
from tests.servers import Reply, Request
from tests.stage import NOON, SHARED

FEED = "repositories/acme/site"
OWN = Path(__file__).parents[1] / "recordings" / "bitbucket-v1"
BESIDE = SHARED / "recordings" / "bitbucket-v1"


def _envelope(**odd: str) -> Way:
    """The page with keys of its envelope as they stand here."""
    pairs = "".join(f', "{key}": {value}' for key, value in odd.items())
    return lambda reply, _: replace(reply, body=f"{reply.encoded().decode()[:-1]}{pairs}}}")


def _odd_count(reply: Reply, random: Random) -> Reply:
    return _envelope(count=random.choice([*NUMBERS, "null", '"x"', "[]", "-7", "0"]))(reply, random)


def _junk_alone(reply: Reply, random: Random) -> Reply:
    return replace(reply, body={"count": 9, "events": [random.choice([7, None, {}, {"event": 1}])] * 9})


FAILING: Mapping[str, Way] = {
    "no list": lambda reply, random: replace(
        reply,
        body=reply.encoded().replace(b'"events"', random.choice([b'"values"', b'"Events"', b'"events "']), 1),
    ),
    "list alone": lambda reply, _: replace(reply, body=b"[" + reply.encoded() + b"]"),
    "junk alone": _junk_alone,
}


def _bad_date(tree: list[Any], random: Random) -> None:
    tree[0] |= {"utc_created_on": random.choice(DATES), "created_on": random.choice(DATES)}


def _broken_relay_key(tree: list[Any], random: Random) -> None:
    tree[0]["relay"] = random.choice([*ODD[1:], {"id": "x"}, {"id": "", "type": "", "source": "", "seen_at": "x"}])


OF_ENTRIES: Mapping[str, Change] = {**ENTRIES, "bad dates": _bad_date, "broken relay key": _broken_relay_key}


class World(JsonWorld):
    """The newest entries of a list are new. The list itself may be broken for the whole poll, entry by entry."""

    failing = (*JsonWorld.failing, *FAILING)
    harmless = (*JsonWorld.harmless, "odd count")
    ways: Mapping[str, Way] = {
        **JsonWorld.ways,
        **FAILING,
        "odd count": _odd_count,
        **{name: way(change) for name, change in OF_ENTRIES.items()},
    }

    def __init__(self, random: Random, beside: bool) -> None:
        entries = [dict(raw) for raw in random.choice(_lists(beside))]
        entries = random.sample(entries, min(len(entries), random.choice([3, 12, 21, 50])))
        _number(entries, f"far {random.random()}", random)
        self.fresh = random.random() < 0.3
        self.new = len(entries) if self.fresh else min(6, len(entries) - 1)
        self.entries = entries

    def settings(self) -> dict[str, Any]:
        return {"url": self.base, "repositories": ["acme/site"]}

    def respond(self, request: Request, act: int) -> Reply:
        listed = self.entries if act else self.entries[self.new :]
        start = int(request.query["start"])
        return Reply(body={"count": len(listed), "events": listed[start : start + 50]})

    def strangers(self, case: Case) -> int:
        """Every copy is an event of its own, since entries have no ids."""
        return 2 * len(self.entries) if case.way == "doubled entries" else STRANGERS

    def is_vital(self, request: Request) -> bool:
        return request.query["start"] == "0"

    def broken(self, by: str, twin: Twin, random: Random) -> Broken:
        """Entries are broken each for itself, on the first page once or for the whole poll.

        The last of a list is left alone for the whole poll: nobody could know that it was broken, since what stands
        below everything known is old.
        """
        found = super().broken(by, twin, random)
        if by not in OF_ENTRIES:
            return found
        lasting = random.random() < 0.5
        hit = set(
            random.sample(range(len(self.entries) - lasting), min(len(self.entries) - 1, random.choice([1, 1, 2, 3])))
        )
        change = OF_ENTRIES[by]
        texts = [changed(one, change, random) if n in hit else json.dumps(one) for n, one in enumerate(self.entries)]
        twins = {fingerprint_of(self.entries[n]) for n in hit}  # which of two twins was told first is nobody's affair
        sure = [n for n, raw in enumerate(self.entries[: self.new]) if fingerprint_of(raw) not in twins]
        return replace(
            found,
            reply=_page(texts, 0),
            sure=frozenset(self.ids(sure)),
            always=(lambda request: _page(texts, int(request.query["start"]))) if lasting else None,
        )

    def ids(self, wanted: Sequence[int]) -> list[str]:
        """The ids under which these entries of the true page must arrive, by their places."""
        counts: Counter[str] = Counter()
        found = {}
        for n, raw in reversed([*enumerate(self.entries)]):
            fingerprint = fingerprint_of(raw)
            id = occurrence_id(self.base.rpartition("/")[2], FEED, fingerprint, counts[fingerprint])
            found[n] = raw["relay"]["id"] if "relay" in raw else id
            counts[fingerprint] += 1
        return [found[n] for n in wanted]


def _page(texts: list[str], start: int) -> Reply:
    return Reply(body=f'{{"count": {len(texts)}, "events": [{", ".join(texts[start : start + 50])}]}}')


@cache
def _lists(beside: bool) -> Sequence[list[Any]]:
    """The recorded lists: those beside the project, or one of every event type."""
    own = [path for path in sorted(OWN.glob("*.json")) if ".expected" not in path.name]
    pages = [[path] for path in sorted(BESIDE.glob("coderwall*.json"))] if beside else [own]
    lists = [[raw for path in paths for raw in json.loads(path.read_bytes())["events"]] for paths in pages]
    return [listed for listed in lists if len(listed) >= 10]


def _number(entries: list[Any], far: str, random: Random) -> None:
    """Give each entry its place, in a key that no source reads; a third of the lists are another relay's."""
    chained = random.random() < 0.3
    for number, raw in enumerate(entries):
        raw["number"] = number
        whole = read(raw, "far", NOON)[1].raw
        if chained and whole:
            raw["relay"] = to_json(Teller("far", NOON).event(whole, f"{far} {number}"))
