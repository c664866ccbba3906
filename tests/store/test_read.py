"""What people ask of a database: it is opened without a lock, and answers what may be shown."""

from contextlib import closing

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import inspect, update

from relay.errors import StoreError, UsageError
from relay.events import Actor, Repository
from relay.sources.base import Found
from relay.store import engine, read
from relay.store.commit import Matched
from relay.store.schema import lane, meta
from relay.store.views import EventList, Views
from tests.conftest import Databases
from tests.store.world import World, on
from tests.store.world import event as make

SECRET = Repository("acme", "vault", private=True)
ADA, BOB = Actor("Ada", "ada"), Actor("Bob", "bob")
EVENTS = (
    make("1", actor=ADA),
    make("2", actor=ADA, type="create"),
    make("3", actor=ADA, repository=SECRET),
    make("4", actor=BOB, repository=SECRET),
)


@pytest.fixture
def database(databases: Databases) -> str:
    made = databases()
    on(made, lambda world: world.commit(*(Matched(Found(item)) for item in EVENTS)))
    return made


def listed(found: EventList | None) -> tuple[int, list[str]] | None:
    return (found.count, [item.id for item in found.events]) if found else None


def test_reading_waits_for_no_writer(database: str) -> None:
    """While another process holds the write lock, everything can be asked."""
    writer = engine.engine(engine.address(database), write=True)
    with writer.begin() as connection, closing(read(database)) as views:
        connection.execute(update(lane).values(reason="not committed"))
        assert [None, None] == [found.reason for found in views.lanes()]
    writer.dispose()


def test_a_database_of_something_else_is_left_alone(databases: Databases) -> None:
    """Asking an empty database is a mistake that is told, and makes no tables in it."""
    database = databases()
    empty = engine.engine(engine.address(database), write=True)
    empty.connect().close()
    with pytest.raises(UsageError, match="no database of relay"):
        read(database)
    assert [] == inspect(empty).get_table_names()
    empty.dispose()


def test_a_newer_database_is_not_read(database: str) -> None:
    """What a newer relay has written is left to it, for reading too."""
    writer = engine.engine(engine.address(database), write=True)
    with writer.begin() as connection:
        connection.execute(update(meta).where(meta.c.name == "schema").values(value="99"))
    writer.dispose()
    with pytest.raises(StoreError, match="newer relay"):
        read(database)


def test_a_reader_writes_nothing(database: str) -> None:
    """Opening it sends the database nothing but questions."""
    said: list[str] = []
    reader = engine.reader(engine.address(database))
    hooks.listen(reader, "before_cursor_execute", lambda *of: said.append(of[2]))
    with closing(Views(reader)) as views:
        views.feeds(), views.lanes(), views.deliveries(dead=True), views.events(username="ada")
    assert {"SELECT"} == {text.split()[0] for text in said} - {"BEGIN"}


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"owner": "Acme", "slug": "Site"}, (2, ["2", "1"])),
        ({"owner": "acme", "slug": "site", "limit": 0}, (2, [])),
        ({"owner": "acme", "slug": "site", "start": 1}, (2, ["1"])),
        ({"owner": "acme", "slug": "site", "start": 10**30}, (2, [])),
        ({"owner": "acme", "slug": "site", "type": "create"}, (1, ["2"])),
        ({"owner": "acme", "slug": "site", "type": "fork"}, (0, [])),
        ({"owner": "acme", "slug": "vault"}, None),
        ({"owner": "acme", "slug": "vault", "include_private": True}, (2, ["4", "3"])),
        ({"owner": "acme", "slug": "none", "include_private": True}, None),
        ({"username": "Ada"}, (2, ["2", "1"])),
        ({"username": "ada", "include_private": True, "limit": 2}, (3, ["3", "2"])),
        ({"username": "bob"}, None),
    ],
)
def test_what_is_shown(database: str, asked: dict[str, object], shown: tuple[int, list[str]] | None) -> None:
    """A part of the events, newest first, with the count of all that the asker may see."""
    with closing(read(database)) as views:
        assert shown == listed(views.events(**asked))  # type: ignore[arg-type]


def test_a_repository_made_private_takes_its_past_with_it(database: str) -> None:
    """Its newest event says that it is private: nothing of it is shown any more."""

    async def act(world: World) -> None:
        await world.commit(Matched(Found(make("5", repository=Repository("acme", "site", private=True)))))

    on(database, act)
    with closing(read(database)) as views:
        assert views.events(owner="acme", slug="site") is None
