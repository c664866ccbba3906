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
from relay.errors import (
    ConfigError,
    InvalidEvent,
    RelayError,
    StoreError,
    StoreUnavailable,
    TemplateError,
    UsageError,
)

if TYPE_CHECKING:
    from relay.config import Config, DestinationConfig
    from relay.destinations.base import Message
    from relay.render import Renderer
    from relay.service import Setup

app = typer.Typer(
    help="Watches repositories and tells people: polls forges, routes new events by rules, delivers them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_MISUSED = (ConfigError, UsageError, StoreError, InvalidEvent, TemplateError)


@dataclass(frozen=True)
class Files:
    """Where this relay's files are."""

    rules: Path
    database: str
    templates: Path

    def folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, the project's own first; relay's own project has but one such folder."""
        from relay import shipped

        theirs = shipped.templates()
        same = self.templates.exists() and self.templates.samefile(theirs)
        return (self.templates,) if same else (self.templates, theirs)

    def config(self) -> "Config":
        """What rules.yaml says. Raises ConfigError."""
        from relay.config import load

        return load(self.rules, os.environ)

    def renderer(self, config: "Config") -> "Renderer":
        """The templates, in the time zone of the file."""
        from relay.render import Renderer

        return Renderer(self.folders(), config.timezone)

    def setup(self) -> "Setup":
        """What its service runs with."""
        from relay.operate import setup

        return setup(self.rules, self.database, self.folders(), os.environ)

    def readable(self) -> "Config | None":
        """What rules.yaml says; None where it cannot be used, which keeps nobody from looking at the database."""
        try:
            return self.config()
        except ConfigError:
            return None


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
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which relay this is.")
    ] = False,
) -> None:
    """Keep the options that every command takes."""
    if templates and not templates.is_dir():
        raise UsageError(f"--templates {templates}: there is no such folder")
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
def check(
    context: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Also ask every source and destination whether it would work.")
    ] = False,
) -> None:
    """Find every mistake in the rules and the templates."""
    from relay.check import check as checked

    files = _files(context)
    found = checked(files.rules, files.database, files.folders(), os.environ)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if found.problems:
        raise ConfigError(list(found.problems))
    for cost in found.costs:
        typer.echo(cost)
    typer.echo(f"{files.rules} is right: {found.summary}")
    if online and found.config and not _asked(found.config):
        raise typer.Exit(2)


def _asked(config: "Config") -> bool:
    from relay.online import show

    return asyncio.run(show(config))


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


_Type = Annotated[str, typer.Argument(metavar="TYPE", help="An event type; `relay types` lists them. Or notice.")]
_To = Annotated[str, typer.Option("--to", metavar="NAME", help="A destination of the file.")]


@app.command()
def render(context: typer.Context, type: _Type, to: _To) -> None:
    """Show a sample as it would be sent."""
    from relay import rehearsal

    message, _ = _rehearsed(_files(context), type, to, datetime.now(UTC))
    for line in rehearsal.shown(message):
        typer.echo(line)


@app.command()
def send(context: typer.Context, type: _Type, to: _To) -> None:
    """Really send a sample, marked as one."""
    from relay import rehearsal

    now = datetime.now(UTC)
    message, destination = _rehearsed(_files(context), type, to, now)
    receipt = asyncio.run(rehearsal.send(message, destination, now))
    typer.echo(f"sent to {to} as {message.delivery.id}", err=True)
    for recipient, why in receipt.refused.items():
        typer.echo(f"{recipient} was refused: {why}", err=True)


def _rehearsed(files: Files, type: str, to: str, now: datetime) -> "tuple[Message, DestinationConfig]":
    """The sample in words, and the destination that it is for."""
    from relay import rehearsal

    config = files.config()
    destination = rehearsal.destination(config, to)
    delivery = rehearsal.delivery(rehearsal.known_sample(type), destination, config, now)
    return rehearsal.render(delivery, destination, files.renderer(config), now), destination


@app.command()
def types(context: typer.Context, type: Annotated[str, typer.Argument(metavar="[TYPE]")] = "") -> None:
    """List the event types and which sources give them, or tell all about one."""
    from relay import vocabulary
    from relay.rehearsal import known_type

    one = (known_type(type), _files(context).folders(), datetime.now(UTC)) if type else None
    for part in vocabulary.one_type(*one) if one else vocabulary.all_types():
        _print(part)


_Listen = Annotated[str, typer.Option("--listen", metavar="HOST:PORT", help="Where the events resource is served.")]
_AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Poll every feed now, send what is due, and end: for cron.")
    ] = False,
    listen: _Listen = "",
) -> None:
    """Poll and deliver until stopped."""
    from relay import operate

    operate.log_to_stderr()
    setup = _files(context).setup()
    if not once:
        operate.run(setup, operate.address(listen) if listen else None)
    elif listen:
        raise UsageError("--once ends by itself, so there is nothing to --listen for")
    elif not operate.once(setup):
        raise typer.Exit(1)


@app.command()
def serve(context: typer.Context, listen: _Listen = "127.0.0.1:8300") -> None:
    """Serve the events resource alone, from what is stored."""
    from relay import operate

    operate.log_to_stderr()
    files = _files(context)
    operate.serve(files.database, files.config().serve_token, operate.address(listen))


@app.command()
def watch(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET...", help="Git addresses, paths, feeds, or names like github:owner/repo."),
    ],
    every: Annotated[str, typer.Option(metavar="SPAN", help="How often to look; 10s, if the forge allows.")] = "",
    start: Annotated[str, typer.Option(metavar="N", help="How many of the newest events to tell at first.")] = "0",
) -> None:
    """Follow repositories without any configuration, in the terminal."""
    from relay import operate, watching

    operate.log_to_stderr()
    operate.watch(targets, watching.every(every), watching.start(start), os.environ)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when everything was shown.")] = False,
) -> None:
    """Show the whole thing with nothing configured: a forge to poll and an inbox to read, on this machine."""
    from relay import operate

    if not operate.demo(once=once):
        raise typer.Exit(1)


@app.command()
def status(context: typer.Context, json: _AsJson = False) -> None:
    """Say how feeds and destinations fare."""
    from relay import status

    files = _files(context)
    for part in status.status(files.database, status.named(files.readable()), datetime.now(UTC), json=json):
        _print(part)


@app.command()
def deliveries(
    context: typer.Context,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Only those to this one.")] = None,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="How many at most.")] = 50,
    json: _AsJson = False,
) -> None:
    """List what was sent, is pending, or was given up, the newest first."""
    from relay import status

    for part in status.deliveries(_files(context).database, dead=dead, to=to, most=most, json=json):
        _print(part)


@app.command()
def trace(
    context: typer.Context,
    asked: Annotated[str, typer.Argument(metavar="ID|URL|HASH", help="An id or its beginning, or a commit.")],
    json: _AsJson = False,
) -> None:
    """Say of one event or delivery when it was seen, why it goes where it goes, and what became of it."""
    from relay.trace import trace as traced

    files = _files(context)
    for line in traced(asked, files.database, files.readable(), datetime.now(UTC), json=json):
        typer.echo(line)


@app.command()
def redeliver(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Or the beginning of one.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="With --dead: to this one alone.")] = None,
) -> None:
    """Send deliveries again, under their old ids."""
    from relay.redeliver import redeliver, redeliver_dead

    if bool(ids) == dead:
        raise UsageError("name the deliveries to send again, or --dead for all that were given up: either, not both")
    if to and not dead:
        raise UsageError("--to goes with --dead; ids say by themselves where they go")
    database, now = _files(context).database, datetime.now(UTC)
    done = redeliver(database, ids, now) if ids else redeliver_dead(database, to, now)
    for asked in done.missed:
        typer.echo(f"{asked}: there is no such delivery, or it is pending already", err=True)
    number = "1 delivery is" if len(done.again) == 1 else f"{len(done.again)} deliveries are"
    if done.again or not ids:
        typer.echo(f"{number} pending again, for a running relay to send, or relay run --once")
    if done.missed:
        raise typer.Exit(1)


@app.command()
def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="Where nothing is yet.")]
) -> None:
    """Copy the database, also while relay runs."""
    from relay.store.backup import backup

    backup(_files(context).database, file)
    typer.echo(f"{file} is a copy of the database; relay restore {file} puts it back")


@app.command()
def restore(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="As relay backup wrote it.")]
) -> None:
    """Put a copy of the database back, while relay is stopped."""
    from relay.store.backup import restore

    kept = restore(_files(context).database, file, datetime.now(UTC))
    typer.echo(
        f"{file} is put back; relay run goes on from there, and sends again under its old id what was sent since"
    )
    if kept:
        typer.echo(f"what was there is now {kept}")


def _print(part: object) -> None:
    """Show a table or a text as wide as the terminal is; a pipe gets whole lines."""
    from rich.console import Console

    console = Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200)
    console.print(part, markup=False, highlight=False)


def main() -> None:
    """The program: every expected failure is one block on standard error and an exit code, 2 for misuse."""
    try:
        app()
    except RelayError as error:
        typer.echo(error, err=True)
        sys.exit(2 if isinstance(error, _MISUSED) and not isinstance(error, StoreUnavailable) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"relay: {error.strerror or error}")
