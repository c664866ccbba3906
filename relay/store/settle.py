"""Settle: what became of an attempt, and with it how the lane goes on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, case, func, insert, literal_column, select, update

from relay.errors import LeaseLost
from relay.store.lanes import WELL, LaneState, ready_at, values_of
from relay.store.many import Many, inserting
from relay.store.opening import Incident, open_deliveries
from relay.store.schema import DEAD, WAITING, attempt, card, delivery, lane
from relay.store.writer import Command
from relay.value import value


@value
class Verdict:
    """What an attempt means for its delivery: sent, dead with a reason, or pending.

    A pending one may be set aside since `aside_at`, until `due_at`. Since `unsure_at` it may have arrived.
    """

    state: str
    failures: int = 0
    reason: str | None = None
    aside_at: float | None = None
    due_at: float | None = None
    unsure_at: float | None = None


class Settled(NamedTuple):
    """What came of settling: whether the lane was given back, and how many deliveries were given up with this one."""

    released: bool
    expired: int = 0


@value
class Settle(Command[Settled]):
    """An attempt's outcome, written before the lane sends anything else.

    `parts` are the rendered words as JSON, None if they are kept already. `lane` is the lane's new state; None if it changed nothing. With `release` the lane is given back, else it stays this
    worker's until `hold_until`, None for as long as it was. `aside` sets another delivery aside until a moment; `expire_before` gives up what
    has waited since before then; `pause` holds back every lane of the account. Of `incidents` the numbers are counted
    here: of those that died with this attempt, or of what waits in the lane.
    """

    destination: str
    lease: str
    now: float
    delivery: int
    outcome: str
    detail: str
    verdict: Verdict
    release: bool
    hold_until: float | None = None
    parts: str | None = None
    lane: LaneState | None = None
    aside: tuple[int, float] | None = None
    expire_before: float | None = None
    pause: bool = False
    remember: tuple[str, str] | None = None
    incidents: tuple[Incident, ...] = ()

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Settle"]) -> list["LeaseLost | Settled"]:
        """What came of each, or LeaseLost: then another worker has the lane, and nothing of it was written."""
        held = _held(connection, commands)
        kept = [item for item in commands if (row := held.get(item.destination)) and row.lease == item.lease]
        settled = _settle(connection, kept, held) if kept else {}
        return [
            settled.get(item.destination) or LeaseLost(f"lane {item.destination} was taken over") for item in commands
        ]


_ours = lane.c.destination.in_(bindparam("names", expanding=True))
_pausing = select(lane.c.account).where(lane.c.destination.in_(bindparam("pausing", expanding=True)))
_leases = select(lane.c.destination, lane.c.lease, lane.c.not_before).order_by(lane.c.destination).with_for_update()
_leases_of_ours = _leases.where(_ours)
_leases_of_accounts = _leases.where(_ours | lane.c.account.in_(_pausing))


def _held(connection: Connection, commands: Sequence[Settle]) -> dict[str, Any]:
    """The lanes' leases; all lanes that are to change are locked at once, so that no two workers wait for each other."""
    told = (name for command in commands for incident in command.incidents for name in incident.to)
    names = {*(command.destination for command in commands), *told}
    return _locked(connection, names, {command.destination for command in commands if command.pause})


def _locked(connection: Connection, names: Iterable[str], pausing: Iterable[str] = ()) -> dict[str, Any]:
    """These lanes' rows, and those of the accounts that are paused, until the transaction ends.

    What is asked afterwards shows all that others had put into them: no delivery is left without a moment to be sent at.
    """
    asked = {"names": sorted({*names}), "pausing": sorted({*pausing})}
    rows = connection.execute(_leases_of_accounts if asked["pausing"] else _leases_of_ours, asked)
    return {row.destination: row for row in rows}


def _settle(connection: Connection, commands: Sequence[Settle], held: Mapping[str, Any]) -> dict[str, Settled]:
    """Write them; a lane whose account was paused meanwhile is given back too."""
    _verdict.execute(connection, [_verdict_of(command) for command in commands])
    _attempt.execute(connection, [_attempt_of(command) for command in commands])
    _set_aside.execute(connection, [_aside_of(item.aside, item.now) for item in commands if item.aside])
    gone = {item.destination: _expire(connection, item) for item in commands if item.expire_before is not None}
    _remember(connection, [command for command in commands if command.remember])
    _state.execute(connection, [{"of": item.destination} | _state_of(item.lane) for item in commands if item.lane])
    _hold.execute(connection, [_hold_of(item) for item in commands if item.hold_until is not None])
    open_deliveries(connection, (), [*_counted(connection, commands, gone)])
    released = [item for item in commands if item.release or held[item.destination].not_before > item.now]
    for command in released:
        _release(connection, command)
    names = {command.destination for command in released}
    return {
        item.destination: Settled(item.destination in names, len(gone.get(item.destination, ()))) for item in commands
    }


_verdict = Many(
    update(delivery)
    .where(delivery.c.seq == bindparam("of"))
    .values(
        state=bindparam("is"),
        attempts=delivery.c.attempts + literal_column("1"),
        failures=bindparam("failed"),
        reason=bindparam("because"),
        aside_at=bindparam("since"),
        due_at=bindparam("again"),
        unsure_at=bindparam("unsure"),
        settled_at=bindparam("done"),
    )
)


def _verdict_of(command: Settle) -> dict[str, Any]:
    verdict = command.verdict
    return {
        "of": command.delivery,
        "is": verdict.state,
        "failed": verdict.failures,
        "because": verdict.reason,
        "since": verdict.aside_at,
        "again": verdict.due_at,
        "unsure": verdict.unsure_at,
        "done": None if verdict.state == "pending" else command.now,
    }


_attempt = Many(insert(attempt), ("delivery", "at", "outcome", "detail", "parts"))


def _attempt_of(command: Settle) -> dict[str, Any]:
    return {
        "delivery": command.delivery,
        "at": command.now,
        "outcome": command.outcome,
        "detail": command.detail,
        "parts": command.parts,
    }


_set_aside = Many(
    update(delivery)
    .where(delivery.c.seq == bindparam("of"))
    .values(aside_at=bindparam("since"), due_at=bindparam("again"))
)


def _aside_of(aside: tuple[int, float], now: float) -> dict[str, Any]:
    return {"of": aside[0], "since": now, "again": aside[1]}


_expired = (
    update(delivery)
    .where(delivery.c.destination == bindparam("of"), WAITING, delivery.c.release_at <= bindparam("before"))
    .values(state="dead", settled_at=bindparam("done"), reason=bindparam("because"))
    .returning(delivery.c.why)
)


def _expire(connection: Connection, command: Settle) -> list[str | None]:
    """Give up what has waited too long; why each was a bundle, or a notice."""
    because = command.verdict.reason or command.detail
    given_up = {"of": command.destination, "before": command.expire_before, "done": command.now, "because": because}
    return list(connection.scalars(_expired, given_up))


def _counted(
    connection: Connection, commands: Sequence[Settle], gone: Mapping[str, Sequence[str | None]]
) -> Iterator[tuple[Incident, float]]:
    """The incidents with their numbers; without those at which only notices died, whose death is told to nobody."""
    for command in commands:
        for incident in command.incidents:
            if incident.notice.kind == "dead":
                given_up = sum(why != "notice" for why in gone.get(command.destination, ()))
                number = given_up + (incident.notice.missed or 0)
            else:
                number = connection.scalar(_depth, {"of": command.destination}) or 0
            if number or incident.notice.kind != "dead":
                yield replace(incident, notice=incident.notice.counting(number)), command.now


_depth = select(func.count()).where(delivery.c.destination == bindparam("of"), WAITING)


def _remember(connection: Connection, commands: Sequence[Settle]) -> None:
    if not commands:
        return
    statement = inserting(connection, card)
    new = {"reference": statement.excluded.reference, "updated_at": statement.excluded.updated_at}
    rows = [
        {
            "destination": command.destination,
            "thing": command.remember[0],
            "reference": command.remember[1],
            "updated_at": command.now,
        }
        for command in commands
        if command.remember
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=["destination", "thing"], set_=new), rows)


_pause: BindParameter[float] = bindparam("new_not_before")
_state = Many(
    update(lane)
    .where(lane.c.destination == bindparam("of"))
    .values(
        {name: bindparam(f"new_{name}") for name in values_of(WELL)}
        | {"not_before": case((lane.c.not_before > _pause, lane.c.not_before), else_=_pause)}
    )
)


def _state_of(state: LaneState) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values_of(state).items()}


_hold = Many(update(lane).where(lane.c.destination == bindparam("of")).values(ready_at=bindparam("until")))


def _hold_of(command: Settle) -> dict[str, Any]:
    return {"of": command.destination, "until": command.hold_until}


def _release(connection: Connection, command: Settle) -> None:
    row = connection.execute(_pause_of, {"of": command.destination}).one()
    at = ready_at(connection, command.destination, row.not_before)
    connection.execute(_give_back, {"of": command.destination, "at": at})
    if command.pause:
        connection.execute(_pause_account, {"like": row.account, "until": row.not_before})


_pause_of = select(lane.c.not_before, lane.c.account).where(lane.c.destination == bindparam("of"))
_give_back = update(lane).where(lane.c.destination == bindparam("of")).values(lease=None, ready_at=bindparam("at"))
_until: BindParameter[float] = bindparam("until")
_pause_account = (
    update(lane)
    .where(lane.c.account == bindparam("like"), lane.c.not_before < _until)
    .values(
        not_before=_until,
        waits_for=case((lane.c.failures > 0, lane.c.waits_for), else_="retry_after"),
        ready_at=case((lane.c.lease.is_(None) & (lane.c.ready_at < _until), _until), else_=lane.c.ready_at),
    )
)


@dataclass(frozen=True, slots=True)
class Release(Command[None]):
    """Give a lane back without an attempt: it had nothing to send, or relay is stopping."""

    destination: str
    lease: str

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Release"]) -> list[None]:
        """Nothing happens to a lane that another worker has meanwhile."""
        held = _locked(connection, (command.destination for command in commands))
        for command in commands:
            row = held.get(command.destination)
            if row and row.lease == command.lease:
                at = ready_at(connection, command.destination, row.not_before)
                connection.execute(_give_back, {"of": command.destination, "at": at})
        return [None] * len(commands)


@dataclass(frozen=True, slots=True)
class Redeliver(Command[tuple[str, ...]]):
    """Make deliveries pending again, out of their lanes' order; returns their ids.

    All dead ones if `ids` is None, or those to one destination.
    """

    ids: tuple[str, ...] | None
    now: float
    destination: str | None = None

    @classmethod
    def apply(cls, connection: Connection, commands: Sequence["Redeliver"]) -> list[tuple[str, ...]]:
        """They keep their ids, so that a destination which did get one can tell."""
        return [_redeliver(connection, command) for command in commands]


def _redeliver(connection: Connection, command: Redeliver) -> tuple[str, ...]:
    which = DEAD
    if command.ids is not None:
        which = (delivery.c.state != "pending") & delivery.c.id.in_(command.ids)
    if command.destination is not None:
        which &= delivery.c.destination == command.destination
    again = {"state": "pending", "aside_at": command.now, "due_at": command.now, "settled_at": None, "failures": 0}
    names = _locked(connection, connection.scalars(select(delivery.c.destination).where(which).distinct()))
    which &= delivery.c.destination.in_(names)
    ids = connection.scalars(update(delivery).where(which).values(**again).returning(delivery.c.id)).all()
    for name in names:
        connection.execute(_due_again, {"of": name, "at": command.now})
    return tuple(ids)


_earliest = case((lane.c.not_before > bindparam("at"), lane.c.not_before), else_=bindparam("at"))
_due_again = (
    update(lane)
    .where(
        lane.c.destination == bindparam("of"),
        lane.c.lease.is_(None),
        lane.c.ready_at.is_(None) | (lane.c.ready_at > _earliest),
    )
    .values(ready_at=_earliest)
)
