"""Ways to break a feed's XML: bytes of it, and its entries as they stand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from tests.mutated.ways import Way

Change = Callable[[bytes, Random], bytes]
ENTRY = re.compile(rb"<(entry|item)\b.*?</\1>", re.S)
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


def swapped(data: bytes, random: Random) -> bytes:
    """With two pieces in each other's place."""
    a, b, c = sorted(random.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def flipped(data: bytes, random: Random) -> bytes:
    """With some bytes that are others."""
    odd = bytearray(data)
    for _ in range(5):
        odd[random.randrange(len(odd))] = random.randrange(256)
    return bytes(odd)


def emptied(data: bytes, random: Random) -> bytes:
    """With an element that holds nothing any more."""
    elements = [*re.finditer(rb"<([\w:]+)\b[^<>]*>([^<>]+)</\1>", data)]
    if not elements:
        return data
    found = random.choice(elements)
    return data[: found.start(2)] + data[found.end(2) :]


def _entries(change: Callable[[list[bytes], Random], list[bytes]]) -> Change:
    """For what happens to the entries."""

    def changed(data: bytes, random: Random) -> bytes:
        found = [*ENTRY.finditer(data)]
        if not found:
            return data
        entries = change([one[0] for one in found], random)
        return data[: found[0].start()] + b"\n".join(entries) + data[found[-1].end() :]

    return changed


BROKEN: Mapping[str, Change] = {
    "cut": cut,
    "put in": put_in,
    "inside": inside,
    "pieces swapped": swapped,
    "flipped": flipped,
}
CHANGES: Mapping[str, Change] = {
    **BROKEN,
    "emptied": emptied,
    "dropped entries": _entries(lambda entries, random: [one for one in entries if random.random() < 0.5]),
    "doubled entries": _entries(lambda entries, random: [one for one in entries for _ in range(random.choice([1, 2]))]),
    "mixed entries": _entries(lambda entries, random: random.sample(entries, len(entries))),
    "half of the entries": lambda data, random: data[: random.randrange(len(data))],
}


def way(change: Change) -> Way:
    """The answer with its feed changed."""
    return lambda reply, random: replace(reply, body=change(reply.encoded(), random))
