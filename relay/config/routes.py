"""`rules:` and `ignore:`, read into routes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from relay.conditions import ALWAYS, FIELDS
from relay.config import terms
from relay.config.value import Value
from relay.destinations.slack_mrkdwn import ping
from relay.event_types import VOCABULARY
from relay.globs import Globs
from relay.rules import Ignore, Route, RuleKey
from relay.schedule import read_span
from relay.suggest import choices

DETAILS = ("compact", "normal", "full")
_KEYS = ("to", "when", "digest", "group", "limit", "urgent", "mention", "broadcast", "detail", "template")
_NOBODY = "leads to nobody, so it changes nothing; what nobody is to hear stands under ignore"


def read_ignores(value: Value) -> tuple[Ignore, ...]:
    """What is dropped for everyone."""
    return tuple(Ignore(item.path, terms.condition(item)) for item in value.items())


def read_routes(rules: Value, destinations: Collection[str]) -> tuple[Route, ...]:
    """Every route of every rule, in file order."""
    routes: list[Route] = []
    for key, value in rules.entries(optional=False).items():
        _check_key(key, value)
        routes += _rule(key, value, destinations)
    return tuple(routes)


def _rule(key: str, value: Value, destinations: Collection[str]) -> list[Route]:
    """The routes of one rule; one behind another that is always taken is noted."""
    routes: list[Route] = []
    items = value.items()
    if not items:
        value.warning(_NOBODY)
    for item in items:
        always = {route.destination for route in routes if not route.condition.tests}
        new = _routes(key, item, destinations)
        for route in new:
            if route.destination in always:
                item.warning(f"is never taken, as a route before it always leads to {route.destination}")
        routes += new
    return routes


def _check_key(key: str, value: Value) -> None:
    """A part of a key that matches no event type is a slip where another name is near, else a warning."""
    for part in RuleKey(key).parts:
        if not part:
            value.problem("an event type is missing between the commas", value.key)
        elif all(RuleKey(part).rank(name) is None for name in VOCABULARY):
            terms.unknown_type(value, part, value.key)


def _routes(key: str, value: Value, destinations: Collection[str]) -> list[Route]:
    """The routes of one line; several where it names several destinations."""
    if not value.is_mapping:
        name = read_destination(value, destinations)
        return [Route(key, value.path, name)] if name else []
    given = value.entries(_KEYS, _key_hint)
    if "to" not in given and f"{value.path}.to" not in value.file.broken:
        value.problem("needs to: the name of a destination")
    parties = given["to"].items() if "to" in given else []
    if "to" in given and not parties:
        given["to"].warning(_NOBODY)
    names = [read_destination(item, destinations) for item in parties]
    how = _how(value, given)
    return [Route(key, value.path, name, **how) for name in dict.fromkeys(names) if name]


def read_destination(value: Value, destinations: Collection[str]) -> str | None:
    """The name of a destination; one that is none is noted."""
    name = value.text()
    if name is None or name in destinations:
        return name
    value.problem(f"no destination is called {name!r}{choices(name, destinations)}")
    return None


def check_sources(value: Value, sources: Collection[str]) -> None:
    """Note what a condition names as a source and is none; a pattern must be like one of them."""
    given = value.entries() if value.is_mapping else {}
    for item in given["source"].items() if "source" in given else ():
        name = (item.text() or "*").removeprefix("!")
        if not Globs([name]).match_any(sources):
            item.problem(f"no source is called {name!r}{choices(name, sources)}")


def conditions(sections: Mapping[str, Value]) -> Iterator[Value]:
    """Every `when` of destinations and routes, and everything to ignore, where it stands in the file."""
    yield from sections["ignore"].items() if "ignore" in sections else ()
    parties = sections["destinations"].entries().values() if "destinations" in sections else ()
    rules = sections["rules"].entries().values() if "rules" in sections else ()
    for value in (*parties, *(item for rule in rules for item in rule.items())):
        if value.is_mapping and "when" in (given := value.entries()):
            yield given["when"]


def _how(value: Value, given: dict[str, Value]) -> dict[str, Any]:
    """The fields of a route that say when it is taken and how it is told."""
    urgent = "urgent" in given and given["urgent"].flag()
    if urgent and (slow := [name for name in ("digest", "group", "limit") if name in given]):
        value.problem(f"urgent does not wait, so {' and '.join(slow)} cannot stand beside it")
    return {
        "condition": terms.condition(given["when"]) if "when" in given else ALWAYS,
        "digest": terms.digest(given["digest"]) if "digest" in given else None,
        "group": given["group"].read(read_span) if "group" in given else None,
        "limit": terms.limit(given["limit"]) if "limit" in given else None,
        "urgent": urgent,
        "options": {name: option for name, option in _options(given).items() if option is not None},
    }


def _options(given: dict[str, Value]) -> dict[str, object]:
    return {
        "detail": given["detail"].choice(*DETAILS) if "detail" in given else None,
        "template": given["template"].template() if "template" in given else None,
        "mention": _mentioned(given["mention"]) if "mention" in given else None,
        "broadcast": given["broadcast"].flag() if "broadcast" in given else None,
    }


def _mentioned(value: Value) -> list[str]:
    """Whom a route names; a name that nobody has in Slack is noted."""
    given = [(item, text) for item in value.items() if (text := item.text()) is not None]
    for item, text in given:
        if not ping(text):
            item.warning(f"Slack knows nobody called {text!r}: here, channel, everyone, or the id of a user or group")
    return [text for _, text in given]


def _key_hint(name: str) -> str:
    return f"; put it under when: {{{name}: …}}" if name in FIELDS else ""
