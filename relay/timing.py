"""When a delivery is released, and with what else: digest, group, quiet, limit, late; pure.

Whatever is told together is a bundle, known by a key; the store lets an event join the open bundle of that key or opens
it. So digests, groups, storms, late summaries and quiet hours are one mechanism, and this module only names the key.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from relay.conditions import ALWAYS, Condition
from relay.events import Event, thing
from relay.rules import Route
from relay.schedule import Digest, Limit, Quiet
from relay.value import value

GATHER_FOR = 60.0
"""Seconds that a notice waits for more of its kind: a token that was revoked blocks all its channels at once."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a destination asks for whichever rule leads to it; spans in seconds."""

    when: Condition = ALWAYS
    digest: Digest | None = None
    quiet: Quiet | None = None
    limit: Limit | None = None
    detail: str = "normal"
    order: str = "normal"
    give_up_after: float = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Window:
    """A limit at work: when `most` deliveries were opened within `key`, an event joins the bundle `key` instead."""

    most: int
    key: str
    ends_at: datetime


@value
class Slot:
    """When a delivery may leave, the bundle it belongs to (None: a delivery of its own), and why it is bundled."""

    release_at: datetime
    bundle: str | None = None
    why: str | None = None
    limit: Window | None = None


def slot(event: Event, route: Route, policy: Policy, now: datetime, timezone: tzinfo, late: str | None = None) -> Slot:
    """When and with what else the event goes to the route's destination.

    `late` is the key of the poll's late bundle, for an event that relay was too long away to tell in time. A digest
    takes late events too, as it never claims to be fresh. Digests of one destination that leave at one moment are one,
    whichever rules asked for them. What is urgent waits for nothing.
    """
    digest = None if route.urgent else route.digest or policy.digest
    quiet = None if route.urgent else _quiet(policy, now, timezone)
    if digest:
        release_at = _unquiet(policy, digest.after(now, timezone), timezone)
        return Slot(release_at, f"digest:{_key(release_at)}", "digest")
    if late:
        return Slot(quiet or now, f"{late}:quiet" if quiet else late, "late")
    if quiet:
        return Slot(quiet, f"quiet:{_key(quiet)}", "quiet")
    return Slot(now) if route.urgent else _soon(event, route, policy, now, timezone)


def notice_at(policy: Policy, timezone: tzinfo, earliest: float) -> float:
    """When a notice may leave from a moment on, both in seconds since the epoch: not in quiet hours.

    A digest and a limit are about events; a notice waits for neither.
    """
    return _unquiet(policy, datetime.fromtimestamp(earliest, UTC), timezone).timestamp()


def _soon(event: Event, route: Route, policy: Policy, now: datetime, timezone: tzinfo) -> Slot:
    window = _window(route, policy, now, timezone)
    about = thing(event) if route.group else None
    if route.group is None or about is None:
        return Slot(now, limit=window)
    release_at = _unquiet(policy, now + timedelta(seconds=route.group), timezone)
    return Slot(release_at, f"group:{route.rule}:{about}", "group", window)


def _window(route: Route, policy: Policy, now: datetime, timezone: tzinfo) -> Window | None:
    limit = route.limit or policy.limit
    if limit is None:
        return None
    ends_at = limit.window_ends_at(now)
    scope = f"{route.rule}:" if route.limit else ""
    return Window(limit.most, f"limit:{scope}{_key(ends_at)}", _unquiet(policy, ends_at, timezone))


def _quiet(policy: Policy, moment: datetime, timezone: tzinfo) -> datetime | None:
    return policy.quiet.until(moment, timezone) if policy.quiet else None


def _unquiet(policy: Policy, moment: datetime, timezone: tzinfo) -> datetime:
    return _quiet(policy, moment, timezone) or moment


def _key(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
