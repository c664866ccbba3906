"""What a forge lets an account ask in an hour, what has been asked, and whose turn it is once that runs short; pure.

An account earns its requests evenly, at 80 % of what the forge allows, and may run ahead of that by a tenth of an
hour's budget: in no hour does it ask more than 90 %, so that `every` stretches before a 429 comes. Polls that have to
wait queue up in the order in which they were due, each for as long as the one before it will take: all feeds of the
account are slowed alike, and none loses its turn to a quicker one. The state is a row of the store, so a restart
forgets nothing and several workers share it.
"""

from contextvars import ContextVar
from dataclasses import dataclass, replace
from hashlib import blake2b

HOUR = 3600.0
_SHARE = 0.8
_AHEAD = 0.1 / _SHARE * HOUR
"""Seconds' worth of requests that may be asked before they are earned."""
_AHEAD_AT_ONCE = _AHEAD / 2
"""Of these, for polls that did not queue; the rest is for polls that turn out to need more than the last time."""


@dataclass(frozen=True)
class Budget:
    """The requests an hour that all sources with the same credentials share.

    `account` names them without a secret, and is the same after a restart.
    """

    account: str
    requests: int


def account_of(host: str, secret: str | None) -> str:
    """A name for whoever asks a host with these credentials, like "api.bitbucket.org/3fa9c1"; it tells no secret.

    None is whoever asks without any: there forges count by address.
    """
    if not secret:
        return f"{host}/anonymous"
    return f"{host}/{blake2b(secret.encode(), digest_size=3, person=b'relay account').hexdigest()}"


def hourly(requests: float, allowed: int | None = None) -> str:
    """A rate in words: "about 60 requests an hour", "about 60 of 1,000 requests an hour"."""
    of = f" of {allowed:,}" if allowed is not None else ""
    return f"about {requests:,.0f}{of} requests an hour"


class Meter:
    """Counts the requests of a source that its forge counts."""

    def __init__(self) -> None:
        self._spent = 0

    def spend(self, requests: int = 1) -> None:
        """So many requests were made; a task that has a meter of its own counts them there."""
        (_own.get() or self)._spent += requests

    def take(self) -> int:
        """The requests since this was asked last."""
        spent, self._spent = self._spent, 0
        return spent


_own: ContextVar[Meter | None] = ContextVar("relay_meter", default=None)


def own_meter() -> Meter:
    """A meter that counts, from now on, what this task and those it starts spend, whichever source's meter they use."""
    meter = Meter()
    _own.set(meter)
    return meter


@dataclass(frozen=True)
class Account:
    """How an account fares; moments are seconds since the epoch.

    What was asked is earned by `earned_at`; who comes now waits behind a queue that ends at `queue_until`;
    `not_before` is when the forge wants to be asked again. `asked` and `asked_before` count the requests of the
    `hour` since the epoch and of the one before it.
    """

    requests: int
    earned_at: float = 0.0
    queue_until: float = 0.0
    not_before: float = 0.0
    hour: int = 0
    asked: int = 0
    asked_before: int = 0

    @property
    def step(self) -> float:
        """The seconds in which one request is earned."""
        return HOUR / (_SHARE * max(self.requests, 1))

    def admit(self, now: float, cost: int, *, queued: bool) -> tuple["Account", float | None]:
        """The account with a poll of so many requests let in; or with it queued, and the moment when its turn comes.

        A poll that queued already, or that likely costs nothing, waits for no queue.
        """
        served = queued or not cost
        free_at = self.earned_at - _AHEAD if served else max(self.earned_at - _AHEAD_AT_ONCE, self.queue_until)
        if max(free_at, self.not_before) <= now:
            return self._ahead(cost, now), None
        turn_at = max(free_at, self.not_before, self.queue_until)
        return replace(self, queue_until=turn_at + cost * self.step), turn_at

    def charge(self, spent: int, admitted: int, now: float) -> "Account":
        """With what a poll really asked, where it was let in as one of `admitted` requests."""
        hour = int(now // HOUR)
        before = {hour: self.asked_before, hour - 1: self.asked}.get(self.hour, 0)
        asked = spent + (self.asked if self.hour == hour else 0)
        return replace(self._ahead(spent - admitted, now), hour=hour, asked=asked, asked_before=before)

    def _ahead(self, requests: int, now: float) -> "Account":
        return replace(self, earned_at=max(self.earned_at, now) + requests * self.step)

    def asked_lately(self, now: float) -> int:
        """The requests of the last 60 minutes, as near as two counts tell."""
        since = {0: (self.asked, self.asked_before), 1: (0, self.asked)}
        asked, before = since.get(int(now // HOUR) - self.hour, (0, 0))
        return asked + round(before * (1 - now % HOUR / HOUR))
