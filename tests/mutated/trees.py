"""Ways to break JSON anywhere in its tree, whatever it says; what stands near the root is hit more often."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from tests.mutated.odd import DATES, NUMBERS, ODD, TEXTS, deep
from tests.mutated.ways import Way

Change = Callable[[list[Any], Random], str | None]
"""Changes the tree that stands in the list; returns what, as JSON text, is to stand where MARK does."""
_DEEPER = (0.97, 0.97, 0.75, 0.5)
MARK = "@@here@@"


def spot(tree: list[Any], random: Random, *, of: type | tuple[type, ...] = object) -> tuple[Any, Any]:
    """A place in the tree: what holds it, and its key or index there; if possible one that holds a value of a kind."""
    for _ in range(40):
        inside, key = tree, 0
        for level in range(99):
            here = inside[key]
            if not here or not isinstance(here, dict | list) or random.random() > _DEEPER[min(level, 3)]:
                break
            inside, key = here, random.choice([*here] if isinstance(here, dict) else range(len(here)))
        if isinstance(inside[key], of):
            break
    return inside, key


def _put(values: Callable[[Random], Any], of: type | tuple[type, ...] = object) -> Change:
    def change(tree: list[Any], random: Random) -> None:
        inside, key = spot(tree, random, of=of)
        inside[key] = values(random)

    return change


def _written(literals: Callable[[Random], str]) -> Change:
    def change(tree: list[Any], random: Random) -> str:
        inside, key = spot(tree, random)
        inside[key] = MARK
        return literals(random)

    return change


def _without(tree: list[Any], random: Random) -> None:
    """Without a key or some, in one object or in all of its list."""
    inside, key = spot(tree, random, of=dict)
    if not isinstance(inside[key], dict):
        return
    gone = random.sample([*inside[key]], min(len(inside[key]), random.choice([1, 1, 2, 4])))
    others = inside if isinstance(inside, list) and random.random() < 0.3 else [inside[key]]
    for one in others:
        for name in gone if isinstance(one, dict) else ():
            one.pop(name, None)


def _twice(tree: list[Any], random: Random) -> str | None:
    """An object with one of its keys twice."""
    inside, key = spot(tree, random, of=dict)
    held, odd = inside[key], random.choice(ODD)
    if not held or not isinstance(held, dict):
        return None
    inside[key] = MARK
    name, pair = random.choice([*held]), json.dumps(held)
    return f"{pair[:-1]}, {json.dumps(name)}: {json.dumps(odd)}}}"


def _renamed(tree: list[Any], random: Random) -> None:
    """An object with one of its keys written otherwise."""
    inside, key = spot(tree, random, of=dict)
    if inside[key] and isinstance(inside[key], dict):
        name = random.choice([*inside[key]])
        value = inside[key].pop(name)
        inside[key][random.choice([name.upper(), f"{name} ", f"{name}s", "", f"_{name}"])] = value


def _another(tree: list[Any], random: Random) -> None:
    """What stands in another place."""
    (inside, key), (other, there) = spot(tree, random), spot(tree, random)
    inside[key] = json.loads(json.dumps(other[there]))


def _swapped(tree: list[Any], random: Random) -> None:
    """Two values in each other's place; of one that holds the other a copy."""
    (inside, key), (other, there) = spot(tree, random), spot(tree, random)
    inside[key], other[there] = (json.loads(json.dumps(one)) for one in (other[there], inside[key]))


def _kind(tree: list[Any], random: Random) -> None:
    """The same value as another kind of it: numbers as text and the other way round, what is one as a list."""
    inside, key = spot(tree, random, of=(str, int, float))
    value = inside[key]
    as_number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 300 else [value]
    inside[key] = as_number if isinstance(value, str) else json.dumps(value)


def _entries(change: Callable[[list[Any], Random], list[Any]]) -> Change:
    """For what happens to the entries of a list."""

    def changed(tree: list[Any], random: Random) -> None:
        inside, key = spot(tree, random, of=list)
        if isinstance(inside[key], list):
            inside[key] = change(inside[key], random)

    return changed


def _dropped(listed: list[Any], random: Random) -> list[Any]:
    return [one for one in listed if random.random() < random.choice([0.0, 0.5, 0.9])]


def _doubled(listed: list[Any], random: Random) -> list[Any]:
    return [one for one in listed for _ in range(random.choice([1, 1, 2, 3]))]


def _mixed(listed: list[Any], random: Random) -> list[Any]:
    return random.sample(listed, len(listed))


def _junk(listed: list[Any], random: Random) -> list[Any]:
    at = random.randint(0, len(listed))
    return [*listed[:at], *random.choices([7, None, {}, [], "x", [[1]], False], k=random.choice([1, 3])), *listed[at:]]


def _hidden(tree: list[Any], random: Random) -> None:
    """The whole in something else, or a part of it as the whole."""
    inside, key = spot(tree, random, of=(list, dict))
    tree[0] = random.choice([[tree[0]], {"values": tree[0]}, {"data": tree[0], "error": None}, inside[key]])


CHANGES: Mapping[str, Change] = {
    "wrong type": _put(lambda random: random.choice(ODD)),
    "empty value": _put(lambda random: random.choice([None, {}, [], ""])),
    "missing keys": _without,
    "key twice": _twice,
    "renamed key": _renamed,
    "odd number": _written(lambda random: random.choice(NUMBERS)),
    "number instead": _put(lambda random: random.choice([0, 1, -5, 2**31, 2**53, 2**62, 10**40, 0.5]), of=(int, float)),
    "odd text": _put(lambda random: random.choice(TEXTS), of=str),
    "bad date": _put(lambda random: random.choice(DATES), of=str),
    "deep value": _written(deep),
    "another's value": _another,
    "swapped values": _swapped,
    "another kind": _kind,
    "dropped entries": _entries(_dropped),
    "doubled entries": _entries(_doubled),
    "mixed entries": _entries(_mixed),
    "junk between": _entries(_junk),
    "hidden": _hidden,
}


def _no_entry(tree: list[Any], random: Random) -> None:
    """Something else instead of it."""
    tree[0] = random.choice([None, 7, "commit", [], {}, True, [[1]]])


def _deep_entry(tree: list[Any], random: Random) -> str:
    """Something deep instead of it."""
    tree[0] = MARK
    return deep(random)


ENTRIES: Mapping[str, Change] = {
    **{f"an entry's {name}": change for name, change in CHANGES.items()},
    "no entry": _no_entry,
    "deep entry": _deep_entry,
}
"""For an entry of a list, as the whole of the tree."""


def changed(whole: Any, change: Change, random: Random) -> str:
    """What is changed of a value, as JSON text."""
    tree = [json.loads(json.dumps(whole))]
    literal = change(tree, random)
    text = json.dumps(tree[0])
    return text if literal is None else text.replace(json.dumps(MARK), literal)


def way(change: Change) -> Way:
    """The answer with its JSON changed."""
    return lambda reply, random: replace(reply, body=changed(json.loads(reply.encoded()), change, random))
