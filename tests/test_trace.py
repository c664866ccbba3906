"""What `relay trace` says of events and deliveries that really went somewhere, or did not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.config import load
from relay.errors import UsageError
from relay.store import read
from relay.trace import trace
from tests.conftest import Databases
from tests.servers import Reply, Server
from tests.stage import Stage
from tests.test_service import Forge, commit

TWO = [commit("bbb222bbb222", text="change b"), commit("aaa111aaa111", text="change a")]


class Traced:
    """A relay that told two commits to `lake`, as far as that takes them; `console` wants none of them."""

    def __init__(self, folder: Path, forge: Server, sink: Server, start: str = "all") -> None:
        text = f"""
sources:
  old: {{kind: bitbucket-v1, url: "{forge.url}", repositories: [acme/site], start: {start}}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}/lake"}}
  console: {{}}
rules:
  commit: [lake, {{to: console, when: {{actor: ben}}}}]
"""
        self.stage = Stage(folder, text)

    def says(self, asked: str) -> str:
        """The lines for the terminal."""
        config = load(self.stage.file, {})
        return "\n".join(trace(asked, self.stage.database, config, self.stage.clock.now(), json=False))

    def json(self, asked: str) -> Any:
        """The same for programs."""
        config = load(self.stage.file, {})
        return json.loads("".join(trace(asked, self.stage.database, config, self.stage.clock.now(), json=True)))

    def ids(self) -> dict[str, str]:
        """The id of each event that was told, by its title."""
        return {event.title or "": event.id for found in self.stage.deliveries() for event in found.events}


@pytest.fixture(name="sink")
def _sink() -> Iterator[Server]:
    with Server() as sink:
        yield sink


@pytest.fixture(name="traced")
def _traced(tmp_path: Path, sink: Server) -> Iterator[Traced]:
    with Server(Forge(TWO)) as forge:
        yield Traced(tmp_path, forge, sink)


def test_an_event_that_was_told(traced: Traced) -> None:
    """When it was seen and by what, what every rule says of it, the attempts, the words and that nothing follows."""
    traced.stage.once()
    said = traced.says(traced.ids()["change a"])
    [delivery] = [found for found in traced.stage.deliveries() if found.events[0].title == "change a"]
    expected = (
        "happened 2026-11-20T10:00:00Z, seen 2026-11-22T12:00:00Z by the feed repositories/acme/site",
        f"by the rules of {traced.stage.file} as they are now:",
        "yes  rules.commit[0]  to lake",
        "no   rules.commit[1]  to console: actor: 'ada' and 'Ada L' is not ben",
        f"delivery {delivery.id} to lake by commit: sent",
        "  2026-11-22T12:00:00Z  sent\n",
        f"sent 2026-11-22T12:00:00Z; nothing follows (relay redeliver {delivery.id} sends it again)",
        '  {"type":"commit",',
    )
    assert [] == [part for part in expected if part not in said]
    assert "change b" not in said


def test_a_delivery_that_waits(traced: Traced, sink: Server) -> None:
    """Each attempt with its outcome, and what comes next, when, and why not now."""
    sink.respond = lambda _: Reply(401)
    traced.stage.once()
    [newer, older] = traced.stage.deliveries()
    said = traced.says(older.id)
    assert f"2026-11-22T12:00:00Z  blocked: {sink.url} answered 401 Unauthorized" in said
    assert (
        f"pending; tried at the earliest 2026-11-22T13:00:00Z (in 1 h), since lake is blocked: {sink.url} answered"
        in said
    )
    assert "tried at the earliest 2026-11-22T13:00:00Z (in 1 h), after 1 before it" in traced.says(newer.id)


def test_a_delivery_that_died(traced: Traced, sink: Server) -> None:
    """Why, and the command that sends it again."""
    sink.respond = lambda _: Reply(404)
    traced.stage.once()
    id = traced.stage.deliveries()[0].id
    said = traced.says(id)
    assert f"dead since 2026-11-22T12:00:00Z: {sink.url} answered 404 Not Found (relay redeliver {id} sends it" in said


def test_history_and_lateness_are_named(tmp_path: Path, sink: Server) -> None:
    """What was there before relay, and what came while it was away, is told as what it is."""
    pages = Forge(TWO[1:])
    with Server(pages) as forge:
        traced = Traced(tmp_path, forge, sink, start="now")
        traced.stage.once()
        pages.events = [commit("c" * 12, at="2026-11-24 12:00:00+00:00"), *TWO[1:]]
        traced.stage.once(days=5)
    views = read(traced.stage.database)
    found = views.events(owner="jespern", slug="django-piston")
    views.close()
    assert found
    late, history = (event.id for event in found.events)
    assert "it was there before relay came: kept, and told to nobody" in traced.says(history)
    assert "late: it happened while relay was away" in traced.says(late)


def test_an_ids_beginning_is_enough(traced: Traced) -> None:
    """As long as it is the beginning of one alone; else those are named that it may be."""
    traced.stage.once()
    [newer, older] = traced.stage.deliveries()
    assert traced.says(older.id) == traced.says(older.id[:14])
    assert traced.json(older.events[0].id) == traced.json(older.events[0].id[:20])
    with pytest.raises(
        UsageError, match=f"dlv_ is the beginning of {min(newer.id, older.id)}, {max(newer.id, older.id)};"
    ):
        traced.says("dlv_")


def test_an_address_finds_its_events(tmp_path: Path, sink: Server) -> None:
    """Whatever it leads to in the event, with or without a place on the page, whole or not at all."""
    with Server(Forge(TWO)) as forge:
        traced = Traced(tmp_path, forge, sink)
        traced.stage.once()
        [url] = {
            event.url for found in traced.stage.deliveries() for event in found.events if event.title == "change a"
        }
        assert url
        told = traced.json(f"{url}#comment-1")
        assert [url] == [found["event"]["url"] for found in told["events"]]
        with pytest.raises(UsageError, match="none of the newest 50,000 events has the address"):
            traced.says(url[:-1])


def test_a_commit_finds_its_events(traced: Traced) -> None:
    """By its hash, whole or short."""
    traced.stage.once()
    [told] = traced.json("aaa111aaa1")["events"]
    assert "aaa111aaa111" == told["event"]["commits"][0]["hash"]
    with pytest.raises(UsageError, match="there is no event or delivery 0123456789"):
        traced.says("0123456789")


def test_what_is_not_there_is_said(traced: Traced) -> None:
    """An id that nothing has is an error that says where it may have gone."""
    traced.stage.once()
    with pytest.raises(UsageError, match="there is no event or delivery nothing; what is older than `keep` is gone"):
        traced.says("nothing")


def test_programs_are_told_the_same(traced: Traced) -> None:
    """Events with their explanations, deliveries with their words, by id."""
    traced.stage.once()
    id = traced.stage.deliveries()[0].id
    told = traced.json(id)
    [event], [delivery] = told["events"], told["deliveries"]
    assert ([id], "repositories/acme/site", None) == (event["deliveries"], event["feed"], event["sight"])
    assert ["lake", "console"] == [route["to"] for route in event["explanation"]["routes"]]
    assert None is event["explanation"]["routes"][0]["reason"]
    assert (["sent"], ["body"]) == ([it["outcome"] for it in delivery["attempts"]], list(delivery["message"]))
    assert ([event["event"]["id"]], None, None) == (delivery["events"], delivery["next_at"], delivery["queue"])


def test_a_file_that_is_wrong_keeps_nobody_from_looking(traced: Traced) -> None:
    """The rules are left out, and the rest is told."""
    traced.stage.once()
    asked, now = traced.stage.deliveries()[0].id, traced.stage.clock.now()
    said = "\n".join(trace(asked, traced.stage.database, None, now, json=False))
    assert "the file of rules cannot be read; `relay check` says why" in said
    assert f"delivery {asked} to lake" in said


def test_a_bundle_names_its_events(tmp_path: Path, sink: Server) -> None:
    """A delivery of several events lists them in a line each."""
    with Server(Forge(TWO)) as forge:
        traced = Traced(tmp_path, forge, sink)
        text = traced.stage.file.read_text(encoding="utf-8").replace("[lake,", "[{to: lake, digest: {at: '08:30'}},")
        traced.stage.write(text)
        traced.stage.once()
        [found] = traced.stage.deliveries()
        lines = traced.says(found.id).splitlines()
    expected = [f"event {event.id} of old: Ada L committed {event.commits[0].hash[:7]}" for event in found.events]
    assert expected == [line.partition(": change")[0] for line in lines[:2]]
    assert f"delivery {found.id} to lake by commit, digest: pending" == lines[2]


def test_a_notice_is_traced_too(traced: Traced, sink: Server) -> None:
    """It has no event, but attempts, words and a state like any delivery."""
    sink.respond = lambda _: Reply(401)
    traced.stage.write(traced.stage.file.read_text(encoding="utf-8") + "on_failure: console\n")
    traced.stage.once()
    traced.stage.once(minutes=2)
    [notice] = [found for found in traced.stage.deliveries() if found.notice]
    told = traced.json(notice.id)
    [shown] = told["deliveries"]
    assert ([], "blocked", "sent") == (told["events"], shown["notice"]["kind"], shown["state"])
    assert "lake is blocked" in shown["message"]["text"]


def waiting_notice(traced: Traced, sink: Server, quiet: str = "") -> str:
    """The id of a notice that a block made and that has not left yet."""
    sink.respond = lambda _: Reply(401)
    text = traced.stage.file.read_text(encoding="utf-8").replace("console: {}", f"console: {{{quiet}}}")
    traced.stage.write(f"{text}on_failure: console\n")
    traced.stage.once()
    [notice] = [found for found in traced.stage.deliveries() if found.notice]
    return notice.id


def test_a_notice_that_was_withdrawn_says_so(traced: Traced, sink: Server) -> None:
    """It was not sent since its trouble had ended."""
    id = waiting_notice(traced, sink, 'quiet: {from: "10:00", to: "15:00"}')
    sink.respond = lambda _: Reply(200)
    traced.stage.once(hours=2)
    traced.stage.once(hours=2)
    said = traced.says(id)
    assert "withdrawn 2026-11-22T16:00:00Z: what it was about had ended before it was sent (relay redeliver" in said


def test_a_notice_that_waits_says_why(traced: Traced, sink: Server) -> None:
    """It gathers more of its kind at first, and until then it is not released."""
    said = traced.says(waiting_notice(traced, sink))
    assert "opened 2026-11-22T12:00:00Z, is released at 2026-11-22T12:01:00Z" in said
    assert "a notice gathers for a minute what has the same cause" in said


def test_a_notice_that_waits_for_the_end_of_quiet_hours_says_so(traced: Traced, sink: Server) -> None:
    """As the file has them now."""
    said = traced.says(waiting_notice(traced, sink, 'quiet: {from: "10:00", to: "15:00"}'))
    assert "it waits for the end of the quiet hours of console" in said


def test_a_notice_that_rests_says_so(tmp_path: Path, sink: Server) -> None:
    """Deaths that go on make one notice a day."""
    pages = Forge(TWO)
    sink.respond = lambda _: Reply(404)
    with Server(pages) as forge:
        traced = Traced(tmp_path, forge, sink)
        traced.stage.write(traced.stage.file.read_text(encoding="utf-8") + "on_failure: console\n")
        traced.stage.once()
        traced.stage.once(minutes=2)
        pages.events = [commit("c" * 12), *TWO]
        traced.stage.once(minutes=2)
    [notice, _] = [found for found in traced.stage.deliveries() if found.notice]
    said = traced.says(notice.id)
    assert "tried at the earliest 2026-11-23T12:01:00Z (in 23 h); of one cause there is one notice in 1 d" in said


def test_either_database_is_traced(databases: Databases, tmp_path: Path, sink: Server) -> None:
    """An id, its beginning and an address find the same event on SQLite and on PostgreSQL."""
    with Server(Forge(TWO)) as forge:
        traced = Traced(tmp_path, forge, sink)
        traced.stage.database = databases()
        traced.stage.once()
    [event] = traced.stage.deliveries()[0].events
    assert event.url
    found = [traced.json(asked)["events"] for asked in (event.id, event.id[:20], event.url)]
    assert [event.id] * 3 == [one["event"]["id"] for [one] in found]
