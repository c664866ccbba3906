"""Broken answers through the whole service, for every kind of forge: each is given once, then the true ones.

What is recorded of a forge is served; some of it is known, some new. One answer of one poll is broken: a list, a
detail, commits, comments, refs. What is to be told is what a twin of the case tells, of which nothing was broken: each
event once, under its id and in its words. What else is allowed:

- An entry that still reads as one may be told in its broken form, under its own id or another; a push may be told
  without its commits where these cannot be had, and is then the last word on them. Such strangers are few.
- What is found by comparing two lists may be told as the lists had it, and be undone by the truth: of the types and
  the lists that the kind names in `compared` alone. Nothing is gone because it could not be read.
- Where nothing complained and the forge itself says that the truth is no news (a 304 after a broken page that bore the
  true one's ETag), or has nothing to ask for (a Data Center's activities of a pull request that was not touched), what
  had been left out is told with the next change, which is a last act of these kinds.
- On Bitbucket Cloud, a page that lost its `next` is the last one of its list, and a pull request of long ago that the
  list of first sight left out without a trace is not told as opened when it is listed.

- On GitLab, so is what the last of several pages of events left out without a trace.

A failure leaves the cursor where it was; a page that reads whole is told at once, as are entries beside a broken one.
Number and kind make the case: `python -m tests.mutated gitlab 17` shows it. RELAY_TEST_MUTATIONS=10000 is a longer
campaign, over all kinds.
"""

import os
from collections import Counter
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from tests.mutated.campaign import run
from tests.mutated.case import Act, Broken, Case, Twin, complaints
from tests.mutated.kinds import KINDS, beside, made
from tests.mutated.world import World
from tests.servers import Reply, Request

EACH = ceil(int(os.environ.get("RELAY_TEST_MUTATIONS", "224")) / len(KINDS))


def usable(kind: str) -> Any:
    """The kind as a parameter; it is skipped where others' recordings of it are not here."""
    here = beside(kind).is_dir()
    return pytest.param(kind, marks=pytest.mark.skipif(not here, reason="the recordings of others are not here"))


@pytest.fixture(autouse=True)
def no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which git is not installed: refs are read by REST."""
    monkeypatch.setenv("PATH", "")


def campaign(folder: Path, cases: list[Case]) -> list[str]:
    """What is wrong with the cases; says how many there were of each way."""
    wrong = [*run(folder, cases)]
    ways = Counter(case.way for case in cases)
    fresh, events = sum(case.world.fresh for case in cases), sum(len(case.twin.events) for case in cases)
    print(f"{cases[0].kind}: {len(cases)} cases, {events} events, {fresh} at first sight; {dict(ways)}")  # noqa: T201
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_broken_answers(kind: str, tmp_path: Path) -> None:
    """Whatever one answer is broken to, nothing breaks, and every event is told once by the time of the true ones."""
    assert [] == campaign(tmp_path, [made(kind, number) for number in range(0, EACH, 2)])


@pytest.mark.parametrize("kind", [*map(usable, KINDS)])
def test_broken_answers_that_others_recorded(kind: str, tmp_path: Path) -> None:
    """The same of what others recorded."""
    assert [] == campaign(tmp_path, [made(kind, number) for number in range(1, EACH, 2)])


EVENT = {"id": "1:a", "type": "fork", "derived": False, "commits": [], "title": "x", "occurred_at": "2026", "actor": 1}
QUIET = Act({"f": "c"}, {}, [], [])


def event(id: str, title: str = "x", **more: Any) -> dict[str, Any]:
    rest = dict.fromkeys(("number", "branch", "state", "comment", "url", "seen_at"))
    return rest | EVENT | {"id": id, "title": title, "occurred_at": f"at {id}"} | more


def act(*told: dict[str, Any], error: str = "", cursor: str = "c") -> Act:
    return Act({"f": cursor}, {"f": error} if error else {}, told, [])


@pytest.mark.parametrize(
    ("what", "broken", "true", "again"),
    [
        ("lost", act(), act(), act()),
        ("twice", act(event("1:a")), act(event("1:a")), act()),
        ("of nobody", act(event("1:a")), act(event("1:b", "y")), act()),
        ("told otherwise", act(), act(event("1:a", "y")), act()),
        ("many strangers", act(*(event(f"2:{n}", f"{n}") for n in range(9))), act(event("1:a")), act()),
        ("failed, and yet moved", act(error="no", cursor="d"), act(event("1:a")), act()),
        ("did not fail", act(), act(event("1:a")), act()),
        ("not told at once", act(error="no"), act(event("1:a")), act()),
        ("errors that last", act(error="no"), act(event("1:a"), error="no"), act()),
        ("news without an end", act(error="no"), act(), act(event("1:a"))),
    ],
)
def test_what_is_wrong_is_found(what: str, broken: Act, true: Act, again: Act) -> None:
    """Each thing that may be wrong with a case is said of one with which it is."""
    twin = Twin([QUIET, act(event("1:a")), QUIET, QUIET])
    request, reply = Request("GET", "/", {}, {}, b""), Reply()
    case = Case("x", 1, "html", World(), twin, [QUIET, broken, true, again])
    case.broken = Broken(request, reply, reply, fails=what == "did not fail", sure=frozenset({"1:a"}))
    if what != "not told at once":
        case.broken = replace(case.broken, sure=frozenset())
    assert what in [complaint.partition(":")[0] for complaint in complaints(case)]
