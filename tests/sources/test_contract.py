"""The contract of a source, kept by each of them against a small forge of its kind."""

import json
import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.errors import FeedDenied, FeedError, FeedGarbled, FeedGone, FeedMissing, FeedUnavailable
from relay.events import from_json, to_json
from tests.servers import Reply, Request, Server
from tests.sources.contract import (
    AS_RECORDED,
    FORGES,
    LINKED,
    NEED_GIT,
    NOON,
    PAGED,
    WITH_ETAGS,
    Following,
    Wire,
    with_etags,
)


def usable(kind: str) -> Any:
    """The kind as a parameter; one is skipped where what it is served with is not installed."""
    unusable = kind in NEED_GIT and not shutil.which("git")
    return pytest.param(kind, marks=pytest.mark.skipif(unusable, reason="git is not installed"))


@pytest.fixture(params=map(usable, FORGES))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of forge in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """What all polls go through."""
    with Wire.open() as wire:
        yield wire


@pytest.fixture
def following(kind: str, wire: Wire, tmp_path: Path) -> Iterator[Following]:
    """A repository with three events, that was never polled."""
    forge = FORGES[kind]()
    for n in range(3):
        forge.add(n)
    with Server(forge.respond) as server:
        yield Following(forge, server, tmp_path, wire)


@pytest.fixture
def known(following: Following) -> Following:
    """The same after its first sight."""
    following.poll()
    return following


def test_first_sight_is_silent(following: Following):
    """What is there at first sight is found, and none of it is told."""
    found = following.poll().found
    assert {True} == {one.history for one in found}


def test_idle(known: Following):
    """Where nothing happened the very same cursor comes back."""
    before = known.cursor
    assert ((), None, ()) == ((page := known.poll()).found, page.gap, page.warnings)
    assert before is page.cursor


def test_nothing_twice(known: Following):
    """What happens is told once, oldest first, and never again."""
    added = [known.forge.add(n) for n in (10, 11)]
    assert added == known.titles()
    assert [] == known.titles()
    assert [known.forge.add(12)] == known.titles()


def test_ids_are_those_of_the_event(known: Following):
    """Read again from the same cursor, an event has the same id; each is short, its own, and can be stored."""
    for n in (10, 11):
        known.forge.add(n)
    before = known.cursor
    events = [found.event for found in known.poll().found]
    known.cursor = before
    assert [event.id for event in events] == [found.event.id for found in known.poll().found]
    assert all(0 < len(event.id) <= 200 for event in events)
    assert events == [from_json(json.loads(json.dumps(to_json(event)))) for event in events]


def test_window_overrun(known: Following):
    """Where nothing that was known is listed any more, that is said."""
    known.forge.overrun()
    assert known.poll().gap


def test_late(known: Following):
    """An entry that appears below newer ones is told, once."""
    known.forge.add(10)
    known.poll()
    late = known.forge.add_late(NOON + timedelta(seconds=90))
    assert ([late], []) == (known.titles(), known.titles())


def test_out_of_order(known: Following):
    """Of entries recorded in another order than they happened none is lost, and they are told by their times."""
    newer = known.forge.add(10, NOON + timedelta(hours=2))
    older = known.forge.add(11, NOON + timedelta(hours=1))
    by_time = known.forge.kind not in AS_RECORDED
    assert ([older, newer] if by_time else [newer, older]) == known.titles()
    assert [] == known.titles()


def test_equal_timestamps(known: Following):
    """Events of the same second are told each, also when one comes a poll later."""
    moment = NOON + timedelta(hours=1)
    both = [known.forge.add(n, moment) for n in (10, 11)]
    assert sorted(both) == sorted(known.titles())
    assert [known.forge.add(12, moment)] == known.titles()


def test_null_actors(known: Following):
    """What nobody did, since the account is gone, is told."""
    title = known.forge.add(10, actor=False)
    (found,) = [found for found in known.poll().found if known.forge.title_of(found.event) == title]
    assert None is found.event.actor


def test_deleted_objects(known: Following):
    """An entry that vanishes tells nothing and hides nothing."""
    known.forge.delete_newest()
    assert [] == known.titles()
    assert [known.forge.add(10)] == known.titles()


def test_a_list_that_shrinks(known: Following):
    """Where only the newest entry is left nothing is told again."""
    known.forge.drop_all_but_newest()
    assert [] == known.titles()
    assert [known.forge.add(10)] == known.titles()


def test_etags(known: Following):
    """Answers that have not changed may be 304: nothing moves then, and news are told after that."""
    known.server.respond = with_etags(known.forge.respond)
    known.poll()
    before = known.cursor
    assert before is known.poll().cursor
    assert [known.forge.add(10)] == known.titles()


@pytest.mark.parametrize("kind", [*map(usable, WITH_ETAGS)], indirect=True)
def test_etags_are_sent(known: Following):
    """A feed that came with an ETag is asked for with it."""
    known.server.respond = with_etags(known.forge.respond)
    known.poll()
    known.server.requests.clear()
    known.poll()
    assert known.server.requests[0].headers.get("if-none-match")


FAILURES = {
    "401": (Reply(401, {"message": "Unauthorized"}), FeedDenied),
    "403": (Reply(403, {"message": "Forbidden"}), FeedDenied),
    "404": (Reply(404, {"message": "Not Found"}), FeedMissing),
    "410": (Reply(410, {"message": "Gone"}), FeedGone),
    "429": (Reply(429, "slow down", {"retry-after": "77"}), FeedUnavailable),
    "500": (Reply(500, "<h1>Oops</h1>"), FeedUnavailable),
    "503": (Reply(503, headers={"retry-after": "77"}), FeedUnavailable),
    "login page": (Reply(200, "<!doctype html><title>Log in</title>", {"content-type": "text/html"}), FeedGarbled),
    "half a body": (Reply(200, '[{"id": 1, "type": "Iss'), FeedGarbled),
    "a body cut off": (Reply(200, '[{"id": 1, "type": "Iss', fault="cut"), FeedUnavailable),
    "another JSON": (Reply(200, '"hello"'), FeedGarbled),
    "no answer": (Reply(fault="reset"), FeedUnavailable),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str, following: Following):
    """Every failure is told as what it is, with the pace that the forge asks for."""
    reply, error = FAILURES[name]
    following.server.respond = lambda _: reply
    caught = following.fails()
    assert isinstance(caught, error)
    assert caught.retry_after == (77 if "retry-after" in reply.headers else None)


def test_a_failure_loses_nothing(known: Following):
    """So it is later on, and what happened meanwhile is told when the forge is back."""
    added = known.forge.add(10)
    for reply, error in FAILURES.values():
        known.server.respond = lambda _, reply=reply: reply
        assert isinstance(known.fails(), error)
    known.server.respond = known.forge.respond
    assert [added] == known.titles()


@pytest.mark.parametrize("kind", [*map(usable, PAGED)], indirect=True)
def test_a_walk_that_breaks(known: Following):
    """Where a page in the middle fails nothing is told, and all of it when it works again."""
    added = [known.forge.add(n) for n in range(100, 220)]
    asked: list[Request] = []

    def breaking(request: Request) -> Reply:
        asked.append(request)
        return known.forge.respond(request) if len(asked) < 2 else Reply(500)

    known.server.respond = breaking
    assert known.fails()
    known.server.respond = known.forge.respond
    assert sorted(added) == sorted(known.titles())


@pytest.mark.parametrize("kind", [*map(usable, LINKED)], indirect=True)
def test_a_next_link_to_another_host(known: Following):
    """A link to another host is refused, and the host is not asked."""
    with Server() as elsewhere:
        known.forge.next_host(elsewhere.url)  # type: ignore[attr-defined]
        known.forge.overrun()
        assert FeedGarbled is type(known.fails())
    assert [] == elsewhere.requests


def test_credentials_stay_at_home(following: Following):
    """A redirect to another host takes no credentials with it."""
    token = following.forge.token
    with Server(lambda _: Reply(body=[])) as elsewhere:
        following.server.respond = lambda asked: Reply(302, headers={"location": f"{elsewhere.url}{asked.path}"})
        following.fails()
    said = [f"{request.path} {request.query} {request.headers}" for request in elsewhere.requests]
    assert [] == [words for words in said if token in words or "authorization" in words]
    assert any(
        token in str(request.headers) or "authorization" in request.headers for request in following.server.requests
    )


def test_credentials_are_never_told(following: Following, caplog: pytest.LogCaptureFixture):
    """A forge that repeats the token in its refusal has it told nowhere."""
    token = following.forge.token
    caplog.set_level(logging.DEBUG)
    said = ""
    for status, body in (
        (401, {"message": f"bad {token}"}),
        (500, token),
        (200, f"<p>{token}"),
        (200, {"message": token}),
    ):
        following.server.respond = lambda _, status=status, body=body: Reply(status, body)
        said += f"{following.fails()} {' '.join(map(str, following.check()))}"
    assert token not in said + caplog.text
    assert token[:8] not in said + caplog.text


@pytest.mark.parametrize("cursor", [7, "x", [], [1], {"x": 1}], ids=str)
def test_a_damaged_cursor(cursor: Any, following: Following):
    """A cursor that the source never wrote is told, and what to do."""
    assert "damaged" in str(following.fails(cursor))


def test_check_raises_nothing(following: Following):
    """`check --online` says in findings that the forge fails, and that it works."""
    assert all(finding.fine for finding in following.check())
    following.server.respond = lambda _: Reply(500)
    assert not all(finding.fine for finding in following.check())


def test_errors_are_one_line(following: Following):
    """What is told of a failure is a line that says where."""
    for reply, _ in FAILURES.values():
        following.server.respond = lambda _, reply=reply: reply
        caught = following.fails()
        assert isinstance(caught, FeedError)
        assert "\n" not in str(caught) and following.server.url.partition("://")[2] in str(caught)
