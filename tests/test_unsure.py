"""What may have arrived: a connection lost after the request was written, and a relay killed in the middle of a send."""

import asyncio
import signal
from pathlib import Path

from relay.demo.slack import FakeSlack, Posted
from relay.service import Service
from tests.destinations.mail_server import MailServer
from tests.processes import Forked
from tests.servers import AppServer, Reply, Server
from tests.stage import Stage
from tests.test_service import Forge
from tests.test_trouble import THREE, changes, rules


def test_a_lost_answer_of_slack_repeats_nothing(tmp_path: Path) -> None:
    """After the connection broke, each message stands in the channel once, in order, over restarts."""
    slack = FakeSlack()
    slack.losses = 2
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        for _ in range(4):
            stage.once(minutes=2)
        assert ["a", "b", "c"] == changes(slack)
        assert {"sent"} == {delivery.state for delivery in stage.deliveries()}


def test_the_record_says_what_was_found(tmp_path: Path) -> None:
    """Of a message that was looked up the attempts tell both: that it was unsure, and where it is."""
    slack = FakeSlack()
    slack.losses = 1
    with Server(Forge(THREE[2:])) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        stage.once()
        stage.once(minutes=2)
        (delivery,) = stage.deliveries()
    assert ["ambiguous", "sent"] == [attempt.outcome for attempt in delivery.attempts]
    assert f"C0DEMO {slack.messages[0].ts}, found there" == delivery.attempts[1].detail


def test_what_slack_does_not_let_be_looked_up_comes_twice(tmp_path: Path) -> None:
    """Without the scope nothing is lost, and the repeat carries the same delivery."""
    slack = FakeSlack()
    slack.losses, slack.scopes = 1, ("chat:write",)
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        for _ in range(3):
            stage.once(minutes=2)
        assert ["a", "a", "b", "c"] == changes(slack)
        first, second = slack.messages[:2]
        assert first.body["metadata"] == second.body["metadata"]


def two_channels(forge: Server, slack: AppServer) -> str:
    """The same commits to two channels of one Slack, by one token."""
    more = f'  ops: {{kind: slack, token: xoxb-demo, channel: C0OPS, url: "{slack.url}/api/"}}\nrules:'
    return rules(forge, slack).replace("rules:", more).replace("[dev]", "[dev, ops]")


def test_a_look_that_slack_puts_off_stops_no_other_lane(tmp_path: Path) -> None:
    """The limit of looking up is not that of posting: the unsure lane waits, and the other channel is told everything."""
    slack = FakeSlack(channels=("C0DEMO", "C0OPS"))
    slack.losses, slack.looks = 1, 0
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, two_channels(forge, api))
        stage.once()
        stage.once(seconds=10)
        assert 4 == len(slack.messages)
        slack.looks = 50
        for _ in range(2):
            stage.once(hours=1)
    assert 6 == len(slack.messages) == len({(message.channel, message.text) for message in slack.messages})


def test_a_webhook_whose_connection_is_reset_gets_it_again(tmp_path: Path) -> None:
    """The request was read and not answered: it comes again, with the same id and body, before the next."""
    faults = iter(["reset", "reset"])
    slack = FakeSlack()
    with (
        Server(Forge(THREE)) as forge,
        AppServer(slack.app) as api,
        Server(lambda _: Reply(204, fault=next(faults, None))) as sink,
    ):
        stage = Stage(tmp_path, rules(forge, api, sink))
        for _ in range(4):
            stage.once(minutes=2)
        first, second, third = (request.headers["webhook-id"] for request in sink.requests[:3])
        assert (first, first) == (second, third)
        assert ["a", "a", "a", "b", "c"] == [request.json()["data"]["title"][-1] for request in sink.requests]
        assert sink.requests[0].body == sink.requests[2].body


def by_mail(forge: Server, mail: MailServer) -> str:
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [acme/site], start: all}}
destinations:
  leads: {{kind: email, smtp: "smtp://127.0.0.1:{mail.port}", from: relay@example.org, to: [ben@example.org]}}
rules: {{commit: leads}}
"""


def test_a_mail_whose_last_answer_is_lost_comes_again(tmp_path: Path) -> None:
    """The server took the mail and was gone before it said so: it comes again under the same Message-ID."""

    async def play(forge: Server) -> list[str]:
        async with MailServer({"DATA": [""]}) as mail:
            stage = Stage(tmp_path, by_mail(forge, mail))
            for _ in range(3):
                stage.clock.move(minutes=2)
                async with Service.open(stage.setup) as service:
                    await service.once()
            return [str(mail["message-id"]) for mail in mail.parsed()]

    with Server(Forge(THREE)) as forge:
        first, again, *rest = asyncio.run(play(forge))
    assert first == again
    assert 3 == len({first, *rest})


def test_a_relay_killed_in_mid_send(tmp_path: Path) -> None:
    """Slack took the message, and relay was killed before it heard so: the next start finds it there."""

    def killing(_: Posted) -> None:
        if len(slack.messages) == 1:
            relay.send(signal.SIGKILL)
            relay.end()

    slack = FakeSlack(listen=killing)
    with Server(Forge(THREE[1:])) as forge, AppServer(slack.app) as api:
        Stage(tmp_path, rules(forge, api))
        with Forked(tmp_path, "run") as relay:
            relay.wait_for(lambda: bool(slack.messages))
            relay.end()
        with Forked(tmp_path, "run") as again:
            again.wait_for(lambda: changes(slack)[-1:] == ["b"])
    assert ["a", "b"] == changes(slack)
