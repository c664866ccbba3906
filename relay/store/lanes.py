"""Lanes: which there are, claiming the due ones with the deliveries at their head, and giving them back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, null, select, update

from relay.store.many import Many, insert_missing
from relay.store.pending import Pending, aside, described, released, waiting
from relay.store.schema import delivery, lane
from relay.store.withdraw import withdraw
from relay.store.writer import Command
from relay.value import value


@value
class LaneState:
    """How a lane fares; moments are seconds since the epoch.

    `failures` in a row since `failing_since`; `suspect` is the delivery being passed over to learn whether it or the
    destination is at fault; `not_before` holds everything back, and `waits_for` says why. `noticed_at` is when people
    were to be told of it by a notice, if that is due yet.
    """

    not_before: float = 0.0
    waits_for: str | None = None
    failures: int = 0
    failing_since: float | None = None
    suspect: int | None = None
    blocked_at: float | None = None
    reason: str | None = None
    noticed_at: float | None = None


WELL = LaneState()
"""Nothing is wrong."""


@value
class ClaimedLane:
    """A lane that is this worker's until `held_until`, and what it has to send, in order."""

    destination: str
    lease: str
    held_until: float
    state: LaneState
    heads: tuple[Pending, ...]


@dataclass(frozen=True)
class NamedLane:
    """A destination as the file has it; `settings` is a digest by which a change is noticed."""

    destination: str
    account: str
    settings: str


@dataclass(frozen=True)
class NameLanes(Command[None]):
    """The destinations that the file names: new ones get a lane, changed ones are tried at once.

    `free` is for a process that is the only worker: it gives up all leases, and what the file does not name rests.
    Beside others it is left to whoever names it, since lanes are claimed by name. With `probe` a blocked destination,
    or one that is down, is tried at once: whoever edits the file or starts relay again has often just mended it.
    """

    lanes: tuple[NamedLane, ...]
    now: float
    free: bool
    probe: bool = False

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["NameLanes"]) -> list[None]:
        """Called once at each start, before anything is claimed."""
        for command in commands:
            _name(connection, command)
        return [None] * len(commands)


def _name(connection: Connection, command: NameLanes) -> None:
    insert_missing(
        connection,
        lane,
        [
            {"destination": named.destination, "account": named.account, "settings": named.settings}
            for named in command.lanes
        ],
    )
    if command.free:
        connection.execute(update(lane).where(lane.c.lease.is_not(None)).values(lease=None))
    named = {item.destination: item for item in command.lanes}
    for row in connection.execute(select(lane).order_by(lane.c.destination).with_for_update()).all():
        if row.destination in named:
            _renew(connection, row, named[row.destination], probe=command.probe)
        elif command.free:
            connection.execute(update(lane).where(lane.c.destination == row.destination).values(ready_at=None))


def _renew(connection: Connection, row: Any, named: NamedLane, *, probe: bool) -> None:
    """A changed destination starts with a clean slate: what failed or was blocked may be mended.

    One that is sending is left to its worker.
    """
    if row.lease is not None:
        return
    kept = LaneState() if row.settings != named.settings else state_of(row)
    if probe and kept.waits_for in ("blocked", "backoff"):
        kept = replace(kept, not_before=0.0)
    at = ready_at(connection, row.destination, kept.not_before)
    connection.execute(
        update(lane)
        .where(lane.c.destination == row.destination)
        .values(account=named.account, settings=named.settings, ready_at=at, **values_of(kept))
    )


def state_of(row: Any) -> LaneState:
    """The state that a lane's row holds."""
    state = LaneState(
        row.not_before,
        row.waits_for,
        row.failures,
        row.failing_since,
        row.suspect,
        row.blocked_at,
        row.reason,
        row.noticed_at,
    )
    return WELL if state == WELL else state


def values_of(state: LaneState) -> dict[str, Any]:
    """The columns that hold a state."""
    return {
        "not_before": state.not_before,
        "waits_for": state.waits_for,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "suspect": state.suspect,
        "blocked_at": state.blocked_at,
        "reason": state.reason,
        "noticed_at": state.noticed_at,
    }


_first_release = select(delivery.c.release_at).where(waiting).order_by(delivery.c.release_at, delivery.c.seq).limit(1)
_first_aside = select(delivery.c.due_at).where(aside).order_by(delivery.c.due_at).limit(1)


def ready_at(connection: Connection, destination: str, not_before: float) -> float | None:
    """When a lane has something to send: its first release or retry, but not before its pause ends; None if never."""
    moments = [connection.scalar(statement, {"of": destination}) for statement in (_first_release, _first_aside)]
    due = [moment for moment in moments if moment is not None]
    return max(min(due), not_before) if due else None


@dataclass(frozen=True)
class ClaimLanes(Command[list[ClaimedLane]]):
    """Up to `most` due lanes of these `names`, earliest due first, each with up to `heads` released deliveries.

    `single` names the lanes that set a pace: one delivery a claim is all they can send. `remembering` names those
    whose receipts leave a reference for what is told of the same thing later. `looking` names those that can look
    whether something arrived: of what is sent to them it is known beforehand, so that a crash does not hide it.
    """

    lease: str
    now: float
    lease_for: float
    most: int
    heads: int
    names: tuple[str, ...]
    single: frozenset[str] = frozenset()
    remembering: frozenset[str] = frozenset()
    looking: frozenset[str] = frozenset()

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["ClaimLanes"]) -> list[list[ClaimedLane]]:
        """Rows that another worker is claiming are passed over."""
        return [_claim(connection, command) for command in commands]


@dataclass(frozen=True)
class HoldLanes(Command[None]):
    """Renew the leases of lanes, as (destination, lease), whose sends go on; those taken over are left as they are."""

    held: tuple[tuple[str, str], ...]
    now: float
    lease_for: float

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["HoldLanes"]) -> list[None]:
        """In the order of their names, as all that lock several lanes."""
        rows = sorted((*held, command.now + command.lease_for) for command in commands for held in command.held)
        _hold.execute(connection, [{"of": name, "token": lease, "until": until} for name, lease, until in rows])
        return [None] * len(commands)


_hold = Many(
    update(lane)
    .where(lane.c.destination == bindparam("of"), lane.c.lease == bindparam("token"))
    .values(ready_at=bindparam("until"))
)
_name_of = lane.c.destination + literal_column("''")  # not the bare column, as with feeds
_due = (
    select(lane.c.destination)
    .where(lane.c.ready_at <= bindparam("now"), _name_of.in_(bindparam("names", expanding=True)))
    .order_by(lane.c.ready_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_claim_due = (
    update(lane)
    .where(lane.c.destination.in_(_due))
    .values(lease=bindparam("token"), ready_at=bindparam("until"))
    .returning(lane)
)
_unsure = Many(
    update(delivery)
    .where(delivery.c.seq == bindparam("of"))
    .values(unsure_at=func.coalesce(delivery.c.unsure_at, bindparam("at")))
)
_close = Many(update(delivery).where(delivery.c.seq == bindparam("of")).values(bundle=null()))
"""Nothing joins what may be on its way, not even by a commit as of a moment before its release."""


def _heads(connection: Connection, row: Any, command: ClaimLanes) -> list[Any]:
    """What a claimed lane has to send, without notices of what is over."""
    most = 1 if row.destination in command.single else command.heads
    found = released(connection, row, command.now, most)
    while any(head.notice for head in found) and withdraw(connection, row.destination, found, command.now):
        found = released(connection, row, command.now, most)
    return found


def _claim(connection: Connection, command: ClaimLanes) -> list[ClaimedLane]:
    claim: dict[str, Any] = {
        "now": command.now,
        "names": command.names,
        "most": command.most,
        "token": command.lease,
        "until": command.now + command.lease_for,
    }
    lanes = connection.execute(_claim_due, claim).all()
    rows = {row.destination: _heads(connection, row, command) for row in lanes}
    sending = [head.seq for name in command.looking.intersection(rows) for head in rows[name]]
    _unsure.execute(connection, [{"of": seq, "at": command.now} for seq in sending])
    _close.execute(connection, [{"of": head.seq} for heads in rows.values() for head in heads if head.bundle])
    heads = described(connection, rows, command.remembering)
    until = claim["until"]
    return [
        ClaimedLane(row.destination, command.lease, until, state_of(row), tuple(heads[row.destination]))
        for row in lanes
    ]
