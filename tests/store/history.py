"""Old events in bulk, with what became of them: as a relay leaves them that has been at work for months.

The statements are the same on both databases, and count their rows themselves: a million events take about a minute.
Nothing is random, but ids are digests and so in no order, as relay's own are.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text

from relay.events import Actor, Comment, Commit, Event, Repository, keep
from relay.store import engine as engines
from relay.store.prune import Prune
from relay.store.schema import event
from tests.stage import NOON

DAY = 86400.0
AGE = 80 * DAY
"""Seconds since the oldest of them: short of the 90 days for which events are kept."""
AT_ONCE = 50_000

_EVENT = Event(
    id="@id",
    type="fork",
    source="forge",
    seen_at=NOON,
    repository=Repository("acme", "@slug", "@slug", "https://forge.example/acme/@slug", private=False),
    actor=Actor("@user", "Ana Lima", "https://forge.example/@user", "https://forge.example/@user.png"),
)
_COMMIT = Commit("@id", "Change number @id", "Ana Lima", "https://forge.example/acme/@slug/commits/@id")
_KINDS: tuple[dict[str, Any], ...] = (
    {"type": "fork"},
    {"type": "commit", "title": "Change number @id", "commits": (_COMMIT,)},
    {"type": "pushed", "branch": "main", "commits": (_COMMIT, _COMMIT, _COMMIT)},
    {"type": "report_issue", "title": "It does not work when @user does it", "number": 7},
    {"type": "issue_comment", "number": 7, "comment": Comment("@id", "The same happened here. " * 20)},
    {"type": "pullrequest_created", "title": "Mend it", "number": 8, "branch": "mend", "target_branch": "main"},
    {"type": "pullrequest_fulfilled", "title": "Mend it", "number": 8, "branch": "mend", "state": "merged"},
)
"""What happens, told in few words or many, as of old so now: where rows of one size left room, others would be put."""
_BODIES = {f"body{kind}": keep(replace(_EVENT, **what)) for kind, what in enumerate(_KINDS)}
_OLD = f"""
WITH RECURSIVE
 number(n) AS (SELECT CAST(:first AS bigint) UNION ALL SELECT n + 1 FROM number WHERE n < :last),
 kind(k, type, body) AS (VALUES {", ".join(f"({k}, '{what['type']}', CAST(:body{k} AS text))" for k, what in enumerate(_KINDS))}),
 old AS (
  SELECT n, n + (n - 1) / 20 AS seq, type, body, md5('event' || n) AS id, 'r' || (n % 400) AS slug, 'u' || (n % 50) AS username,
   'd' || (n % 64) AS destination, :began + :apart * n AS at
  FROM number JOIN kind ON k = n % {len(_KINDS)})
"""
_BODY = "replace(replace(replace(body, '@id', id), '@slug', slug), '@user', username)"
_EVENTS = f"""INSERT INTO event (seq, source, id, type, owner, slug, username, public, seen_at, feed, body)
 SELECT n, 'forge', id, type, 'acme', slug, username, true, at, 1 + n % 400, {_BODY} FROM old"""
_DELIVERY = "seq, id, destination, rule, options, bundle, why, size, opened_at, release_at, state, attempts, failures"
_ID = "'dlv_' || substr(md5('delivery' || n), 1, 24)"
_TOLD = (
    _EVENTS,
    f"""INSERT INTO delivery ({_DELIVERY}, settled_at, reason)
 SELECT seq, {_ID}, destination, type, '{{}}', NULL, NULL, 1, at, at, CASE WHEN n % 200 = 0 THEN 'dead' ELSE 'sent' END,
  1 + n % 2, 0, at + 1, CASE WHEN n % 200 = 0 THEN 'HTTP 410' END FROM old""",
    f"""INSERT INTO delivery ({_DELIVERY}, settled_at)
 SELECT seq + 1, 'dlv_' || substr(md5('digest' || n), 1, 24), 'leads', '*', '{{}}', 'digest:' || n, 'digest', 20,
  at - 19 * :apart, at, 'sent', 1, 0, at + 1 FROM old WHERE n % 20 = 0""",
    "INSERT INTO delivery_event (event, destination, delivery) SELECT n, destination, seq FROM old",
    """INSERT INTO delivery_event (event, destination, delivery)
 SELECT n, 'leads', 21 * ((n + 19) / 20) FROM old WHERE (n + 19) / 20 * 20 <= :last""",
    """INSERT INTO attempt (delivery, at, outcome, detail)
 SELECT seq, at, 'unavailable', 'HTTP 503' FROM old WHERE n % 50 = 0""",
    f"""INSERT INTO attempt (delivery, at, outcome, detail, parts)
 SELECT seq, at + 1, CASE WHEN n % 200 = 0 THEN 'refused' ELSE 'sent' END, 'HTTP 204',
  CASE WHEN at > :spoken THEN {_BODY} END FROM old""",
    """INSERT INTO attempt (delivery, at, outcome, detail)
 SELECT seq + 1, at + 1, 'sent', 'HTTP 204' FROM old WHERE n % 20 = 0""",
    """INSERT INTO card (destination, thing, reference, updated_at)
 SELECT destination, 'forge/acme/' || slug || '/issue/' || n, '{}', at FROM old WHERE n % 10 = 0""",
)
_WAITING = (
    _EVENTS,
    f"""INSERT INTO delivery ({_DELIVERY})
 SELECT seq, {_ID}, :lane, type, '{{}}', NULL, NULL, 1, at, at, 'pending', 0, 0 FROM old""",
    "INSERT INTO delivery_event (event, destination, delivery) SELECT n, :lane, seq FROM old",
)
_NEXT = (
    "SELECT setval(pg_get_serial_sequence('event', 'seq'), max(seq)) FROM event",
    "SELECT setval(pg_get_serial_sequence('delivery', 'seq'), max(seq)) FROM delivery",
)


def fill(database: str, events: int, at: float, tell: Callable[[int], None] = lambda done: None) -> None:
    """Events of the 80 days before `at`, all of them told: at once or on a second try, or given up; and in digests too.

    `tell` hears how many there are so far. What pruning would have taken by then is not there.
    """
    apart = AGE / events
    given = {"began": at - AGE - DAY / 24, "apart": apart, "spoken": at - 7 * DAY}
    with _opened(database) as made:
        _write(made, _TOLD, 1, events, given, tell)
        with made.begin() as connection:
            while Prune.apply(connection, [Prune(at, 90 * DAY)])[0]:
                pass


def fill_lane(database: str, lane: str, deliveries: int, at: float) -> None:
    """Deliveries that wait in a lane, of one event each; the last was released at `at`, an hour before it the first."""
    with _opened(database) as made:
        with made.begin() as connection:
            first = (connection.scalar(select(func.max(event.c.seq))) or 0) + 1
        last, apart = first + deliveries - 1, 3600.0 / deliveries
        _write(made, _WAITING, first, last, {"began": at - apart * last, "apart": apart, "lane": lane})


@contextmanager
def _opened(database: str) -> Iterator[Engine]:
    """An engine in a hurry; at the end the database knows how large its tables are."""
    made = engines.create(engines.address(database))
    try:
        if made.dialect.name == "sqlite":
            with made.connect() as connection:
                _hurry(connection)
        yield made
        if made.dialect.name == "postgresql":
            with made.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for statement in (*_NEXT, "VACUUM ANALYZE"):
                    connection.execute(text(statement))
    finally:
        made.dispose()


def _hurry(connection: Connection) -> None:
    """Nothing needs to survive a power cut."""
    raw: Any = connection.connection.driver_connection
    raw.executescript("PRAGMA synchronous = off; PRAGMA cache_size = -2000000")
    raw.create_function("md5", 1, _md5, deterministic=True)


def _md5(words: str) -> str:
    return hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()


def _write(
    made: Engine,
    statements: Sequence[str],
    first: int,
    last: int,
    given: Mapping[str, Any],
    tell: Callable[[int], None] = lambda done: None,
) -> None:
    for begin in range(first, last + 1, AT_ONCE):
        end = min(begin + AT_ONCE - 1, last)
        with made.begin() as connection:
            for statement in statements:
                connection.execute(text(_OLD + statement), {**_BODIES, **given, "first": begin, "last": end})
        tell(end)
