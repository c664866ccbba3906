"""Which routes an event takes, and why not the others; pure.

One event makes one delivery to a destination at most: per destination the exact key comes first, then the glob with
more literal characters, then the first in the file; within a key the first route. Only a route whose condition holds
takes part, so a special rule that does not apply never hides a general one, and `ignore` alone removes.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.conditions import ALWAYS, Condition
from relay.events import Event
from relay.globs import Globs, is_glob, literals
from relay.schedule import Digest, Limit

_EXACT = sys.maxsize
_TYPES_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Route:
    """One line of where a rule leads, and how; `where` is its place in the file, spans are in seconds."""

    rule: str
    where: str
    destination: str
    condition: Condition = ALWAYS
    digest: Digest | None = None
    group: float | None = None
    limit: Limit | None = None
    urgent: bool = False
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Ignore:
    """A line of `ignore`: what it drops, for everyone."""

    where: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one route: `reason` is None when the event takes it, else why it does not."""

    route: Route
    reason: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an event goes where it goes: what ignored it, if anything did, and every route's verdict in file order."""

    ignored: str | None
    verdicts: tuple[Verdict, ...]


class RuleKey:
    """The key of a rule: event types or globs, separated by commas."""

    def __init__(self, text: str) -> None:
        self.parts = tuple(part.strip() for part in text.split(","))
        self._exact = Globs(part for part in self.parts if not is_glob(part))
        self._globs = [(literals(part), Globs([part])) for part in self.parts if is_glob(part)]

    def rank(self, name: str, derived: bool = False) -> int | None:
        """How closely the key names the event type, or None if it does not; only by its own name a derived one."""
        if self._exact.match(name):
            return _EXACT
        ranks = [] if derived else [count for count, glob in self._globs if glob.match(name)]
        return max(ranks, default=None)


Candidates = tuple[tuple[Route, Condition], ...]
"""The routes whose key names a type, by destination and best first, each with the destination's own condition."""


class Rulebook:
    """Everything the file says about where events go; `when` holds the destinations' own conditions.

    Which routes a type may take, and in which order, is worked out once per type; conditions are asked per event.
    """

    def __init__(
        self, routes: tuple[Route, ...], ignores: tuple[Ignore, ...] = (), when: Mapping[str, Condition] | None = None
    ) -> None:
        self.all_routes = routes
        self.ignores = ignores
        self.when: Mapping[str, Condition] = when or {}
        self._keys = {route.rule: RuleKey(route.rule) for route in routes}
        self._of_types: dict[tuple[str, bool], Candidates] = {}

    def routes(self, event: Event) -> tuple[Route, ...]:
        """The routes that the event takes, one per destination at most; none where it is ignored."""
        candidates = self._candidates(event)
        if not candidates or self._ignored_by(event):
            return ()
        decided, taken = set(), []
        for route, when in candidates:
            if route.destination in decided or route.condition.failed(event) is not None:
                continue
            decided.add(route.destination)
            if when.failed(event) is None:
                taken.append(route)
        return tuple(taken)

    def explain(self, event: Event) -> Explanation:
        """Every route, taken or the first reason why not, by the very steps of `routes`."""
        ignore = self._ignored_by(event)
        ignored = f"{ignore.where} ignores it" if ignore else None
        taken = {route.destination: route for route in self.routes(event)}
        verdicts = (Verdict(route, self._reason(route, event, taken, ignored)) for route in self.all_routes)
        return Explanation(ignored, tuple(verdicts))

    def _candidates(self, event: Event) -> Candidates:
        """The routes whose key matches the event's type."""
        kind = (event.type, event.derived)
        found = self._of_types.get(kind)
        if found is None:
            if len(self._of_types) >= _TYPES_REMEMBERED:
                self._of_types.clear()
            found = self._of_types[kind] = self._naming(*kind)
        return found

    def _naming(self, name: str, derived: bool) -> Candidates:
        ranked = [(self._keys[route.rule].rank(name, derived), route) for route in self.all_routes]
        matching = sorted(((rank, route) for rank, route in ranked if rank is not None), key=lambda pair: -pair[0])
        names = dict.fromkeys(route.destination for _, route in matching)
        routes = (route for name in names for _, route in matching if route.destination == name)
        return tuple((route, self.when.get(route.destination, ALWAYS)) for route in routes)

    def _ignored_by(self, event: Event) -> Ignore | None:
        for ignore in self.ignores:
            if ignore.condition.failed(event) is None:
                return ignore
        return None

    def _reason(self, route: Route, event: Event, taken: Mapping[str, Route], ignored: str | None) -> str | None:
        """None if the route is the one taken to its destination, else the first thing that stood against it."""
        if self._keys[route.rule].rank(event.type, event.derived) is None:
            return f"{route.rule!r} does not match {'a derived ' if event.derived else ''}{event.type}"
        for prefix, condition in (("", route.condition), (f"{route.destination}: ", self.when.get(route.destination))):
            test = condition.failed(event) if condition else None
            if test:
                return prefix + test.failure(event)
        if ignored:
            return ignored
        first = taken[route.destination]
        return None if first is route else f"{first.where} already leads to {route.destination}"
