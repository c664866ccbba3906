"""Databases that earlier relays left behind are brought up to date, and the story goes on; on both databases."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, MetaData, event, inspect, text

from relay.errors import StoreError, UsageError
from relay.store import Store, read
from relay.store import engine as engines
from relay.store.migrations import MIGRATIONS, version
from relay.store.schema import VERSION
from tests.conftest import Databases, created
from tests.servers import Server
from tests.stage import Stage
from tests.store.past import RULES, SCHEMAS, World

PAST = range(1, VERSION)
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def opened(database: str) -> Iterator[Connection]:
    """A transaction on a database, whatever its version is."""
    engine = engines.engine(engines.address(database), write=True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def restored(database: str, kept: int) -> str:
    """The database, as a relay of that version left it."""
    kind = "postgresql" if "://" in database else "sqlite"
    words = (SCHEMAS / f"version{kept}.{kind}.sql").read_text(encoding="utf-8")
    if kind == "sqlite":
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(words)
    else:
        with psycopg.connect(database) as connection:
            connection.execute(words)
    return database


def upgraded(database: str) -> str:
    """The database, as this relay opens it."""
    engines.create(engines.address(database)).dispose()
    return database


def version_of(database: str) -> int | None:
    """Which schema it has."""
    with opened(database) as connection:
        return version(connection)


def rows(database: str) -> Rows:
    """Everything in it, by table."""
    found = MetaData()
    with opened(database) as connection:
        found.reflect(connection)
        return {
            name: [dict(row._mapping) for row in connection.execute(it.select())] for name, it in found.tables.items()
        }


def shape(database: str) -> dict[str, Any]:
    """Its tables with columns, keys and indexes; in no order, since an added column stands last."""
    with opened(database) as connection:
        found = inspect(connection)
        return {table: {**_columns(found, table), **_keys(found, table)} for table in found.get_table_names()}


def _columns(found: Any, table: str) -> dict[str, str]:
    return {
        f"column {it['name']}": f"{it['type']!r} {it['nullable']} {it['default']}" for it in found.get_columns(table)
    }


def _keys(found: Any, table: str) -> dict[str, Any]:
    return {f"index {it['name']}": _index(it) for it in found.get_indexes(table)} | {
        "primary key": found.get_pk_constraint(table),
        "unique": found.get_unique_constraints(table),
        "foreign keys": found.get_foreign_keys(table),
    }


def _index(found: Any) -> str:
    return f"{found['column_names']} {found['unique']} {[str(it) for it in found.get('dialect_options', {}).values()]}"


def test_each_version_is_the_last_ones_migrated() -> None:
    """There is a migration to every version but the first, in order, and the last one leads to what is written now."""
    assert [*range(2, VERSION + 1)] == [migration.to for migration in MIGRATIONS]


@pytest.mark.parametrize("kept", PAST)
def test_upgraded_tables_are_those_of_a_new_database(databases: Databases, kept: int) -> None:
    """Columns, types, keys and indexes are the same, wherever a database comes from."""
    assert shape(upgraded(databases())) == shape(upgraded(restored(databases(), kept)))


@pytest.mark.parametrize("kept", PAST)
def test_an_upgrade_keeps_every_row(databases: Databases, kept: int) -> None:
    """What a table held it still holds, value by value."""
    database = restored(databases(), kept)
    before = rows(database)
    after = rows(upgraded(database))
    before.pop("words", None)
    before["meta"] = [row for row in before["meta"] if row["name"] != "schema"]
    assert [] == [
        (table, row)
        for table, held in before.items()
        for row in held
        if not any(row.items() <= it.items() for it in after[table])
    ]


def test_rendered_words_stand_beside_their_attempt(databases: Databases) -> None:
    """What version 1 kept in a table of their own is told again as it was rendered then, once for each delivery."""
    database = restored(databases(), 1)
    before = {row["delivery"]: row["parts"] for row in rows(database)["words"]}
    spoken = [row for row in rows(upgraded(database))["attempt"] if row["parts"] is not None]
    assert (before, len(before)) == ({row["delivery"]: row["parts"] for row in spoken}, len(spoken))


COMES = {
    "lake": ["change f", "issue f", "pushed"],
    "picky": ["change f"],
    "away": ["change a", "change b", "change c", "change d", "change e", "change f"],
    "locked": ["change a", "change b", "change c", "change d", "change e", "change f"],
    "daily": ["change a", "change b", "change c", "change d", "change e"],
    "busy": ["change c", "change d", "change e", "change f"],
}
"""What had not been told, or happened afterwards."""
UNKNOWN = {f"issue {letter}" for letter in "abcde"}
"""What version 1 could not poll: the source is new after it, and tells all."""


@pytest.mark.parametrize("kept", PAST)
def test_the_story_goes_on(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    """Cursors hold, what is pending goes out under its old id, a blocked lane works again, and nothing comes twice."""
    world, stage = upgraded_world(tmp_path), Stage(tmp_path, RULES)
    stage.database = restored(databases(), kept)
    pending = {row["id"] for row in rows(stage.database)["delivery"] if row["state"] == "pending"}
    with Server(world) as server:
        monkeypatch.setenv("http_proxy", server.url)
        assert stage.once(hours=6.5)
        assert stage.once(minutes=10)
    arrived = {name: [(id, set(told)) for id, told in world.arrived(name) if not UNKNOWN & set(told)] for name in COMES}
    assert COMES == {name: sorted(title for _, told in it for title in told) for name, it in arrived.items()}
    assert pending == {id for it in arrived.values() for id, told in it if not {"change f", "issue f", "pushed"} & told}
    assert 1 == len([taken for taken in world.taken if taken.path == "/api/chat.postMessage"])


def upgraded_world(folder: Path) -> World:
    """The world when the upgraded relay comes: one more thing has happened, and every destination works."""
    folder.joinpath("git").mkdir()
    world = World(folder / "git")
    world.happens("a", "b", "c", "d", "e", "f")
    world.mended = True
    return world


def test_what_breaks_off_leaves_the_version_before(databases: Databases) -> None:
    """Nothing of a migration that fails half-way stays, and the next start does it whole."""
    database = restored(databases(), 1)
    with opened(database) as connection:
        connection.execute(text("CREATE INDEX feed_member ON meta (name)"))
    before = shape(database)
    with pytest.raises(StoreError, match=r"cannot use the database .*feed_member.* already exists"):
        upgraded(database)
    assert before == shape(database)
    with opened(database) as connection:
        connection.execute(text("DROP INDEX feed_member"))
    assert shape(upgraded(databases())) == shape(upgraded(database))


def test_a_kill_at_any_statement_leaves_a_version(tmp_path: Path) -> None:
    """A process that dies in the middle of an upgrade leaves one version or the next, and the next start goes on."""
    database = restored(str(tmp_path / "relay.db"), 1)
    last = next(number for number in range(1, 99) if _dies_at(number, database) == 0)
    assert last > 5
    assert shape(upgraded(str(tmp_path / "new.db"))) == shape(database)


def _dies_at(number: int, database: str) -> int:
    """The exit code of an upgrade that is killed before its statement of that number: 0 if it had fewer."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = iter(range(number, 0, -1))

    def strike(*_: Any) -> None:
        if next(left) == 1:
            os._exit(9)

    event.listen(Engine, "before_cursor_execute", strike)
    upgraded(database)
    os._exit(0)


def test_a_newer_database_is_refused(databases: Databases) -> None:
    """It is left as it is, and the error says what to do."""
    database = upgraded(databases())
    with opened(database) as connection:
        connection.execute(text(f"UPDATE meta SET value = '{VERSION + 1}' WHERE name = 'schema'"))
    with pytest.raises(StoreError, match="written by a newer relay; upgrade relay to use it"):
        upgraded(database)


def test_a_garbled_version_is_told(databases: Databases) -> None:
    """Neither one who writes nor one who reads takes it for a version."""
    database = upgraded(databases())
    with opened(database) as connection:
        connection.execute(text("UPDATE meta SET value = 'three' WHERE name = 'schema'"))
    for use in (upgraded, read):
        with pytest.raises(StoreError, match="says that its version is 'three': it is damaged, or none of relay's"):
            use(database)


def test_the_database_of_a_running_relay_is_left_alone(tmp_path: Path) -> None:
    """A newer relay that is started beside an older one is refused before it changes a table."""
    database = restored(str(tmp_path / "relay.db"), 1)
    before = shape(database)
    with engines.lock(engines.address(database)), pytest.raises(StoreError, match="stop that one first"):
        Store(database)
    assert before == shape(database)


def test_the_database_of_running_workers_is_left_alone(postgres: str) -> None:
    """Tables that others work with are not changed; the error says to stop them."""
    database = restored(created(postgres), VERSION - 1)
    before = shape(database)
    engine = engines.engine(engines.address(database), write=True)
    with engine.begin(), pytest.raises(StoreError, match="others are at work on it; stop all of them, then start this"):
        upgraded(database)
    assert before == shape(database)
    engine.dispose()
    assert VERSION == version_of(upgraded(database))


def test_a_reader_leaves_an_older_database_alone(databases: Databases) -> None:
    """It says who brings it up to date."""
    database = restored(databases(), 1)
    with pytest.raises(UsageError, match="written by an older relay; `relay run` brings it up to date"):
        read(database)


def test_an_upgrade_is_told(databases: Databases, caplog: pytest.LogCaptureFixture) -> None:
    """From when to when it takes, and what for."""
    with caplog.at_level(logging.INFO, "relay.store"):
        upgraded(restored(databases(), VERSION - 1))
    first, last = (record.getMessage() for record in caplog.records)
    assert f"is brought to version {VERSION}: {MIGRATIONS[-1].what}" in first
    assert f"the database is at version {VERSION}, after 0." in last


def test_a_database_of_another_program_is_left_alone(databases: Databases) -> None:
    """Nothing is added to its tables; the error names one of them."""
    database = databases()
    with opened(database) as connection:
        connection.execute(text("CREATE TABLE diary (day text)"))
    with pytest.raises(StoreError, match=r"is another program's: it has a table diary; relay needs a database of its"):
        Store(database)
    with opened(database) as connection:
        assert ["diary"] == inspect(connection).get_table_names()
