"""Broken pages through the whole service: each is served once, then the true page.

Three polls of many feeds at once: what is known, a broken answer, the truth; then the truth again. The cases are made
from their numbers, so that RELAY_TEST_MUTATIONS=10000 is a longer campaign of the same kind.
"""

import json
import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from relay.cursor import occurrence_id
from relay.events import to_json
from relay.service import Service
from relay.sources.bitbucket_v1_entries import Teller, fingerprint_of, read
from tests.mutations import ANYTHING, DOUBTED, ENTRIES, HARMLESS, PAGES, page
from tests.servers import Reply, Request, Server
from tests.stage import NOON, SHARED, Stage

CASES = int(os.environ.get("RELAY_TEST_MUTATIONS", "160"))
TOGETHER = 160
"""Feeds of one service."""
LANES = 8
ACTS = ("known", "broken", "true", "true")
FEED = "repositories/acme/site"
RECORDED = SHARED / "recordings" / "bitbucket-v1"
OWN = Path(__file__).parent / "recordings" / "bitbucket-v1"
WAYS = [*PAGES, *ENTRIES, *HARMLESS, *ANYTHING]


@cache
def recorded() -> Sequence[list[Any]]:
    """The recorded lists: those beside the project, where they are, and one of every event type."""
    own = [path for path in sorted(OWN.glob("*.json")) if ".expected" not in path.name]
    pages = [own, *([path] for path in sorted(RECORDED.glob("coderwall*.json")))]
    lists = [[raw for path in paths for raw in json.loads(path.read_bytes())["events"]] for paths in pages]
    return [listed for listed in lists if len(listed) >= 10]


@dataclass
class Act:
    """What stood in the database after an act, and what had arrived in it."""

    cursor: str | None
    error: str | None
    arrived: list[str]


@dataclass
class Case:
    """One feed: what is known of its list, what is new, and the answer that stands in for the true page once.

    With `texts` it is the list itself that is broken for the whole poll, entry by entry.
    """

    number: int
    known: list[Any] = field(default_factory=list)
    new: list[Any] = field(default_factory=list)
    way: str = ""
    answer: Reply = field(default_factory=Reply)
    texts: list[str] | None = None
    sure: list[Any] = field(default_factory=list)
    at: int = 0
    asked: int = 0
    acts: list[Act] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.number} {self.way}"

    @property
    def listed(self) -> list[Any]:
        return self.new + self.known

    @property
    def source(self) -> str:
        return f"case-{self.number}"

    def ids(self, wanted: list[Any]) -> list[str]:
        """The ids under which these entries of the true page must arrive."""
        counts: Counter[str] = Counter()
        found = {}
        for raw in reversed(self.listed):
            fingerprint = fingerprint_of(raw)
            id = occurrence_id(self.source, FEED, fingerprint, counts[fingerprint])
            found[raw["number"]] = raw["relay"]["id"] if "relay" in raw else id
            counts[fingerprint] += 1
        return [found[raw["number"]] for raw in wanted]


def made(number: int) -> Case:
    """The case of a number."""
    random = Random(number)
    entries = [dict(raw) for raw in random.choice(recorded())]
    entries = random.sample(entries, min(len(entries), random.choice([3, 12, 21, 50])))
    numbered(entries, f"far {number}", random)
    fresh = random.random() < 0.3
    new = len(entries) if fresh else min(6, len(entries) - 1)
    case = Case(number, entries[new:], entries[:new], WAYS[number % len(WAYS)])
    broken(case, [json.dumps(raw) for raw in entries], random)
    return case


def numbered(entries: list[Any], far: str, random: Random) -> None:
    """Give each entry its place, in a key that no source reads; a third of the lists are another relay's."""
    chained = random.random() < 0.3
    for number, raw in enumerate(entries):
        raw["number"] = number
        whole = read(raw, "far", NOON)[1].raw
        if chained and whole:
            raw["relay"] = to_json(Teller("far", NOON).event(whole, f"{far} {number}"))


def broken(case: Case, texts: list[str], random: Random) -> None:
    """Break the answer in the case's way; `sure` are the new entries that must arrive with it."""
    if case.way in PAGES:
        case.answer = PAGES[case.way](page(texts), random)
        case.at = random.choice([0, 0, 0, 1]) if case.way != "junk alone" else 0  # the end of a list may be junk
    elif case.way in HARMLESS:
        case.answer, case.sure = Reply(body=HARMLESS[case.way](texts, random)), case.new
    elif case.way in ANYTHING:
        case.answer = ANYTHING[case.way](page(texts), random)
    else:
        broken_entries(case, texts, random)


def broken_entries(case: Case, texts: list[str], random: Random) -> None:
    """Break some entries. The last of a list is left alone where nobody could know that it was broken: what stands
    below everything known is old, unless it stands where something doubtful stood."""
    lasting = random.random() < 0.5
    end = len(texts) - (lasting and case.way not in DOUBTED)
    hit = set(random.sample(range(end), min(len(texts) - 1, random.choice([1, 1, 2, 3]))))
    mended = [ENTRIES[case.way](case.listed[i], random) if i in hit else text for i, text in enumerate(texts)]
    twins = {fingerprint_of(case.listed[i]) for i in hit}  # which of two twins was told first is nobody's affair
    case.answer = Reply(body=page(mended))
    case.texts = mended if lasting else None
    case.sure = [raw for raw in case.new if fingerprint_of(raw) not in twins]


class Forge:
    """Serves every case: first what is known, then the broken answer once, then the truth."""

    def __init__(self, cases: list[Case]) -> None:
        self.cases = {case.source: case for case in cases}
        self.act = "known"

    def __call__(self, request: Request) -> Reply:
        case = self.cases.get(request.path.split("/")[1])
        if case is None:
            return Reply(body="<html>Log in</html>")
        start = int(request.query["start"])
        if self.act == "broken":
            case.asked += 1
            if case.texts:
                return Reply(body=page(case.texts[start : start + 50]))
            if case.asked == case.at + 1:
                return case.answer
        if self.act == "known" and not case.known:
            return Reply(503)
        listed = case.known if self.act == "known" else case.listed
        return Reply(body={"count": len(listed), "events": listed[start : start + 50]})


def rules(forge: Server, sink: Server, cases: list[Case]) -> str:
    """Every event of every case to one of eight webhooks; at first sight, history is told where nothing is known."""
    sources = {
        case.source: {
            "kind": "bitbucket-v1",
            "url": f"{forge.url}/{case.source}",
            "repositories": ["acme/site"],
            "start": "now" if case.known else "all",
        }
        for case in cases
    }
    lanes = {f"lane{n}": {"kind": "webhook", "url": f"{sink.url}/{n}"} for n in range(LANES)}
    routes = [
        {"to": lane, "when": {"source": those}}
        for n, lane in enumerate(lanes)
        if (those := [case.source for case in cases if case.number % LANES == n])
    ]
    return json.dumps({"sources": sources, "destinations": lanes, "rules": {"*": routes, "commit": routes}})


def play(folder: Path, cases: list[Case]) -> None:
    """Poll the cases through their acts, all at once, with one service."""
    respond = Forge(cases)
    with Server(respond) as forge, Server(lambda _: Reply(204)) as sink:
        stage = Stage(folder, rules(forge, sink, cases))

        async def act(service: Service) -> None:
            for respond.act in ACTS:
                stage.clock.move(hours=1)
                await service.once()
                note(cases, stage, sink)

        stage.perform(act)


def note(cases: list[Case], stage: Stage, sink: Server) -> None:
    """Note what an act brought."""
    with closing(sqlite3.connect(stage.database)) as database:
        rows = {row[0]: row[1:] for row in database.execute("select source, cursor, error from feed")}
    arrived: dict[str, list[str]] = {case.source: [] for case in cases}
    for event in (request.json()["data"] for request in sink.requests):
        arrived[event["source"]].append(event["id"])
    sink.requests.clear()
    for case in cases:
        case.acts.append(Act(*rows[case.source], arrived[case.source]))


@pytest.fixture(name="said", scope="module")
def _said() -> Iterator[list[logging.LogRecord]]:
    said: list[logging.LogRecord] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = said.append  # type: ignore[method-assign]
    logging.getLogger("relay").addHandler(handler)
    yield said
    logging.getLogger("relay").removeHandler(handler)


@pytest.fixture(name="cases", scope="module")
def _cases(tmp_path_factory: pytest.TempPathFactory, said: list[logging.LogRecord]) -> list[Case]:
    cases = [made(number) for number in range(CASES)]
    for first in range(0, CASES, TOGETHER):
        play(tmp_path_factory.mktemp("campaign"), cases[first : first + TOGETHER])
    return cases


def test_nothing_breaks(cases: list[Case], said: list[logging.LogRecord]) -> None:
    """No mutated page finds a defect in relay."""
    assert cases
    assert [] == [record.getMessage() for record in said if record.exc_info or record.levelno > logging.WARNING]


def test_a_broken_page_moves_no_cursor(cases: list[Case]) -> None:
    """What is no page is told as an error, brings nothing, and leaves the cursor where it was."""
    broken = [case for case in cases if case.way in PAGES and case.asked > case.at]
    assert [] == [case.name for case in broken if not case.acts[1].error or case.acts[1].arrived]
    assert [] == [case.name for case in broken if case.acts[1].cursor != case.acts[0].cursor]


def test_a_bad_entry_stops_no_neighbour(cases: list[Case]) -> None:
    """What is right on a page arrives at once, whatever stands beside it."""
    late = {case.name: set(case.ids(case.sure)) - set(case.acts[1].arrived) for case in cases}
    assert {} == {name: ids for name, ids in late.items() if ids}


def test_every_original_arrives_once(cases: list[Case]) -> None:
    """After the true page, each of its new events has arrived, none of the known ones, and nothing twice."""
    told = {case.name: Counter(id for act in case.acts for id in act.arrived) for case in cases}
    lost = {case.name: [id for id in case.ids(case.new) if not told[case.name][id]] for case in cases}
    old = {case.name: [id for id in case.ids(case.known) if told[case.name][id]] for case in cases}
    twice = {name: [id for id, count in ids.items() if count > 1] for name, ids in told.items()}
    assert ({}, {}, {}) == tuple({name: ids for name, ids in found.items() if ids} for found in (lost, old, twice))


def test_the_true_page_settles_it(cases: list[Case]) -> None:
    """The true page heals the feed, and served again it brings nothing."""
    assert [] == [case.name for case in cases if case.acts[2].error or case.acts[3].error or case.acts[3].arrived]
