"""Ways to break an answer, whatever it holds: its bytes, its status, its headers."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from tests.mutated.odd import deep
from tests.servers import Reply

Way = Callable[[Reply, Random], Reply]
"""The broken answer in place of the true one."""


def text_of(reply: Reply) -> str:
    return reply.encoded().decode()


def _half(reply: Reply, random: Random) -> Reply:
    """The body up to somewhere before its end, which a closing bracket or tag is."""
    text = text_of(reply).rstrip()
    return replace(reply, body=text[: random.randrange(max(1, len(text) - 2))])


def _packed(reply: Reply, random: Random) -> Reply:
    """gzip that breaks off, is followed by garbage or never was any."""
    whole = bytearray(gzip.compress(reply.encoded()))
    where = random.randrange(12, len(whole) - 8)
    whole[where] ^= 0xFF
    body = random.choice([bytes(whole[: len(whole) // 2]), bytes(whole), random.randbytes(500), reply.encoded()])
    return replace(reply, body=body, headers=reply.headers | {"content-encoding": "gzip"})


def _endless(reply: Reply, random: Random) -> Reply:
    return replace(reply, body=random.choice([reply.encoded() or b"[", b" " * 65536, b"[" * 65536]), fault="endless")


def _swollen(reply: Reply, _: Random) -> Reply:
    body = gzip.compress(b" " * 20_000_000, 1)
    return replace(reply, body=body, headers=reply.headers | {"content-encoding": "gzip"})


NO_PAGES: Mapping[str, Way] = {
    "html": lambda reply, _: Reply(body=f"<!doctype html><title>Log in</title><pre>{text_of(reply)}</pre>"),
    "half": _half,
    "cut off": lambda reply, _: replace(reply, fault="cut"),
    "endless": _endless,
    "endless gzip": _swollen,
    "gzip garbage": _packed,
    "strange packing": lambda reply, _: replace(reply, headers=reply.headers | {"content-encoding": "br"}),
    "deep": lambda reply, random: replace(
        reply, body=random.choice(["[" * 200_000, '{"events": [' + '{"a":' * 100_000, "<a>" * 200_000])
    ),
    "twice": lambda reply, _: replace(reply, body=text_of(reply) * 2),
    "nothing": lambda reply, random: replace(
        reply, body=random.choice(["", " ", "null", "0", '""', "Not Found", "{}", "<a/>"])
    ),
    "refused": lambda reply, random: replace(
        reply, status=random.choice([204, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
    ),
    "moved": lambda reply, random: Reply(302, reply.body, {"location": random.choice(["/login", "//["])}),
}
"""No page at all, whatever was asked for: where a poll cannot do without it, the cursor stays."""


def _no_unicode(reply: Reply, _: Random) -> Reply:
    return replace(reply, body=reply.encoded().replace(b'"', b'"\xff\xfe', 1) or b"\xff")


def _long_number(reply: Reply, _: Random) -> Reply:
    return replace(reply, body=f'{{"count": {"9" * 5000}, "it": {text_of(reply)}}}')


NO_JSON: Mapping[str, Way] = {"no unicode": _no_unicode, "long number": _long_number}
"""Not even JSON, where that is asked for."""


def _odd_keys(reply: Reply, random: Random) -> Reply:
    """With keys that nobody knows, in the whole or in each of its entries."""
    whole = json.loads(reply.encoded())
    odd = f'"\\ud800": NaN, "$odd": {deep(random)}, "$text": "\\u0000"'
    objects = whole if isinstance(whole, list) else [whole]
    texts = [_with(json.dumps(one), odd) if isinstance(one, dict) else json.dumps(one) for one in objects]
    return replace(reply, body=f"[{', '.join(texts)}]" if isinstance(whole, list) else texts[0])


def _with(text: str, pairs: str) -> str:
    return "{" + pairs + (", " if len(text) > 2 else "") + text[1:]


HARMLESS: Mapping[str, Way] = {
    "white space": lambda reply, _: replace(reply, body="\r\n\t " * 1000 + text_of(reply) + " " * 5000),
    "another encoding": lambda reply, random: replace(
        reply, body=text_of(reply).encode(random.choice(["utf-8-sig", "utf-16", "utf-16-be", "utf-32"]))
    ),
    "odd keys": _odd_keys,
    "well packed": lambda reply, _: replace(
        reply, body=gzip.compress(reply.encoded()), headers=reply.headers | {"content-encoding": "gzip"}
    ),
}
"""Odd JSON, but nothing of it is missing: all is told at once."""


def _scratched(reply: Reply, random: Random) -> Reply:
    """With some bytes changed, dropped or doubled: what that leaves, nobody knows."""
    body = bytearray(reply.encoded() or b"\0")
    for _ in range(random.choice([1, 1, 2, 5, 40])):
        where = random.randrange(len(body) + 1)
        end = min(len(body), where + random.choice([1, 1, 8, 300]))
        change = random.choice([b"", random.randbytes(1), b'"', b"}", b"null", bytes(body[where:end]) * 2])
        body[where:end] = change
    return replace(reply, body=bytes(body))


_LIES: Mapping[str, list[str]] = {
    "etag": ["", "W/", '"', "\xe9", "x" * 5000, '"a", "b"', "*", 'W/"\t"'],
    "last-modified": ["", "yesterday", "Thu, 31 Dec 9999 23:59:59 -1200", "x" * 5000],
    "x-poll-interval": ["-1", "0", "3600", "99999999", "1e9", "soon", "\xb2"],
    "link": [
        "",
        "<>; rel=next",
        "<",
        '<http://127.0.0.1:1/x>; rel="next"',
        '<https://elsewhere.example/x>; rel="next"',
        '<//[::1>; rel="next"',
        '<http://[::1>; rel="next"',
        '</>; rel="next"',
        "<x>; rel=" + "next " * 5000,
        '<javascript:alert(1)>; rel="next"',
    ],
    "x-next-page": ["", "0", "-1", "1", "7", "99999", "9" * 40, "x", "\xb2", "1e3"],
    "x-total-count": ["", "0", "-1", "1", "9" * 30, "x", "\xb2"],
    "content-type": ["", "text/html", "application/json; charset=utf-16", "x" * 5000, "text/xml; charset=rot13"],
    "date": ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"],
    "retry-after": ["3600", "-1", "soon", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"],
    "x-ratelimit-remaining": ["0", "-1", "x"],
    "x-ratelimit-reset": ["0", "99999999999", "x"],
    "location": ["/login", "https://elsewhere.example/"],
    "set-cookie": ["a=b", "x" * 5000],
}


def _lying(reply: Reply, random: Random) -> Reply:
    """With headers that say what is not so."""
    lies = {name: random.choice(_LIES[name]) for name in random.sample([*_LIES], random.choice([1, 1, 2, 4]))}
    return replace(reply, headers=reply.headers | lies)


def _elsewhere(reply: Reply, random: Random) -> Reply:
    """A redirect that leads round, away, or nowhere."""
    target = random.choice(
        ["", "https://127.0.0.1:1/", "http://127.0.0.1:1/", "javascript:alert(1)", "http://[::1", "."]
    )
    return Reply(random.choice([301, 302, 303, 307, 308, 300, 305]), reply.body, {"location": target} if target else {})


ANYTHING: Mapping[str, Way] = {
    "scratched": _scratched,
    "no answer": lambda _, __: Reply(fault="reset"),  # the client asks again by itself
    "lying headers": _lying,
    "not modified": lambda reply, _: replace(reply, status=304, body=b""),
    "elsewhere": _elsewhere,
    "gone": lambda reply, _: replace(reply, status=410),
}
"""Nobody knows what is told at once."""


def _not_now(reply: Reply, random: Random) -> Reply:
    """A refusal that asks to wait, by one of the headers that do."""
    wait = random.choice(["30", "3600", "86400", "99999999999", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"])
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": random.choice(["1795350000", "99999999999", "x"])}
    headers = random.choice([{"retry-after": wait}, {"retry-after": wait}, used_up])
    return Reply(random.choice([403, 429, 503, 500, 404]), reply.body, reply.headers | headers)


SLOW: Mapping[str, Way] = {"not now": _not_now}
"""A day may pass until the forge is asked again."""
