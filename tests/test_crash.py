"""The real process on a file, killed at any moment: nothing is lost, and only what was in flight is repeated.

Kills strike as relay starts, polls, commits, sends and settles; now and then it is stopped cleanly instead.
"""

from pathlib import Path

import pytest

from tests.town import COURSES, KILLS, town


@pytest.mark.parametrize("seed", COURSES)
@pytest.mark.long
def test_kills_under_load(tmp_path: Path, seed: int) -> None:
    """0 lost; repeats are at most one per lane and kill, under the same ids; most kills hit a send."""
    with town(tmp_path, seed) as place:
        place.survives(KILLS // len(COURSES))
