"""Reading a list page by page while it moves, against a small model of a server."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.cursor import FINGERPRINTS, IDS, Cursor, Policy, from_json
from relay.walk import LIMIT, PAGES, RESTARTS, Conclusion, Listing, Walk, Wanted, at_rest, conclude, follow, stitch

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def nothing() -> None:
    """What happens between two requests, usually."""


@dataclass
class Model:
    """A server's list, newest first; `between` changes it after a request, `requests` counts them."""

    listed: list[str]
    most: int = LIMIT
    between: Callable[[], None] = nothing
    cursor: Cursor | None = None
    policy: Policy = FINGERPRINTS
    requests: int = 0
    told: list[tuple[str, int]] = field(default_factory=list)

    def page(self, start: int) -> Listing[str]:
        shown = self.listed[start : start + self.most]
        self.requests += 1
        self.between()
        return Listing(tuple((name, name) for name in shown), json.dumps(shown), len(self.listed))

    def poll(self, wanted: Wanted = Wanted(float("inf"))) -> list[str]:  # noqa: B008 - a frozen value
        """What a poll tells, oldest first; the cursor goes through its JSON form."""
        end = self.read(wanted)
        self.cursor = from_json(json.loads(json.dumps(end.cursor.to_json())))
        self.told += [(new.fingerprint, new.occurrence) for new in end.new]
        return [new.item for new in end.new]

    def read(self, wanted: Wanted) -> Conclusion[str]:
        first = self.page(0)
        rest = at_rest(self.cursor, first) if self.cursor else None
        if rest:
            return Conclusion((), rest, None)
        walk: Walk[str] = follow(self.cursor) if self.cursor else wanted.read(lambda _: None)
        walk.add(first)
        while walk.start is not None:
            walk.add(self.page(walk.start))
        return conclude(self.cursor, walk, self.policy)


def names(first: int, last: int) -> list[str]:
    return [f"e{number}" for number in range(first, last)]


def once(change: Callable[[], None]) -> Callable[[], None]:
    """The change when called for the first time, then nothing."""
    changes = [change]
    return lambda: changes.pop()() if changes else None


@pytest.mark.parametrize("count", [0, 1, 2, 13, 14, 15, 49, 50, 51, 100, 173])
@pytest.mark.parametrize("most", [1, 2, 14, 50])
def test_every_length_is_read_to_its_end(count: int, most: int):
    """Lists of every length come whole at first sight, oldest first, and then not again."""
    server = Model(names(0, count), most)
    assert names(0, count)[::-1] == server.poll()
    assert [] == server.poll()


def test_idle_costs_one_request():
    """The first page's mark is enough where nothing is new."""
    server = Model(names(0, 200))
    server.poll()
    server.requests = 0
    assert ([], 1) == (server.poll(), server.requests)


def test_a_page_of_equal_events_is_not_trusted():
    """One more of an event that fills the first page is found below it."""
    server = Model(["f"] * 120)
    server.poll()
    server.listed.insert(0, "f")
    assert ["f"] == server.poll()


def test_equal_events_on_a_server_that_ignores_start():
    """The same page again, which holds all there is by the server's word, ends the walk."""
    server = Model(["f"] * 3)
    walk: Walk[str] = Wanted(float("inf")).read(lambda _: None)
    while walk.start is not None:
        walk.add(server.page(0))
    assert (["f"] * 3, 2) == (walk.items, server.requests)


def test_prepended_between_two_requests():
    """What is prepended meanwhile doubles nothing, and is told by the next poll."""
    server = Model(names(0, 120))
    server.between = once(lambda: server.listed.insert(0, "new"))
    assert names(0, 120)[::-1] == server.poll()
    assert ["new"] == server.poll()


def test_deleted_between_two_requests():
    """What is deleted meanwhile hides nothing."""
    server = Model(names(0, 120))
    server.between = once(lambda: server.listed.pop(3))
    assert names(0, 120)[::-1] == server.poll()


def test_prepended_just_as_much_as_was_read():
    """A page that was pushed down by all that it should have brought is not taken for the list's end."""
    server = Model(names(0, 12), most=4)
    server.between = once(lambda: server.listed.insert(0, "new"))
    assert names(0, 12)[::-1] == server.poll()
    assert ["new"] == server.poll()


def test_a_server_that_ignores_start_is_read_once():
    """Of one that says that it has more, the same page is not asked for without end."""
    server = Model(names(0, 12))
    walk: Walk[str] = Wanted(float("inf")).read(lambda _: None)
    while walk.start is not None:
        page = server.page(0)
        walk.add(Listing(page.items, page.body, 299))
    assert (names(0, 12), 2 + RESTARTS) == (walk.items, server.requests)


def test_torn_list_is_read_anew():
    """If a page does not join the one before, the walk starts again."""
    server = Model(names(0, 120))
    server.between = once(lambda: server.listed.__setitem__(slice(0, 40), []))
    assert names(40, 120)[::-1] == server.poll()


def test_list_that_never_holds_still():
    """After some restarts, what was read is told, and so is the gap."""
    server = Model(names(0, 400))
    server.poll()
    server.listed = names(1000, 1400)
    server.between = lambda: server.listed.__setitem__(slice(0, 30), [])
    assert "kept changing" in (server.read(Wanted()).gap or "")


def test_longer_than_a_walk():
    """Where the cap ends a walk before anything known, the gap says so."""
    server = Model(names(0, 400))
    server.poll()
    server.listed = names(1000, 20_000)
    end = server.read(Wanted())
    assert f"longer than the {PAGES} pages" in (end.gap or "")
    assert "e1000" == end.new[-1].item


def test_thousands_are_read_to_the_known_ones():
    """A relay that was away for 5,000 events gets each, and no gap."""
    server = Model(names(5000, 5400))
    server.poll()
    server.listed = names(0, 5400)
    end = server.read(Wanted())
    assert (5000, None) == (len(end.new), end.gap)


def test_empty_answer_keeps_the_cursor():
    """An empty first page is an outage or a missing permission."""
    server = Model(names(0, 20))
    server.poll()
    before, server.listed = server.cursor, []
    assert [] == server.poll()
    assert before == server.cursor


def test_empty_at_first_sight_is_believed():
    """What comes into a feed that was empty is new."""
    server = Model([])
    assert [] == server.poll()
    server.listed = ["b", "a"]
    assert ["a", "b"] == server.poll()


def test_repeated_ids_collapse():
    """An id that two pages show is one event."""
    server = Model([*names(0, 30), *names(10, 20)], policy=IDS)
    assert names(0, 30)[::-1] == server.poll()


def test_history_is_read_as_deep_as_memory():
    """At first sight with `now`, one page is not enough to know old events again."""
    server = Model(names(0, 1000))
    server.poll(Wanted())
    assert 300 <= len(server.cursor.memory if server.cursor else ()) <= 345


def test_what_is_asked_for_of_history():
    """The newest so many, and only what is recent enough; an event without a time is not."""
    wanted = Wanted(2, NOW - timedelta(days=2))
    assert [True, True, False] == [wanted.takes(index, NOW) for index in range(3)]
    assert [False, False] == [wanted.takes(0, None), wanted.takes(0, NOW - timedelta(days=3))]


def test_reading_stops_after_an_old_page():
    """With `since`, a whole page that is older ends the walk, once there is enough to remember."""
    server = Model(names(0, 5000))
    walk: Walk[str] = Wanted(float("inf"), NOW).read(lambda _: NOW - timedelta(days=1))
    while walk.start is not None:
        walk.add(server.page(walk.start))
    assert 7 == server.requests


def test_stitch():
    """A page is joined where it repeats the walk's end, nearest to what was expected."""
    assert 3 == stitch(list("abcde"), list("cdexy"), 3)
    assert 5 == stitch(list("abcde"), list("abcde"), 3)
    assert stitch(list("abcde"), list("exy"), 3) is None
    assert 1 == stitch(list("a"), list("ab"), 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["prepend", "late", "delete", "swap", "twin", "shift", "quiet"]), st.integers(0, 60)),
    max_size=25,
)


@settings(derandomize=True, max_examples=150, deadline=None, database=None)
@given(st.integers(0, 40), st.sampled_from([3, 14, 50]), STEPS)
def test_everything_decidable_is_told_once(size: int, most: int, steps: list[tuple[str, int]]):
    """Whatever happens to the list between and during polls, each event is told once, under an id of its own."""
    server = Model(names(0, size), most)
    server.poll()
    recorded, deleted = Counter(server.listed), set[str]()
    for number, (step, place) in enumerate(steps):
        before = Counter(server.listed)
        change(server, step, place, f"n{number}", deleted)
        server.poll()
        server.poll()
        recorded += Counter(server.listed) - before
    assert recorded == Counter(name for name, _ in server.told)
    assert len(server.told) == len(set(server.told))


def change(server: Model, step: str, place: int, name: str, deleted: set[str]) -> None:
    """One step of a list's life, kept to what can be decided.

    Nothing comes late at the bottom, twins are of events still listed and near enough to be read beside them, and no
    list shifts that has twins which could stand for the shift.
    """
    listed = server.listed
    index = place % len(listed) if listed else 0
    if step == "prepend" or (step == "late" and not listed):
        listed.insert(0, name)
    elif step == "late":
        listed.insert(min(index, 5, max(0, len(listed) - 12)), name)
    elif step == "delete" and listed:
        deleted.add(listed.pop(index))
    elif step == "swap" and len(listed) > 3:
        other = min(index + 1 + place % 3, len(listed) - 1)
        listed[index], listed[other] = listed[other], listed[index]
    elif step == "twin" and listed and listed[index % 8] not in deleted:
        listed.insert(0, listed[index % 8])
    elif step == "shift" and len(set(listed)) == len(listed):
        server.between = once(lambda: listed.insert(0, name))
