"""The real process on PostgreSQL, killed at any moment: nothing is lost, and only what was in flight is repeated."""

import time
from pathlib import Path

import psycopg
import pytest

from relay.store import LEASE_FOR
from tests.conftest import created
from tests.town import COURSES, KILLS, town


@pytest.mark.parametrize("seed", COURSES)
@pytest.mark.long
def test_kills_under_load(tmp_path: Path, postgres: str, seed: int) -> None:
    """0 lost; repeats are at most one per lane and kill, under the same ids; most kills hit a send."""
    with town(tmp_path, seed) as place:
        place.database = created(postgres)
        place.before = lambda: lapse(place.database)
        place.survives(KILLS // len(COURSES))


def lapse(database: str) -> None:
    """Let the leases of a killed worker run out without waiting for it: they end as much earlier as they last.

    Its sessions are waited for, since the server may still finish what it was sent last.
    """
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with psycopg.connect(database, autocommit=True) as connection:
        while connection.execute(f"{others} and backend_type = 'client backend'").fetchone() != (0,):
            time.sleep(0.01)
        for table in ("feed", "lane") if connection.execute("select to_regclass('lane')").fetchone() != (None,) else ():
            connection.execute(f"update {table} set ready_at = ready_at - %s where lease is not null", (LEASE_FOR,))
