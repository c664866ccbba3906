"""The matching core: what is new, what moved, what is old, what is remembered."""

import json
from hashlib import blake2b
from itertools import pairwise
from random import Random

import pytest

from relay.cursor import (
    IDS,
    MEMORY,
    Cursor,
    Policy,
    Remembered,
    digest,
    digest_of,
    enough,
    from_json,
    occurrence_id,
    overlap,
    settle,
    unchanged,
)
from relay.errors import FeedError

NEAR = Policy(reach=2)


def remembered(text: str) -> list[Remembered]:
    """A memory of single letters, each its first occurrence."""
    return [(letter, 0) for letter in text]


def told(memory: list[Remembered], seen: str, policy: Policy = NEAR) -> str:
    """The new letters, oldest first."""
    return "".join(seen[j] for j, _ in settle(memory, list(seen), policy).new)


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last)]


def test_worked_example():
    """A deletion, a late event, a swap and an identical push are told apart in one list."""
    settled = settle(remembered("edcba"), list("agfxebca"), NEAR)
    assert ((3, 0), (2, 0), (1, 0), (0, 1)) == settled.new
    assert "agfxedbca" == "".join(letter for letter, _ in settled.memory)


def test_worked_example_read_again():
    """What the example found is known afterwards."""
    settled = settle(remembered("edcba"), list("agfxebca"), NEAR)
    assert () == settle(settled.memory, list("agfxebca"), NEAR).new


@pytest.mark.parametrize(
    ("memory", "seen", "new"),
    [
        ("fab", "fab", ""),
        ("afb", "fab", ""),
        ("fff", "fff", ""),
        ("aabb", "aabb", ""),
        ("ff", "fff", "f"),
        ("a", "ba", "b"),
        ("", "ba", "ab"),
        ("abc", "abcx", ""),
        ("ab", "abx", "x"),
        ("abc", "xyz", "zyx"),
        ("f", "", ""),
    ],
)
def test_what_cannot_be_decided(memory: str, seen: str, new: str):
    """Unknown content is told, identical content in doubt is not."""
    assert new == told(remembered(memory), seen)


def test_stale_answer_repeats_nothing():
    """An event that a stale replica hid and a right one shows again is the same event."""
    hidden = settle(remembered("fabcde"), list("abcde"), NEAR)
    assert () == settle(hidden.memory, list("fabcde"), NEAR).new


def test_identical_event_far_above_its_twin():
    """A missing twin further down than anything moves does not hide a new event."""
    memory = [(number, 0) for number in [*numbers(0, 20), "f", *numbers(20, 30)]]
    assert ((0, 1),) == settle(memory, ["f", *numbers(0, 30)]).new


def test_ids_have_no_reach():
    """An id seen before is the same event wherever it comes up again."""
    memory = [(number, 0) for number in [*numbers(0, 20), "f", *numbers(20, 30)]]
    assert () == settle(memory, ["f", *numbers(0, 30)], IDS).new


def test_old_events_that_surface_below_are_not_told():
    """What the server's hidden tail brings up below the overlap is remembered in silence."""
    memory = [(number, 0) for number in numbers(0, 30)]
    settled = settle(memory, numbers(0, 35))
    assert () == settled.new
    assert numbers(0, 35) == [fingerprint for fingerprint, _ in settled.memory]


def test_what_stands_above_a_moved_event_is_new():
    """An event that moved below a new one is known all the same, so what stands above it is not taken for old."""
    memory = [(number, 0) for number in numbers(0, 30)]
    seen = [*numbers(0, 3), "6", "4", "5", "late", "3"]
    assert ((6, 0),) == settle(memory, seen).new
    assert () == settle(memory, seen[:-1]).new


def test_a_moved_event_with_a_twin_is_no_anchor():
    """What looks like several known events may be another one, and old."""
    memory = [(number, 0) for number in [*numbers(0, 20), "f", "20", "f", "21"]]
    assert () == settle(memory, [*numbers(0, 22), "old", "f"]).new


def test_a_few_matches_do_not_reorder_memory():
    """Of a list cut to two events recorded again and a known one, that one is known again when the list comes back."""
    memory = [(number, 0) for number in numbers(0, 13)]
    cut = settle(memory, ["10", "12", "1"])
    assert () == cut.new
    back = settle(cut.memory, ["new", "10", "12", "1", *numbers(2, 13)])
    assert {"new", "10"} == {["new", "10", "12", "1", *numbers(2, 13)][j] for j, _ in back.new}


def test_what_vanished_keeps_its_place_above_an_overlap_that_ends():
    """What stood on top is known when it comes back, though many old ones came up in between and end the overlap."""
    memory = [(number, 0) for number in [*numbers(0, 5), *numbers(40, 44)]]
    middle = settle(memory, numbers(2, 44))
    assert numbers(0, 44) == [fingerprint for fingerprint, _ in middle.memory]
    assert () == settle(middle.memory, numbers(0, 44)).new


def test_a_doubtful_entry_is_told_when_it_is_mended():
    """At the very bottom it is new where a doubtful one stood, and only in its place."""
    memory = [(number, 0) for number in [*numbers(0, 30), "?", "31"]]
    assert ((30, 0),) == settle(memory, [*numbers(0, 30), "30"]).new
    assert () == settle(memory, [*numbers(0, 29), "30"]).new
    assert () == settle(memory, [*numbers(0, 30), "?", "32"]).new


def test_what_has_no_twin_is_known_among_twins():
    """Two events that changed places are known, though several below and above them look alike."""
    memory = [("1", 2), ("1", 1), *((number, 0) for number in ["13", "12", *numbers(4, 12), "3", "2", "1"])]
    assert {"1"} == {["1", "1", "2", "3", "1", "1"][j] for j, _ in settle(memory, ["1", "1", "2", "3", "1", "1"]).new}


def test_a_move_passes_all_that_is_known():
    """What stood below more than `reach` known events is another one on top, also if some of those changed places."""
    memory = [(number, 0) for number in numbers(0, 15)]
    seen = ["14", "4", "1", "0", "3", "2", *numbers(5, 14)]
    assert ((0, 1),) == settle(memory, seen).new


def test_a_block_that_comes_up_has_not_passed_itself():
    """What came back on top together is known, though the last of it stood below many."""
    memory = [(number, 0) for number in [*numbers(3, 12), *numbers(0, 3)]]
    assert () == settle(memory, numbers(0, 8)).new


def test_of_two_twins_the_nearest_within_reach():
    """Where the nearest of the known events that look alike stood too far below, another may have moved down."""
    memory = [(number, 0) for number in ["f", *numbers(0, 24), "f", *numbers(24, 28)]]
    assert () == settle(memory, [*numbers(1, 13), "f", "0", *numbers(13, 15)]).new


def test_what_is_older_than_all_stands_below_what_vanished():
    """An event that vanished from a list's end is known when it comes back above old ones that surfaced meanwhile."""
    longer = settle([(number, 0) for number in numbers(0, 12)], [*numbers(0, 11), *numbers(12, 30)])
    assert [*numbers(0, 30)] == [fingerprint for fingerprint, _ in longer.memory]
    assert () == settle(longer.memory, numbers(0, 30)).new


def test_what_vanished_stands_below_what_stood_above_it():
    """If what vanished comes back, none of what moved in its place meanwhile has to pass it."""
    middle = settle([(number, 0) for number in numbers(0, 20)], [*numbers(0, 6), "17", "6", "18", "19"])
    assert [*numbers(0, 6), "17", *numbers(6, 17), "18", "19"] == [fingerprint for fingerprint, _ in middle.memory]
    assert () == settle(middle.memory, numbers(0, 20)).new


def test_what_moved_far_down_takes_nothing_with_it():
    """An old event that surfaces at the end, and looks like one on top, leaves what vanished under that where it was."""
    memory = [(number, 0) for number in ["f", *numbers(0, 12)]]
    surfaced = settle(memory, [*numbers(3, 12), "20", "21", "f"])
    assert numbers(0, 12) == [fingerprint for fingerprint, _ in surfaced.memory][:12]


def test_a_short_memory_keeps_its_order():
    """Of a few events all are near: what vanished between them is known again below many that surfaced."""
    middle = settle([("a", 1), ("a", 0), ("b", 0)], ["a", "b", *numbers(0, 12)])
    assert () == settle(middle.memory, ["a", "a", "b", *numbers(0, 12)]).new


def test_room_is_for_what_is_present_first():
    """Of a full memory, what vanished is forgotten before what is still listed."""
    memory = [(number, 0) for number in numbers(0, MEMORY)]
    kept = settle(memory, [*numbers(0, 20), *numbers(MEMORY, MEMORY + 20)]).memory
    assert [*numbers(0, MEMORY - 20), *numbers(MEMORY, MEMORY + 20)] == [fingerprint for fingerprint, _ in kept]


def test_gap_where_nothing_is_known():
    """If nothing remembered is listed any more, all is new and a gap is told."""
    settled = settle([(number, 0) for number in numbers(0, 30)], numbers(50, 60))
    assert (10, True) == (len(settled.new), settled.gap)


def test_no_gap_at_first_sight():
    """An empty memory has nothing to miss."""
    assert not settle([], numbers(0, 10)).gap


def test_memory_is_bounded_and_loses_its_bottom():
    """The newest are remembered, up to the bound."""
    memory = settle([(number, 0) for number in numbers(100, 400)], numbers(90, 140)).memory
    assert numbers(90, 390) == [fingerprint for fingerprint, _ in memory]


def test_overlap_does_not_span_many_strangers():
    """Matches with more than `reach` strangers between them are two pieces, and the larger counts."""
    assert [(1, 4), (2, 5)] == overlap(list("abc"), list("axyzbc"), 2)


def test_enough_needs_the_top_of_memory():
    """A block pushed again at the top is not taken for the overlap."""
    old = numbers(0, 100)
    assert enough(old, numbers(0, 20), 10)
    assert not enough(old, numbers(30, 50), 10)
    assert not enough(old, [*numbers(0, 20), "new"], 10)
    assert not enough(old, numbers(0, 5), 10)


def test_the_end_of_memory_is_not_enough_above_known_events():
    """A block pushed again above what stood over it, with an old one recorded again under it, may go on below."""
    old = numbers(0, 24)
    assert enough(old, [*numbers(3, 24), "older"], 10)
    assert not enough(old, [*numbers(3, 13), "23", "0", "1", "2"], 10)


def test_settling_again_reports_nothing():
    """On 2,000 random lists: nothing is new twice, nothing is forgotten, nobody known changes its number."""
    random = Random(7)
    for _ in range(2000):
        memory = settle([], random.choices("abcdefgh", k=random.randrange(25))).memory
        seen = random.choices("abcdefgh", k=random.randrange(25))
        settled = settle(memory, seen)
        assert len(settled.memory) == len(set(settled.memory))
        assert set(memory) <= set(settled.memory)
        assert () == settle(settled.memory, seen).new


def test_matches_ascend():
    """On 2,000 random lists: each match stands below the one before, on both sides."""
    random = Random(8)
    for _ in range(2000):
        old, new = (random.choices("abcd", k=random.randrange(20)) for _ in "12")
        pairs = overlap(old, new, 2)
        assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))
        assert all(old[i] == new[j] for i, j in pairs)


def test_cursor_survives_json():
    """The JSON form brings the cursor back."""
    cursor = Cursor((("a", 1), ("a", 0)), "mark", "body", "walk")
    assert cursor == from_json(json.loads(json.dumps(cursor.to_json())))


def test_first_sight_is_not_an_empty_memory():
    """No cursor at all stays none; a feed that was empty has one."""
    assert from_json(None) is None
    assert Cursor() == from_json(Cursor().to_json())


def test_cursor_is_small():
    """A full memory takes about 6 kB."""
    cursor = Cursor(tuple((f"{n:016x}", 0) for n in range(MEMORY)), "0" * 16, "0" * 16, "0" * 16)
    assert len(json.dumps(cursor.to_json())) < 6500


@pytest.mark.parametrize(
    "value",
    ["text", 7, [], {}, {"memory": 1}, {"memory": [3], "mark": None, "body": None, "walk": None}, {"memory": [], "mark": 1, "body": 1, "walk": 1},
     {"memory": [["a"]], "mark": None, "body": None, "walk": None}, {"memory": [["a", "b"]], "mark": None, "body": None, "walk": None}],
)  # fmt: skip
def test_damaged_cursor_is_told(value: object):
    """A cursor that relay did not write is a FeedError that says what to do."""
    with pytest.raises(FeedError, match="rename the source to begin anew"):
        from_json(value)


def test_unchanged_needs_the_same_body():
    """Only the very bytes last seen are recognised, and never without a digest."""
    cursor = Cursor(body="a8f5f167f44f4964").to_json()
    assert not unchanged(cursor, b"{}")
    assert not unchanged(None, b"{}")
    assert not unchanged(Cursor().to_json(), b"{}")


def test_ids_are_derived():
    """An id depends on source, feed, fingerprint and occurrence, and on nothing else."""
    ids = {occurrence_id(source, feed, "f", n) for source in "ab" for feed in "cd" for n in (0, 1)}
    assert 8 == len(ids)
    assert "ff6411aaba958cd434dce29fc2a1acfb" == occurrence_id("bb", "repositories/acme/site", "f", 0)
    odd = ['b"é', "repositories/\ud800\n", "?", 3]
    written = json.dumps(odd).encode()
    assert blake2b(written, digest_size=16).hexdigest() == occurrence_id('b"é', "repositories/\ud800\n", "?", 3)


def test_a_fingerprint_is_of_the_json_of_its_parts():
    """Which fingerprints are kept in databases must never change with the way in which they are made."""
    parts = ['é"', None, {"z": 1, "a": ["é", True]}, 7, "\ud800", 1.5]
    assert digest_of(json.dumps(parts, sort_keys=True).encode()) == digest(*parts)
    assert digest_of(b"[]") == digest()
