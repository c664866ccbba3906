"""Recorded feeds broken in every way that comes to mind: read, or refused in words; never anything else."""

from pathlib import Path
from random import Random

import pytest

from relay.errors import FeedError
from relay.events import Event, from_json, to_json
from tests.mutated.markup import BROKEN
from tests.sources.feed_polling import Reader
from tests.sources.payload_table import RENDERER

FOLDER = Path(__file__).parents[1] / "recordings" / "feed"
RECORDINGS = sorted(path for path in FOLDER.iterdir() if path.suffix != ".json")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
@pytest.mark.parametrize("name", BROKEN)
def test_broken_feeds(path: Path, name: str):
    """Broken copies of a feed are read or refused, and whatever they hold can be stored and said."""
    random = Random(f"{path.name} {name}")
    for _ in range(8):
        for event in read(BROKEN[name](path.read_bytes(), random)):
            assert event == from_json(to_json(event))
            assert RENDERER.sentence(event)


def read(data: bytes) -> list[Event]:
    """The events of a feed, or none where it is refused."""
    try:
        return Reader().events(data)
    except FeedError:
        return []
