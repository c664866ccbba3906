"""What `when:` asks of an event."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from relay.conditions import FIELDS, field_test
from relay.events import Actor, Comment, Event, Repository

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
EVENT = Event(
    id="1",
    type="pullrequest_created",
    source="acme",
    seen_at=NOW,
    repository=Repository("acme", "site", private=True),
    actor=Actor("ada", "Ada L"),
    title="[WIP] Fix login",
    number=12,
    branch="feature/login",
    target_branch="main",
    labels=("bug", "Urgent"),
    draft=False,
    comment=Comment("9", "nice", path="src/app/login.py"),
)
BARE = Event(id="2", type="mq", source="acme", seen_at=NOW)


@pytest.mark.parametrize(
    ("field", "patterns", "holds"),
    [
        ("branch", ["feature/login"], True),
        ("branch", ["feature"], False),
        ("branch", ["feature/*"], True),
        ("branch", ["*login"], True),
        ("branch", ["f?ature/log?n"], True),
        ("branch", ["f?login"], False),
        ("repository", ["acme/*"], True),
        ("repository", ["*"], True),
        ("repository", ["ACME/Site"], True),
        ("repository", ["site"], False),
        ("owner", ["acme"], True),
        ("source", ["acme"], True),
        ("path", ["src/*.py"], True),
        ("type", ["pullrequest_*"], True),
        ("target_branch", ["main", "release/*"], True),
        ("title", ["[WIP]*"], True),
        ("title", ["*fix*"], True),
        ("title", ["fix*"], False),
        ("actor", ["ada"], True),
        ("actor", ["Ada L"], True),
        ("label", ["urgent"], True),
        ("label", ["bug", "!urgent"], False),
        ("draft", ["false"], True),
        ("draft", ["true"], False),
        ("private", ["true"], True),
        ("number", ["12"], True),
        ("number", ["1"], False),
        ("actor", ["!*bot"], True),
        ("actor", ["!ada"], False),
        ("actor", ["*", "!ada"], False),
        ("branch", ["!main", "!release/*"], True),
        ("branch", [], True),
    ],
)
def test_a_field_is_compared(field: str, patterns: list[str], holds: bool) -> None:
    """A field matches if no exclusion does and, where there are other patterns, one of them does."""
    assert holds == field_test(field, patterns).holds(EVENT)


@pytest.mark.parametrize("field", [name for name in FIELDS if name not in ("source", "type")])
def test_what_is_absent_matches_neither(field: str) -> None:
    """An absent value is like no pattern, and excluded by none."""
    assert (False, True) == (field_test(field, ["*"]).holds(BARE), field_test(field, ["!*"]).holds(BARE))


@pytest.mark.parametrize(
    ("field", "patterns", "failure"),
    [
        ("branch", ["main", "release/*"], "branch: 'feature/login' is not one of main, release/*"),
        ("branch", ["main"], "branch: 'feature/login' is not main"),
        ("actor", ["!*bot", "!a*"], "actor: 'ada' is excluded by !a*"),
        ("label", ["docs"], "label: 'bug' and 'Urgent' is not docs"),
    ],
)
def test_a_failure_names_the_values(field: str, patterns: list[str], failure: str) -> None:
    """Why a test does not hold is said with what the event has and what was asked for."""
    assert failure == field_test(field, patterns).failure(EVENT)


def test_a_failure_says_what_is_absent() -> None:
    """A value that the event does not have is named as missing."""
    assert "path: the event has none, and src/* is asked for" == field_test("path", ["src/*"]).failure(BARE)


def test_a_failure_shows_long_texts_cut() -> None:
    """A title of 100 KB does not fill the terminal."""
    long = replace(EVENT, title="x" * 100_000)
    assert len(field_test("title", ["y"]).failure(long)) < 150


def test_a_field_that_no_event_has_is_refused() -> None:
    """An unknown field is a KeyError for whoever reads the file."""
    with pytest.raises(KeyError):
        field_test("colour", ["red"])
