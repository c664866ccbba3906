"""What `relay check` says: everything wrong with rules.yaml and the templates, and what is hardly meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.config import Config, load
from relay.errors import ConfigError, Problem
from relay.forgotten import forgotten
from relay.http import Http
from relay.rehearsal import made_of
from relay.render import Renderer


@dataclass(frozen=True)
class Checked:
    """What was found; `summary` is a line for a file without problems."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()
    summary: str = ""


def check(rules: Path, database: str, templates: Sequence[Path], environ: Mapping[str, str]) -> Checked:
    """The rules read and every template tried on samples of every event type, exactly as `run` would."""
    wrong_templates = Renderer(templates).problems()
    try:
        config = load(rules, environ)
    except ConfigError as error:
        return Checked((*error.problems, *wrong_templates))
    problems = (*_missing_templates(config, templates), *wrong_templates)
    return Checked(problems, (*config.warnings, *forgotten(config, database)), _summary(config))


def _missing_templates(config: Config, folders: Sequence[Path]) -> list[Problem]:
    """Templates that a route or a destination asks for and no folder has."""
    asked = {
        f"{route.where}.template": str(route.options["template"])
        for route in config.rulebook.all_routes
        if "template" in route.options
    }
    asked |= {f"destinations.{name}": made_of(to, Http()).layout for name, to in config.destinations.items()}
    return [
        Problem(str(config.path), 0, 0, f"{where}: there is no template {_file(name)} in {folders[0]}")
        for where, name in asked.items()
        if name and not any((folder / _file(name)).is_file() for folder in folders)
    ]


def _file(name: str) -> str:
    return f"{name.removesuffix('.j2')}.j2"


def _summary(config: Config) -> str:
    rules = len({route.rule for route in config.rulebook.all_routes})
    counts = ((len(config.sources), "source"), (len(config.destinations), "destination"), (rules, "rule"))
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
