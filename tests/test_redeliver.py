"""What `relay redeliver` makes pending again."""

from pathlib import Path

import pytest

from relay.errors import UsageError
from relay.redeliver import Redelivered, redeliver, redeliver_dead
from relay.store import read
from relay.store.settle import Verdict
from tests.store.world import NOON, World, on


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> str:
    """One with a dead delivery to each of `dev` and `lake`."""
    path = str(tmp_path / "relay.db")
    on(path, _die)
    return path


async def _die(world: World) -> None:
    await world.tell("one")
    await world.tell("two", to="lake")
    for lane in (await world.lanes()).values():
        await world.settle(lane, verdict=Verdict("dead", reason="404"))


def ids(database: str) -> dict[str, str]:
    """The id of each delivery, by its destination."""
    views = read(database)
    found = {one.destination: one.id for one in views.deliveries()}
    views.close()
    return found


def test_an_ids_beginning_is_enough(database: str) -> None:
    """As people copy it from a narrow list."""
    id = ids(database)["lake"]
    assert Redelivered((id,)) == redeliver(database, [id[:12]], NOON)


def test_what_is_not_there_is_named(database: str) -> None:
    """The others are sent again all the same; what is pending already counts as missed."""
    id = ids(database)["dev"]
    assert Redelivered((id,), ("dlv_x",)) == redeliver(database, [id, "dlv_x"], NOON)
    assert Redelivered((), (id[:12],)) == redeliver(database, [id[:12]], NOON)


def test_nothing_is_the_beginning_of_nothing(tmp_path: Path) -> None:
    """An id that a script left empty sends nothing again, were there but one delivery."""
    path = str(tmp_path / "one.db")
    on(path, lambda world: world.tell("one"))
    assert Redelivered((), ("",)) == redeliver(path, [""], NOON)


def test_a_beginning_of_several_is_an_error(database: str) -> None:
    """It names those that it may be, and nothing is sent again."""
    both = ids(database)
    with pytest.raises(UsageError, match=f"dlv_ is the beginning of {', '.join(sorted(both.values()))}; write more"):
        redeliver(database, [both["dev"], "dlv_"], NOON)
    assert 2 == len(redeliver_dead(database, None, NOON).again)


def test_what_died_on_one_way(database: str) -> None:
    """Of the dead ones those to one destination alone."""
    assert Redelivered((ids(database)["lake"],)) == redeliver_dead(database, "lake", NOON)


def test_a_way_that_never_was_is_an_error(database: str) -> None:
    """A slip in the name of a destination is told, with the one that it is like."""
    with pytest.raises(UsageError, match=r"nothing ever went to a destination 'lakee'.*lake"):
        redeliver_dead(database, "lakee", NOON)
