"""rules.yaml and the environment, read into a frozen Config, or every problem with its file, line and column."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from relay.conditions import Condition
from relay.config import terms
from relay.config.advice import (
    Giver,
    Taker,
    advise_on_pace,
    advise_on_routes,
    advise_on_silence,
    advise_on_types,
    advise_on_use,
)
from relay.config.routes import DETAILS, check_sources, conditions, read_destination, read_ignores, read_routes
from relay.config.settings import advise_on_secret, keys_of, read_kind, read_settings
from relay.config.value import AskedTemplate, File, Value
from relay.config.yamlfile import compose
from relay.destinations import DESTINATIONS
from relay.destinations.base import DestinationSettings
from relay.errors import ConfigError, Problem
from relay.event_types import VOCABULARY
from relay.redact import remember
from relay.rules import Route, Rulebook
from relay.schedule import read_span
from relay.sources import SOURCES
from relay.sources.base import Gives, SourceSettings, Start
from relay.suggest import event_type, perhaps
from relay.timing import Policy

T = TypeVar("T")
_SECTIONS = (
    *("timezone", "keep", "defaults", "sources", "destinations", "ignore", "rules"),
    *("on_gap", "on_failure", "serve"),
)
_OF_SOURCES = ("kind", "every", "start", "include")
_OF_DESTINATIONS = ("kind", "when", "digest", "quiet", "limit", "detail", "order", "give_up_after")
_NAME = re.compile(r"\w[\w.@+-]*")
_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class SourceConfig:
    """A source: its kind's settings, how often its feeds are polled (seconds), and where their history starts."""

    name: str
    kind: str
    settings: SourceSettings
    every: float = 60.0
    start: Start = field(default_factory=Start)
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class DestinationConfig:
    """A destination: its kind's settings, and what it asks for whichever rule leads to it."""

    name: str
    kind: str
    settings: DestinationSettings
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class Config:
    """Everything that rules.yaml says; `keep` in seconds, `warnings` one line each with their place.

    `on_gap` and `on_failure` are the destinations that get notices, `templates` those that routes and destinations name.
    """

    path: Path
    timezone: ZoneInfo
    keep: float
    sources: Mapping[str, SourceConfig]
    destinations: Mapping[str, DestinationConfig]
    rulebook: Rulebook
    on_gap: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    serve_token: str | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()
    templates: tuple[AskedTemplate, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What came of reading a file: what it says, if nothing is wrong with it, and in any case what was noted."""

    config: Config | None
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    templates: tuple[AskedTemplate, ...]


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration in a file, its references filled in. Raises ConfigError with every problem at once."""
    found = read(path, environ)
    if found.config is None:
        raise ConfigError([*found.problems])
    return found.config


def read(path: Path, environ: Mapping[str, str]) -> Reading:
    """All that can be said of a file. Raises ConfigError for one that cannot be read as YAML."""
    text = _contents(path)
    root, problems = compose(text, str(path))
    file = File(path, text.splitlines(), environ, problems)
    config = _config(Value(file, root, ""))
    return Reading(None if file.problems else config, tuple({*file.problems}), config.warnings, config.templates)


def _contents(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as stream:
            text = stream.read(_LARGEST + 1)
    except OSError as error:
        hint = "; `relay init` writes one" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}{hint}")]) from None
    except ValueError:
        raise ConfigError([Problem(str(path), 0, 0, "is not text in UTF-8")]) from None
    if len(text) > _LARGEST:
        raise ConfigError([Problem(str(path), 0, 0, "is larger than 1 MiB")])
    return text


def _config(root: Value) -> Config:
    sections = root.entries((*_SECTIONS, *(key for key in root.keys if key.startswith("x-"))))
    defaults = _defaults(sections)
    found_sources = {name: _source(value, name, defaults) for name, value in _named(sections, "sources").items()}
    sources = {name: source for name, source in found_sources.items() if source}
    parties = _named(sections, "destinations")
    destinations = {name: _destination(value, name, defaults) for name, value in parties.items()}
    when = {name: found.policy.when for name, found in destinations.items() if found and found.policy.when.tests}
    routes = read_routes(sections["rules"], parties) if "rules" in sections else ()
    listeners = {key: _listeners(sections, key, parties) for key in ("on_gap", "on_failure")}
    for value in conditions(sections) if found_sources else ():
        check_sources(value, found_sources)
    _advise(root.file, sections, routes, when, sources, listeners)
    _advise_on_routes(sections, destinations)
    ignores = read_ignores(sections["ignore"]) if "ignore" in sections else ()
    return Config(
        path=root.file.path,
        timezone=_read(sections, "timezone", _zone, ZoneInfo("UTC")),
        keep=_read(sections, "keep", read_span, 90 * 86400.0),
        sources=MappingProxyType(sources),
        destinations=MappingProxyType({name: found for name, found in destinations.items() if found}),
        rulebook=Rulebook(routes, ignores, when),
        on_gap=listeners["on_gap"],
        on_failure=listeners["on_failure"],
        serve_token=_serve_token(sections),
        warnings=tuple(str(warning) for warning in sorted(set(root.file.warnings))),
        templates=tuple(dict.fromkeys(root.file.templates)),
    )


def _advise(
    file: File,
    sections: Mapping[str, Value],
    routes: tuple[Route, ...],
    when: Mapping[str, Condition],
    sources: Mapping[str, SourceConfig],
    listeners: Mapping[str, tuple[str, ...]],
) -> None:
    """Note what the rules do not fit: destinations that none leads to, and types that no source of theirs gives.

    Nothing is said of sections with mistakes: what is missing there may well be what a mistake hides.
    """
    broken = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in file.broken}
    used = frozenset(route.destination for route in routes)
    if "on_failure" in sections and not broken & {"rules", "on_failure"}:
        advise_on_silence(sections["on_failure"], listeners["on_failure"], used)
    if "rules" in sections and not broken & {"rules", "on_gap", "on_failure"}:
        parties = sections["destinations"].entries() if "destinations" in sections else {}
        advise_on_use(parties, used.union(*listeners.values()))
    if "rules" in sections and not broken & {"sources", "defaults"}:
        given = sections["sources"].entries() if "sources" in sections else {}
        givers = {
            name: Giver(given[name], SOURCES[it.kind].coverage, it.include, it.settings.gives)
            for name, it in sources.items()
        }
        advise_on_types(sections["rules"], routes, when, givers)


def _advise_on_routes(sections: Mapping[str, Value], destinations: Mapping[str, DestinationConfig | None]) -> None:
    takers = {name: Taker(it.kind, it.policy.digest is not None) for name, it in destinations.items() if it}
    if "rules" in sections:
        advise_on_routes(sections["rules"], takers)


def _listeners(sections: Mapping[str, Value], key: str, parties: Collection[str]) -> tuple[str, ...]:
    """The destinations that are to get notices."""
    names = [read_destination(item, parties) for item in sections[key].items()] if key in sections else []
    return tuple(dict.fromkeys(name for name in names if name))


def _defaults(sections: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """What `defaults` says for each kind; kinds of sources and of destinations have different names."""
    known = {kind: (*_OF_SOURCES, *keys_of(SOURCES[kind].Settings)) for kind in SOURCES}
    known |= {kind: (*_OF_DESTINATIONS, *keys_of(DESTINATIONS[kind].Settings)) for kind in DESTINATIONS}
    given = sections["defaults"].entries(known) if "defaults" in sections else {}
    return {kind: value.entries(known[kind]) for kind, value in given.items()}


def _named(sections: Mapping[str, Value], section: str) -> dict[str, Value]:
    """The sources or destinations by name."""
    given = sections[section].entries(optional=False) if section in sections else {}
    for name, value in given.items():
        if not _NAME.fullmatch(name):
            value.problem(
                "a name is made of letters, digits and . _ - + @, and begins with a letter or digit", value.key
            )
    return given


def _source(value: Value, name: str, defaults: Mapping[str, Mapping[str, Value]]) -> SourceConfig | None:
    kind = read_kind(value, name, SOURCES, "source")
    if kind is None:
        return None
    model = SOURCES[kind].Settings
    given = {**defaults.get(kind, {}), **value.entries((*keys_of(model), *_OF_SOURCES))}
    settings = read_settings(model, value, {key: given[key] for key in given if key not in _OF_SOURCES})
    every = _read(given, "every", read_span, 60.0)
    start = _read(given, "start", terms.start, Start())
    include = tuple(_included(given["include"], kind)) if "include" in given else ()
    if settings is None:
        return None
    advise_on_pace(value, every, settings.advice(every))
    return SourceConfig(name, kind, settings, every, start, include)


def _destination(value: Value, name: str, defaults: Mapping[str, Mapping[str, Value]]) -> DestinationConfig | None:
    kind = read_kind(value, name, DESTINATIONS, "destination")
    if kind is None:
        return None
    model = DESTINATIONS[kind].Settings
    given = {**defaults.get(kind, {}), **value.entries((*keys_of(model), *_OF_DESTINATIONS))}
    settings = read_settings(model, value, {key: given[key] for key in given if key not in _OF_DESTINATIONS})
    policy = _policy(given)
    if "body" in given:
        given["body"].template()
    return DestinationConfig(name, kind, settings, policy) if settings else None


def _policy(given: Mapping[str, Value]) -> Policy:
    readers: dict[str, Callable[[Value], Any]] = {
        "when": terms.condition,
        "digest": terms.digest,
        "quiet": terms.quiet,
        "limit": terms.limit,
        "detail": lambda value: value.choice(*DETAILS),
        "order": lambda value: value.choice("normal", "strict"),
        "give_up_after": lambda value: value.read(read_span),
    }
    said = {name: read(given[name]) for name, read in readers.items() if name in given}
    return Policy(**{name: value for name, value in said.items() if value is not None})


def _included(value: Value, kind: str) -> Iterator[str]:
    """The types that a source is to include; what its kind does not offer is noted."""
    coverage = SOURCES[kind].coverage
    for item in value.items():
        name = item.text()
        if name is not None and coverage.get(name) in ("include", "partly"):
            yield name
        elif name is not None and name in VOCABULARY:
            item.problem(_not_offered(name, kind, coverage))
        elif name is not None:
            meant = event_type(name)
            item.problem(f"no event type is called {name!r}{f'; did you mean {meant!r}?' if meant else ''}")


def _not_offered(name: str, kind: str, coverage: Mapping[str, Gives]) -> str:
    offered = ", ".join(type for type, how in coverage.items() if how in ("include", "partly"))
    said = f"{kind} gives {name} without being asked" if name in coverage else f"{kind} cannot give {name}"
    return f"{said}; {f'include: may name {offered}' if offered else 'it has nothing to include'}"


def _serve_token(sections: Mapping[str, Value]) -> str | None:
    given = sections["serve"].entries(("token",)) if "serve" in sections else {}
    token = given["token"].text() if "token" in given else None
    remember([token] if token else [])
    if token:
        advise_on_secret(given["token"])
    if token == "":
        given["token"].problem("is an empty text, which lets nobody in; leave it out")
    return token


def _read(given: Mapping[str, Value], name: str, parse: Callable[[str], T], default: T) -> T:
    found = given[name].read(parse) if name in given else None
    return default if found is None else found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"no time zone is called {name!r}{perhaps(name, available_timezones())}") from None
