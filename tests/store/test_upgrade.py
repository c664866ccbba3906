"""A database of an older relay is brought up to date, and nobody but `run` touches it; on both databases."""

from contextlib import closing

import pytest
from sqlalchemy import text

from relay.errors import UsageError
from relay.store import engine as engines
from relay.store import read
from tests.conftest import Databases
from tests.store.world import World, on


@pytest.fixture
def database(databases: Databases) -> str:
    """One as the first relay made it, without accounts and members, that holds an event and a cursor."""
    address = databases()
    on(address, lambda world: world.commit(cursor='{"at":1}'))
    engine = engines.engine(engines.address(address), write=True)
    with engine.begin() as connection:
        for statement in ("drop index feed_member", "drop table account", "update meta set value = '1'"):
            connection.execute(text(statement))
        for column in ("parent", "name", "gone_at", "cost", "turn_at"):
            connection.execute(text(f"alter table feed drop column {column}"))
    engine.dispose()
    return address


def test_an_older_database_is_completed(database: str) -> None:
    """Its cursors stay, and what it lacked is there."""

    async def act(world: World) -> tuple[str | None, str]:
        feed = await world.feed()
        return feed.cursor, feed.name

    assert ('{"at":1}', "site") == on(database, act)
    with closing(read(database)) as views:
        assert ([], "site") == (views.accounts(0.0), views.feeds()[0].name)


def test_a_reader_leaves_an_older_database_alone(database: str) -> None:
    """It says who brings it up to date."""
    with pytest.raises(UsageError, match="written by an older relay; `relay run` brings it up to date"):
        read(database)
