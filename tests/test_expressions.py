"""Conditions that are expressions."""

from datetime import UTC, datetime

import pytest

from relay.events import Actor, Commit, Event, Repository
from relay.expressions import compile_expression

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
COMMITS = tuple(Commit(f"{number:040x}", "Fix") for number in range(12))
EVENT = Event(
    id="1",
    type="pushed",
    source="acme",
    seen_at=NOW,
    repository=Repository("acme", "site", private=False),
    actor=Actor("ada", "Ada L"),
    branch="main",
    commits=COMMITS,
    labels=("bug",),
)


@pytest.mark.parametrize(
    "source",
    [
        "commits|length > 10",
        "repository == 'acme/site'",
        "repository.owner == 'acme' and not repository.private",
        "owner == 'acme' and not private",
        "actor == 'ada' and actor.name == 'Ada L'",
        "'bug' in labels and branch in ['main', 'next']",
        "commits[0].message.startswith('Fix')",
        "not title and not number and not comment",
        "title|length == 0 and title == '' and title|lower == ''",
        "title.startswith('WIP') or comment.text.strip() or actor.avatar_url or true",
        "not (number > 3) and not (number < 3) and not number + 1",
        "not draft and draft is not true",
    ],
)
def test_an_expression_holds(source: str) -> None:
    """Every field is a name, and what is absent is falsy and empty whatever is done with it."""
    assert compile_expression(source).holds(EVENT)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("commits >", "'commits >' is not an expression: unexpected 'end of template'"),
        ("1) or (2", "'1) or (2' is not an expression: unexpected ')'"),
        ("commit|length", "events have no 'commit'; did you mean 'commits'?"),
        ("actor.nmae", "events have no 'actor.nmae'; did you mean 'actor.name'?"),
        ("title|lwoer", "'title|lwoer' is not an expression: No filter named 'lwoer'."),
    ],
)
def test_what_cannot_be_an_expression_is_refused(source: str, problem: str) -> None:
    """Bad syntax and names that no event has are found when the file is read."""
    with pytest.raises(ValueError) as refused:
        compile_expression(source)
    assert problem == str(refused.value)


@pytest.mark.parametrize("source", ["range(3)", "cycler('a')", "self", "(" * 2000 + "1" + ")" * 2000])
def test_nothing_beyond_the_event_can_be_reached(source: str) -> None:
    """Jinja's own functions are no names of an event, and depth has an end."""
    with pytest.raises(ValueError, match=r"events have no|nested too deeply"):
        compile_expression(source)


@pytest.mark.parametrize("source", ["branch.__class__.__mro__", "labels.append('x')", "1 / commits|length / 0"])
def test_what_fails_while_running_does_not_hold(source: str) -> None:
    """Forbidden or impossible steps make the expression not hold."""
    assert not compile_expression(source).holds(EVENT)


def test_failures_are_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """A failing expression is in the log the first, tenth and hundredth time, and not each time."""
    expression = compile_expression("title in branch")
    assert [False] * 120 == [expression.holds(EVENT) for _ in range(120)]
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert [
        f"the expression 'title in branch' failed {when}" for when in ("for the first time", "10 times", "100 times")
    ] == told


def test_a_failure_can_be_explained() -> None:
    """For one event the explanation says why the expression could not be worked out."""
    assert "'title in branch' cannot be worked out" in compile_expression("title in branch").failure(EVENT)


def test_what_is_not_true_is_told_with_its_values() -> None:
    """The explanation names what the event had for every name of the expression."""
    failure = compile_expression("commits|length > 20 and title and branch").failure(EVENT)
    assert (
        "'commits|length > 20 and title and branch' is not true (branch: 'main', commits: 12 of them, title: absent)"
        == (failure)
    )
