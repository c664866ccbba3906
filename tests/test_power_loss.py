"""Power that goes out under a running relay: the database is rolled back, the receivers' ledger is not.

Everything arrives all the same, and what arrives again has the id under which it came the first time.
"""

import os
from pathlib import Path

import pytest

from tests.processes import Forked
from tests.town import Town, sending, town

CUTS = int(os.environ.get("RELAY_TEST_POWER_CUTS", "3"))


def says(place: Town, *command: str) -> str:
    """What another command says, beside a relay or after it."""
    with Forked(place.folder, *command) as process:
        assert 0 == process.end(), process.said
    return process.said


def test_an_old_backup_is_put_back(tmp_path: Path) -> None:
    """A copy taken under way, put back after the relay has gone on and was killed: 0 lost, repeats under their old ids."""
    with town(tmp_path, seed=4) as place:
        place.happens(40)
        with place.life("rollback") as relay:
            relay.wait_for(lambda: place.arrived >= 10)
            says(place, "backup", "copy.db")
            place.happens(40)
            relay.wait_for(lambda: place.arrived == 80)
        assert "what was there is now" in says(place, "restore", "copy.db")
        place.ends()
    assert [] == place.judgement.complaints()
    assert 40 <= place.judgement.repeats < 80


@pytest.mark.long
def test_power_cuts(tmp_path: Path) -> None:
    """The log loses its newest part, mid-frame, as often as power goes out: 0 lost, repeats under their old ids."""
    with town(tmp_path, seed=4) as place:
        for _ in range(CUTS):
            place.lives(sending(place.dice), "rollback")
        place.ends()
    found = place.judgement
    print(f"{found}, power cuts {CUTS}, frames of the log lost {place.lost_frames}")  # noqa: T201
    assert [] == found.complaints()
    assert found.repeats > 0
