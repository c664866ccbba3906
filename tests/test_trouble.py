"""Destinations in trouble: what waits, what goes on, and what a human is told."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from relay.demo.slack import FakeSlack, Scripted
from relay.service import Service
from relay.store import change
from relay.store.settle import Redeliver
from tests.servers import AppServer, Reply, Request, Server
from tests.stage import Stage, until
from tests.test_service import Forge, commit

THREE = [commit(letter * 12, text=f"change {letter}") for letter in "cba"]


def rules(forge: Server, slack: AppServer, sink: Server | None = None, token: str = "xoxb-demo") -> str:
    """Commits to a Slack channel, and to a webhook where there is one."""
    lake = f'  lake: {{kind: webhook, url: "{sink.url}"}}' if sink else ""
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [acme/site], start: all}}
destinations:
  dev: {{kind: slack, token: {token}, channel: C0DEMO, url: "{slack.url}/api/"}}
{lake}
rules:
  commit: [dev{", lake" if sink else ""}]
"""


def changes(slack: FakeSlack) -> list[str]:
    """The last word of each message: which change it told."""
    return [message.text.split(" (")[0][-1] for message in slack.messages]


def test_a_retry_after_is_kept(tmp_path: Path) -> None:
    """Slack's 429 delays the message by what it asked for, and it is sent once."""
    slack = FakeSlack()
    slack.script.append(Scripted(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}))
    with Server(Forge(THREE[:1])) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        before = stage.clock.now()
        stage.once()
        assert 1 == len(slack.messages)
        assert (stage.clock.now() - before).total_seconds() >= 30


def test_a_hanging_webhook_stops_nobody_else(tmp_path: Path) -> None:
    """While one destination hangs, the others are told everything."""
    slack = FakeSlack()

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: len(slack.messages) == 3, lambda: stage.clock.move(seconds=1))
        stop.set()
        sink.stopping.set()
        await work

    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api, Server(lambda _: Reply(fault="hang")) as sink:
        stage = Stage(tmp_path, rules(forge, api, sink))
        stage.perform(act)
        assert ["a", "b", "c"] == changes(slack)
        assert 1 == len(sink.requests)


def test_a_revoked_token_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The lane is blocked and told once; after the file is corrected everything is sent, in order."""
    slack = FakeSlack(token="xoxb-renewed")
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api, token="xoxb-revoked"))
        assert not stage.once()
        stage.once(minutes=5)
        stage.once(hours=1)
        assert 1 == sum("blocked" in record.message for record in caplog.records)
        stage.write(rules(forge, api, token="xoxb-renewed"))
        assert stage.once()
        assert ["a", "b", "c"] == changes(slack)


def failing(times: int) -> Callable[[Request], Reply]:
    """A receiver that is broken so many times, then works."""
    left = iter(range(times))
    return lambda _: Reply(503 if next(left, None) is not None else 204)


def test_an_outage_keeps_the_order(tmp_path: Path) -> None:
    """What waited for a broken destination arrives in order once it works."""
    slack = FakeSlack()
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api, Server(failing(2)) as sink:
        stage = Stage(tmp_path, rules(forge, api, sink))
        for _ in range(4):
            stage.once(hours=1)
        arrived = [request.json()["data"]["title"] for request in sink.requests]
        assert ["change a", "change a", "change a", "change b", "change c"] == arrived


def changed(stage: Stage, statement: str) -> None:
    """Change the database by hand."""
    with closing(sqlite3.connect(stage.database)) as connection, connection:
        connection.execute(statement)


@contextmanager
def waiting(folder: Path) -> Iterator[tuple[Stage, Server]]:
    """Three deliveries that wait, since their receiver asked for half an hour of rest at the first."""
    answers = iter([Reply(503, "", {"retry-after": "1800"})])
    with (
        Server(Forge(THREE)) as forge,
        AppServer(FakeSlack().app) as api,
        Server(lambda _: next(answers, Reply(204))) as sink,
    ):
        stage = Stage(folder, rules(forge, api, sink))
        stage.once()
        yield stage, sink


def test_an_event_that_is_damaged_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What the database cannot tell any more is dead, told and kept; once it is mended by hand it can be sent again."""
    with waiting(tmp_path) as (stage, sink):
        changed(stage, "UPDATE event SET body = 'x' || body WHERE body LIKE '%change b%'")
        assert not stage.once(hours=1)
        assert "the database holds an event that is damaged" in caplog.text
        changed(stage, "UPDATE event SET body = substr(body, 2) WHERE body LIKE 'x%'")
        change(stage.database, Redeliver(None, stage.clock.now().timestamp()))
        assert stage.once(hours=1)
        arrived = [request.json()["data"]["title"] for request in sink.requests]
        assert ["change a", "change a", "change c", "change b"] == arrived


def test_a_delivery_without_events_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One whose events are gone from the database is dead and told; those around it arrive."""
    with waiting(tmp_path) as (stage, sink):
        gone = "SELECT seq FROM event WHERE body LIKE '%change b%'"
        changed(stage, f"DELETE FROM delivery_event WHERE event IN ({gone})")
        assert not stage.once(hours=1)
        assert "the database holds a delivery whose events are gone" in caplog.text
        arrived = [request.json()["data"]["title"] for request in sink.requests]
        assert ["change a", "change a", "change c"] == arrived


def test_one_poison_message_stops_nobody(tmp_path: Path) -> None:
    """A delivery that always fails is set aside after three tries, and the next ones pass."""

    def picky(request: Request) -> Reply:
        return Reply(503 if request.json()["data"]["title"] == "change a" else 204)

    slack = FakeSlack()
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api, Server(picky) as sink:
        stage = Stage(tmp_path, rules(forge, api, sink))
        for _ in range(6):
            stage.once(hours=1)
        arrived = [request.json()["data"]["title"] for request in sink.requests]
        assert ["change a"] * 3 + ["change b", "change c"] == arrived[:5]


def test_a_database_that_fails_for_a_while(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be written is claimed anew, and everything is told once the database works again."""
    slack = FakeSlack()

    def spoil(statement: str) -> None:
        with closing(sqlite3.connect(stage.database)) as connection:
            connection.execute(statement)

    async def act(service: Service) -> None:
        spoil("create trigger full before insert on event begin select raise(abort, 'disk is full'); end")
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: "disk is full" in caplog.text)
        spoil("drop trigger full")
        await until(lambda: len(slack.messages) == 3, lambda: stage.clock.move(seconds=1))
        stop.set()
        await work

    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        stage.perform(act)
        assert ["a", "b", "c"] == changes(slack)


def test_an_endless_limit_ends_the_run(tmp_path: Path) -> None:
    """`run --once` waits a minute in all for a destination that always asks for a little more time."""
    slack = FakeSlack()
    slack.script.extend([Scripted(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "20"})] * 10)
    with Server(Forge(THREE[:1])) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        assert not stage.once()
        assert 4 == slack.requests


def test_a_renamed_destination_rests(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is pending for a name that the file no longer has stays where it is, and troubles nobody."""
    slack = FakeSlack(token="xoxb-renewed")
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api, token="xoxb-revoked"))
        stage.once()
        stage.write(rules(forge, api, token="xoxb-renewed").replace("dev", "team"))
        assert stage.once(hours=2)
        assert ["pending"] * 3 == [found.state for found in stage.deliveries()]
        assert "defect" not in caplog.text
