"""What `relay check` says: everything wrong with rules.yaml and the templates, and what is hardly meant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.config import Config, read
from relay.destinations import DESTINATIONS
from relay.errors import ConfigError, Problem, StoreError
from relay.event_types import VOCABULARY
from relay.forgotten import forgotten
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
        found = read(rules, environ)
    except ConfigError as error:
        return Checked((*error.problems, *wrong_templates))
    missing = (problem for asked in found.templates for problem in asked.problems(templates))
    problems = (*found.problems, *missing, *wrong_templates)
    config = found.config
    if config is None:
        return Checked(problems, found.warnings)
    strays = _strays(config, [asked.name for asked in found.templates], templates)
    warnings = (*found.warnings, *_idle(config), *strays, *_forgotten(config, database))
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


def _strays(config: Config, asked: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """The project's templates that nothing asks for: most likely their name is misspelt."""
    own, shipped = folders[0], folders[-1]
    if own.resolve() == shipped.resolve():
        return []
    known = {*VOCABULARY, "default", *DESTINATIONS} | {path.stem for path in shipped.glob("*.j2")}
    known |= {*asked} | {route.rule for route in config.rulebook.all_routes}
    found = {path.relative_to(own).parts[0].removesuffix(".j2"): path for path in sorted(own.rglob("*.j2"))}
    return [
        f"{path}: nothing asks for this template{perhaps(name, known)}"
        for name, path in found.items()
        if name not in known
    ]


def _summary(config: Config) -> str:
    rules = len({route.rule for route in config.rulebook.all_routes})
    counts = ((len(config.sources), "source"), (len(config.destinations), "destination"), (rules, "rule"))
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
