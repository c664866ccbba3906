"""Notices: what goes wrong is told once, elsewhere, with its number and what repairs it; over sockets, on a database."""

import asyncio
import shutil
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from relay.demo.slack import FakeSlack
from relay.service import Service
from tests.conftest import Databases
from tests.destinations.mail_server import MailServer
from tests.servers import AppServer, Reply, Server
from tests.stage import Stage
from tests.test_service import Forge, commit

THREE = [commit(letter * 12, text=f"change {letter}") for letter in "cba"]


def rules(forge: Server, sink: Server, ops: str, more: str = "") -> str:
    """Commits to a webhook; what goes wrong to another, which keeps a path of its own."""
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [acme/site], start: all}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}/lake"}}
  ops: {{kind: webhook, url: "{ops}/ops"}}
  {more}
rules:
  commit: lake
on_gap: ops
on_failure: [ops, lake]
"""


def notices(ops: Server) -> list[dict[str, Any]]:
    """The data of every notice that arrived."""
    bodies = [request.json() for request in ops.requests if request.path == "/ops"]
    return [body["data"] for body in bodies if body["type"] == "notice"]


def staged(tmp_path: Path, forge: Server, sink: Server, ops: Server) -> Stage:
    return Stage(tmp_path, rules(forge, sink, ops.url))


def test_a_gap_is_told_once(tmp_path: Path) -> None:
    """A window that scrolled past makes one notice, with the feed and the stretch that was not seen."""
    pages = Forge([commit(f"{number:012}") for number in range(60)])
    with Server(pages) as forge, Server() as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.once()
        pages.events = [commit(f"{number:012}") for number in range(900, 1200)]
        stage.once(hours=1)
        stage.once(minutes=2)
        [notice] = notices(ops)
    assert ("gap", "old repositories/acme/site", None) == (notice["kind"], notice["feed"], notice["missed"])
    assert ("2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z") == (notice["since"], notice["until"])
    assert "`relay check` says what that costs." in notice["text"]


def test_a_blocked_destination_is_told_once(tmp_path: Path) -> None:
    """One notice when a destination wants a human, however often it is probed; with what waits there."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        for _ in range(5):
            stage.once(hours=1, minutes=2)
        [notice] = notices(ops)
        assert 5 == len(sink.requests)
    assert ("blocked", "lake", 3) == (notice["kind"], notice["destination"], notice["missed"])
    assert notice["text"].startswith("lake is blocked. http://127.0.0.1:")
    assert "`relay check --online`" in notice["text"]


def test_a_block_that_was_mended_at_once_is_not_told(tmp_path: Path) -> None:
    """What works again before the notice leaves is told to nobody; the notice says why it was not sent."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.write(rules(forge, sink, ops.url).replace('/ops"}', '/ops", quiet: {from: "10:00", to: "15:00"}}'))
        stage.once()
        sink.respond = lambda _: Reply(200)
        stage.once(hours=2)
        stage.once(hours=2)
        assert [] == notices(ops)
        [notice] = [found for found in stage.deliveries() if found.notice]
    assert ("withdrawn", "what it was about had ended before it was sent") == (notice.state, notice.reason)


def test_an_outage_is_told_after_an_hour(tmp_path: Path) -> None:
    """A destination that does not answer is told when it has not for an hour, and once."""
    told = []
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(503)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        for _ in range(5):
            stage.once(minutes=40)
            told.append(len(notices(ops)))
        [notice] = notices(ops)
    assert [0, 0, 0, 1, 1] == told
    assert ("down", "lake", 3) == (notice["kind"], notice["destination"], notice["missed"])
    assert "2026-11-22T12:40:00Z" == notice["since"]


def test_what_died_is_told_together(tmp_path: Path) -> None:
    """Deliveries that were refused one after the other are one notice with their number and the command."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(404)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.once()
        stage.once(minutes=2)
        [notice] = notices(ops)
    assert ("dead", 3) == (notice["kind"], notice["missed"])
    assert notice["text"].startswith("3 deliveries to lake died. ")
    assert "`relay redeliver --dead` sends them again." in notice["text"]


def test_a_single_death_names_its_delivery(tmp_path: Path) -> None:
    """The command for one delivery can be copied as it stands."""
    with Server(Forge(THREE[:1])) as forge, Server(lambda _: Reply(410)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.once()
        stage.once(minutes=2)
        [dead] = stage.deliveries(dead=True)
        assert f"`relay redeliver {dead.id}` sends it again." in notices(ops)[0]["text"]


def test_a_long_outage_tells_what_it_cost(tmp_path: Path) -> None:
    """After a week what was given up is one notice with its number, and what dies after that is told once a day."""
    pages = Forge(THREE)
    with Server(pages) as forge, Server(lambda _: Reply(503)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.once()
        for half in range(18):
            pages.events = [commit(f"{half:012}"), *pages.events]
            stage.once(hours=12)
        told = [(notice["kind"], notice["missed"]) for notice in notices(ops)]
    assert [("down", 4), ("dead", 3), ("dead", 2)] == told


def test_new_deaths_are_told_the_next_day(tmp_path: Path) -> None:
    """Deaths that go on make a notice a day, which counts those since the last."""
    pages = Forge(THREE)
    with Server(pages) as forge, Server(lambda _: Reply(404)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.once()
        for quarter in range(1, 7):
            pages.events = [commit(f"{quarter:012}"), *pages.events]
            stage.once(hours=6)
        assert [3, 4] == [notice["missed"] for notice in notices(ops)]


def test_nobody_is_told_of_himself(tmp_path: Path) -> None:
    """A notice never goes to the destination that it is about."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.once()
        stage.once(minutes=2)
        to = [found.destination for found in stage.deliveries() if found.why == "notice"]
    assert ["ops"] == to


def test_a_notice_that_dies_makes_none(tmp_path: Path) -> None:
    """Two destinations that refuse everything do not tell each other of it for ever."""
    no = lambda _: Reply(404)  # noqa: E731 - the same for both
    with Server(Forge(THREE)) as forge, Server(no) as sink, Server(no) as ops:
        stage = staged(tmp_path, forge, sink, ops)
        for _ in range(5):
            stage.once(days=2)
        found = [(one.destination, one.state) for one in stage.deliveries() if one.why == "notice"]
    assert [("ops", "dead")] == found


def test_a_feed_that_is_denied_is_told_at_once(tmp_path: Path) -> None:
    """A feed whose token was revoked needs a human, and is told once."""
    with Server(lambda _: Reply(401)) as forge, Server() as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        for _ in range(3):
            stage.once(minutes=70)
        [notice] = notices(ops)
    assert ("failing", "old repositories/acme/site") == (notice["kind"], notice["feed"])
    assert "old repositories/acme/site cannot be read" in notice["text"]


def test_a_feed_that_fails_is_told_after_an_hour_and_again(tmp_path: Path) -> None:
    """A forge that is away is told once an hour has passed, and the next time that happens."""
    pages = Forge(THREE)
    with Server(lambda _: Reply(503)) as forge, Server() as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        told = []
        for answer in (None, None, None, None, pages, None, None, None, None):
            forge.respond = answer or (lambda _: Reply(503))
            stage.once(minutes=45)
            told.append(len(notices(ops)))
    assert [0, 0, 0, 1, 1, 1, 1, 1, 2] == told


def test_what_has_one_cause_is_told_together(tmp_path: Path) -> None:
    """A revoked token blocks both channels at once, and makes one notice that names them."""
    slack = FakeSlack(token="xoxb-renewed")
    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api, Server() as ops:
        channel = f'{{kind: slack, token: xoxb-revoked, url: "{api.url}/api/", channel: '
        more = f"dev: {channel}C0DEMO}}\n  team: {channel}C0TEAM}}"
        text = rules(forge, ops, ops.url, more).replace("commit: lake", "commit: [dev, team]")
        stage = Stage(tmp_path, text)
        stage.once()
        stage.once(minutes=2)
        [notice] = notices(ops)
    assert notice["text"].startswith("2 destinations are blocked. dev, team. Slack answered invalid_auth;")
    assert 6 == notice["missed"]


def test_the_same_incident_has_the_same_id(tmp_path: Path) -> None:
    """A database that was rolled back tells what it sees again under the old id."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        forge.respond = Forge([])
        stage.once()
        shutil.copy(stage.database, tmp_path / "before.db")
        forge.respond = Forge(THREE)
        for _ in range(2):
            stage.once(minutes=10)
            stage.once(minutes=2)
            shutil.copy(tmp_path / "before.db", stage.database)
        ids = [request.headers["webhook-id"] for request in ops.requests]
    assert (2, 1) == (len(ids), len(set(ids)))


def test_a_notice_is_not_sent_in_quiet_hours(tmp_path: Path) -> None:
    """Who wants quiet at night hears of it in the morning."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, Server() as ops:
        text = rules(forge, sink, ops.url).replace('/ops"}', '/ops", quiet: {from: "10:00", to: "15:00"}}')
        stage = Stage(tmp_path, text)
        stage.once()
        stage.once(minutes=2)
        assert [] == notices(ops)
        stage.once(hours=3)
        assert 1 == len(notices(ops))


def test_slack_is_told_in_its_own_form(tmp_path: Path) -> None:
    """A channel gets the headline in bold and the command as code."""
    slack = FakeSlack()
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, AppServer(slack.app) as api:
        text = rules(forge, sink, "http://127.0.0.1:1")
        chat = f'ops: {{kind: slack, token: xoxb-demo, channel: C0DEMO, url: "{api.url}/api/"}}'
        stage = Stage(tmp_path, text.replace('ops: {kind: webhook, url: "http://127.0.0.1:1/ops"}', chat))
        stage.once()
        stage.once(minutes=2)
    [message] = slack.messages
    assert message.text.startswith("lake is blocked. http://127.0.0.1:")
    assert str(message.blocks[0]).count("*lake is blocked*") == 1
    assert "`relay check --online`" in str(message.blocks[1])


def test_a_mail_tells_of_trouble(tmp_path: Path) -> None:
    """A mailbox gets the headline as the subject, and the command in a line of its own."""

    async def act() -> EmailMessage:
        async with MailServer() as mails:
            told = (
                f'ops: {{kind: email, smtp: "smtp://127.0.0.1:{mails.port}", from: r@example.org, to: [a@example.org]}}'
            )
            stage = Stage(tmp_path, rules(forge, sink, "").replace('ops: {kind: webhook, url: "/ops"}', told))
            async with Service.open(stage.setup) as service:
                await service.once()
                stage.clock.move(minutes=2)
                await service.once()
            [mail] = mails.parsed()
            return mail

    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(404)) as sink:
        mail = asyncio.run(act())
    text = mail.get_body(("plain",))
    assert "3 deliveries to lake died" == mail["subject"]
    assert text is not None
    assert "  relay redeliver --dead" in text.get_content().splitlines()


def test_a_block_is_told_from_either_database(databases: Databases, tmp_path: Path) -> None:
    """On SQLite and on PostgreSQL a blocked lane makes one notice, whichever run sees it."""
    with Server(Forge(THREE)) as forge, Server(lambda _: Reply(401)) as sink, Server() as ops:
        stage = staged(tmp_path, forge, sink, ops)
        stage.database = databases()
        for minutes in (1, 2, 70, 2):
            stage.once(minutes=minutes)
        assert ["blocked"] == [notice["kind"] for notice in notices(ops)]
