"""Feeds: which there are, claiming the due ones, and what a poll that failed leaves behind."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Double, bindparam, case, cast, func, literal_column, null, select, update

from relay.budget import Budget
from relay.store.accounts import Spent, charge, held, keep, name_accounts
from relay.store.many import Many, insert_missing
from relay.store.members import unless_gone
from relay.store.opening import Incident, open_deliveries
from relay.store.schema import account, feed
from relay.store.writer import Command

_WIDER = 4
"""How many due feeds are looked at for each that is wanted: the earliest may all be of one source."""


@dataclass(frozen=True)
class ClaimedFeed:
    """A feed that is this worker's until `lease` ends; `cursor` is its JSON, None at first sight.

    `name` is the key, or what people call a member of a wildcard. While it fails, `failing_since` is the first failure,
    and `noticed` whether people were to be told by a notice. It was let in as one of `admitted` requests of its
    account; `queue` is how long that account's queue is, in seconds, where it had to wait in it.
    """

    id: int
    source: str
    key: str
    lease: str
    cursor: str | None
    polled_at: float | None
    failures: int
    told: str | None
    name: str
    member: bool = False
    admitted: int = 0
    queue: float | None = None
    failing_since: float | None = None
    noticed: bool = False


@dataclass(frozen=True)
class NameFeeds(Command[None]):
    """The feeds that the file names, as (source, key), and the accounts of its sources.

    New feeds are due now; those that neither the file names nor a listing that it names rest. With `only_of`, other
    workers may have other sources: those that rest are of these sources alone. Queues form anew, since the file may
    ask for less than it did. With `probe` feeds that fail are tried at once, but for a forge's Retry-After: whoever
    edits the file or starts relay again has often just mended what they fail of.
    """

    feeds: frozenset[tuple[str, str]]
    now: float
    budgets: tuple[Budget, ...] = ()
    only_of: frozenset[str] | None = None
    probe: bool = False

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["NameFeeds"]) -> list[None]:
        """Called once at each start, before anything is claimed."""
        for command in commands:
            _name(connection, command)
        return [None] * len(commands)


def _name(connection: Connection, command: NameFeeds) -> None:
    _dissolve_queues(connection, command.now)
    name_accounts(connection, command.budgets)
    known = {(row.source, row.key): row for row in connection.execute(_all)}
    ours = known.values() if command.only_of is None else [r for r in known.values() if r.source in command.only_of]
    insert_missing(
        connection,
        feed,
        [
            {"source": source, "key": key, "ready_at": command.now}
            for source, key in sorted(command.feeds - known.keys())
        ],
    )
    named = {row.id for row in ours if _is_named(row, command.feeds)}
    due = [row.id for row in ours if row.id in named and row.ready_at is None]
    gone = [row.id for row in ours if row.id not in named and row.ready_at is not None]
    _wake.execute(connection, [{"of": id, "at": command.now} for id in due])
    _rest.execute(connection, [{"of": id} for id in gone])
    if command.probe:
        connection.execute(_resting.where(feed.c.failures > 0).values(ready_at=_in_turn(command.now)))


def _is_named(row: Any, feeds: Container[tuple[str, str]]) -> bool:
    """Whether the file names it, or it is listed by a feed that the file names, or was when that was polled last."""
    return (row.source, row.key) in feeds or ((row.source, row.parent) in feeds and row.gone_at is None)


@dataclass(frozen=True)
class WakeFeeds(Command[None]):
    """What the file of a worker names is due, if a worker with another file let it rest; not what failed for good."""

    feeds: frozenset[tuple[str, str]]
    now: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["WakeFeeds"]) -> list[None]:
        """Submitted now and then, so that nobody's file stops the feeds of another for long."""
        for command in commands:
            rested = connection.execute(_all.where(feed.c.ready_at.is_(None), feed.c.error.is_(None))).all()
            due = [row.id for row in rested if _is_named(row, command.feeds)]
            _wake.execute(connection, [{"of": id, "at": command.now} for id in due])
        return [None] * len(commands)


_all = select(feed.c.id, feed.c.source, feed.c.key, feed.c.parent, feed.c.gone_at, feed.c.ready_at)
_wake = Many(
    update(feed).where(feed.c.id == bindparam("of"), feed.c.ready_at.is_(None)).values(ready_at=bindparam("at"))
)
_resting = update(feed).where(feed.c.ready_at.is_not(None), feed.c.lease.is_(None))
_rest = Many(update(feed).where(feed.c.id == bindparam("of")).values(ready_at=null(), lease=null(), turn_at=null()))


def _dissolve_queues(connection: Connection, now: float) -> None:
    """Make every feed due that waits for its turn; they queue again in the order in which they were tried last.

    Feeds before accounts, as where they are claimed.
    """
    waiting = feed.c.turn_at.is_not(None)
    connection.execute(update(feed).where(waiting).values(turn_at=None, ready_at=_in_turn(now)))
    connection.execute(update(account).values(queue_until=0.0))


@dataclass(frozen=True)
class FreeFeeds(Command[None]):
    """Give up every lease, for a process that is the only worker."""

    now: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["FreeFeeds"]) -> list[None]:
        """Leases of a process that was killed are of no use to anybody."""
        for command in commands:
            connection.execute(
                update(feed)
                .where(feed.c.lease.is_not(None))
                .values(lease=None, ready_at=unless_gone(_now_or_later(command.now)))
            )
        return [None] * len(commands)


@dataclass(frozen=True)
class DueFeeds(Command[None]):
    """Make every feed of these sources due that rests for its interval: the cron mode.

    Those come first that were tried longest ago, and none before a forge's Retry-After; none that is being polled.
    """

    sources: tuple[str, ...]
    now: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["DueFeeds"]) -> list[None]:
        """Queues form anew."""
        for command in commands:
            theirs = _resting.where(feed.c.source.in_(command.sources))
            connection.execute(theirs.values(ready_at=_in_turn(command.now)))
            _dissolve_queues(connection, command.now)
        return [None] * len(commands)


@dataclass(frozen=True)
class HoldFeeds(Command[None]):
    """Renew the leases of feeds, as (id, lease), whose polls go on; those that passed on are left as they are."""

    held: tuple[tuple[int, str], ...]
    now: float
    lease_for: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["HoldFeeds"]) -> list[None]:
        """In the order of their ids, as all that lock several feeds."""
        rows = sorted((*held, command.now + command.lease_for) for command in commands for held in command.held)
        _hold.execute(connection, [{"of": id, "token": lease, "until": until} for id, lease, until in rows])
        return [None] * len(commands)


_hold = Many(
    update(feed)
    .where(feed.c.id == bindparam("of"), feed.c.lease == bindparam("token"))
    .values(ready_at=bindparam("until"))
)


def _now_or_later(now: float) -> Any:
    """Now, unless the forge asked for quiet until later."""
    return case((feed.c.not_before > now, feed.c.not_before), else_=now)


def _in_turn(now: float) -> Any:
    """As due as may be since it was tried last, unless the forge asked for quiet until later."""
    return case((feed.c.not_before > now, feed.c.not_before), (feed.c.tried_at < now, feed.c.tried_at), else_=0.0)


@dataclass(frozen=True)
class ClaimFeeds(Command[list[ClaimedFeed]]):
    """Up to `most` due feeds of these sources, earliest due first, left to the caller for `lease_for` seconds.

    `feeds` are those that the caller's file names, where others may be due. `due_by` is the moment by which they must
    be due, if that is not now. `places` are how many of a source may be claimed, where it is fewer. `accounts` are
    those of the sources that have one: their feeds are claimed only as far as the account's budget lets them in, the
    others are put into its queue.
    """

    lease: str
    now: float
    lease_for: float
    most: int
    sources: tuple[str, ...]
    places: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    feeds: frozenset[tuple[str, str]] | None = None
    due_by: float | None = None

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["ClaimFeeds"]) -> list[list[ClaimedFeed]]:
        """Rows that another worker is claiming are passed over."""
        return [_claim(connection, command) for command in commands]


_source = feed.c.source + literal_column("''")  # not the bare column, whose index would lead past that of what is due
_due = (
    select(feed.c.id, feed.c.source, feed.c.key, feed.c.parent, feed.c.gone_at, feed.c.cost, feed.c.turn_at)
    .where(feed.c.ready_at <= bindparam("by"), _source.in_(bindparam("sources", expanding=True)))
    .order_by(feed.c.ready_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_lease = (
    update(feed)
    .where(feed.c.id.in_(bindparam("ids", expanding=True)))
    .values(lease=bindparam("token"), ready_at=bindparam("until"), turn_at=null())
    .returning(feed)
)
_queue = Many(
    update(feed).where(feed.c.id == bindparam("of")).values(ready_at=bindparam("at"), turn_at=bindparam("at"))
)


def _claim(connection: Connection, command: ClaimFeeds) -> list[ClaimedFeed]:
    """Look again where feeds were queued: what stands behind them is due too."""
    claimed: list[ClaimedFeed] = []
    queued = {0: 0.0}
    by = command.now if command.due_by is None else command.due_by
    while queued and len(claimed) < command.most:
        room, wanted = _room(command, claimed), command.most - len(claimed)
        found = connection.execute(_due, {"by": by, "sources": list(room), "most": _WIDER * wanted}).all()
        due = found if command.feeds is None else [row for row in found if _is_named(row, command.feeds)]
        let_in, queued = _admitted(connection, command, _picked(due, room, wanted))
        claimed += _leased(connection, command, let_in)
        _queue.execute(connection, [{"of": id, "at": turn_at} for id, turn_at in queued.items()])
    return claimed


def _room(command: ClaimFeeds, claimed: Sequence[ClaimedFeed]) -> dict[str, int]:
    """How many may still be claimed of each source that has room."""
    taken = Counter(item.source for item in claimed)
    left = {source: command.places.get(source, command.most) - taken[source] for source in command.sources}
    return {source: room for source, room in left.items() if room > 0}


def _picked(due: Iterable[Any], room: Mapping[str, int], most: int) -> list[Any]:
    """The earliest, but of no source more than it has room for."""
    left = dict(room)
    picked: list[Any] = []
    for row in due:
        if left[row.source] and len(picked) < most:
            left[row.source] -= 1
            picked.append(row)
    return picked


_Let = tuple[int, float | None]
"""The requests that a feed is let in as, and the queue it came from."""


def _admitted(
    connection: Connection, command: ClaimFeeds, due: Sequence[Any]
) -> tuple[dict[int, _Let], dict[int, float]]:
    """The feeds that their accounts let in, by id, and when the others have their turn."""
    accounts = held(connection, [name for row in due if (name := command.accounts.get(row.source))])
    let_in: dict[int, _Let] = {}
    queued: dict[int, float] = {}
    for row in due:
        name = command.accounts.get(row.source, "")
        if name not in accounts:
            let_in[row.id] = 0, None
            continue
        cost, waited = 1 if row.cost is None else row.cost, row.turn_at is not None
        accounts[name], turn_at = accounts[name].admit(command.now, cost, queued=waited)
        if turn_at is None:
            let_in[row.id] = cost, max(accounts[name].queue_until - command.now, 0.0) if waited else None
        else:
            queued[row.id] = turn_at
    keep(connection, accounts)
    return let_in, queued


def _leased(connection: Connection, command: ClaimFeeds, let_in: Mapping[int, _Let]) -> list[ClaimedFeed]:
    """The feeds with their leases, in the same order."""
    lease = {"ids": list(let_in), "token": command.lease, "until": command.now + command.lease_for}
    rows = {row.id: row for row in connection.execute(_lease, lease)} if let_in else {}
    return [
        ClaimedFeed(
            id=id,
            source=rows[id].source,
            key=rows[id].key,
            lease=command.lease,
            cursor=rows[id].cursor,
            polled_at=rows[id].polled_at,
            failures=rows[id].failures,
            told=rows[id].error,
            name=rows[id].name or rows[id].key,
            member=rows[id].parent is not None,
            admitted=admitted,
            queue=queue,
            failing_since=rows[id].failing_since,
            noticed=rows[id].noticed_at is not None,
        )
        for id, (admitted, queue) in let_in.items()
    ]


@dataclass(frozen=True)
class PollFailed(Command[None]):
    """A poll brought nothing: the cursor stays, the error is kept, and the feed rests until `ready_at` (None: for good).

    `not_before` is set where the forge asked for quiet; `spent` is what it cost its account all the same. With `noticed`
    people are told by now, by the `incident` if anybody is to hear of it.
    """

    feed: int
    lease: str
    now: float
    error: str
    ready_at: float | None
    not_before: float = 0.0
    spent: Spent | None = None
    noticed: bool = False
    incident: Incident | None = None

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["PollFailed"]) -> list[None]:
        """A feed whose lease has passed on is left as it is."""
        commands = sorted(commands, key=lambda command: command.feed)
        mine = [command for command in commands if command.incident and _is_held(connection, command)]
        connection.execute(
            _failed,
            [
                {
                    "of": command.feed,
                    "token": command.lease,
                    "at": command.now,
                    "text": command.error,
                    "ready": command.ready_at,
                    "earliest": command.not_before,
                    "told": command.now if command.noticed else None,
                }
                for command in commands
            ],
        )
        open_deliveries(connection, (), [(command.incident, command.now) for command in mine if command.incident])
        charge(connection, [(command.spent, command.now) for command in commands])
        return [None] * len(commands)


def _is_held(connection: Connection, command: PollFailed) -> bool:
    return connection.scalar(_mine, {"of": command.feed, "token": command.lease}) is not None


_mine = select(feed.c.id).where(feed.c.id == bindparam("of"), feed.c.lease == bindparam("token")).with_for_update()
_failed = (
    update(feed)
    .where(feed.c.id == bindparam("of"), feed.c.lease == bindparam("token"))
    .values(
        lease=None,
        tried_at=bindparam("at"),
        failures=feed.c.failures + 1,
        error=bindparam("text"),
        failing_since=func.coalesce(feed.c.failing_since, bindparam("at")),
        noticed_at=func.coalesce(feed.c.noticed_at, cast(bindparam("told"), Double)),
        ready_at=unless_gone(bindparam("ready")),
        not_before=bindparam("earliest"),
    )
)
