"""What is told together, end to end: digests, groups, limits, quiet hours and late news, by a clock that is moved."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from relay.service import Service
from tests.destinations.mail_server import MailServer
from tests.servers import Reply, Server
from tests.stage import Stage
from tests.test_service import Forge, commit

OLD = commit("0" * 12)


def rules(forge: Server, destination: str, route: str = "to: there") -> str:
    """Everything by one route to one destination; the stage begins on Sunday the 22nd, 13:00 in Berlin."""
    return f"""
timezone: Europe/Berlin
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [jespern/django-piston]}}
destinations:
  there: {{{destination}}}
rules:
  "*, commit": {{{route}}}
"""


def comment(text: str, node: str = "c" * 12) -> dict[str, Any]:
    """A comment on a commit, which is a thing that others can be about too."""
    return commit(node, text=text) | {"event": "cset_comment_created"}


@dataclass
class Day:
    """A forge, a webhook, and the relay between them; `told` is what each message said since it was last asked."""

    listed: list[dict[str, Any]]
    sink: Server
    stage: Stage
    heard: int = 0

    def happens(self, *events: dict[str, Any], **moved: float) -> list[Any]:
        """After a span of time, things happen and relay looks; what it tells."""
        self.listed[:0] = reversed(events)
        assert self.stage.once(**moved)
        new = [request.json() for request in self.sink.requests[self.heard :]]
        self.heard += len(new)
        return [said(body) for body in new]


def said(body: Any) -> Any:
    """The title of an event or, of a bundle, why it is one and its titles."""
    if body["type"] != "bundle":
        return title(body["data"])
    return body["data"]["why"], [title(event) for event in body["data"]["events"]]


def title(event: Any) -> str:
    return event["title"] or event["comment"]["text"]


@contextmanager
def day(folder: Path, settings: str = "", route: str = "to: there") -> Iterator[Day]:
    """A day at noon, with a past that nobody is told."""
    listed = Forge([OLD])
    with Server(listed) as forge, Server(lambda _: Reply(204)) as sink:
        stage = Stage(folder, rules(forge, f'kind: webhook, url: "{sink.url}"{settings}', route))
        begun = Day(listed.events, sink, stage)
        assert [] == begun.happens()
        yield begun


def changes(*numbers: int) -> list[dict[str, Any]]:
    return [commit(f"{number:012x}", text=f"change {number}") for number in numbers]


async def mailed(folder: Path, forge: Server, listed: list[dict[str, Any]]) -> list[list[EmailMessage]]:
    """The mails of each moment: news on Sunday afternoon, a minute before the digest, a minute after, each next day."""
    async with MailServer() as server:
        smtp = f'kind: email, smtp: "smtp://127.0.0.1:{server.port}", from: relay@example.org, to: leads@example.org'
        stage = Stage(folder, rules(forge, smtp, 'to: there, digest: {at: "08:30", on: mon-fri}'))
        mails = []
        for news, hours in (([], 0), (changes(1, 2), 1), (changes(3), 2), ([], 16.49), ([], 0.02), ([], 24), ([], 24)):
            listed[:0] = reversed(news)
            stage.clock.move(hours=hours)
            async with Service.open(stage.setup) as service:
                assert await service.once()
            mails.append(server.parsed())
            server.mails.clear()
        return mails


def test_a_digest_by_mail(tmp_path: Path) -> None:
    """Three events are one mail at half past eight on Monday, with none before and none on a day without events."""
    listed = Forge([OLD])
    with Server(listed) as forge:
        mails = asyncio.run(mailed(tmp_path, forge, listed.events))
    assert [0, 0, 0, 0, 1, 0, 0] == list(map(len, mails))
    (mail,) = mails[4]
    assert "Repository digest, Mon 23 Nov 2026: 3 updates in jespern/django-piston" == mail["subject"]
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]


def test_a_digest_waits_over_the_weekend(tmp_path: Path) -> None:
    """What happens after Friday's digest is told on Monday, once, and the next ones in their turn."""
    with day(tmp_path, ', digest: {at: "08:30", on: mon-fri}') as monday:
        assert [] == monday.happens(*changes(1), days=5, hours=-4)  # Friday, 09:00
        assert [[], [], []] == [
            monday.happens(hours=23),
            monday.happens(hours=23),
            monday.happens(*changes(2), hours=23),
        ]
        assert [("digest", ["change 1", "change 2"])] == monday.happens(hours=3)
        assert [] == monday.happens(*changes(3), hours=1)
        assert [("digest", ["change 3"])] == monday.happens(hours=23)


def test_a_large_digest_comes_in_parts(tmp_path: Path) -> None:
    """A webhook takes 100 events at once, and the rest follows in order."""
    with day(tmp_path, ', digest: {at: "14:00"}') as sunday:
        sunday.happens(*changes(*range(230)))
        told = sunday.happens(hours=1, minutes=1)
    assert [100, 100, 30] == [len(titles) for _, titles in told]
    assert [f"change {number}" for number in range(230)] == [title for _, titles in told for title in titles]


def test_a_group(tmp_path: Path) -> None:
    """What happens to one thing within ten minutes is told together, other things beside it, and later things anew."""
    with day(tmp_path, route="to: there, group: 10m") as noon:
        assert [] == noon.happens(comment("a"), comment("x", "d" * 12))
        assert [] == noon.happens(comment("b"), minutes=9)
        assert [("group", ["a", "b"]), ("group", ["x"])] == noon.happens(minutes=2)
        assert [] == noon.happens(comment("c"), minutes=1)
        assert [("group", ["c"])] == noon.happens(minutes=11)


def test_a_limit(tmp_path: Path) -> None:
    """Beyond three in an hour all is told together at its end, and the next hour counts anew."""
    with day(tmp_path, ", limit: 3/1h") as noon:
        assert ["change 1", "change 2"] == noon.happens(*changes(1, 2), minutes=1)
        assert ["change 3"] == noon.happens(*changes(3, 4, 5), minutes=20)
        assert [] == noon.happens(*changes(6), minutes=38)
        assert [("limit", ["change 4", "change 5", "change 6"])] == noon.happens(minutes=1)
        assert ["change 7"] == noon.happens(*changes(7), minutes=1)


def test_quiet_hours(tmp_path: Path) -> None:
    """What happens in the night is told together in the morning; what is urgent at once."""
    with day(tmp_path, ', quiet: {from: "22:00", to: "07:00"}') as night:
        assert ["change 1"] == night.happens(*changes(1), hours=8)
        assert [] == night.happens(*changes(2), hours=2)
        assert [] == night.happens(*changes(3), hours=7)
        assert [("quiet", ["change 2", "change 3"])] == night.happens(hours=1, minutes=1)
        assert ["change 4"] == night.happens(*changes(4), minutes=1)
    (tmp_path / "urgent").mkdir()
    with day(tmp_path / "urgent", ', quiet: {from: "12:00", to: "23:00"}', "to: there, urgent: true") as noon:
        assert ["change 1"] == noon.happens(*changes(1))


def test_late_news_waits_for_the_morning(tmp_path: Path) -> None:
    """What relay was too long away to tell goes out as one message, and keeps the quiet hours like all."""
    with day(tmp_path, ', quiet: {from: "22:00", to: "07:00"}') as back:
        old = [commit(letter * 12, "2026-11-23 10:00:00+00:00", f"old {letter}") for letter in "ab"]
        fresh = commit("f" * 12, "2026-11-25 21:00:00+00:00", "fresh")
        assert [] == back.happens(*old, fresh, days=3, hours=10)  # Wednesday, 23:00
        assert [("late", ["old a", "old b"]), ("quiet", ["fresh"])] == back.happens(hours=8, minutes=1)
