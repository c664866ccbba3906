"""The kinds of forge that a campaign breaks, and the case of a number."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import ModuleType

from tests.mutated import bitbucket, bitbucket_datacenter, bitbucket_v1, feed, gitea, github, gitlab
from tests.mutated.case import Case

KINDS: Mapping[str, ModuleType] = {
    "bitbucket": bitbucket,
    "bitbucket-datacenter": bitbucket_datacenter,
    "bitbucket-v1": bitbucket_v1,
    "feed": feed,
    "gitea": gitea,
    "github": github,
    "gitlab": gitlab,
}


def made(kind: str, number: int) -> Case:
    """The case of a number; odd ones hold what was recorded by others too, at `beside`."""
    world = KINDS[kind].World
    ways = Random(kind).sample([*world.ways], len(world.ways))
    return Case(kind, number, ways[number % len(ways)], world(Random(f"{kind} {number}"), bool(number % 2)))


def beside(kind: str) -> Path:
    """Where the recordings of others are, which need not be there."""
    found: Path = KINDS[kind].BESIDE
    return found
