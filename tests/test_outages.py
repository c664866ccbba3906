"""Destinations that are away for days: everything arrives afterwards, in order and paced, and nobody else notices."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from relay.demo.slack import FakeSlack, Posted
from tests.servers import AppServer, Reply, Request, Server
from tests.stage import Stage
from tests.test_service import Forge, commit

FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
CHANGES = 23
"""One every three hours, until Monday evening."""


def rules(forge: Server, slack: AppServer, sink: Server) -> str:
    """Every change goes to a service that is down, to a Slack whose token is revoked, and to a service that is well."""
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [acme/site], start: all}}
destinations:
  down: {{kind: webhook, url: "{sink.url}/down"}}
  chat: {{kind: slack, token: xoxb-ours, channel: C0DEMO, url: "{slack.url}/api/"}}
  well: {{kind: webhook, url: "{sink.url}/well"}}
rules:
  commit: [down, chat, well]
"""


@dataclass
class Weekend:
    """What happened when, and what arrived where and when: the number of the change, and relay's clock."""

    slack: FakeSlack = field(default_factory=lambda: FakeSlack(token="xoxb-revoked"))
    listed: Forge = field(default_factory=lambda: Forge([]))
    outage: bool = True
    happened: list[tuple[int, datetime]] = field(default_factory=list)
    arrived: dict[str, list[tuple[int, datetime]]] = field(default_factory=dict)
    stage: Stage | None = None

    def take(self, request: Request) -> Reply:
        """What the two services answer."""
        if request.path == "/down" and self.outage:
            return Reply(503)
        self.arrive(request.path, request.json()["data"]["title"])
        return Reply(204)

    def post(self, message: Posted) -> None:
        """What the channel shows."""
        self.arrive("slack", message.text.partition(" (")[0])

    def arrive(self, place: str, text: str) -> None:
        assert self.stage
        self.arrived.setdefault(place, []).append((int(text.rpartition(" ")[2]), self.stage.clock.now()))

    def numbers(self, place: str) -> list[int]:
        return [number for number, _ in self.arrived.get(place, [])]

    def pass_by(self, stage: Stage) -> None:
        """Three days, with everything broken that will break."""
        for number in range(CHANGES):
            stage.clock.move(hours=3)
            self.listed.events.insert(0, commit(f"{number:012x}", text=f"change {number}"))
            self.happened.append((number, stage.clock.now()))
            stage.once()

    def mend(self) -> None:
        """The service is up again, and the token is valid."""
        self.outage, self.slack.token = False, "xoxb-ours"


@contextmanager
def weekend(folder: Path) -> Iterator[tuple[Weekend, Stage]]:
    """A weekend from Friday evening on, at whose end everything is mended."""
    world = Weekend()
    world.slack.listen = world.post
    with Server(world.listed) as forge, AppServer(world.slack.app) as api, Server(world.take) as sink:
        world.stage = stage = Stage(folder, rules(forge, api, sink))
        stage.clock.at = FRIDAY
        world.pass_by(stage)
        yield world, stage


def test_three_days_down_and_a_weekend_blocked(tmp_path: Path) -> None:
    """All that waited arrives once it can, in order; the channel gets a message a second; the third saw no delay at all."""
    with weekend(tmp_path) as (world, stage):
        assert ([], []) == (world.numbers("/down"), world.numbers("slack"))
        world.mend()
        stage.once(hours=1)
        assert [list(range(CHANGES))] * 2 == [world.numbers("/down"), world.numbers("slack")]
        posted = [at for _, at in world.arrived["slack"]]
        assert all((later - sooner).total_seconds() >= 1 for sooner, later in pairwise(posted))
        assert world.happened == world.arrived["/well"]
        assert {"sent"} == {delivery.state for delivery in stage.deliveries(most=3 * CHANGES)}
