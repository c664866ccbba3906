"""What rules.yaml may say but hardly means: told by `check`, and no reason not to run."""

from collections.abc import Iterable, Mapping

from relay.config.value import Value
from relay.events import VOCABULARY
from relay.rules import Route, RuleKey

_HASTY = 10.0
_LATE = 86400.0  # what is older than this when relay comes back counts as late


def advise_on_use(destinations: Mapping[str, Value], routes: Iterable[Route]) -> None:
    """Note destinations that no rule leads to."""
    used = {route.destination for route in routes}
    for name, value in destinations.items():
        if name not in used:
            value.warning("no rule leads here", value.key)


def advise_on_types(rules: Value, types: Iterable[str]) -> None:
    """Note rules for event types that no source of this file can give."""
    given = frozenset(types)
    for key, value in rules.entries().items():
        for part in RuleKey(key).parts:
            asked = {name for name in VOCABULARY if RuleKey(part).rank(name) is not None}
            if asked and not asked & given:
                value.warning(f"no source here can give {part}; `relay types` says which kinds do", value.key)


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
