"""What the judgement of a ledger says of a few webhooks."""

import pytest

from tests.ledger import Arrival, Judgement, Life

ENDS = ("kill", "stop", "rollback", "kill", "stop")
HAPPENED = {1: 0, 2: 0, 3: 1}


def came(number: int, life: int, lane: str = "/lane", delivery: str = "") -> Arrival:
    return Arrival(lane, number, delivery or f"dlv_{number}", f"id{number}", life, at=0.0)


@pytest.mark.parametrize(
    ("arrived", "complaints"),
    [
        ([came(1, 0), came(2, 0), came(3, 0)], []),
        ([came(3, 0), came(1, 0), came(2, 0)], []),
        ([came(1, 0), came(2, 0), came(2, 1), came(3, 1)], []),
        ([came(1, 0), came(2, 0), came(2, 2), came(2, 3), came(3, 4)], []),
        ([came(1, 0), came(3, 0, "/other"), came(1, 1), came(3, 1, "/other"), came(2, 1)], []),
        ([came(1, 1), came(2, 1), came(3, 2), came(1, 3), came(2, 3), came(3, 3)], []),
        ([came(1, 0), came(3, 0)], ["lost"]),
        ([came(2, 0), came(1, 0), came(3, 0)], ["out of order"]),
        ([came(1, 0), came(2, 0), came(3, 0), came(3, 1, delivery="dlv_new")], ["another id"]),
        ([came(1, 0), came(2, 0), came(1, 1), came(2, 1), came(3, 1)], ["repeated"]),
        ([came(1, 0), came(1, 0), came(2, 0), came(3, 0)], ["repeated"]),
        ([came(1, 1), came(1, 2), came(2, 2), came(3, 2)], ["repeated"]),
        ([came(1, 4), came(2, 4), came(3, 4), came(3, 4, "/other")], ["another id", "repeated"]),
    ],
)
def test_complaints(arrived: list[Arrival], complaints: list[str]) -> None:
    """What a kill leaves in flight may come again, one event in each lane, and after a rollback anything under its id."""
    lives = tuple(Life(0.0, end) for end in ENDS)
    found = Judgement(HAPPENED, tuple(arrived), lives).complaints()
    assert complaints == [complaint.partition(":")[0] for complaint in found]


def test_kills_that_hit() -> None:
    """A kill hit a send if something of that life came again, in whichever later life."""
    arrived = (came(1, 0), came(2, 0), came(2, 2), came(3, 3), came(3, 4))
    lives = tuple(Life(0.0, end) for end in ("kill", "kill", "stop", "kill", "stop"))
    found = Judgement(HAPPENED, arrived, lives)
    assert (2, 3, 2) == (found.hits, found.kills, found.repeats)
