"""Snapshots of refs and how they moved."""

import json

import pytest

from relay.errors import FeedError, FeedGarbled
from relay.git.refs import Move, Snapshot, from_json, head, parse, raw
from tests.git.repository import MAIN

A, B = "a" * 40, "b" * 40


def test_refs_are_read() -> None:
    """Each line is a hash and a name, in either of git's formats."""
    assert {MAIN: A, "refs/tags/v1": B + "b" * 24} == parse(f"{A}\t{MAIN}\n{B}{'b' * 24}\trefs/tags/v1\n".encode())


@pytest.mark.parametrize("line", [b"<html>", b"abc\trefs/heads/x", A.encode(), f"{A} {MAIN}".encode()])
def test_a_line_that_is_no_ref(line: bytes) -> None:
    """A listing with anything else in it is not believed."""
    with pytest.raises(FeedGarbled, match="no ref"):
        parse(line + b"\n")


def test_a_name_of_strange_bytes_finds_its_way_back() -> None:
    """Names that are not UTF-8 stay apart from each other, and git gets them as they were."""
    (ref,) = parse(A.encode() + b"\trefs/heads/\xff\xc3\xb6\n")
    assert ("refs/heads/\\xffö", b"refs/heads/\xff\xc3\xb6") == (ref, raw(ref))


def test_moves_are_in_the_order_of_reading() -> None:
    """Updates come first, then what is new, then what is gone."""
    before = Snapshot({"refs/heads/a": A, "refs/heads/b": A, "refs/heads/c": A})
    moves = before.moves({"refs/heads/a": A, "refs/heads/c": B, "refs/heads/aa": A})
    expected = [("refs/heads/c", A, B), ("refs/heads/aa", None, A), ("refs/heads/b", A, None)]
    assert expected == [(move.ref, move.old, move.new) for move in moves]


def test_moves_are_counted_per_ref() -> None:
    """The count goes on where the cursor left it, deleted refs included, and other refs do not matter."""
    snapshot = Snapshot({MAIN: A}).after({MAIN: B}).after({}).after({"refs/heads/x": A})
    assert (Move(MAIN, None, A, 2),) == snapshot.moves({MAIN: A, "refs/heads/x": A})


def test_only_the_last_deleted_refs_are_remembered() -> None:
    """The counts of a repository with ever new branches stay bounded."""
    snapshot = Snapshot({})
    for number in range(1100):
        snapshot = snapshot.after({f"refs/heads/{number}": A})
    assert (1001, True) == (len(snapshot.counts), "refs/heads/1099" in snapshot.counts)


@pytest.mark.parametrize("emptied", [True, False])
def test_a_cursor_is_json(emptied: bool) -> None:
    """The snapshot comes back from the store as it was."""
    snapshot = Snapshot({MAIN: A}, {MAIN: 2}, MAIN, emptied)
    assert snapshot == from_json(json.loads(json.dumps(snapshot.to_json())))


@pytest.mark.parametrize(
    "cursor",
    [
        "text",
        [],
        {},
        {"refs": [MAIN], "n": {}, "head": None},
        {"refs": {MAIN: 7}, "n": {}, "head": None},
        {"refs": {MAIN: A}, "n": {MAIN: "2"}, "head": None},
        {"refs": {MAIN: A}, "n": {}, "head": 7},
    ],
)
def test_a_damaged_cursor_is_said_to_be_one(cursor: object) -> None:
    """What no snapshot was written as is a failure of the feed, with what to do."""
    with pytest.raises(FeedError, match=r"damaged in the database; restore a backup"):
        from_json(cursor)


@pytest.mark.parametrize(
    ("listing", "branches", "expected"),
    [
        (b"ref: refs/heads/dev\tHEAD\n", ["dev", "main"], "refs/heads/dev"),
        (b"ref: refs/heads/gone\tHEAD\n", ["dev", "main"], MAIN),
        (b"", ["dev", "master"], "refs/heads/master"),
        (b"", ["b", "a"], "refs/heads/a"),
        (b"", [], None),
    ],
)
def test_the_default_branch(listing: bytes, branches: list[str], expected: str | None) -> None:
    """HEAD says which it is, else the usual names do."""
    assert expected == head(listing, {f"refs/heads/{name}": A for name in branches})
