"""Which routes an event takes, and why not the others."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from relay.conditions import ALWAYS, Condition, field_test
from relay.events import Actor, Event, Repository
from relay.expressions import compile_expression
from relay.rules import Ignore, Route, Rulebook, RuleKey

EVENT = Event(
    id="1",
    type="pushed",
    source="acme",
    seen_at=datetime(2026, 11, 22, 14, tzinfo=UTC),
    repository=Repository("acme", "site"),
    actor=Actor("ada"),
    branch="dev",
)
COMMIT = replace(EVENT, type="commit")
DERIVED = replace(COMMIT, derived=True)


def when(field: str, *patterns: str) -> Condition:
    return Condition((field_test(field, patterns),))


def expression(source: str) -> Condition:
    return Condition((compile_expression(source),))


def book(*lines: tuple[str, str] | tuple[str, str, Condition]) -> Rulebook:
    """The rules of (key, destination, condition), each at the place `key to destination`."""
    routes = ((key, name, condition[0] if condition else ALWAYS) for key, name, *condition in lines)
    return Rulebook(tuple(Route(key, f"{key} to {name}", name, condition) for key, name, condition in routes))


def taken(rulebook: Rulebook, event: Event = EVENT) -> list[str]:
    return [route.where for route in rulebook.routes(event)]


@pytest.mark.parametrize(
    ("keys", "taken_key"),
    [
        (["*", "push*", "pushed"], "pushed"),
        (["pushed", "*"], "pushed"),
        (["*", "push*"], "push*"),
        (["pu*", "*ed"], "pu*"),
        (["*ed", "pu*"], "*ed"),
        (["p*", "*ushed"], "*ushed"),
        (["push*", "commit, pushed"], "commit, pushed"),
        (["push*", "commit,p*"], "push*"),
        (["pushe?", "p*, mq"], "pushe?"),
        (["pushed", "pushed, commit"], "pushed"),
        (["PUSHED", "*"], "PUSHED"),
    ],
)
def test_the_closest_key_wins(keys: list[str], taken_key: str) -> None:
    """The exact key, then the glob with more literal characters, then the first in the file leads to a destination."""
    assert [f"{taken_key} to dev"] == taken(book(*((key, "dev") for key in keys)))


@pytest.mark.parametrize("key", ["commit", "pushe", "pushed2", "pullrequest_*", "commit, mq"])
def test_other_keys_do_not_match(key: str) -> None:
    """A key must match the whole type."""
    assert [] == taken(book((key, "dev")))


def test_every_destination_gets_it_once() -> None:
    """Each destination has its own best key."""
    rules = book(("*", "dev"), ("*", "audit"), ("pushed", "dev"), ("push*", "audit"), ("pushed", "dev"))
    assert ["pushed to dev", "push* to audit"] == taken(rules)


def test_within_a_key_the_first_route_that_holds_is_taken() -> None:
    """Routes of one rule to one destination are tried in order."""
    rules = Rulebook(
        tuple(
            Route("pushed", f"rules.pushed[{index}]", "dev", condition)
            for index, condition in enumerate([when("branch", "main"), when("branch", "d*"), ALWAYS])
        )
    )
    assert ["rules.pushed[1]"] == taken(rules)


def test_a_special_rule_that_does_not_hold_hides_nothing() -> None:
    """A closer key whose condition fails leaves the event to a wider one."""
    assert ["* to dev"] == taken(book(("pushed", "dev", when("branch", "main")), ("*", "dev")))


def test_the_destination_may_refuse() -> None:
    """A destination's own condition stands over every route to it, and over that destination alone."""
    routes = (Route("pushed", "one", "dev"), Route("*", "two", "dev"), Route("*", "three", "audit"))
    assert ["three"] == taken(Rulebook(routes, when={"dev": when("actor", "!ada")}))


def test_ignore_removes_for_everyone() -> None:
    """What is ignored goes nowhere, whatever the rules say."""
    routes = book(("pushed", "dev"), ("*", "audit")).all_routes
    ignores = (Ignore("ignore[0]", when("actor", "bot")), Ignore("ignore[1]", when("actor", "a*")))
    assert () == Rulebook(routes, ignores).routes(EVENT)


@pytest.mark.parametrize(
    ("key", "event", "matches"),
    [
        ("commit", DERIVED, True),
        ("pushed, commit", DERIVED, True),
        ("*", DERIVED, False),
        ("commi*", DERIVED, False),
        ("*, commit", DERIVED, True),
        ("*", COMMIT, True),
        ("commit", COMMIT, True),
    ],
)
def test_derived_commits_are_matched_only_by_name(key: str, event: Event, matches: bool) -> None:
    """A commit that a push already told is matched by a key that names commit, and by no glob."""
    assert matches == bool(book((key, "dev")).routes(event))


def test_types_that_relay_does_not_know_are_matched() -> None:
    """An unknown type passes, and makes the book remember no more than it should."""
    rules = book(("new_*", "dev"))
    assert all(rules.routes(replace(EVENT, type=f"new_{number}")) for number in range(3000))


def test_an_expression_that_fails_is_not_taken() -> None:
    """A failing expression keeps its own route from being taken, and no other."""
    assert ["pushed to audit"] == taken(book(("pushed", "dev", expression("title in branch")), ("pushed", "audit")))


def test_explain_names_every_route() -> None:
    """Every route is there in file order, with the first thing that stood against it."""
    rules = Rulebook(
        (
            Route("mq", "rules.mq", "dev"),
            Route("pushed", "rules.pushed[0]", "dev", when("branch", "main", "release/*")),
            Route("pushed", "rules.pushed[1]", "dev"),
            Route("*", "rules.*[0]", "dev"),
            Route("*", "rules.*[1]", "audit"),
        ),
        when={"audit": when("repository", "!acme/*")},
    )
    reasons = [
        "'mq' does not match pushed",
        "branch: 'dev' is not one of main, release/*",
        None,
        "rules.pushed[1] already leads to dev",
        "audit: repository: 'acme/site' is excluded by !acme/*",
    ]
    assert reasons == [verdict.reason for verdict in rules.explain(EVENT).verdicts]


def test_explain_says_what_ignored_it() -> None:
    """An ignored event has the line that ignored it as the reason of what it would have taken."""
    rules = Rulebook(book(("pushed", "dev")).all_routes, (Ignore("ignore[0]", when("actor", "ada")),))
    explanation = rules.explain(EVENT)
    assert ("ignore[0] ignores it", "ignore[0] ignores it") == (explanation.ignored, explanation.verdicts[0].reason)


def test_explain_tells_derived_commits_apart() -> None:
    """A glob that would match a commit says that this one is derived."""
    assert "'*' does not match a derived commit" == book(("*", "dev")).explain(DERIVED).verdicts[0].reason


def test_explain_takes_what_routes_take() -> None:
    """What is explained as taken is exactly what is taken."""
    rules = book(("*", "dev"), ("pushed", "dev", when("branch", "x")), ("push*", "audit"), ("mq", "audit"))
    explained = [verdict.route for verdict in rules.explain(EVENT).verdicts if verdict.reason is None]
    assert set(rules.routes(EVENT)) == set(explained)


def test_a_key_knows_its_parts() -> None:
    """Spaces around the commas of a key mean nothing."""
    assert ("pullrequest_*", "cset_like") == RuleKey(" pullrequest_* ,cset_like").parts
