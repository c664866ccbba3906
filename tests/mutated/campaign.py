"""Campaigns of broken answers through the whole service, for forges of any kind.

A case is a forge with one repository. Acts are polls: what is known, one broken answer among the true ones, the truth,
the truth again. All of it is played twice, first with no answer broken: that twin says what is to be told, and which
requests a poll makes. Everything about a case follows from its kind and its number.
"""

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from relay.service import Service
from tests.mutated.case import BROKEN, KNOWN, LATER, TRUE, Act, Case, asked, complaints
from tests.mutated.ways import SLOW
from tests.servers import Reply, Request, Server
from tests.stage import Stage

TOGETHER = 80
"""Feeds of one service."""
LANES = 8
_SOON, _A_DAY = (
    1.1,
    25.0,
)  # hours between two acts: what is asked for once an hour is, and what was told to wait has waited


class Forge:
    """Serves every case below its name: truly, and in the broken act as it is broken."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = {case.source: case for case in cases}
        self.begin(broken=False)

    def begin(self, *, broken: bool) -> None:
        """Play anew, with or without broken answers."""
        self._broken, self.act = broken, KNOWN
        self._asked: Counter[Any] = Counter()

    def __call__(self, request: Request) -> Reply:
        _, name, path = [*request.path.split("/", 2), ""][:3]
        case = self.cases.get(name)
        if case is None:
            return Reply(body="<html>Log in</html>")
        inside = replace(request, path=f"/{path}")
        if self.act == KNOWN and case.world.fresh:
            return Reply(503)
        true = case.world.respond(inside, self.act)
        if self.act != BROKEN:
            case.unchanged |= self._broken and self.act == TRUE and true.status == 304
            return true
        question = (name, *asked(inside))
        self._asked[question] += 1
        if not self._broken:
            case.twin.asked.append((inside, true))
        return case.broken.answer(inside, self._asked[question], true) if self._broken and case.broken else true


def rules(forge: Server, sink: Server, cases: Sequence[Case]) -> str:
    """The file of a service that follows the cases, each told to one of the lanes, derived commits too."""
    sources = {}
    for case in cases:
        case.world.base = f"{forge.url}/{case.source}"
        start = "all" if case.world.fresh else "now"
        sources[case.source] = {"kind": case.kind, "start": start} | case.world.settings()
    lanes = {f"lane{n}": {"kind": "webhook", "url": f"{sink.url}/{n}"} for n in range(LANES)}
    routes = [
        {"to": lane, "when": {"source": those}}
        for n, lane in enumerate(lanes)
        if (those := [case.source for case in cases if case.number % LANES == n])
    ]
    return json.dumps({"sources": sources, "destinations": lanes, "rules": {"*": routes, "commit": routes}})


def play(folder: Path, cases: Sequence[Case]) -> None:
    """Poll the cases through their acts, all at once: the twins first, then with broken answers."""
    forge = Forge(cases)
    with Server(forge) as server, Server(lambda _: Reply(204)) as sink:
        _play(folder / "twins", forge, server, sink, lambda case: case.twin.acts)
        for case in cases:
            case.broken = case.world.broken(case.way, case.twin, Random(f"{case.kind} {case.number} broken"))
        forge.begin(broken=True)
        _play(folder / "broken", forge, server, sink, lambda case: case.acts)


def _play(folder: Path, forge: Forge, server: Server, sink: Server, acts: Callable[[Case], list[Act]]) -> None:
    folder.mkdir(parents=True)
    cases = [*forge.cases.values()]
    stage = Stage(folder, rules(server, sink, cases))
    hours = _A_DAY if any(case.way in SLOW for case in cases) else _SOON

    async def act(service: Service) -> None:
        for forge.act in range(LATER + any(case.world.later for case in cases)):
            stage.clock.move(hours=hours)
            with listening() as said:
                await service.once()
            server.requests.clear()
            for case, seen in _seen(cases, stage, sink, said):
                acts(case).append(seen)

    stage.perform(act)


def _seen(
    cases: Sequence[Case], stage: Stage, sink: Server, said: Sequence[logging.LogRecord]
) -> Iterator[tuple[Case, Act]]:
    """What an act brought, for each case."""
    with closing(sqlite3.connect(stage.database)) as database:
        there = "select source, key, cursor, error from feed where gone_at is null"
        rows = database.execute(there).fetchall()
    arrived: dict[str, list[Any]] = {case.source: [] for case in cases}
    for body in (request.json()["data"] for request in sink.requests):
        for event in body.get("events") or [body]:
            arrived[event["source"]].append(event)
    sink.requests.clear()
    for case in cases:
        own = [row[1:] for row in rows if row[0] == case.source]
        errors = {key: error for key, _, error in own if error}
        warnings = [text for one in said if (text := one.getMessage()).startswith(f"{case.source} ")]
        yield case, Act({key: cursor for key, cursor, _ in own}, errors, arrived[case.source], warnings)


@contextmanager
def listening() -> Iterator[list[logging.LogRecord]]:
    """What relay says of its troubles meanwhile."""
    said: list[logging.LogRecord] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = said.append  # type: ignore[method-assign]
    logging.getLogger("relay").addHandler(handler)
    try:
        yield said
    finally:
        logging.getLogger("relay").removeHandler(handler)


def run(folder: Path, cases: Sequence[Case]) -> Iterator[str]:
    """What is wrong with what the cases came to; nothing, if all is well."""
    slow = [case for case in cases if case.way in SLOW]
    quick = [case for case in cases if case.way not in SLOW]
    for group in (slow, quick):
        for first in range(0, len(group), TOGETHER):
            some = group[first : first + TOGETHER]
            with listening() as said:
                play(folder / f"{len(group)}-{first}", some)
            yield from (one.getMessage() for one in said if one.exc_info or one.levelno > logging.WARNING)
            for case in some:
                yield from (f"{case.name}: {complaint}" for complaint in complaints(case))
