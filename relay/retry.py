"""What the outcome of an attempt means for its delivery and its lane; pure.

The state machine of a delivery: pending until sent or dead; a pending one may be set aside, with a back-off of its own
that nothing waits for. Of a lane: it pauses while its destination is unavailable, and waits for a human while it is
blocked, probing hourly. Deliveries do not age while they wait, but for an outage longer than `give_up_after`.
"""

from dataclasses import replace
from typing import Literal

from relay.store.lanes import WELL, LaneState
from relay.store.pending import Pending
from relay.store.settle import Verdict
from relay.timing import Policy
from relay.value import value

PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds, at most, after the 1st, 2nd, … failure in a row; the last one repeats."""
PROBE_AFTER = 3600.0
NOTICED_AFTER = 3600.0
"""Seconds of an outage after which people are told by a notice; of a block they are told at once."""
SUSPECT_AFTER = 3
"""Failures in a row of one delivery after which the next is tried, to learn which of delivery and lane is at fault."""

AWAY_FOR = 24 * 3600.0
"""Seconds by which a try comes late where relay was away."""
ARRIVING_FOR = 5.0
"""Seconds that a message which may be under way is given to arrive, before it is looked for or sent again."""

Kind = Literal["sent", "refused", "unavailable", "blocked", "ambiguous"]


@value
class Outcome:
    """What one try came to; `retry_after` is the destination's own wish, in seconds; `alone` if of this lane only."""

    kind: Kind
    detail: str
    retry_after: float | None = None
    alone: bool = False


@value
class NextAttempt:
    """How it goes on: the delivery's verdict, the lane's new state, and whether the lane stops sending for now.

    `aside` sets another delivery aside until a moment; `expire_before` gives up what was released before then.
    """

    verdict: Verdict
    lane: LaneState
    stop: bool
    aside: tuple[int, float] | None = None
    expire_before: float | None = None


_GOES_ON = NextAttempt(Verdict("sent"), WELL, stop=False)


def pause(failures: int, jitter: float) -> float:
    """Seconds to wait after so many failures in a row; `jitter` from 0 to 1 spreads those who failed together."""
    return PAUSES[min(failures, len(PAUSES)) - 1] * jitter


def _away(due_at: float, now: float) -> float:
    """Seconds of an outage in which relay tried nothing, since it was asleep itself: the destination may have worked."""
    return now - due_at if now - due_at > AWAY_FOR else 0.0


def _rest(outcome: Outcome, failures: int, jitter: float) -> float:
    """Seconds until the next try: the destination's own wish, else a pause."""
    if outcome.retry_after:
        return outcome.retry_after
    return max(pause(failures, jitter), ARRIVING_FOR if outcome.kind == "ambiguous" else 0.0)


def next_attempt(
    lane: LaneState, delivery: Pending, outcome: Outcome, policy: Policy, pace: float, now: float, jitter: float
) -> NextAttempt:
    """How delivery and lane go on after an attempt.

    What may have arrived once stays so until it is known: a try that certainly failed says nothing of those before.
    """
    after = _after(lane, delivery, outcome, policy, pace, now, jitter)
    unsure_at = delivery.unsure_at or (now if outcome.kind == "ambiguous" else None)
    if unsure_at is None or outcome.kind == "sent":
        return after
    return replace(after, verdict=replace(after.verdict, unsure_at=unsure_at))


def _after(
    lane: LaneState, delivery: Pending, outcome: Outcome, policy: Policy, pace: float, now: float, jitter: float
) -> NextAttempt:
    if outcome.kind in ("sent", "refused"):
        return _answered(lane, delivery, outcome, pace, now, jitter)
    if outcome.kind == "blocked":
        return _blocked(lane, delivery, outcome, now)
    if delivery.aside_at is not None and not lane.failures:
        return _failed_aside(lane, delivery, outcome, policy, now, jitter)
    return _unavailable(lane, delivery, outcome, policy, pace, now, jitter)


def _answered(
    lane: LaneState, delivery: Pending, outcome: Outcome, pace: float, now: float, jitter: float
) -> NextAttempt:
    """The destination works: whatever it said of this delivery, a suspect that it does not answer is at fault itself."""
    if outcome.kind == "sent" and lane is WELL and not pace:
        return _GOES_ON
    verdict = Verdict("sent") if outcome.kind == "sent" else Verdict("dead", reason=outcome.detail)
    well = LaneState(not_before=now + pace, waits_for="pace") if pace else WELL
    suspect = lane.suspect if lane.suspect != delivery.seq else None
    aside = (suspect, now + pause(SUSPECT_AFTER, jitter)) if suspect is not None else None
    return NextAttempt(verdict, well, stop=pace > 0, aside=aside)


def _blocked(lane: LaneState, delivery: Pending, outcome: Outcome, now: float) -> NextAttempt:
    blocked = LaneState(
        not_before=now + (outcome.retry_after or PROBE_AFTER),
        waits_for="blocked",
        blocked_at=lane.blocked_at or now,
        reason=outcome.detail,
        noticed_at=lane.noticed_at or now,
    )
    return NextAttempt(_kept(delivery, delivery.failures, outcome), blocked, stop=True)


def _kept(delivery: Pending, failures: int, outcome: Outcome) -> Verdict:
    return Verdict("pending", failures, outcome.detail, delivery.aside_at, delivery.aside_at)


def _failed_aside(
    lane: LaneState, delivery: Pending, outcome: Outcome, policy: Policy, now: float, jitter: float
) -> NextAttempt:
    """A delivery set aside fails alone: the lane goes on, unless the destination asked for quiet."""
    failures = delivery.failures + 1
    again = now + _rest(outcome, failures, jitter)
    since = (delivery.aside_at or now) + _away(delivery.due_at or now, now)
    verdict = Verdict("pending", failures, outcome.detail, since, again)
    if now - since > policy.give_up_after:
        verdict = Verdict("dead", failures, f"given up: {outcome.detail}")
    quiet = replace(lane, not_before=again, waits_for="retry_after") if outcome.retry_after else lane
    return NextAttempt(verdict, quiet, stop=True)


def _unavailable(
    lane: LaneState, delivery: Pending, outcome: Outcome, policy: Policy, pace: float, now: float, jitter: float
) -> NextAttempt:
    """The lane pauses; but the next after a suspect is tried at once, or one that finds the destination mended meanwhile
    would overtake the suspect."""
    failures, failed = lane.failures + 1, delivery.failures + 1
    suspect = _suspect(lane, delivery, failed, policy)
    at_once = suspect is not None and not outcome.retry_after
    since = lane.failing_since + _away(lane.not_before, now) if lane.failing_since else now
    down = LaneState(
        not_before=now + (pace if at_once else _rest(outcome, failures, jitter)),
        waits_for="retry_after" if outcome.retry_after else "backoff",
        failures=failures,
        failing_since=since,
        suspect=suspect,
        blocked_at=lane.blocked_at,
        reason=outcome.detail,
        noticed_at=lane.noticed_at or (now if now + (outcome.retry_after or 0.0) - since >= NOTICED_AFTER else None),
    )
    given_up = now - since >= policy.give_up_after
    expire = now - policy.give_up_after if given_up else None
    verdict = _kept(delivery, failed, outcome)
    if given_up and delivery.release_at <= now - policy.give_up_after:
        verdict = Verdict("dead", failed, f"given up: {outcome.detail}")
    return NextAttempt(verdict, down, stop=True, expire_before=expire)


def _suspect(lane: LaneState, delivery: Pending, failed: int, policy: Policy) -> int | None:
    """The delivery to pass over at the next try: one that failed three times, unless passing it over showed that the
    destination itself is down, or order is strict."""
    if policy.order == "strict" or lane.suspect is not None or failed % SUSPECT_AFTER:
        return None
    return delivery.seq
