"""What changed in a list that has no history."""

from typing import Any

import pytest

from relay.errors import FeedError
from relay.snapshot import Snapshot, from_json

ADA = Snapshot().after({"3": "ada", "4": "ben"})


def changes(snapshot: Snapshot, listed: dict[str, str], **how: Any) -> list[tuple[str, str | None, str | None]]:
    return [(change.key, change.old, change.new) for change in snapshot.changes(listed, **how)]


def test_what_came_changed_and_went():
    """Each key that differs is told with what it was and is."""
    listed = {"3": "ada-l", "5": "chi"}
    assert [("3", "ada", "ada-l"), ("5", None, "chi"), ("4", "ben", None)] == changes(ADA, listed)
    assert [] == changes(ADA.after(listed), listed)


def test_what_a_part_leaves_out_has_not_gone():
    """Of a list that is not whole only what it holds counts, and the rest is remembered."""
    assert [("5", None, "chi")] == changes(ADA, {"5": "chi"}, whole=False)
    assert [] == changes(ADA.after({"5": "chi"}, whole=False), {"3": "ada"}, whole=False)


def test_what_comes_and_goes_again_is_told_apart():
    """Every change of a key has an id of its own, and the same one when it is read again."""
    ids, snapshot = [], Snapshot()
    for listed in ({"3": "ada", "4": "ben"}, {"4": "ben"}) * 3:
        ids += [change.id for change in snapshot.changes(listed) if change.key == "3"]
        snapshot = from_json(snapshot.after(listed).to_json())
    assert ["3:+:0", "3:-:1", "3:+:2", "3:-:3", "3:+:4", "3:-:5"] == ids


def test_an_empty_list_is_believed_the_second_time():
    """A list that is suddenly empty is doubted once."""
    assert [] == changes(ADA, {})
    doubted = ADA.after({})
    assert [("3", "ada", None), ("4", "ben", None)] == changes(doubted, {})
    assert not doubted.after({"3": "ada", "4": "ben"}).emptied


def test_memory_is_bounded():
    """Of what is gone the last thousand are remembered, and of what is listed all."""
    many = {str(n): "x" for n in range(3000)}
    assert 3000 == len(Snapshot().after(many).held)
    assert 1001 == len(Snapshot().after(many).after({"a": "x"}).held)


@pytest.mark.parametrize(
    "value", [None, 7, {}, {"held": 1, "emptied": False}, {"held": {"a": [1, 2]}, "emptied": False}]
)
def test_a_damaged_snapshot(value: Any):
    """A value that no snapshot wrote is told."""
    with pytest.raises(FeedError, match="damaged"):
        from_json(value)
