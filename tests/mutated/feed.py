"""Feeds: the recorded Atom and RSS of many servers, each entry of them several times with other ids."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from tests.mutated import markup
from tests.mutated.case import LATER
from tests.mutated.ways import ANYTHING, HARMLESS, NO_PAGES, SLOW, Way, text_of
from tests.mutated.world import World as Common
from tests.servers import Reply, Request
from tests.sources.contract import with_etags
from tests.stage import SHARED

OWN = Path(__file__).parents[1] / "recordings" / "feed"
BESIDE = SHARED / "recordings" / "feeds"
CLONES = 8
"""Entries that are made of each recorded one."""


class World(Common):
    """A feed of which some entries are new, wherever they stand; in the end there is one more."""

    later = True
    failing = frozenset(NO_PAGES) - {"half", "twice"}
    ways: Mapping[str, Way] = {
        **NO_PAGES,
        **{name: markup.way(change) for name, change in markup.CHANGES.items()},
        **{name: HARMLESS[name] for name in ("white space", "well packed")},
        "another encoding": lambda reply, random: replace(
            reply, body=re.sub("<[?].*[?]>", "", text_of(reply)).encode(random.choice(["utf-8-sig", "utf-16"]))
        ),
        **ANYTHING,
        **SLOW,
    }

    def __init__(self, random: Random, beside: bool) -> None:
        path, text = random.choice(_recordings(beside))
        self.path, self.fresh = path, random.random() < 0.3
        entries = [found[0] for found in markup.ENTRY.finditer(text)]
        head, tail = text.split(entries[0], 1)[0], text.rsplit(entries[-1], 1)[1]
        listed = [_another(entry, n) for entry in entries for n in range(CLONES)]
        listed = random.sample(listed, min(len(listed), random.choice([4, 8, 30])))
        last, *new = random.sample(range(len(listed)), random.choice([2, 3]))
        states = [{last, *new}, {last}, set[int]()]
        bodies = [
            head + b"\n".join(one for n, one in enumerate(listed) if n not in without) + tail for without in states
        ]
        self.states = [with_etags(_serving(path, body)) for body in bodies]

    def settings(self) -> dict[str, Any]:
        return {"url": f"{self.base}{self.path}", "repository": "acme/site"}

    def respond(self, request: Request, act: int) -> Reply:
        return self.states[min(act, 1) + (act == LATER)](request)

    def is_vital(self, request: Request) -> bool:
        return True


def _serving(path: str, body: bytes) -> Any:
    def respond(request: Request) -> Reply:
        return Reply(200, body, {"content-type": "application/xml"}) if request.path == path else Reply(404)

    return respond


@cache
def _recordings(beside: bool) -> Sequence[tuple[str, bytes]]:
    """What was recorded, with the path that it had."""
    if beside:
        return [(f"/acme/{path.name}", path.read_bytes()) for path in sorted(BESIDE.iterdir())]
    found = []
    for path in sorted(OWN.glob("*.expected.json")):
        address = json.loads(path.read_bytes())["address"]
        name = path.name.removesuffix(".expected.json")
        found.append((f"/{address.split('/', 3)[-1]}".partition("?")[0], (OWN / name).read_bytes()))
    return found


def _another(entry: bytes, n: int) -> bytes:
    """The entry as if it were another one: with other hashes, and another id."""
    if n == 0:
        return entry
    other = re.sub(rb"[0-9a-f]{12,64}", lambda found: _hashed(found[0], n), entry)
    other = re.sub(rb"(?<=/changeset/)\d+", lambda found: found[0] + b"%d" % n, other)
    return re.sub(
        rb"(<(id|guid|link)\b[^<>]*>[^<>\s]+)", rb"\1-%d" % n if b"/changeset/" not in other else rb"\1/%d" % n, other
    )


def _hashed(hash_: bytes, n: int) -> bytes:
    return blake2b(hash_ + bytes([n]), digest_size=32).hexdigest().encode()[: len(hash_)]
