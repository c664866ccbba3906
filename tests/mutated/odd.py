"""What no forge sends, and what once came all the same: values, texts, dates and numbers, as Python and as JSON has them."""

from random import Random
from typing import Any

ODD: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "/",
    "{",
    [],
    {},
    [[]],
    {"commits": {}},
    [None] * 50,
    {"a": {"b": ["c"]}},
]
DATES: list[Any] = [
    "yesterday",
    "2012-13-45 99:99:99+00:00",
    "0000-00-00 00:00:00",
    "9999-12-31 23:59:59-14:00",
    "0001-01-01 00:00:00+14:00",
    "2012-01-01T00:00:00+99:99",
    "2012-02-30 10:00:00+00:00",
    "1e9",
    "",
    1334000000,
    -62135596800000,
    [2012, 1, 1],
]
TEXTS = ["\ud800", "\udfff\ud800 x", "a\0b", "\u202eevil\u202c", "x" * 100_000, "\r\nBcc: x@evil.example", "<!channel>"]
NUMBERS = ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "-0", "9" * 4000, "0.1e-999"]
"""Numbers as JSON text, which `json` reads, or could."""


def deep(random: Random) -> str:
    """Nested JSON that a parser can still read."""
    depth = random.choice([50, 200, 400, 900])
    return random.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth])
