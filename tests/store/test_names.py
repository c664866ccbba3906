"""What a forge calls things, as the tables take it: of any length, on both databases."""

import random
import string

from relay.events import Actor, Repository, thing
from relay.sources.base import Found
from relay.store.commit import Matched
from relay.timing import Slot
from tests.conftest import Databases
from tests.stage import NOON
from tests.store.world import World, event, intent, on


def test_things_of_any_name_are_grouped_and_remembered(databases: Databases) -> None:
    """A repository's name, however long, keeps no event from its group, and no reference from being kept."""
    name = "".join(random.Random(1).choices(string.ascii_letters, k=100_000))  # what repeats PostgreSQL would compress
    opened = event("a", type="report_issue", number=7, repository=Repository(name, name))
    about = str(thing(opened))

    async def act(world: World) -> int:
        group = Slot(NOON, f"group:report_issue:{about}", "group")
        await world.commit(Matched(Found(opened), (intent("dev", group),)))
        claimed = (await world.lanes())["dev"]
        await world.settle(claimed, remember=(about, "ts"))
        return len(claimed.heads)

    assert 1 == on(databases(), act)


def test_a_name_of_any_length_is_stored(databases: Databases) -> None:
    """What a forge calls a type, repository or user never keeps a page from being committed."""

    async def act(world: World) -> int:
        long = "x" * 100_000
        named = event("a", type=long, repository=Repository(long, long, private=False), actor=Actor(long))
        return len(await world.commit(Matched(Found(named))))

    assert 1 == on(databases(), act)
