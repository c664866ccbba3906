"""What is an incident, and who hears of it: gaps, feeds and destinations in trouble, deliveries that died.

An incident is told once, not at every retry: a gap and a death when they are seen, a block when it begins, an outage and
a feed that fails after an hour, a feed that only a human can mend at once. What has one cause is told together: the
feeds of a source, the destinations of an account with the same complaint. A notice never goes to what it is about, and
one that dies is told to nobody, so that notices cannot feed on each other; that a lane is blocked or down is told to
the others even where a notice found it out.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from types import MappingProxyType

from relay.errors import FeedDenied, FeedError, FeedGone, FeedMissing
from relay.notice import Kind, Notice
from relay.retry import NOTICED_AFTER, NextAttempt, Outcome
from relay.store.feeds import ClaimedFeed
from relay.store.lanes import LaneState
from relay.store.opening import Incident
from relay.store.pending import Pending
from relay.timing import Policy, notice_at
from relay.value import value

HOUR, DAY = 3600.0, 86400.0
REST_FOR: Mapping[Kind, float] = {"gap": DAY, "failing": HOUR, "blocked": HOUR, "down": HOUR, "dead": DAY}
"""Seconds after a notice in which there is no other of its scope. A gap at every poll, and deliveries that die one by
one in a long outage, are told once a day; a new failure or block is news sooner."""
_AT_ONCE = (FeedDenied, FeedMissing, FeedGone)


@value
class Tried:
    """An attempt and what it meant for its lane, which shares `account` with others."""

    destination: str
    account: str
    pending: Pending
    before: LaneState
    after: NextAttempt
    outcome: Outcome


@dataclass(frozen=True)
class Incidents:
    """Whom the file wants to hear of gaps and of failures; `policies` are those of the destinations."""

    on_gap: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))
    timezone: tzinfo = UTC

    def of_gap(self, feed: ClaimedFeed, gap: str | None, now: datetime) -> Incident | None:
        """A window that scrolled past, since the last poll; derived from the cursor that it lies behind."""
        if not gap:
            return None
        since = datetime.fromtimestamp(feed.polled_at, UTC) if feed.polled_at else now
        notice = Notice("gap", {_name(feed): None}, gap, since, now)
        return self._incident(notice, feed.source, (feed.source, feed.key, feed.cursor or ""))

    def of_failed_poll(self, feed: ClaimedFeed, error: FeedError, now: datetime) -> Incident | None:
        """A feed that fails; whoever calls has asked `is_due` first."""
        since = datetime.fromtimestamp(feed.failing_since, UTC) if feed.failing_since else now
        notice = Notice("failing", {_name(feed): None}, str(error), since, now)
        return self._incident(notice, feed.source, (feed.source, feed.key, feed.cursor or "", str(feed.polled_at)))

    def of_attempt(self, tried: Tried, now: float) -> tuple[Incident, ...]:
        """What an attempt shows: a lane blocked, or down for an hour; deliveries that died. The store counts them."""
        if tried.outcome.kind == "sent":
            return ()
        found = (self._of_lane(tried, now), self._of_death(tried, now))
        return tuple(incident for incident in found if incident)

    def _of_lane(self, tried: Tried, now: float) -> Incident | None:
        before, after = tried.before, tried.after.lane
        reason = tried.outcome.detail
        if after.blocked_at is not None and before.blocked_at is None:
            same = hashlib.blake2b(reason.encode("utf-8", "replace"), digest_size=8).hexdigest()
            return self._of_destination("blocked", tried, after.blocked_at, now, f"{tried.account}:{same}")
        if after.noticed_at is not None and before.noticed_at is None and after.failing_since is not None:
            return self._of_destination("down", tried, after.failing_since, now, tried.account)
        return None

    def _of_death(self, tried: Tried, now: float) -> Incident | None:
        died = tried.after.verdict.state == "dead" and tried.pending.notice is None
        if not died and tried.after.expire_before is None:
            return None
        since = tried.before.failing_since or now
        return self._of_destination("dead", tried, since, now, tried.destination, count=int(died))

    def _of_destination(
        self, kind: Kind, tried: Tried, since: float, now: float, scope: str, count: int | None = None
    ) -> Incident | None:
        notice = Notice(
            kind,
            {tried.destination: count},
            tried.after.verdict.reason or tried.outcome.detail,
            datetime.fromtimestamp(since, UTC),
            datetime.fromtimestamp(now, UTC),
            delivery=tried.pending.id if count else None,
        )
        return self._incident(notice, scope, (tried.destination, tried.pending.id, str(tried.pending.attempts)))

    def _incident(self, notice: Notice, scope: str, identity: tuple[str, ...]) -> Incident | None:
        """The notice for everybody who is to hear of it; None where that is nobody."""
        rule = "on_gap" if notice.kind == "gap" else "on_failure"
        listeners = self.on_gap if notice.kind == "gap" else self.on_failure
        to = {
            name: partial(notice_at, self.policies[name], self.timezone)
            for name in listeners
            if name not in notice.about
        }
        if not to:
            return None
        scope = f"notice:{notice.kind}:{scope}"
        return Incident(notice, scope, "\0".join(identity), rule, to, REST_FOR[notice.kind])


NOBODY_HEARS = Incidents()


def is_due(feed: ClaimedFeed, error: FeedError, now: float) -> bool:
    """Whether people should hear that a feed fails: at once if a human must act, else after an hour; once.

    A member of a wildcard that is missing was deleted, and the next listing lets it rest.
    """
    if feed.noticed or (feed.member and isinstance(error, FeedMissing)):
        return False
    since = now if feed.failing_since is None else feed.failing_since
    return isinstance(error, _AT_ONCE) or now - since >= NOTICED_AFTER


def _name(feed: ClaimedFeed) -> str:
    return f"{feed.source} {feed.name}"
