"""Per lane: claim, render, send, settle; a lane sends the next delivery only when the last result is committed."""

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from relay.clock import Clock
from relay.destinations.base import Delivery, Destination, Message, Receipt
from relay.errors import Ambiguous, Blocked, DeliveryError, InvalidEvent, LeaseLost, Refused, Unavailable, Unsure
from relay.events import Event, thing
from relay.incidents import NOBODY_HEARS, Incidents, Tried
from relay.jsontext import write
from relay.notice import Notice
from relay.redact import redact
from relay.render import Renderer
from relay.retry import Kind, NextAttempt, Outcome, next_attempt
from relay.store import Store
from relay.store.lanes import ClaimedLane, ClaimLanes, HoldLanes
from relay.store.opening import Incident
from relay.store.pending import Pending
from relay.store.settle import Release, Settle
from relay.timing import Policy

log = logging.getLogger("relay.dispatcher")

HEADS = 50
"""Deliveries claimed at once of a lane without a pace."""
AHEAD = 25
"""Messages rendered at once: while the templates are at the processor's hand, one takes half the time (measured)."""
ROOM = 64 * 1024
"""Characters of events from which on no more are rendered at once: a bundle may hold a hundred."""


@dataclass(frozen=True)
class Served:
    """A destination as the dispatcher needs it."""

    destination: Destination
    kind: str
    policy: Policy


class Dispatcher:
    """Sends what is released, lane by lane; `sent` and `failed` count the attempts."""

    def __init__(
        self,
        store: Store,
        destinations: Mapping[str, Served],
        renderer: Renderer,
        clock: Clock,
        incidents: Incidents = NOBODY_HEARS,
    ) -> None:
        self._store, self._destinations, self._renderer, self._clock = store, destinations, renderer, clock
        self._incidents = incidents
        self._names = tuple(destinations)
        self._paced = frozenset(name for name, served in destinations.items() if served.destination.pace)
        self._remembering = frozenset(name for name, served in destinations.items() if served.destination.remembers)
        self._looking = frozenset(name for name, served in destinations.items() if served.destination.looks_up)
        self._stopping = False
        self.sent = self.failed = 0

    def stop(self) -> None:
        """Lanes are given back after the send in flight."""
        self._stopping = True

    async def claim(self, most: int) -> Sequence[ClaimedLane]:
        """Lanes that are due, with what they have to send."""
        now = self._clock.now().timestamp()
        lease, lease_for = f"{random.getrandbits(64):x}", self._store.lease_for
        kinds = (self._paced, self._remembering, self._looking)
        return await self._store.submit(ClaimLanes(lease, now, lease_for, most, HEADS, self._names, *kinds))

    async def renew(self, lanes: Sequence[ClaimedLane]) -> None:
        """Keep these lanes this worker's while they send."""
        held = tuple((lane.destination, lane.lease) for lane in lanes)
        await self._store.submit(HoldLanes(held, self._clock.now().timestamp(), self._store.lease_for))

    async def next_at(self, waits_for: str | None = None) -> float | None:
        """When the next lane is due, of all or of those that wait for this, in seconds since the epoch."""
        return await self._store.next_lane_at(self._names, waits_for)

    async def serve(self, lane: ClaimedLane) -> None:
        """Send the lane's deliveries one after the other, until they are sent or one of them stops the lane."""
        if not lane.heads:
            await self._store.submit(Release(lane.destination, lane.lease))
            return
        serving = _Serving(self._destinations[lane.destination], lane, self._store.lease_for)
        for ready in self._ready(serving):
            if await self._one(serving, ready, last=ready.pending is lane.heads[-1]):
                return

    def _ready(self, serving: "_Serving") -> Iterator["_Ready"]:
        """The lane's deliveries in words, a few at a time, each by itself where an earlier one's receipt may matter."""
        most = 1 if serving.served.destination.remembers else AHEAD
        for few in _batches(serving.lane.heads, most):
            yield from [self._worded(serving, pending) for pending in few]

    async def _one(self, serving: "_Serving", ready: "_Ready", *, last: bool) -> bool:
        """One attempt, settled; whether the lane was given back.

        A worker that was stopped for longer than its lease sends nothing more of what may be another's now.
        """
        if self._clock.now().timestamp() > serving.held_until:
            raise LeaseLost(f"lane {serving.lane.destination} was held for too long; whoever has it now goes on")
        receipt, outcome = await self._attempt(serving, ready)
        now = self._clock.now().timestamp()
        pending, served = ready.pending, serving.served
        after = next_attempt(
            serving.state, pending, outcome, served.policy, served.destination.pace, now, random.random()
        )
        self._tell(serving, pending, outcome, after)
        tried = Tried(serving.lane.destination, serving.account, pending, serving.state, after, outcome)
        incidents = self._incidents.of_attempt(tried, now)
        release = last or after.stop or self._stopping
        settle = serving.settle(tried, ready, receipt, incidents, now, release=release)
        settled = await self._store.submit(settle)
        if settled.expired:
            log.error("%s: %d more deliveries were given up: %s", settle.destination, settled.expired, outcome.detail)
        return settled.released

    async def _attempt(self, serving: "_Serving", ready: "_Ready") -> tuple[Receipt, Outcome]:
        if ready.flaw:
            return Receipt(), Outcome("refused", f"{ready.flaw}; a backup can help")
        try:
            receipt = await serving.served.destination.send(ready.message, self._clock.now())
        except DeliveryError as error:
            return Receipt(), outcome_of(error)
        except Exception as error:  # a defect in a destination must not stop its lane for good: it is retried and told
            log.exception("a defect in the %s destination; please report it", serving.served.kind)
            return Receipt(), Outcome("ambiguous", f"a defect in relay: {type(error).__name__}")
        return receipt, Outcome("sent", accepted(receipt))

    def _worded(self, serving: "_Serving", pending: Pending) -> "_Ready":
        """The words as they were first rendered, or rendered now."""
        try:
            delivery = serving.delivery(pending, *pending.told())
        except InvalidEvent as error:
            return _Ready(pending, Message(serving.delivery(pending), {}), flaw=str(error))
        if pending.parts is not None:
            return _Ready(pending, Message(delivery, pending.parts))
        served, destination = serving.served, serving.served.destination
        message = self._renderer.message(
            delivery, served.kind, destination.parts, served.policy.detail, self._clock.now(), destination.layout
        )
        return _Ready(pending, message, write(dict(message.parts)) if message.parts else None)

    def _tell(self, serving: "_Serving", pending: Pending, outcome: Outcome, after: NextAttempt) -> None:
        """Say what a human should know, once: not every failing probe."""
        name, before = serving.lane.destination, serving.state
        if outcome.kind == "sent":
            self.sent += 1
            if before.failures or before.blocked_at:
                log.info("%s: works again", name)
            return
        self.failed += 1
        if after.verdict.state == "dead":
            log.error(
                "%s: delivery %s is dead: %s (relay redeliver %s sends it again)",
                name,
                pending.id,
                outcome.detail,
                pending.id,
            )
        elif outcome.kind == "blocked" and before.blocked_at is None:
            log.error("%s: blocked: %s; nothing is lost, and it goes on once that is mended", name, outcome.detail)
        elif before.failures == 0 and outcome.kind != "blocked":
            log.warning("%s: %s; it is tried again", name, outcome.detail)


class _Ready(NamedTuple):
    """A delivery in words; `words` are their JSON, where they are to be kept. With a `flaw` it cannot be told."""

    pending: Pending
    message: Message
    words: str | None = None
    flaw: str | None = None


def _batches(heads: Sequence[Pending], most: int) -> Iterator[list[Pending]]:
    """The deliveries in order: the first, which may be all that the destination takes, alone, then so many at a time."""
    few: list[Pending] = []
    room, size = 0, 1
    for head in heads:
        few.append(head)
        room += sum(map(len, head.bodies))
        if len(few) >= size or room >= ROOM:
            yield few
            few, room, size = [], 0, most
    if few:
        yield few


class _Serving:
    """A claimed lane while its deliveries are sent: its state, and what was learnt about things on the way."""

    def __init__(self, served: Served, lane: ClaimedLane, lease_for: float) -> None:
        self.served, self.lane, self.state = served, lane, lane.state
        self.held_until, self._lease_for = lane.held_until, lease_for
        self.account = served.destination.account
        self._references: dict[str, str] = {}

    def delivery(self, pending: Pending, events: tuple[Event, ...] = (), notice: Notice | None = None) -> Delivery:
        """What is to be told."""
        return Delivery(
            id=pending.id,
            destination=self.lane.destination,
            rule=pending.rule,
            events=events,
            why=pending.why,
            since=datetime.fromtimestamp(pending.opened_at, UTC) if pending.why else None,
            until=datetime.fromtimestamp(pending.release_at, UTC) if pending.why else None,
            options=pending.options,
            reference=self._reference(pending, events),
            body=pending.bodies[0] if len(pending.bodies) == 1 else None,
            notice=notice,
            unsure_since=None if pending.unsure_at is None else datetime.fromtimestamp(pending.unsure_at, UTC),
        )

    def _reference(self, pending: Pending, events: tuple[Event, ...]) -> str | None:
        """What the destination's last receipt for the same thing left, if it leaves any."""
        about = _about(events) if self._references else None
        return self._references.get(about, pending.reference) if about else pending.reference

    def settle(
        self,
        tried: Tried,
        ready: _Ready,
        receipt: Receipt,
        incidents: tuple[Incident, ...],
        now: float,
        *,
        release: bool,
    ) -> Settle:
        pending, outcome, after = tried.pending, tried.outcome, tried.after
        changed = after.lane if after.lane != self.state else None
        self.state = after.lane
        return Settle(
            destination=self.lane.destination,
            lease=self.lane.lease,
            now=now,
            delivery=pending.seq,
            outcome=outcome.kind,
            detail=outcome.detail,
            verdict=after.verdict,
            release=release,
            hold_until=None if release else self._hold(now),
            parts=ready.words,
            lane=changed,
            aside=after.aside,
            expire_before=after.expire_before,
            pause=outcome.retry_after is not None and not outcome.alone,
            remember=self._learnt(ready.message.delivery.events, receipt),
            incidents=incidents,
        )

    def _learnt(self, events: tuple[Event, ...], receipt: Receipt) -> tuple[str, str] | None:
        about = _about(events) if receipt.reference else None
        if about is None or receipt.reference is None:
            return None
        self._references[about] = receipt.reference
        return about, receipt.reference

    def _hold(self, now: float) -> float | None:
        """A new end for the lease once half of it is over: renewing it with every delivery would be a write each."""
        if self.held_until - now >= self._lease_for / 2:
            return None
        self.held_until = now + self._lease_for
        return self.held_until


def _about(events: tuple[Event, ...]) -> str | None:
    return thing(events[0]) if len(events) == 1 else None


_KINDS: dict[type[DeliveryError], Kind] = {
    Refused: "refused",
    Unavailable: "unavailable",
    Blocked: "blocked",
    Ambiguous: "ambiguous",
}


def outcome_of(error: DeliveryError) -> Outcome:
    """The outcome that a destination's failure is."""
    detail = f"{error}: {error.answer}" if error.answer and error.answer not in str(error) else str(error)
    return Outcome(_KINDS.get(type(error), "unavailable"), detail, error.retry_after, isinstance(error, Unsure))


def accepted(receipt: Receipt) -> str:
    """What an attempt's record says of a success: the answer, and the recipients that were refused."""
    said = [receipt.answer] if receipt.answer else []
    said += [f"{recipient} refused: {why}" for recipient, why in receipt.refused.items()]
    return redact("; ".join(said))
