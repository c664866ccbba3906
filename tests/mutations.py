"""Ways in which a page of the events resource may be broken, by what must arrive all the same."""

import gzip
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.servers import Reply

Raw = dict[str, Any]
FIELDS = ["event", "node", "description", "user", "repository", "created_on", "utc_created_on", "relay"]
INSIDE = [("user", key) for key in ("username", "first_name", "display_name", "avatar")] + [
    ("repository", key) for key in ("owner", "slug", "name", "is_private", "fork_of")
]
ODD = [None, True, -1, 2**70, 1.5, "", "/", "{", [], {}, [[]], {"commits": {}}, [None] * 50, {"a": {"b": ["c"]}}]
DATES = [
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


def put(raw: Raw, value: Any, random: Random) -> Raw:
    """The entry with the value in one of its fields, or in one inside them."""
    outer, inner = random.choice([(key, None) for key in FIELDS[:-1]] + INSIDE)
    if inner is None:
        return raw | {outer: value}
    inside = raw.get(outer)
    return raw | {outer: (inside if isinstance(inside, dict) else {}) | {inner: value}}


def without(raw: Raw, random: Random) -> Raw:
    """The entry without some of the keys that all entries have."""
    gone = set(random.choice([FIELDS, FIELDS[:5], FIELDS[5:], random.sample(FIELDS[:5], random.randint(1, 4))]))
    return {key: value for key, value in raw.items() if key not in gone}


def written(raw: Raw, literal: str, random: Random) -> str:
    """The entry as JSON text with the literal, as it stands, somewhere in it."""
    return json.dumps(put(raw, "@@", random)).replace('"@@"', literal)


def deep(random: Random) -> str:
    """Nested JSON that a parser can still read."""
    depth = random.choice([50, 200, 400, 900])
    return random.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth])


def doubled(raw: Raw, random: Random) -> str:
    """The entry's JSON text with a key in it twice."""
    key = random.choice(FIELDS)
    return f"{json.dumps(raw)[:-1]}, {json.dumps(key)}: {json.dumps(random.choice(ODD))}}}"


ENTRIES: Mapping[str, Callable[[Raw, Random], str]] = {
    "wrong type": lambda raw, random: json.dumps(put(raw, random.choice(ODD), random)),
    "missing keys": lambda raw, random: json.dumps(without(raw, random)),
    "no object": lambda _, random: json.dumps(random.choice([None, 7, "commit", [], {}, True, [[1]]])),
    "bad date": lambda raw, random: json.dumps(
        raw | {"utc_created_on": random.choice(DATES), "created_on": random.choice(DATES)}
    ),
    "duplicate key": doubled,
    "odd number": lambda raw, random: written(raw, random.choice(NUMBERS), random),
    "odd text": lambda raw, random: json.dumps(put(raw, random.choice(TEXTS), random)),
    "deep field": lambda raw, random: written(raw, deep(random), random),
    "deep entry": lambda _, random: deep(random),
    "broken relay key": lambda raw, random: json.dumps(
        raw | {"relay": random.choice([*ODD[1:], {"id": "x"}, {"id": "", "type": "", "source": "", "seen_at": "x"}])}
    ),
}
"""One entry broken within a page that can be read: its neighbours arrive at once."""
DOUBTED = {"missing keys", "no object", "bad date", "deep entry"}
"""What is broken so that it shows."""


def page(entries: list[str], **envelope: str) -> str:
    """The JSON text of a page, its keys and values written as they stand."""
    keys = {"count": str(len(entries)), "events": f"[{', '.join(entries)}]"} | envelope
    return "{" + ", ".join(f'"{key}": {value}' for key, value in keys.items()) + "}"


HARMLESS: Mapping[str, Callable[[list[str], Random], str]] = {
    "odd count": lambda entries, random: page(entries, count=random.choice([*NUMBERS, "null", '"x"', "[]", "-7", "0"])),
    "odd keys": lambda entries, random: page(
        entries, next=deep(random), **{"\\ud800": "NaN", "error": '{"message": 1}'}
    ),
    "junk between": lambda entries, random: page([*entries[:1], random.choice(["7", "null", "{}"]), *entries[1:]]),
    "white space": lambda entries, _: "\r\n\t " * 1000 + page(entries) + " " * 5000,
}
"""Odd, but every entry can be read: all arrive at once."""


def packed(text: str, random: Random) -> bytes:
    """gzip that breaks off, is followed by garbage or never was any."""
    whole = bytearray(gzip.compress(text.encode()))
    where = random.randrange(12, len(whole) - 8)
    whole[where] ^= 0xFF
    return random.choice([bytes(whole[: len(whole) // 2]), bytes(whole), random.randbytes(500), text.encode()])


PAGES: Mapping[str, Callable[[str, Random], Reply]] = {
    "html": lambda text, _: Reply(body=f"<!doctype html><title>Log in</title><pre>{text}</pre>"),
    "half": lambda text, random: Reply(body=text[: random.randrange(1, len(text) - 2)]),
    "cut off": lambda text, _: Reply(body=text, fault="cut"),
    "endless": lambda text, random: Reply(body=random.choice([text, " " * 65536, "[" * 65536]), fault="endless"),
    "endless gzip": lambda text, _: Reply(body=gzip.compress(b" " * 20_000_000), headers={"content-encoding": "gzip"}),
    "gzip garbage": lambda text, random: Reply(body=packed(text, random), headers={"content-encoding": "gzip"}),
    "strange packing": lambda text, _: Reply(body=text, headers={"content-encoding": "br"}),
    "deep": lambda text, random: Reply(body=random.choice(["[" * 200_000, '{"events": [' + '{"a":' * 100_000])),
    "no list": lambda text, random: Reply(
        body=text.replace('"events"', random.choice(['"values"', '"Events"', '"events "']), 1)
    ),
    "list alone": lambda text, _: Reply(body=f"[{text}]"),
    "twice": lambda text, _: Reply(body=text + text),
    "nothing": lambda _, random: Reply(body=random.choice(["", " ", "null", "0", '""', "Not Found", "{}", "[]"])),
    "junk alone": lambda _, random: Reply(body=page([random.choice(["7", "null", "{}", '{"event": 1}'])] * 9)),
    "long number": lambda text, _: Reply(body=text.replace('"count": ', '"count": ' + "9" * 5000, 1)),
    "no unicode": lambda text, _: Reply(body=text.encode().replace(b"event", b"\xff\xfe", 1)),
    "refused": lambda text, random: Reply(random.choice([400, 401, 403, 404, 429, 500, 503]), text),
    "moved": lambda text, _: Reply(302, text, {"location": "/login"}),
}
"""No page at all: nothing of it is told, and the cursor stays."""


def scratched(text: str, random: Random) -> Reply:
    """The page with some of its bytes changed, dropped or doubled: what that leaves of it, nobody knows."""
    body = bytearray(text.encode())
    for _ in range(random.choice([1, 1, 2, 5, 40])):
        where = random.randrange(len(body))
        end = min(len(body), where + random.choice([1, 1, 8, 300]))
        change = random.choice([b"", random.randbytes(1), b'"', b"}", b"null", bytes(body[where:end]) * 2])
        body[where:end] = change
    return Reply(body=bytes(body))


ANYTHING: Mapping[str, Callable[[str, Random], Reply]] = {
    "scratched": scratched,
    "no answer": lambda _, __: Reply(fault="reset"),  # the client asks again by itself
}
"""Nobody knows what arrives at once."""
