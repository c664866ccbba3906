"""A forge with repositories in which things happen, receivers that keep a ledger, and one relay after another in between."""

import os
import random
import signal
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from tests.ledger import ANSWERS_AFTER, Judgement, Ledger, Life
from tests.processes import Forked, Process, Running
from tests.servers import Reply, Request, Server
from tests.test_service import commit

KILLS = int(os.environ.get("RELAY_TEST_KILLS", "50"))
"""How often relay is killed on each database: by hand in one course, of processes that are started as people start them."""
BY_HAND = "RELAY_TEST_KILLS" in os.environ
COURSES = range(1 if BY_HAND else 5)
LANES = 8
REPOSITORIES = 8
SLOWEST = 0.4
"""Seconds that the forge takes at most, so that polls end at any moment of a life."""
BACKLOG = 120
"""Events that wait to be told, so that all lanes are busy."""
HEADER, FRAME = 32, 24 + 4096
"""Bytes of SQLite's log before its first frame, and of a frame."""


class Repositories:
    """A forge whose lists grow as they are asked for; an event is told by its number, which also says where it goes."""

    def __init__(self, dice: random.Random) -> None:
        self._dice, self._lock, self._numbers = dice, Lock(), count()
        self.lists: list[list[dict[str, Any]]] = [[] for _ in range(REPOSITORIES)]
        self.happened: dict[int, int] = {}
        self.more: Callable[[], int] = lambda: 0
        self.begun = self.answered = 0
        self.asked = [deque([0.0] * 3, 3) for _ in range(REPOSITORIES)]

    def grow(self, repository: int, events: int) -> None:
        """So many more events in one repository."""
        with self._lock:
            for _ in range(events):
                number = next(self._numbers)
                self.happened[number] = repository
                self.lists[repository].insert(0, commit(f"{number:012x}", text=f"change {number % LANES}"))

    def __call__(self, request: Request) -> Reply:
        repository, begin = int(request.path.split("/")[-3].removeprefix("r")), int(request.query.get("start", 0))
        self.begun += 1
        if begin == 0:
            self.grow(repository, self.more())
            self.asked[repository].append(time.monotonic())
        events = self.lists[repository]
        page = {"count": len(events), "events": events[begin : begin + min(int(request.query.get("limit", 25)), 50)]}
        time.sleep(self._dice.random() * SLOWEST)
        self.answered += 1
        return Reply(body=page)


def rules(forge: Server, sink: Server, repositories: int = REPOSITORIES, lanes: int = LANES) -> str:
    """A feed for each repository, whose events go to webhooks, each to one of them."""
    feeds = ", ".join(f"acme/r{n}" for n in range(repositories))
    webhooks = "\n".join(f'  lane{n}: {{kind: webhook, url: "{sink.url}/lane{n}"}}' for n in range(lanes))
    routes = "\n".join(f'    - {{to: lane{n}, when: {{title: "* {n}"}}}}' for n in range(lanes))
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}/1.0", repositories: [{feeds}], start: all, every: 1s}}
destinations:
{webhooks}
rules:
  commit:
{routes}
"""


@dataclass(frozen=True)
class Moment:
    """In a life: after so many arrivals, and so many polls that were begun and answered in it, and a pause in seconds."""

    arrivals: int = 0
    begun: int = 0
    polls: int = 0
    pause: float = 0.0


def sending(dice: random.Random) -> Moment:
    """A moment while a webhook is on its way, is answered, or settled."""
    return Moment(arrivals=dice.randint(1, 6 * LANES), pause=dice.random() * ANSWERS_AFTER)


def polling(dice: random.Random) -> Moment:
    """A moment at which a poll has just been answered, and what it brought is matched and committed."""
    return Moment(arrivals=1, polls=dice.randint(1, REPOSITORIES + 2), pause=dice.random() * 0.03)


def starting(dice: random.Random) -> Moment:
    """A moment before anything may have happened, or as feeds and lanes have just been claimed."""
    return dice.choice((Moment(pause=dice.random()), Moment(begun=1, pause=dice.random() * 0.03)))


MOMENTS = (starting, *(polling,) * 3, *(sending,) * 6)


def course(kills: int, dice: random.Random) -> list[tuple[Moment, str]]:
    """When lives end and how, in any order; for ten that are killed one is stopped."""
    ends = [(MOMENTS[kill % len(MOMENTS)](dice), "kill") for kill in range(kills)]
    ends += [(dice.choice((polling, sending))(dice), "stop") for _ in range(kills // 10)]
    dice.shuffle(ends)
    return ends


class Town:
    """What relays live in, one after the other on the same database. `program` is what is started, `before` is done then."""

    def __init__(self, folder: Path, sink: Server, ledger: Ledger, forge: Repositories, dice: random.Random) -> None:
        self.folder, self.dice, self.lost_frames = folder, dice, 0
        self._sink, self._ledger, self._forge = sink, ledger, forge
        self.program: tuple[str, ...] = ("relay", "run")
        self.database = "relay.db"
        self.before: Callable[[], None] = lambda: None

    def _started(self) -> Running:
        """The program, started as people do it in a long campaign, else less the start of Python."""
        module, *arguments = self.program
        kind = Process if BY_HAND else Forked
        return kind(self.folder, *arguments, module=module, RELAY_DATABASE=self.database)

    @property
    def judgement(self) -> Judgement:
        """What came of all that happened so far."""
        ledger = self._ledger
        return Judgement(dict(self._forge.happened), tuple(ledger.arrived), tuple(ledger.lives))

    @property
    def arrived(self) -> int:
        """How many events have arrived."""
        return len(self._ledger.numbers)

    def happens(self, events: int) -> None:
        """So many more events, here and there."""
        for _ in range(events):
            self._forge.grow(self.dice.randrange(REPOSITORIES), 1)

    def _waiting(self) -> int:
        return len(self._forge.happened) - self.arrived

    @contextmanager
    def life(self, end: str) -> Iterator[Running]:
        """A relay that runs, until it is stopped or else killed at the end of the block."""
        self.before()
        began_at = time.monotonic()
        with self._started() as relay:
            yield relay
            number = signal.SIGTERM if end == "stop" else signal.SIGKILL
            assert (0 if end == "stop" else -number) == relay.stop(number), relay.said
        self._sink.wait_until_left()
        with (self.folder / "lives.txt").open("a", encoding="utf-8") as told:
            told.write(f"life {len(self._ledger.lives)}: {end}\n{relay.said}")
        self._ledger.lives.append(Life(began_at, end))

    def lives(self, moment: Moment, end: str) -> None:
        """A life that ends then, with more and more to tell."""
        self.happens(BACKLOG - self._waiting())
        self._forge.more = lambda: self.dice.randint(0, 4) if self._waiting() < BACKLOG else 0
        wanted = (moment.arrivals, moment.begun, moment.polls)
        goals = [so_far + more for so_far, more in zip(self._progress(), wanted, strict=True)]
        with self.life(end) as relay:
            relay.wait_for(lambda: all(so_far >= goal for so_far, goal in zip(self._progress(), goals, strict=True)))
            time.sleep(moment.pause)
        if end == "rollback":
            self.lost_frames += cut(self.folder / self.database, self.dice)

    def _progress(self) -> tuple[int, int, int]:
        """How many webhooks arrived, polls were begun, and polls were answered."""
        return len(self._ledger.arrived), self._forge.begun, self._forge.answered

    def ends(self) -> None:
        """A last life, in which one more event for each lane and everything before it arrives, if it ever will."""
        self._forge.more = lambda: 0
        self.happens(LANES)
        with self.life("stop") as relay:
            relay.wait_for(self._is_quiet)

    def survives(self, kills: int) -> None:
        """So many kills, and whether nothing came of them but what may, printed for a reader of a long campaign."""
        for moment, end in course(kills, self.dice):
            self.lives(moment, end)
        self.ends()
        found = self.judgement
        print(found)  # noqa: T201
        assert [] == found.complaints()
        assert 0 < found.repeats <= found.kills * LANES
        assert found.hits >= 0.8 * found.kills

    def _is_quiet(self) -> bool:
        """Whether every repository was asked three times since something arrived."""
        return min(times[0] for times in self._forge.asked) > self._ledger.arrived[-1].at


@contextmanager
def town(folder: Path, seed: int) -> Iterator[Town]:
    """A town on a database of its own, as the seed has it."""
    dice = random.Random(seed)
    ledger, repositories = Ledger(), Repositories(dice)
    with Server(repositories) as forge, Server(ledger) as sink:
        (folder / "rules.yaml").write_text(rules(forge, sink), encoding="utf-8")
        yield Town(folder, sink, ledger, repositories, dice)


def cut(database: Path, dice: random.Random) -> int:
    """Lose a part of what was not synced: any number of the log's frames that are in no checkpoint yet; how many."""
    log, index = (database.with_name(f"{database.name}-{beside}") for beside in ("wal", "shm"))
    (written,) = struct.unpack_from("=I", index.read_bytes(), 16)
    (synced,) = struct.unpack_from("=I", index.read_bytes(), 96)
    kept = dice.randint(synced, written)
    torn = dice.randbytes(FRAME // 2)
    log.write_bytes(log.read_bytes()[: HEADER + kept * FRAME] + torn)
    index.unlink()
    return written - kept
