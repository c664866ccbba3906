"""Forges that misbehave as real ones did: nothing is lost, nothing is told twice, all of it in order.

An example is the life of one feed, as hypothesis thought it up: what its forge is, and what it does before and during
each poll. RELAY_TEST_LIVES=100000 is a longer campaign of the same kind.
"""

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.model_forge import KINDS, Action, Shape
from tests.model_world import Life, Script, World

LIVES = int(os.environ.get("RELAY_TEST_LIVES", "2000"))
TOGETHER = 40
"""Lives in one world."""
ONE_SEED = 2000
"""Lives that hypothesis thinks up from one seed: it remembers all that it thought of."""
LEAST = 0.02
"""Of all that the forges did, what each kind must be."""

PARTS = 4
"""Into which the lives are divided, to be lived side by side."""

WEIGHTS = {
    **dict.fromkeys(("reorders amid", "deletes amid"), 6),
    **dict.fromkeys(("sends fewer", "serves a stale list", "sends a stale page"), 4),
    **dict.fromkeys(("deletes", "purges", "reorders", "keeps fewer", "shifts amid", "inserts late amid"), 3),
}
"""How often what is drawn that comes to nothing where a poll is one request, nothing has happened, or little is listed;
the rest is drawn twice. What does so most often is first: hypothesis draws that more often than it should."""
kinds = st.sampled_from([kind for kind in dict.fromkeys((*WEIGHTS, *KINDS)) for _ in range(WEIGHTS.get(kind, 2))])
numbers = st.integers(0, 63)
shapes = st.builds(
    Shape,
    st.sampled_from([0, 1, 2, 3, 6, 9, 12, 16, 25, 40, 70]),
    st.sampled_from([50, 14, 5, 4]),
    st.sampled_from([None, None, 60, 12, 3]),
)
rounds = st.lists(st.builds(Action, kinds, numbers, numbers), min_size=1, max_size=4)
scripts = st.builds(Script, shapes, st.booleans(), st.lists(rounds, min_size=4, max_size=7))
stops = st.one_of(st.none(), st.none(), st.none(), st.integers(0, 100))


@dataclass
class Campaign:
    """What came of many lives."""

    lives: int = 0
    polls: int = 0
    rounds: int = 0
    stopped: int = 0
    decided: int = 0
    undecided: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def add(self, world: World) -> None:
        self.rounds += world.rounds
        self.stopped += world.stopped
        for life in world.lives:
            self.lives += 1
            self.polls += life.polls
            self.decided += life.oracle.decided
            self.undecided += life.oracle.undecided
            self.taken += life.forge.taken
            self.complaints += complaints(life)

    def too_easy(self) -> Iterator[str]:
        """What makes it prove less than it should: a rare misbehaviour, much that nobody could judge, no restarts."""
        total = sum(self.taken.values())
        yield from (f"too few: {kind}" for kind in KINDS if self.taken[kind] < LEAST * total)
        if self.undecided > 0.2 * self.decided:
            yield "the judge may excuse what cannot be known, but that must be the exception"
        if not 0.02 * self.rounds < self.stopped < self.rounds:
            yield "each round is a new service, and some must be broken off amid their polls"

    def __str__(self) -> str:
        total = sum(self.taken.values())
        kinds = "\n".join(f"{self.taken[kind]:9,} {self.taken[kind] / total:6.1%} {kind}" for kind in KINDS)
        return (
            f"{self.lives:,} lives, {self.polls:,} polls that worked, {self.rounds:,} services, of which {self.stopped:,} "
            f"were stopped while polling; {self.decided:,} events that could be told apart, {self.undecided:,} that "
            f"could not; {total:,} misbehaviours:\n{kinds}\n"
        )


def complaints(life: Life) -> list[str]:
    """What went wrong in a life, each with its script, which can be put among the counterexamples."""
    return [f"{complaint} in {life.script}" for complaint in life.complaints]


def live(part: int, campaign: Campaign, lives: int) -> None:
    """Live the lives that hypothesis thinks up from one seed."""

    @seed(part)
    @settings(
        max_examples=-(-lives // TOGETHER),
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(st.tuples(*[scripts] * TOGETHER), st.lists(stops, min_size=7, max_size=7))
    def world(those: tuple[Script, ...], stops: list[int | None]) -> None:
        with TemporaryDirectory() as folder:
            campaign.add(World(Path(folder), those, stops).play())

    world()


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """What relay says of each failure would fill the log."""
    logger = logging.getLogger("relay")
    before, level = logger.level, logging.CRITICAL + 1
    logger.setLevel(level)
    yield
    logger.setLevel(before)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.long
def test_all_that_can_be_told_apart_arrives_once(part: int) -> None:
    """At each destination, in the order of the list, whatever a forge does; and every misbehaviour was among it."""
    campaign, lives = Campaign(), LIVES // PARTS
    for begin in range(0, lives, ONE_SEED):
        live(part * lives + begin, campaign, min(ONE_SEED, lives - begin))
    sys.stdout.write(f"\n{campaign}")
    assert lives <= campaign.lives
    assert [] == campaign.complaints[:10]
    assert [] == list(campaign.too_easy())


def script(shape: tuple[int, int, int | None], history: bool, rounds: list[list[tuple[str, int, int]]]) -> Script:
    """A script as a failed campaign shows it."""
    return Script(Shape(*shape), history, [[Action(*action) for action in actions] for actions in rounds])


COUNTEREXAMPLES = {
    "a page pushed down by all it should have brought": script((6, 4, None), False, [[("shifts amid", 51, 34)]]),
    "a page pushed down above a burst": script(
        (0, 4, None), True, [[], [("bursts", 25, 59), ("inserts late amid", 24, 55)]]
    ),
    "a page pushed down above the first events": script(
        (0, 4, None), True, [[], [("backdates", 10, 45), ("backdates", 56, 40), ("shifts amid", 6, 32)]]
    ),
    "late above one that moved": script(
        (0, 50, None),
        False,
        [[("bursts", 4, 48)], [("keeps fewer", 55, 62)], [("reorders", 43, 50)], [("inserts late", 29, 51)]],
    ),
    "the end of a list pushed again": script(
        (16, 50, 12), False, [[], [("deletes", 48, 21), ("pushes again", 39, 32)]]
    ),
    "new above known ones below a second overlap": script(
        (0, 50, None),
        False,
        [[("backdates", 14, 8)], [("keeps fewer", 43, 57)], [("bursts", 37, 26)], [("keeps fewer", 63, 12)]],
    ),
    "a gap that is filled later": script(
        (3, 50, 3), True, [[], [("bursts", 25, 46)], [("keeps fewer", 61, 25)], [("keeps fewer", 16, 60)]]
    ),
    "a list cut to repeated events": script(
        (12, 50, None),
        False,
        [
            [("inserts late", 60, 12)],
            [("recalls", 7, 41), ("recalls", 38, 39), ("deletes", 2, 29), ("keeps fewer", 12, 63)],
            [("keeps fewer", 17, 0), ("backdates", 30, 7)],
        ],
    ),
    "changed places among twins": script(
        (16, 50, None),
        False,
        [
            [("purges", 0, 0), ("deletes amid", 0, 0)],
            [("repeats", 11, 0), ("purges", 1, 6), ("repeats", 0, 0)],
            [("repeats", 0, 0), ("reorders amid", 2, 4)],
        ],
    ),
    "recorded again far above, while others changed places": script(
        (15, 4, None),
        False,
        [
            [("reorders amid", 0, 1), ("purges", 14, 0), ("reorders", 2, 1), ("serves a stale list", 0, 0)],
            [("recalls", 2, 0)],
        ],
    ),
    "hidden while old ones surfaced at the end": script(
        (23, 5, 12),
        False,
        [
            [],
            [("asks to log in", 0, 0), ("purges", 0, 2), ("keeps fewer", 3, 0)],
            [("deletes amid", 6, 0)],
            [("serves a stale list", 1, 0)],
        ],
    ),
    "one of two twins hidden once": script(
        (11, 50, None),
        False,
        [[("keeps fewer", 0, 0), ("repeats", 0, 0)], [("keeps fewer", 1, 0), ("serves a stale list", 1, 0)]],
    ),
    "a short list hidden once": script(
        (9, 50, None),
        False,
        [[("prepends", 2, 0), ("keeps fewer", 0, 0)], [("keeps fewer", 1, 0), ("serves a stale list", 1, 0)]],
    ),
    "changed places across what vanished": script(
        (20, 50, None), False, [[], [("purges", 7, 7), ("reorders", 6, 0)], [("serves a stale list", 1, 0)]]
    ),
    "pushed again above an old one": script(
        (24, 50, None), False, [[("recalls", 1, 16)], [("pushes again", 3, 9), ("sends fewer", 3, 0)]]
    ),
    "pushed again above an old one that was never seen": script(
        (24, 50, None),
        False,
        [[("serves a stale list", 0, 0), ("recalls", 1, 16)], [("pushes again", 4, 9), ("sends fewer", 3, 0)]],
    ),
    "hidden while one surfaced that looks like the newest": script(
        (14, 50, 12), False, [[("prepends", 2, 0), ("recalls", 6, 6)], [("serves a stale list", 1, 0)]]
    ),
    "hidden while one surfaced that looks like the newest, nearer": script(
        (40, 50, 12),
        False,
        [[("prepends", 2, 0)], [("recalls", 6, 14)], [("serves a stale list", 2, 0)], [("serves a stale list", 2, 0)]],
    ),
    "few hidden while many surfaced": script(
        (15, 50, 3),
        False,
        [
            [("serves a stale list", 0, 0), ("keeps fewer", 2, 0)],
            [("purges", 1, 0)],
            [],
            [("serves a stale list", 2, 0)],
        ],
    ),
    "came up past all that vanished": script(
        (25, 50, None),
        False,
        [[("inserts late amid", 1, 0), ("purges", 0, 5)], [("backdates", 1, 0), ("purges", 4, 12), ("reorders", 1, 2)]],
    ),
    "all but one hidden once": script(
        (12, 50, 12), False, [[("bursts", 0, 0)], [("keeps fewer", 3, 0), ("serves a stale list", 1, 0)]]
    ),
    "a page in another order": script((21, 14, None), False, [[("sends a stale page", 0, 1), ("reorders", 14, 0)]]),
    "came up after its page was read": script(
        (0, 50, 12), False, [[("bursts", 1, 6)], [("purges", 0, 3), ("reorders amid", 3, 2)]]
    ),
    "one that stands on two pages of a list in motion": script(
        (2, 14, 12), False, [[("reorders", 0, 45), ("recalls", 21, 49)], [("sends a stale page", 2, 32)]]
    ),
}
"""What campaigns found, shortened."""


@pytest.mark.parametrize("name", COUNTEREXAMPLES)
def test_past_counterexamples(name: str, tmp_path: Path) -> None:
    """What went wrong once goes right."""
    world = World(tmp_path, [COUNTEREXAMPLES[name]]).play()
    assert [] == [complaint for life in world.lives for complaint in complaints(life)]
