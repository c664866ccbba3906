"""The commands: they parse, call and print. What a command does lives in the module of its subject.

Nothing of relay but the errors is imported before a command runs, so that `relay --help` answers at once.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from relay import __version__
from relay.errors import ConfigError, InvalidEvent, RelayError, TemplateError, UsageError

if TYPE_CHECKING:
    from relay.config import Config
    from relay.render import Renderer

app = typer.Typer(
    help="Watches repositories and tells people: polls forges, routes new events by rules, delivers them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_MISUSED = (ConfigError, UsageError, InvalidEvent, TemplateError)


@dataclass(frozen=True)
class Files:
    """Where this relay's files are."""

    rules: Path
    database: str
    templates: Path

    def folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, the project's own first."""
        from relay import shipped

        return (self.templates, shipped.templates())

    def config(self) -> "Config":
        """What rules.yaml says. Raises ConfigError."""
        from relay.config import load

        return load(self.rules, os.environ)

    def renderer(self, config: "Config") -> "Renderer":
        """The templates, in the time zone of the file."""
        from relay.render import Renderer

        return Renderer(self.folders(), config.timezone)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"relay {__version__}")
        raise typer.Exit


@app.callback()
def files(
    context: typer.Context,
    rules: Annotated[Path, typer.Option(envvar="RELAY_RULES", help="The file of rules.")] = Path("rules.yaml"),
    database: Annotated[
        str, typer.Option(envvar="RELAY_DATABASE", help="A file or a URL; relay.db beside the rules, if not said.")
    ] = "",
    templates: Annotated[
        Path | None, typer.Option(envvar="RELAY_TEMPLATES", help="A folder; templates beside the rules, if not said.")
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it.")] = False,
) -> None:
    """Keep the options that every command takes."""
    beside = rules.parent
    context.obj = Files(rules, database or str(beside / "relay.db"), templates or beside / "templates")


def _files(context: typer.Context) -> Files:
    return cast("Files", context.obj)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path()) -> None:
    """Write a starter rules.yaml and templates/, over nothing."""
    from relay import starter

    written = starter.write(folder)
    for path in written:
        typer.echo(f"wrote {path}")
    typer.echo("now: relay check, then relay run" if written else f"everything is there already in {folder}")


@app.command()
def check(context: typer.Context) -> None:
    """Find every mistake in the rules and the templates."""
    from relay.check import check as checked

    files = _files(context)
    found = checked(files.rules, files.folders(), os.environ)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if found.problems:
        raise ConfigError(list(found.problems))
    typer.echo(f"{files.rules} is right: {found.summary}")


@app.command()
def explain(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="An event in its JSON form; - reads it from a pipe.")
    ] = "",
    type: Annotated[str, typer.Option("--type", metavar="T", help="Take the sample of an event type instead.")] = "",
) -> None:
    """Say what becomes of one event, and why not something else."""
    from relay.explain import explain as explained
    from relay.explain import read_event
    from relay.rehearsal import known_type
    from relay.samples import sample

    if bool(file) == bool(type):
        raise UsageError("name either a FILE that holds an event, or --type T for a sample")
    now, config = datetime.now(UTC), _files(context).config()
    event = read_event(file, sys.stdin) if file else sample(known_type(type), now)
    for line in explained(event, config, now):
        typer.echo(line)


_Type = Annotated[str, typer.Argument(metavar="TYPE", help="An event type; `relay types` lists them.")]
_To = Annotated[str, typer.Option("--to", metavar="NAME", help="A destination of the file.")]


@app.command()
def render(context: typer.Context, type: _Type, to: _To) -> None:
    """Show a sample as it would be sent."""
    from relay import rehearsal

    files, now = _files(context), datetime.now(UTC)
    config = files.config()
    target = rehearsal.destination(config, to)
    message = rehearsal.rehearse(rehearsal.known_type(type), target, config, files.renderer(config), now)
    for line in rehearsal.shown(message):
        typer.echo(line)


@app.command()
def send(context: typer.Context, type: _Type, to: _To) -> None:
    """Really send a sample, marked as one."""
    from relay import rehearsal

    files, now = _files(context), datetime.now(UTC)
    config = files.config()
    target = rehearsal.destination(config, to)
    message = rehearsal.rehearse(rehearsal.known_type(type), target, config, files.renderer(config), now)
    receipt = asyncio.run(rehearsal.send(message, target, now))
    typer.echo(f"sent to {to} as {message.delivery.id}", err=True)
    for recipient, why in receipt.refused.items():
        typer.echo(f"{recipient} was refused: {why}", err=True)


@app.command()
def types(context: typer.Context, type: Annotated[str, typer.Argument(metavar="[TYPE]")] = "") -> None:
    """List the event types, or tell all about one."""
    from relay import vocabulary
    from relay.rehearsal import known_type

    one = (known_type(type), _files(context).folders(), datetime.now(UTC)) if type else None
    for line in vocabulary.one_type(*one) if one else vocabulary.every_type():
        typer.echo(line)


def main() -> None:
    """The program: every expected failure is one block on standard error and an exit code, 2 for misuse."""
    try:
        app()
    except RelayError as error:
        typer.echo(error, err=True)
        sys.exit(2 if isinstance(error, _MISUSED) else 1)
