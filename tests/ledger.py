"""What receivers remember of every webhook, and the judgement of it: what was lost, repeated or told out of order.

One relay lives after another between the same forge and the same receivers. What it may repeat is what it had sent when
its life ended, and could not note any more: one delivery in each lane after `kill -9`, nothing after a clean stop, and
whatever a database that was rolled back forgot. All that under the same ids.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.servers import Reply, Request

ANSWERS_AFTER = 0.1
"""Seconds that a receiver takes, so that most kills land with a send in flight."""


@dataclass(frozen=True)
class Arrival:
    """A webhook as it began to arrive, in which life of relay. `number` is its event's, whatever relay calls it."""

    lane: str
    number: int
    delivery: str
    event: str
    life: int
    at: float


@dataclass(frozen=True)
class Life:
    """From the start of a relay to its end: a `kill`, a clean `stop`, or a `rollback` of its database after a kill."""

    began_at: float
    end: str


class Ledger:
    """Receivers of one lane each, who answer after a while and remember everything; the lives of relay in between."""

    def __init__(self) -> None:
        self.arrived: list[Arrival] = []
        self.numbers: set[int] = set()
        self.lives: list[Life] = []

    def __call__(self, request: Request) -> Reply:
        data = request.json()["data"]  # what broke off in the middle did not arrive
        number, delivery = int(data["commits"][0]["hash"], 16), request.headers["webhook-id"]
        self.arrived.append(Arrival(request.path, number, delivery, data["id"], len(self.lives), time.monotonic()))
        self.numbers.add(number)
        time.sleep(ANSWERS_AFTER)
        return Reply(204)


@dataclass(frozen=True)
class Judgement:
    """What came of the events that `happened`, each told by its number with the list that it stood in."""

    happened: Mapping[int, int]
    arrived: tuple[Arrival, ...]
    lives: tuple[Life, ...]

    def complaints(self) -> list[str]:
        """What no receiver should have seen, or missed; each begins with its kind."""
        found = [*self._lost(), *self._renamed(), *self._out_of_order(), *self._repeated()]
        return sorted(set(found))

    def _lost(self) -> Iterator[str]:
        if self.lost:
            yield f"lost: {len(self.lost)} events, {min(self.lost)} among them"

    def _renamed(self) -> Iterator[str]:
        names = defaultdict(set)
        for it in self.arrived:
            names[it.number].add((it.lane, it.delivery, it.event))
        for number, known in names.items():
            if len(known) > 1:
                yield f"another id: event {number} came as {sorted(known)}"

    def _out_of_order(self) -> Iterator[str]:
        """An event that first arrived after a later one of its list in the same lane."""
        last: dict[tuple[str, int], int] = {}
        for it in self._first.values():
            queue = (it.lane, self.happened[it.number])
            if it.number < last.setdefault(queue, it.number):
                yield f"out of order: event {it.number} came after {last[queue]} in {it.lane}"
            last[queue] = max(it.number, last[queue])

    def _repeated(self) -> Iterator[str]:
        for (life, lane), again in self.in_flight.items():
            if len(again) > 1:
                yield f"repeated: of life {life} more than was in flight in {lane}: events {sorted(again)}"
        for before, after in self._repeats:
            if before.life == after.life or (self.lives[before.life].end == "stop" and not self._forgot(before, after)):
                yield f"repeated: event {after.number} in {after.lane}, in life {before.life} it was sent and noted"

    def _forgot(self, before: Arrival, after: Arrival) -> bool:
        return "rollback" in {life.end for life in self.lives[before.life : after.life]}

    @cached_property
    def lost(self) -> set[int]:
        """The events that never arrived."""
        return set(self.happened).difference(self._first)

    @cached_property
    def _first(self) -> dict[int, Arrival]:
        """The first arrival of each event, in the order in which they arrived."""
        first: dict[int, Arrival] = {}
        for it in self.arrived:
            first.setdefault(it.number, it)
        return first

    @cached_property
    def _repeats(self) -> list[tuple[Arrival, Arrival]]:
        """What arrived again, each with its arrival before."""
        last: dict[int, Arrival] = {}
        found = []
        for it in self.arrived:
            if it.number in last:
                found.append((last[it.number], it))
            last[it.number] = it
        return found

    @cached_property
    def in_flight(self) -> dict[tuple[int, str], set[int]]:
        """By life and lane, what arrived in it and came again after it, though nothing was rolled back in between."""
        found: dict[tuple[int, str], set[int]] = defaultdict(set)
        for before, after in self._repeats:
            if before.life < after.life and not self._forgot(before, after):
                found[before.life, before.lane].add(before.number)
        return found

    @property
    def repeats(self) -> int:
        """How many webhooks were sent again."""
        return len(self._repeats)

    @property
    def kills(self) -> int:
        """How often relay was killed."""
        return sum(life.end == "kill" for life in self.lives)

    @property
    def hits(self) -> int:
        """How many kills landed with a send in flight: something of that life came again."""
        return len({life for life, _ in self.in_flight if self.lives[life].end == "kill"})

    @property
    def recovery(self) -> float:
        """The most seconds that passed from a start after a kill to the first webhook."""
        first: dict[int, float] = {}
        for it in self.arrived:
            first.setdefault(it.life, it.at)
        starts = {
            number: life.began_at for number, life in enumerate(self.lives) if number and self._killed(number - 1)
        }
        return max((first[number] - at for number, at in starts.items() if number in first), default=0.0)

    def _killed(self, number: int) -> bool:
        return self.lives[number].end == "kill"

    def __str__(self) -> str:
        """The ledger in a line."""
        stops = sum(life.end == "stop" for life in self.lives)
        return (
            f"events {len(self.happened)}, lost {len(self.lost)}, repeats {self.repeats}, kills {self.kills}, "
            f"in flight {self.hits}, clean stops {stops}, worst recovery {self.recovery:.1f} s"
        )
