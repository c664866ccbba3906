"""Several real workers on one real PostgreSQL: one is killed, one is stopped and goes on, the server is restarted."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import created, own_postgres
from tests.processes import Forked, wait_for
from tests.servers import Reply, Request, Server
from tests.stage import Stage
from tests.test_service import Forge, commit
from tests.town import rules

EVENTS = int(os.environ.get("RELAY_TEST_EVENTS", "600"))
LANES = 50
FEEDS = 10
LEASE_FOR = 3.0
PATIENCE = 60.0 + EVENTS / 50


class Repositories:
    """A forge of ten repositories, whose lists grow; the number in an event's title is that of its lane."""

    def __init__(self) -> None:
        self.lists: list[list[dict[str, Any]]] = [[] for _ in range(FEEDS)]
        self.number = 0

    def grow(self, events: int) -> None:
        """So many more events, dealt out to the repositories."""
        for _ in range(events):
            self.lists[self.number % FEEDS].insert(
                0, commit(f"{self.number:012x}", text=f"change {self.number % LANES}")
            )
            self.number += 1

    def __call__(self, request: Request) -> Reply:
        start, limit = int(request.query.get("start", 0)), int(request.query.get("limit", 25))
        events = self.lists[int(request.path.split("/")[-3].removeprefix("r"))]
        return Reply(body={"count": len(events), "events": events[start : start + min(limit, 50)]})


class Ledger:
    """A receiver that takes 20 ms, and remembers what began to arrive: lane, delivery id, number of the event.

    Each worker has an address of its own to send to; `sending` is what is not answered of each.
    """

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str, int]] = []
        self.sending: Counter[int] = Counter()

    def receive(self, worker: int, request: Request) -> Reply:
        node = request.json()["data"]["commits"][0]["hash"]
        self.arrived.append((request.path, request.headers["webhook-id"], int(node, 16)))
        self.sending[worker] += 1
        time.sleep(0.02)
        self.sending[worker] -= 1
        return Reply(204)

    @property
    def first(self) -> dict[int, str]:
        """The events in the order in which they arrived first, with their lanes."""
        first: dict[int, str] = {}
        for lane, _, number in list(self.arrived):
            first.setdefault(number, lane)
        return first

    @property
    def repeats(self) -> int:
        """How many webhooks were sent again."""
        return len(self.arrived) - len(self.first)

    @property
    def out_of_order(self) -> int:
        """How many events arrived first after a later one of their lane."""
        last: Counter[str] = Counter()
        late = 0
        for number, lane in self.first.items():
            late += number < last[lane]
            last[lane] = max(number, last[lane])
        return late


class Fleet:
    """Three workers on one database, the forge that they poll, and the ledger of what arrived."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self.forge, self.ledger, self._database = Repositories(), Ledger(), database
        forge = stack.enter_context(Server(self.forge))
        self.workers = [stack.enter_context(self._worker(number, folder, forge, stack)) for number in range(3)]

    def _worker(self, number: int, folder: Path, forge: Server, stack: ExitStack) -> Forked:
        """A worker in a folder of its own, whose webhooks are told from those of the others."""
        own = folder / f"worker{number}"
        own.mkdir()
        sink = stack.enter_context(Server(partial(self.ledger.receive, number)))
        (own / "rules.yaml").write_text(rules(forge, sink, FEEDS, LANES), encoding="utf-8")
        return Forked(own, str(LEASE_FOR), self._database, module="tests.worker")

    def sending(self) -> Forked:
        """A worker that has a send in flight."""
        wait_for(lambda: any(self.ledger.sending.values()), PATIENCE)
        return self.workers[max(self.ledger.sending, key=self.ledger.sending.__getitem__)]

    def deliver(self, share: float) -> None:
        """Return once this share of all events has arrived."""
        wait_for(lambda: len(self.ledger.first) >= share * EVENTS, PATIENCE)

    def grow(self, share: float) -> None:
        """Let this share of all events happen in all."""
        self.forge.grow(round(share * EVENTS) - self.forge.number)

    def attempts(self) -> list[int]:
        """How many attempts each delivery has that was tried."""
        with psycopg.connect(self._database) as connection:
            return [row[0] for row in connection.execute("select count(*) from attempt group by delivery")]

    def check(self, disturbed: int) -> str:
        """Nothing was lost or told out of order, and repeated was at most one in each lane for each disturbance."""
        lost, ledger = EVENTS - len(self.ledger.first), self.ledger
        found = f"events {EVENTS}, lost {lost}, out of order {ledger.out_of_order}, repeats {ledger.repeats}"
        assert (0, 0) == (lost, ledger.out_of_order), found
        assert len({id for _, id, _ in ledger.arrived}) == EVENTS, "repeated under another id"
        assert ledger.repeats <= disturbed * LANES, found
        return found


@pytest.fixture
def fleet(tmp_path: Path, postgres: str) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(tmp_path, created(postgres), stack)


@pytest.mark.long
def test_one_is_killed_and_one_is_stopped(fleet: Fleet) -> None:
    """The others go on with what the two had, and the one that was only slow settles nothing that it lost."""
    fleet.grow(1 / 3)
    fleet.deliver(1 / 9)
    fleet.sending().stop(signal.SIGKILL)
    fleet.grow(2 / 3)
    fleet.deliver(4 / 9)
    stopped = fleet.sending()
    stopped.send(signal.SIGSTOP)
    fleet.deliver(2 / 3)
    stopped.send(signal.SIGCONT)
    fleet.grow(1)
    fleet.deliver(1)
    assert 0 == stopped.stop()
    print(fleet.check(disturbed=2))  # noqa: T201 - what a reader of a long campaign wants
    assert {1} == set(fleet.attempts())


@pytest.mark.long
def test_the_server_is_restarted(tmp_path: Path) -> None:
    """While it is away the workers wait with what they have in hand, and then go on."""
    with own_postgres() as server, ExitStack() as stack:
        fleet = Fleet(tmp_path, created(server.get_uri()), stack)
        fleet.grow(1 / 2)
        fleet.deliver(1 / 4)
        fleet.sending()
        server.stop()
        fleet.workers[0].wait_until_told("the database could not be written")
        server.start()
        fleet.grow(1)
        fleet.deliver(1)
        assert [0, 0, 0] == [worker.stop() for worker in fleet.workers]
        fleet.check(disturbed=1)


def test_each_does_what_its_own_file_names(tmp_path: Path, postgres: str) -> None:
    """Two workers with different files, in turn: each polls its sources and sends to its destinations, and no others."""
    database, arrived = created(postgres), []
    with Server(Forge([commit("a" * 12)])) as forge, Server(lambda it: arrived.append(it.path) or Reply()) as sink:
        stages = [staged(tmp_path / name, name, forge, sink, database) for name in ("one", "two")]
        for _ in range(2):
            assert all(stage.once(minutes=5) for stage in stages)
        forge.respond = Forge([commit("b" * 12), commit("a" * 12)])
        assert all(stage.once(minutes=5) for stage in stages)
    assert ["/one", "/two"] * 2 == arrived


def staged(folder: Path, name: str, forge: Server, sink: Server, database: str) -> Stage:
    """A relay whose file names one source and one destination, both its own."""
    folder.mkdir()
    stage = Stage(folder, own_rules(name, forge, sink))
    stage.database = database
    return stage


def own_rules(name: str, forge: Server, sink: Server) -> str:
    return f"""
sources:
  {name}: {{kind: bitbucket-v1, url: "{forge.url}/1.0", repositories: [acme/{name}], start: all}}
destinations:
  to-{name}: {{kind: webhook, url: "{sink.url}/{name}"}}
rules:
  commit: to-{name}
"""
