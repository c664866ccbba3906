"""The real service on a real database, following model forges; only the wire is a model, too.

Feeds live side by side in one service, since a round of `run --once` takes ten times as long as one poll in it. Each
round is made by a new service on the same store, and some are stopped while lists are being read.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, bindparam, exists, select

from relay.http import Http, Response
from relay.service import Service
from relay.store import Store
from relay.store import engine as engines
from relay.store.schema import delivery_event, event, feed
from tests.model_forge import Action, Forge, Shape
from tests.model_oracle import Oracle, Told
from tests.stage import Stage

LANES = 8
"""Destinations that share what is told at once: a new service renews each, so one for each feed would cost the most."""

_stored = (
    select(event, exists().where(delivery_event.c.event == event.c.seq).label("is_told"))
    .where(event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
)


@dataclass(frozen=True)
class Script:
    """A feed's life: what its forge is, whether what stands there at first sight is history, what happens poll by poll."""

    shape: Shape
    history: bool
    rounds: Sequence[Sequence[Action]]

    def __repr__(self) -> str:
        rounds = [[tuple(action) for action in actions] for actions in self.rounds]
        return f"script({tuple(self.shape)}, {self.history}, {rounds})"


class Life:
    """A script as it is lived: its forge, the judge of what was told of it, and what went wrong."""

    def __init__(self, script: Script) -> None:
        self.script, self.forge, self.oracle = script, Forge(script.shape), Oracle(script.history)
        self.told: list[int] = []
        self.polls = 0
        self._cursor: str | None = None

    @property
    def complaints(self) -> list[str]:
        """What went wrong."""
        return self.oracle.complaints

    def begin(self, number: int) -> None:
        """Prepare the poll of this number; after the last of the script the forge is at rest."""
        rounds = self.script.rounds
        self.forge.begin(rounds[number] if number < len(rounds) else ())

    def end(self, row: Row[Any], told: Sequence[int], at: float, *, stopped: bool) -> None:
        """Judge the poll by the feed's row and the events that were stored with it."""
        self.told += told
        if row.polled_at == at:
            self._worked(Told(told, row.gap_at == at))
        elif told or row.cursor != self._cursor:
            self.complaints.append(f"a poll that did not work told {told}, or moved the cursor")
        elif not self.forge.failed and not stopped:
            self.complaints.append(f"a poll failed by itself: {row.error}")
        self._cursor = row.cursor

    def _worked(self, told: Told) -> None:
        self.polls += 1
        if self.forge.failed:
            self.complaints.append("a poll worked although it was not answered")
        self.oracle.judge(self.forge.asked, self.forge.ground, told)


class Wire(Http):
    """The transport: each feed is answered by its forge, and what arrives is kept, by destination and feed.

    `begin` says after how many requests of a round the service is stopped in the middle of them.
    """

    def __init__(self, lives: Sequence[Life]) -> None:
        super().__init__()
        self._lives = lives
        self.arrived: dict[str, list[list[int]]] = {"each": [[] for _ in lives], "digest": [[] for _ in lives]}
        self.begin(None)

    def begin(self, stop_after: int | None) -> None:
        """Begin a round."""
        self.stop, self._left = asyncio.Event(), stop_after

    async def request(self, method: str, url: str, *, body: bytes | None = None, **more: Any) -> Response:
        """The answer of the forge, or of the receiver."""
        _, _, _, place, *_ = url.split("/")
        if method == "POST":
            self._take(place, json.loads(body or b"")["data"])
            return Response(204, {}, b"", url)
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                self.stop.set()
                await asyncio.Event().wait()  # broken off by the service
        start = int(url.partition("start=")[2].partition("&")[0])
        return self._lives[int(place)].forge.answer(start, url)

    def _take(self, place: str, data: dict[str, Any]) -> None:
        for one in data.get("events", [data]):
            self.arrived[place][_number(one["source"])].append(_content(one))


def _number(source: str) -> int:
    return int(source.removeprefix("feed"))


def _content(event: dict[str, Any]) -> int:
    return int(event["commits"][0]["hash"])


class World:
    """Lives that are lived together, on a database in a folder; `stopped` counts the rounds that were broken off."""

    def __init__(self, folder: Path, scripts: Sequence[Script], stops: Sequence[int | None] = (None,)) -> None:
        self.lives = [Life(script) for script in scripts]
        self.rounds = self.stopped = 0
        self._stage, self._stops = Stage(folder, _rules(self.lives)), stops
        self._seq = 0

    def play(self) -> "World":
        """Live the lives, poll by poll, and then until all has arrived."""
        asyncio.run(self._play())
        return self

    async def _play(self) -> None:
        setup, wire = self._stage.setup, Wire(self.lives)
        config, store = setup.load(), Store(setup.database, setup.clock)
        reader = engines.reader(engines.address(setup.database))

        async def one_round(number: int, stop_after: int | None = None, hours: float = 1) -> None:
            self._begin(number, hours)
            wire.begin(stop_after)
            await Service(setup, config, store, wire, []).once(wire.stop)
            self._end(reader, wire.stop.is_set())

        try:
            for number in range(max(len(life.script.rounds) for life in self.lives)):
                await one_round(number, self._stops[number % len(self._stops)])
            for number in (1000, 1001):
                await one_round(number, hours=13)
        finally:
            reader.dispose()
            await store.close()
        self._compare(wire)

    def _begin(self, number: int, hours: float) -> None:
        self._stage.clock.move(hours=hours)
        self.rounds += 1
        for life in self.lives:
            life.begin(number)

    def _end(self, reader: Engine, stopped: bool) -> None:
        """Judge what the round stored."""
        self.stopped += stopped
        at = self._stage.clock.now().timestamp()
        with reader.begin() as connection:
            feeds = {_number(row.source): row for row in connection.execute(select(feed))}
            events = connection.execute(_stored, {"after": self._seq}).all()
        self._seq = max([self._seq, *(row.seq for row in events)])
        told: dict[int, list[int]] = {number: [] for number in feeds}
        for row in events:
            if row.is_told:
                told[_number(row.source)].append(_content(json.loads(row.body)))
        for number, life in enumerate(self.lives):
            life.end(feeds[number], told[number], at, stopped=stopped)

    def _compare(self, wire: Wire) -> None:
        """Each destination must have got what was stored for it, once and in that order."""
        for number, life in enumerate(self.lives):
            for place, arrived in wire.arrived.items():
                if arrived[number] != life.told:
                    life.complaints.append(f"{place}: {arrived[number]} arrived, and not {life.told}")


def _rules(lives: Sequence[Life]) -> str:
    """Every event to a webhook that a few feeds share, and to one that takes those of all feeds together, twice a day."""
    sources = {
        f"feed{number}": {
            "kind": "bitbucket-v1",
            "url": f"http://forge.example/{number}",
            "repositories": ["acme/site"],
            "start": "now" if life.script.history else "all",
        }
        for number, life in enumerate(lives)
    }
    each = {
        f"to-{lane}": {"kind": "webhook", "url": "http://sink.example/each"} for lane in range(min(LANES, len(lives)))
    }
    digest = {"kind": "webhook", "url": "http://sink.example/digest", "digest": {"at": ["00:00", "12:00"]}}
    shares = {to: [*sources][lane::LANES] for lane, to in enumerate(each)}
    routes = [{"to": to, "when": {"source": share}} for to, share in shares.items()]
    return json.dumps(
        {"sources": sources, "destinations": each | {"digest": digest}, "rules": {"commit": [*routes, "digest"]}}
    )
