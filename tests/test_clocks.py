"""Clocks that jump, sleep and change over: nothing waits for a moment that is gone, and nothing comes at once or twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from relay.service import Service
from tests.servers import Reply, Request, Server
from tests.stage import NOON, Stage, until
from tests.test_bundles import changes, day
from tests.test_service import Forge, commit

MINUTE = timedelta(minutes=1)


def rules(forge: Server, sink: Server) -> str:
    return f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [acme/site], start: all, every: 60s}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules: {{commit: lake}}
"""


def told(sink: Server) -> list[str]:
    """The changes that were told, by the last letters of their titles; together what came together."""
    return ["".join(title[-1] for title in titles(request.json())) for request in sink.requests]


def titles(body: Any) -> list[str]:
    return [event["title"] for event in body["data"].get("events", [body["data"]])]


class Running:
    """A relay that runs all the time, by a clock that is moved a second at a time until something happens."""

    def __init__(self, folder: Path, listed: Forge, forge: Server, sink: Server) -> None:
        self.stage = Stage(folder, rules(forge, sink))
        self.listed, self.forge, self.sink = listed, forge, sink

    async def tells(self, *expected: str) -> float:
        """Wait until exactly so much was told; the seconds that passed by relay's clock."""
        begun = self.stage.clock.now()
        await until(lambda: len(told(self.sink)) >= len(expected), lambda: self.stage.clock.move(seconds=1))
        assert list(expected) == told(self.sink)
        return (self.stage.clock.now() - begun).total_seconds()

    def happens(self, letter: str) -> None:
        """Something new in the forge's list."""
        self.listed.events.insert(0, commit(letter * 12, text=f"change {letter}"))


def running(folder: Path, act: Callable[[Running], Awaitable[None]], answer: Callable[[Request], Reply]) -> None:
    """Do something to a relay that runs."""
    listed = Forge([commit("a" * 12, text="change a")])
    with Server(listed) as forge, Server(answer) as sink:
        relay = Running(folder, listed, forge, sink)

        async def run(service: Service) -> None:
            stop = asyncio.Event()
            work = asyncio.create_task(service.run(stop))
            await act(relay)
            stop.set()
            await work

        relay.stage.perform(run)


def taken(_: Request) -> Reply:
    return Reply(204)


@pytest.mark.parametrize("jump", [-1, 1], ids=["back", "forward"])
def test_a_clock_that_jumps_a_day(tmp_path: Path, jump: int) -> None:
    """Polls go on at their pace, and what happens is told, each thing once."""

    async def act(relay: Running) -> None:
        await relay.tells("a")
        relay.stage.clock.move(days=jump)
        relay.happens("b")
        waited = await relay.tells("a", "b")
        relay.happens("c")
        waited += await relay.tells("a", "b", "c")
        assert len(relay.forge.requests) <= 3 + waited / 57

    running(tmp_path, act, taken)


def test_a_lane_that_pauses_while_the_clock_goes_back(tmp_path: Path) -> None:
    """What waits to be tried again is tried in time, and before what happened since."""
    answers = iter([503, 503])

    async def act(relay: Running) -> None:
        await relay.tells("a")
        relay.stage.clock.move(days=-1)
        relay.happens("b")
        await relay.tells("a", "a", "a", "b")

    running(tmp_path, act, lambda _: Reply(next(answers, 204)))


def test_a_clock_that_went_back_while_relay_was_off(tmp_path: Path) -> None:
    """What waited then comes first, after no longer a pause than it had left."""
    answers = iter([503])
    listed = Forge([commit("a" * 12, text="change a")])
    with Server(listed) as forge, Server(lambda _: Reply(next(answers, 204))) as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        stage.once()
        listed.events.insert(0, commit("b" * 12, text="change b"))
        stage.once(days=-1)
        stage.once(minutes=1)
        assert ["a", "a", "b"] == told(sink)


def test_a_laptop_asleep_for_a_week(tmp_path: Path) -> None:
    """Woken up, it tells at once what it missed as one message, and what it could not send before; it gives up nothing."""
    answers = iter([503, 503])

    async def act(relay: Running) -> None:
        await relay.tells("a")
        relay.stage.clock.move(days=8)
        for letter in "bc":
            relay.happens(letter)
        await relay.tells("a", "a", "a", "bc")

    running(tmp_path, act, lambda _: Reply(next(answers, 204)))


def test_an_event_from_the_future(tmp_path: Path) -> None:
    """It is told when it is seen, once, and neither its day nor what happens until then is different."""
    listed = Forge([])
    with Server(listed) as forge, Server(taken) as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        for letter, at in (("f", "2027-11-22 12:00:00+00:00"), ("b", "2026-11-22 12:05:00+00:00")):
            listed.events.insert(0, commit(letter * 12, at, f"change {letter}"))
            stage.once(minutes=5)
        stage.once(days=365)
        assert ["f", "b"] == told(sink)


def refusing_until(span: timedelta, server: datetime) -> Callable[[Request], Reply]:
    """A server that is busy once, and names the moment when it will not be, by its own clock."""
    dates = {"date": format_datetime(server, usegmt=True), "retry-after": format_datetime(server + span, usegmt=True)}
    answers = iter([Reply(503, headers=dates)])
    return lambda _: next(answers, Reply(204))


@pytest.mark.parametrize("ahead", [-400, 0, 400])
def test_a_lane_waits_until_the_date_that_it_is_told(tmp_path: Path, ahead: int) -> None:
    """Retry-After may be a date, and the server's clock may be a year off."""
    with (
        Server(Forge([commit("a" * 12)])) as forge,
        Server(refusing_until(MINUTE / 2, NOON + timedelta(ahead))) as sink,
    ):
        stage = Stage(tmp_path, rules(forge, sink))
        stage.once()
        assert 2 == len(sink.requests)
        assert 30 <= (stage.clock.now() - NOON).total_seconds() < 40


def test_a_feed_waits_until_the_date_that_it_is_told(tmp_path: Path) -> None:
    """No run of cron asks before that, and the next one after it does."""
    busy, listed = refusing_until(120 * MINUTE, NOON + timedelta(400)), Forge([commit("a" * 12)])

    def answer(request: Request) -> Reply:
        refused = busy(request)
        return refused if refused.status == 503 else listed(request)

    with Server(answer) as forge, Server(taken) as sink:
        stage = Stage(tmp_path, rules(forge, sink))
        asked = []
        for minutes in (0, 60, 59, 2):
            stage.once(minutes=minutes)
            asked.append(len(forge.requests))
        assert [1, 1, 1] == asked[:3]
        assert 1 == len(sink.requests)


SPRING, AUTUMN = timedelta(days=124), timedelta(days=341)  # from Sunday the 22nd of November 2026, 13:00 in Berlin


@pytest.mark.parametrize("ahead", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_a_digest_where_the_clocks_change(tmp_path: Path, ahead: timedelta) -> None:
    """At an hour that is skipped or repeated that night there is one digest a night all the same."""
    told = []
    with day(tmp_path, ', digest: {at: "02:30"}') as night:
        night.happens(days=ahead.days)
        for number in range(3):
            told.append([*night.happens(*changes(number)), *night.happens(hours=12)])
            told.append(night.happens(hours=3))  # four o'clock, or three or five where the clocks changed
            told.append(night.happens(hours=9))
    assert [said for number in range(3) for said in ([], [("digest", [f"change {number}"])], [])] == told
