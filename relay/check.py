"""What `relay check` says: everything wrong with rules.yaml and the templates, and what is hardly meant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.config import Config, load
from relay.destinations import DESTINATIONS
from relay.errors import ConfigError, Problem, StoreError
from relay.events import VOCABULARY
from relay.forgotten import forgotten
from relay.http import Http
from relay.rehearsal import made_of
from relay.render import Renderer
from relay.suggest import perhaps


@dataclass(frozen=True)
class Checked:
    """What was found; `costs` is a line for each source whose forge counts, `summary` one for a `config` without problems."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    summary: str = ""
    config: Config | None = None


def check(rules: Path, database: str, templates: Sequence[Path], environ: Mapping[str, str]) -> Checked:
    """The rules read and every template tried on samples of every event type, exactly as `run` would.

    Where a project has no templates of its own there is nothing to try: what is shipped was, when it was made.
    """
    has_own = any(templates[0].rglob("*.j2"))
    wrong_templates = Renderer(templates).problems() if has_own else []
    try:
        config = load(rules, environ)
    except ConfigError as error:
        return Checked((*error.problems, *wrong_templates))
    problems = (*_missing_templates(config, templates), *wrong_templates)
    warnings = (*config.warnings, *_idle(config), *_strays(config, templates), *_forgotten(config, database))
    return Checked(problems, warnings, tuple(_costs(config)), _summary(config), config)


def _costs(config: Config) -> Iterator[str]:
    """What the sources' intervals cost while nothing happens."""
    for name, source in config.sources.items():
        cost = source.settings.cost(source.every)
        if cost:
            yield f"{name}, polled every {source.every:g} s: {cost}"


def _forgotten(config: Config, database: str) -> list[str]:
    """What the database knows and the file does not; a database that cannot be read is no mistake in the file."""
    try:
        return list(forgotten(config, database))
    except StoreError as error:
        return [f"{error}; so nobody can say what the file no longer names"]


def _idle(config: Config) -> list[str]:
    """What keeps the whole file from telling anybody anything."""
    parts = {"sources": config.sources, "destinations": config.destinations, "rules": config.rulebook.all_routes}
    return [
        f"{config.path}: there are no {name}, so nobody is told anything" for name, part in parts.items() if not part
    ]


def _strays(config: Config, folders: Sequence[Path]) -> list[str]:
    """The project's templates that nothing asks for: most likely their name is misspelt."""
    own, shipped = folders[0], folders[-1]
    if own.resolve() == shipped.resolve():
        return []
    known = {*VOCABULARY, "default", *DESTINATIONS} | {path.stem for path in shipped.glob("*.j2")}
    known |= {name.removesuffix(".j2") for name in _asked(config).values()} | {
        route.rule for route in config.rulebook.all_routes
    }
    found = {path.relative_to(own).parts[0].removesuffix(".j2"): path for path in sorted(own.rglob("*.j2"))}
    return [
        f"{path}: nothing asks for this template{perhaps(name, known)}"
        for name, path in found.items()
        if name not in known
    ]


def _missing_templates(config: Config, folders: Sequence[Path]) -> list[Problem]:
    """Templates that a route or a destination asks for and no folder has."""
    return [
        Problem(str(config.path), 0, 0, f"{where}: there is no template {_file(name)} in {folders[0]}")
        for where, name in _asked(config).items()
        if name and not any((folder / _file(name)).is_file() for folder in folders)
    ]


def _asked(config: Config) -> dict[str, str]:
    """The templates that routes and destinations name, by the place that does."""
    asked = {
        f"{route.where}.template": str(route.options["template"])
        for route in config.rulebook.all_routes
        if "template" in route.options
    }
    return asked | {f"destinations.{name}": made_of(to, Http()).layout for name, to in config.destinations.items()}


def _file(name: str) -> str:
    return f"{name.removesuffix('.j2')}.j2"


def _summary(config: Config) -> str:
    rules = len({route.rule for route in config.rulebook.all_routes})
    counts = ((len(config.sources), "source"), (len(config.destinations), "destination"), (rules, "rule"))
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
