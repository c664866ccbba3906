"""Recorded feeds broken in every way that comes to mind: read, or refused in words; never anything else."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from relay.errors import FeedError
from relay.events import Event, from_json, to_json
from tests.sources.feed_polling import Reader
from tests.sources.payload_table import RENDERER

FOLDER = Path(__file__).parents[1] / "recordings" / "feed"
RECORDINGS = sorted(path for path in FOLDER.iterdir() if path.suffix != ".json")
ODD = [
    b"&",
    b"<",
    b"]]>",
    b"<![CDATA[",
    b"\x00",
    b"\xff\xfe",
    b"&#xD800;",
    b"&nbsp;",
    b"<title>",
    b"</entry>",
    b"<!--",
    b"<svg>",
]
ODD += [b' xml:base="http://["', b'<link href="http://[::1"/>', b"<id/>", b"<author><name/></author>", b"<item>" * 50]
ODD += [
    b"<pubDate>9999-99-99T99:99:99+99:99</pubDate>",
    b"<content type='base64'>=</content>",
    b"<source url='x'>",
    "\u202e".encode(),
]


def cut(data: bytes, random: Random) -> bytes:
    """Without a piece of its middle."""
    start = random.randrange(len(data))
    return data[:start] + data[start + random.randrange(200) :]


def put_in(data: bytes, random: Random) -> bytes:
    """With something odd anywhere."""
    at = random.randrange(len(data))
    return data[:at] + random.choice(ODD) * random.choice([1, 1, 3]) + data[at:]


def inside(data: bytes, random: Random) -> bytes:
    """With something odd where an element begins."""
    at = random.choice([index for index, byte in enumerate(data) if byte == ord(">")])
    return data[: at + 1] + random.choice(ODD) + data[at + 1 :]


def moved(data: bytes, random: Random) -> bytes:
    """With two pieces in each other's place."""
    a, b, c = sorted(random.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def flipped(data: bytes, random: Random) -> bytes:
    """With some bytes that are others."""
    odd = bytearray(data)
    for _ in range(5):
        odd[random.randrange(len(odd))] = random.randrange(256)
    return bytes(odd)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
@pytest.mark.parametrize("broken", [cut, put_in, inside, moved, flipped], ids=lambda broken: broken.__name__)
def test_broken_feeds(path: Path, broken: Callable[[bytes, Random], bytes]):
    """Broken copies of a feed are read or refused, and whatever they hold can be stored and said."""
    random = Random(f"{path.name} {broken.__name__}")
    for _ in range(8):
        for event in read(broken(path.read_bytes(), random)):
            assert event == from_json(to_json(event))
            assert RENDERER.sentence(event)


def read(data: bytes) -> list[Event]:
    """The events of a feed, or none where it is refused."""
    try:
        return Reader().events(data)
    except FeedError:
        return []
