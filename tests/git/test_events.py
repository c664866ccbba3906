"""The events that moved refs mean."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.events import Event, from_json, to_json
from relay.git.address import address
from relay.git.events import MOST_MESSAGE, Detail, Teller, Told, parse_log, parse_tags
from relay.git.refs import Move
from tests.git.repository import MAIN, NOW

A, B, C = "a" * 40, "b" * 40, "c" * 40


def tell(told: Told, details: dict[str, Detail] | None = None, url: str = "https://github.com/acme/site") -> Event:
    """The one push of a move."""
    (event,) = Teller("code", "feed", address(url), NOW, details or {}).events([told], frozenset())
    return event


def test_an_id_is_made_of_the_move_alone() -> None:
    """The id names feed, ref, both hashes and the count, and nothing of the poll."""
    assert f"feed:push:{MAIN}:{A}..{B}:3" == tell(Told(Move(MAIN, A, B, 3), None)).id
    assert f"feed:push:{MAIN}:{'0' * 40}..{B}:0" == tell(Told(Move(MAIN, None, B), "created")).id


@pytest.mark.parametrize(
    ("told", "url"),
    [
        (Told(Move(MAIN, A, B), None), f"https://github.com/acme/site/compare/{A}...{B}"),
        (Told(Move("refs/heads/fix/ö", None, B), "created"), "https://github.com/acme/site/tree/fix/%C3%B6"),
        (Told(Move("refs/tags/v1", None, B), "created"), "https://github.com/acme/site/releases/tag/v1"),
        (Told(Move(MAIN, A, None), "deleted"), None),
    ],
)
def test_pages_of_a_known_host(told: Told, url: str | None) -> None:
    """Where the host's pages are known, a push leads to what it changed."""
    assert url == tell(told).url


def test_no_page_is_made_up() -> None:
    """Of another host nothing is linked."""
    event = tell(Told(Move(MAIN, A, B), None, (B,)), {B: Detail("Ada", "1", "x")}, "https://example.org/acme/site")
    assert (None, None) == (event.url, event.commits[0].url)


def test_a_commit_comes_after_its_push_and_once() -> None:
    """Two pushes that list a commit bring one `commit` event for it, after the first."""
    told = [Told(Move("refs/heads/a", None, B), "created", (B,)), Told(Move("refs/heads/b", None, C), None, (C, B))]
    events = list(Teller("code", "feed", address("/srv/x"), NOW).events(told, {B, C}))
    expected = [("pushed", "a"), ("commit", "a"), ("pushed", "b"), ("commit", "b")]
    assert expected == [(event.type, event.branch) for event in events]


def test_a_commit_without_details_is_still_listed() -> None:
    """Where the log was cut, the hash is what is left."""
    event = tell(Told(Move(MAIN, A, C), None, (C, B)), {C: Detail("Ada", "1", "x")})
    assert [("x", C), (None, B)] == [(commit.message, commit.hash) for commit in event.commits]


@pytest.mark.parametrize("seconds", ["", "x", "9" * 30, "-" + "9" * 30, "4102444800", "253402300800"])
def test_an_absurd_date_is_none(seconds: str) -> None:
    """A time that is no time, beyond the calendar or ahead of now is not told."""
    assert None is tell(Told(Move(MAIN, A, B), None, (B,)), {B: Detail("Ada", seconds)}).occurred_at


def test_an_old_date_is_told() -> None:
    """A commit may be as old as it says."""
    event = tell(Told(Move(MAIN, A, B), None, (B,)), {B: Detail("Ada", "0")})
    assert datetime(1970, 1, 1, tzinfo=UTC) == event.occurred_at


def test_a_nameless_author_is_nobody() -> None:
    """An empty name is no actor, and so not guessed."""
    event = tell(Told(Move(MAIN, A, B), None, (B,)), {B: Detail("", "0")})
    assert (None, ("occurred_at",)) == (event.actor, event.guessed)


def test_a_log_is_read_record_by_record() -> None:
    """Messages keep their lines; bytes that are no UTF-8 are replaced; long ones are cut."""
    log = b"".join([b"h1\0Ada\x001\0one\n\nbody\n\0", b"h2\0\xff\x002\0" + b"x" * (MOST_MESSAGE + 1) + b"\0"])
    assert {"h1": Detail("Ada", "1", "one\n\nbody"), "h2": Detail("\ufffd", "2", "x" * MOST_MESSAGE)} == parse_log(log)


def test_a_log_that_ends_in_the_middle() -> None:
    """What is whole is read, and a message that was cut as far as it goes."""
    assert {"h1": Detail("Ada", "1", "on")} == parse_log(b"h1\0Ada\x001\0on")
    assert {"h1": Detail("Ada", "1", "one")} == parse_log(b"h1\0Ada\x001\0one\0h2\0Be")


@given(st.binary())
def test_no_log_can_break_it(log: bytes) -> None:
    """Whatever git prints, what is read can be stored."""
    for hash_, detail in parse_log(log).items():
        event = tell(Told(Move(MAIN, A, B), None, (hash_,)), {hash_: detail})
        assert event == from_json(to_json(event))


def test_taggers() -> None:
    """Annotated tags name a tagger, others do not."""
    assert {A: Detail("Ada L", "5")} == parse_tags(f"{A}\0Ada L\x005\0\n{B}\0\0\0\n".encode())
