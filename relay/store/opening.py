"""What committed events and incidents mean for deliveries: each joins its destination's open bundle, or opens a delivery.

Delivery ids are derived from the destination and the event, or the destination and the bundle's key, never generated:
whatever is repeated after a crash or a restored backup is repeated under its old id.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from relay.destinations.base import delivery_id
from relay.events import Event
from relay.notice import Notice, keep, restore
from relay.store.many import Many, numbers
from relay.store.schema import PENDING, delivery, delivery_event, lane
from relay.timing import GATHER_FOR, Slot, Window
from relay.value import value

Wanted = tuple[int, Event, "tuple[Intent, ...]", float]
"""An event's seq, the event, what wants it, and the moment of its commit."""


@value
class Intent:
    """A route that an event takes; `options` is JSON; `most` is how many events one message of the destination holds."""

    destination: str
    rule: str
    options: str
    slot: Slot
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A notice for destinations, each with when it may leave from a moment on.

    Incidents of one `scope` are told together: what is seen while a notice waits for a minute, or for the end of quiet
    hours, joins it, and once it left there is none of that scope for `rest_for` seconds, at whose end the next tells all
    that came since. So a crowd of incidents is one notice, and one that goes on makes one now and then. `identity` is
    what the ids are derived from: the same incident, seen again after a power loss, has the same.
    """

    notice: Notice
    scope: str
    identity: str
    rule: str
    to: Mapping[str, Callable[[float], float]]
    rest_for: float


def open_deliveries(
    connection: Connection, wanted: Sequence[Wanted], incidents: Sequence[tuple[Incident, float]] = ()
) -> None:
    """Open or join a delivery for every intent of every event and for every incident, and make their lanes due.

    Incidents come with the moment at which they were seen.
    """
    pairs = [(item, intent) for item in wanted for intent in item[2]]
    notices = [(incident, name, now) for incident, now in incidents for name in incident.to]
    names = {intent.destination for _, intent in pairs} | {name for _, name, _ in notices}
    if not names:
        return
    opening = _Opening(connection, sorted(names))
    for (seq, event, _, now), intent in pairs:
        opening.add(seq, event, intent, now)
    for incident, name, now in notices:
        opening.announce(incident, name, now)
    opening.write(max((*(item[3] for item in wanted), *(now for _, now in incidents))))


class _Lane:
    """A lane as it is changed by the deliveries being opened."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.first: float | None = None
        self.limits: dict[str, tuple[int, float]] = json.loads(row.limits) if row.limits else {}

    def due(self, release_at: float) -> None:
        self.first = release_at if self.first is None else min(self.first, release_at)

    def within(self, window: Window) -> bool:
        """Whether the limit lets one more delivery be opened; counts it."""
        opened, _ = self.limits.get(window.key, (0, 0.0))
        self.limits[window.key] = (opened + 1, window.ends_at.timestamp())
        return opened < window.most

    def rested(self, incident: Incident, now: float) -> float:
        """When the next notice of the incident's scope may leave; it begins the scope's next rest.

        A rest that would last longer than any is one by a clock that was set back since.
        """
        _, rests_until = self.limits.get(incident.scope, (0, 0.0))
        rested_at = rests_until if rests_until <= now + incident.rest_for else now
        at = incident.to[self.row.destination](max(now + GATHER_FOR, rested_at))
        self.limits[incident.scope] = (1, at + incident.rest_for)
        return at

    def values(self, now: float) -> dict[str, Any]:
        """The lane's new row; windows that have ended are forgotten."""
        open_windows = {key: (opened, ends_at) for key, (opened, ends_at) in self.limits.items() if ends_at > now}
        return {
            "of": self.row.destination,
            "at": self._ready_at(),
            "windows": json.dumps(open_windows) if open_windows else None,
        }

    def _ready_at(self) -> float | None:
        """When the lane is due; a leased lane's holder finds the new deliveries when it gives the lane back."""
        at: float | None = self.row.ready_at
        if self.row.lease is not None or self.first is None:
            return at
        return max(float(self.row.not_before), self.first if at is None else min(at, self.first))


class _Opening:
    """The deliveries of one transaction. Lanes are locked first, in the order of their names: no two transactions can
    wait for each other, and positions within a lane follow the order of commits."""

    def __init__(self, connection: Connection, destinations: Sequence[str]) -> None:
        self._connection = connection
        rows = connection.execute(_lanes, {"names": destinations})
        self._lanes = {row.destination: _Lane(row) for row in rows}
        self._new: dict[str, dict[str, Any]] = {}
        self._seqs: dict[str, int] = {}
        self._open: dict[tuple[str, str], dict[str, Any]] = {}
        self._grown: dict[str, int] = {}
        self._said: dict[str, str] = {}
        self._held: list[dict[str, Any]] = []

    def add(self, seq: int, event: Event, intent: Intent, now: float) -> None:
        """Put one event into its delivery, which is not released before its commit: a lane sends in that order."""
        lane = self._lanes[intent.destination]
        slot = self._limited(lane, intent, now)
        release_at = max(slot.release_at.timestamp(), now)
        row = {
            "destination": intent.destination,
            "rule": intent.rule,
            "options": intent.options,
            "bundle": slot.bundle,
            "why": slot.why,
            "release_at": release_at,
            "opened_at": now,
            "notice": None,
            "size": 1,
        }
        id = self._joined(intent, row, event) if slot.bundle else self._opened(row, event.source, event.id)
        self._held.append({"destination": intent.destination, "event": seq, "delivery": id})
        lane.due(release_at)

    def announce(self, incident: Incident, destination: str, now: float) -> None:
        """Put a notice into the open one of its scope, or a new one; what was told under its id is not told again."""
        open_one = self._bundle((destination, incident.scope), now)
        if open_one:
            open_one["notice"] = keep(restore(open_one["notice"]).joined(incident.notice))
            if open_one["id"] not in self._new:
                self._said[open_one["id"]] = open_one["notice"]
            return
        id = delivery_id(destination, incident.scope, incident.identity)
        if self._connection.scalar(_exists, {"id": id}):
            return
        lane = self._lanes[destination]
        release_at = lane.rested(incident, now)
        row = {"bundle": incident.scope, "why": "notice", "release_at": release_at, "opened_at": now}
        told = {"destination": destination, "rule": incident.rule, "options": "{}", "notice": keep(incident.notice)}
        self._put(id, row | told | {"size": 0})
        lane.due(release_at)

    def _limited(self, lane: _Lane, intent: Intent, now: float) -> Slot:
        """The slot, or the limit's bundle if the event would open one delivery too many."""
        slot = intent.slot
        joins = slot.bundle is not None and self._bundle((intent.destination, slot.bundle), now) is not None
        if slot.limit is None or joins or lane.within(slot.limit):
            return slot
        return Slot(slot.limit.ends_at, slot.limit.key, "limit")

    def _bundle(self, place: tuple[str, str], now: float) -> dict[str, Any] | None:
        """The open bundle of a key: nothing of it was sent yet, and it is not released."""
        if place not in self._open:
            row = self._connection.execute(_open_bundle, {"of": place[0], "key": place[1], "now": now}).first()
            if row is None:
                return None
            self._open[place] = dict(row._mapping)
            self._seqs[row.id] = row.seq
        return self._open[place]

    def _joined(self, intent: Intent, row: dict[str, Any], event: Event) -> str:
        """The open bundle of the key, or a new one if there is none or it is full."""
        bundle = self._bundle((intent.destination, row["bundle"]), row["opened_at"])
        if bundle is None or (intent.most is not None and bundle["size"] >= intent.most):
            return self._open_bundle(intent, row, event, first=bundle is None)
        bundle["size"] += 1
        if bundle["id"] not in self._new:
            self._grown[bundle["id"]] = bundle["size"]
        return str(bundle["id"])

    def _open_bundle(self, intent: Intent, row: dict[str, Any], event: Event, *, first: bool) -> str:
        """A windowed key is the bundle's identity; a group's recurs, and so does that of a bundle that is full."""
        id = delivery_id(intent.destination, row["bundle"])
        if row["why"] == "group" or not first or self._connection.scalar(_exists, {"id": id}):
            return self._opened(row, row["bundle"], event.source, event.id)
        return self._opened(row, row["bundle"])

    def _opened(self, row: dict[str, Any], *identity: str) -> str:
        id = delivery_id(row["destination"], *identity)
        self._put(id, row)
        return id

    def _put(self, id: str, row: dict[str, Any]) -> None:
        row |= {"id": id, "state": "pending", "attempts": 0, "failures": 0}
        self._new[id] = row
        if row["bundle"]:
            self._open[row["destination"], row["bundle"]] = row

    def write(self, now: float) -> None:
        """All of it, one statement a table."""
        _lane_due.execute(self._connection, [lane.values(now) for lane in self._lanes.values()])
        self._insert()
        _grow.execute(self._connection, [{"of": id, "events": size} for id, size in self._grown.items()])
        _say.execute(self._connection, [{"of": id, "text": text} for id, text in self._said.items()])
        for held in self._held:
            held["delivery"] = self._seqs[held["delivery"]]
        _hold_events.execute(self._connection, self._held)

    def _insert(self) -> None:
        new = self._new.values()
        seqs = numbers(self._connection, delivery.c.seq, len(new))
        for row, seq in zip(new, seqs, strict=True):
            row["seq"] = self._seqs[row["id"]] = seq
        _insert_deliveries.execute(self._connection, list(new))


_lanes = (
    select(lane)
    .where(lane.c.destination.in_(bindparam("names", expanding=True)))
    .order_by(lane.c.destination)
    .with_for_update()
)
_lane_due = Many(
    update(lane)
    .where(lane.c.destination == bindparam("of"))
    .values(ready_at=bindparam("at"), limits=bindparam("windows"))
)
_open_bundle = (
    select(delivery.c.seq, delivery.c.id, delivery.c.size, delivery.c.notice)
    .where(
        delivery.c.destination == bindparam("of"),
        delivery.c.bundle == bindparam("key"),
        PENDING,
        delivery.c.attempts == 0,
        delivery.c.release_at > bindparam("now"),
    )
    .order_by(delivery.c.seq.desc())
    .limit(1)
)
_exists = select(delivery.c.seq).where(delivery.c.id == bindparam("id"))
_insert_deliveries = Many(
    insert(delivery),
    (
        *("seq", "id", "destination", "rule", "options", "bundle", "why", "size", "opened_at", "release_at", "state"),
        *("attempts", "failures", "notice"),
    ),
)
_hold_events = Many(insert(delivery_event), ("destination", "event", "delivery"))
_grow = Many(update(delivery).where(delivery.c.id == bindparam("of")).values(size=bindparam("events")))
_say = Many(update(delivery).where(delivery.c.id == bindparam("of")).values(notice=bindparam("text")))
