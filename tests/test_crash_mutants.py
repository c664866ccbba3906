"""Relays that do one thing wrong, killed as the right one is: the same judgement must find out what."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.town import Moment, polling, sending, town


@pytest.mark.parametrize(
    ("mutant", "moments", "end", "complaint"),
    [
        ("settle-late", sending, "kill", "repeated"),
        ("cursor-first", polling, "kill", "lost"),
        ("made-up-ids", sending, "rollback", "another id"),
    ],
)
@pytest.mark.long
def test_a_mutant_is_found(
    tmp_path: Path, mutant: str, moments: Callable[[random.Random], Moment], end: str, complaint: str
) -> None:
    """Sending before the last is settled repeats too much, a cursor before its events loses them, new ids are new events."""
    with town(tmp_path, seed=1) as place:
        place.program = ("tests.mutants", mutant, "run")
        for _ in range(8):
            place.lives(moments(place.dice), end)
        place.ends()
        complaints = place.judgement.complaints()
    assert {complaint} == {found.partition(":")[0] for found in complaints}
