"""What rules.yaml may say but hardly means: told by `check`, and no reason not to run."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from relay.conditions import ALWAYS, Condition
from relay.config.value import Value
from relay.event_types import THINGS, VOCABULARY
from relay.rules import Route, RuleKey
from relay.sources.base import Gives

_HASTY = 10.0
_LATE = 86400.0  # what is older than this when relay comes back counts as late


def advise_on_use(destinations: Mapping[str, Value], used: Collection[str]) -> None:
    """Note destinations that nothing leads to."""
    for name, value in destinations.items():
        if name not in used:
            value.warning("no rule leads here", value.key)


def advise_on_silence(value: Value, listeners: Sequence[str], used: Collection[str]) -> None:
    """Note a destination whose own trouble nobody would hear of, since no notice goes to what it is about."""
    if len(listeners) == 1 and listeners[0] in used:
        value.warning(f"nobody hears of it when {listeners[0]} itself fails; name a second destination")


@dataclass(frozen=True)
class Giver:
    """What a source can give, was asked to include, or has `named`; `value` is where it stands in the file."""

    value: Value
    coverage: Mapping[str, Gives]
    include: tuple[str, ...]
    named: frozenset[str]

    @property
    def given(self) -> frozenset[str]:
        """The types that it gives as it stands."""
        own = frozenset(name for name, how in self.coverage.items() if how != "include" or name in self.include)
        return own | self.named

    def missing(self, asked: Collection[str]) -> list[str]:
        """Those of the types that it would give if `include` asked for them."""
        return [name for name in asked if name in self.coverage and name not in self.given]


def advise_on_types(
    rules: Value, routes: Sequence[Route], when: Mapping[str, Condition], givers: Mapping[str, Giver]
) -> None:
    """Note rules for types that none of their sources gives, and sources that must be asked to include them.

    `when` is what destinations ask for; a rule's sources are those whose events its routes may take.
    """
    wanted: dict[str, list[str]] = {}
    told = {route.rule for route in routes}
    for key, value in ((key, value) for key, value in rules.entries().items() if key in told):
        own = {name: giver for name, giver in givers.items() if _feeds(name, key, routes, when)}
        for part in RuleKey(key).parts:
            lacking = _lacking(part, own)
            if lacking == {}:
                value.warning(f"no source here can give {part}; `relay types` says which kinds do", value.key)
            for name, types in (lacking or {}).items():
                wanted.setdefault(name, []).extend(types)
    for name, types in wanted.items():
        _advise_to_include(givers[name], types)
    for giver in givers.values():
        _advise_on_names(giver, told)


def _feeds(source: str, key: str, routes: Iterable[Route], when: Mapping[str, Condition]) -> bool:
    """Whether a rule has a route that may take events of the source."""
    conditions = ((route.condition, when.get(route.destination, ALWAYS)) for route in routes if route.rule == key)
    return any(own.takes_source(source) and its.takes_source(source) for own, its in conditions)


def _lacking(part: str, givers: Mapping[str, Giver]) -> dict[str, list[str]] | None:
    """What a source of a rule would give of its part if asked, where none gives any of it; None if one does."""
    asked = [name for name in VOCABULARY if RuleKey(part).rank(name) is not None]
    if not asked or any(giver.given.intersection(asked) for giver in givers.values()):
        return None
    return {name: types for name, giver in givers.items() if (types := giver.missing(asked))}


def _advise_to_include(giver: Giver, types: list[str]) -> None:
    """Note the line that a source lacks, whole, with what stands there already."""
    place = giver.value.entries().get("include", giver.value)
    line = f"include: [{', '.join(dict.fromkeys((*giver.include, *types)))}]"
    lacking = ", ".join(dict.fromkeys(types))
    giver.value.warning(
        f"gives {lacking} only if asked, since that costs extra requests; {'let it say' if giver.include else 'add'} {line}",
        place.node if place is not giver.value else giver.value.key,
    )


def _advise_on_names(giver: Giver, rules: Iterable[str]) -> None:
    """Note the types that a source's own table makes up, unless a rule names them too: they are meant then."""
    parts = {part for rule in rules for part in RuleKey(rule).parts}
    for name in sorted(giver.named.difference(VOCABULARY, parts)):
        place = giver.value.entries().get("types", giver.value)
        place.warning(f"relay knows no event type {name!r}, and no rule names it; see `relay types`")


@dataclass(frozen=True)
class Taker:
    """A destination as a route needs to know it: its kind, and whether it has a `digest` for everything."""

    kind: str
    digest: bool


def advise_on_routes(rules: Value, takers: Mapping[str, Taker]) -> None:
    """Note what a route says and its destinations make nothing of."""
    routes = [(rule, item) for rule, value in rules.entries().items() for item in value.items() if item.is_mapping]
    for rule, route in routes:
        given = route.entries()
        names = [item.written for item in given["to"].items()] if "to" in given else []
        known = [takers[name] for name in names if name in takers]
        for option in ("mention", "broadcast"):
            if option in given and known and all(taker.kind != "slack" for taker in known):
                told = f"is for Slack; {' and '.join(dict.fromkeys(taker.kind for taker in known))} makes nothing of it"
                given[option].warning(told, given[option].key)
        digested = "digest" in given or (known and all(taker.digest for taker in known))
        for wait in ("group", "limit"):
            if wait in given and digested:
                given[wait].warning("is never used, as a digest gathers everything", given[wait].key)
        if "group" in given and not digested and not _has_things(rule):
            told = f"gathers nothing of {rule}: these are about no pull request, issue or commit"
            given["group"].warning(told, given["group"].key)


def _has_things(rule: str) -> bool:
    """Whether a rule may take events that have a thing in common; of types that relay does not know, nobody can say."""
    kinds = [(name, known.about) for name, known in VOCABULARY.items()]
    taken = [[about for name, about in kinds if RuleKey(part).rank(name) is not None] for part in RuleKey(rule).parts]
    return any(not abouts or THINGS.intersection(abouts) for abouts in taken)


def advise_on_pace(source: Value, every: float, limit: str | None) -> None:
    """Note a source that is polled too often, for its forge (which says so itself, as `limit`) or at all, or too rarely."""
    place = source.entries().get("every", source)
    at = place.node if place is not source else source.key
    if limit:
        source.warning(limit, at)
    elif every < _HASTY:
        source.warning("is polled very often; forges expect 60s or more", at)
    elif every >= _LATE:
        source.warning("is polled so rarely that its events count as late; poll it more than once a day", at)
