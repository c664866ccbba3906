"""The commands that keep running: what a process needs around the service, its log, its signals, its web server."""

import asyncio
import logging
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from relay.config import Config, DestinationConfig, SourceConfig, load
from relay.destinations import DESTINATIONS
from relay.errors import UsageError
from relay.redact import redact
from relay.rules import Route, Rulebook
from relay.service import Service, Setup
from relay.shipped import templates
from relay.sources import SOURCES
from relay.sources.base import SourceSettings, Start
from relay.store import read
from relay.web.app import app
from relay.web.server import serving

log = logging.getLogger("relay")


class _Formatter(logging.Formatter):
    """One line a message, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def log_to_stderr() -> None:
    """Send what relay has to say to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


@dataclass(frozen=True)
class Place:
    """Where a relay lives: its file, its database, and a project's own templates."""

    rules: Path
    database: str
    templates: Path
    environ: Mapping[str, str]

    def setup(self) -> Setup:
        """What its service runs with."""
        own = (self.templates,) if self.templates.is_dir() else ()
        return Setup(
            load=lambda: load(self.rules, self.environ),
            database=self.database,
            templates=(*own, templates()),
            folder=clones(self.database, self.rules),
            watched=(self.rules,),
        )


def clones(database: str, rules: Path) -> Path:
    """The folder for what can be fetched again: beside a database file, else beside the rules."""
    beside = Path(database) if "://" not in database else rules.absolute().with_suffix("")
    return beside.with_name(f"{beside.name}.d")


def once(place: Place) -> bool:
    """Poll every feed now and send what is released; whether all of it worked."""

    async def act() -> bool:
        async with Service.open(place.setup()) as service:
            return await service.once()

    return asyncio.run(act())


def run(place: Place, listen: tuple[str, int] | None = None) -> None:
    """Poll and deliver until SIGTERM or Ctrl-C; with `listen`, serve the events resource too."""

    async def act() -> None:
        async with _signals() as stop, Service.open(place.setup()) as service, _served(place, service.config, listen):
            log.info("%s", service.summary())
            await service.run(stop)
            log.info("stopped; nothing is lost")

    asyncio.run(act())


def serve(place: Place, listen: tuple[str, int]) -> None:
    """Serve the events resource from what is stored until SIGTERM or Ctrl-C."""

    async def act() -> None:
        async with _signals() as stop, _served(place, load(place.rules, place.environ), listen):
            await stop.wait()

    asyncio.run(act())


def watch(targets: Sequence[str], every: float, start: Start) -> None:
    """Follow repositories without a file, telling the terminal, until Ctrl-C."""
    config = watching(targets, every, start)

    async def act() -> None:
        with tempfile.TemporaryDirectory(prefix="relay-watch-") as folder:
            setup = Setup(lambda: config, str(Path(folder) / "relay.db"), (templates(),), Path(folder))
            async with _signals() as stop, Service.open(setup) as service:
                log.info("watching %s every %g s; Ctrl-C stops", ", ".join(targets), every)
                await service.run(stop)

    asyncio.run(act())


def watching(targets: Sequence[str], every: float, start: Start) -> Config:
    """The configuration that follows the targets and tells everything to the terminal. Raises UsageError."""
    settings = {f"target {number}": target for number, target in enumerate(targets, 1)}
    sources = {name: SourceConfig(name, "git", _git(target), every, start) for name, target in settings.items()}
    console = DestinationConfig("terminal", "console", DESTINATIONS["console"].Settings())
    return Config(
        path=Path("watch"),
        timezone=ZoneInfo("UTC"),
        keep=86400.0,
        sources=sources,
        destinations={"terminal": console},
        rulebook=Rulebook((Route("*", "watch", "terminal"),)),
    )


def _git(target: str) -> SourceSettings:
    try:
        return SOURCES["git"].Settings.model_validate({"url": target})
    except ValidationError as error:
        raise UsageError(f"cannot watch {target}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None


@asynccontextmanager
async def _signals() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM and Ctrl-C set, instead of breaking off what runs."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _served(place: Place, config: Config, listen: tuple[str, int] | None) -> AsyncIterator[None]:
    """The events resource at an address, where one is asked for."""
    if listen is None:
        yield
        return
    views = read(place.database)
    try:
        async with serving(app(views, config.serve_token), *listen) as address:
            log.info("serving the events resource at %s", address)
            yield
    finally:
        views.close()


def address(text: str) -> tuple[str, int]:
    """The host and port of `HOST:PORT`, `[::1]:PORT` or `:PORT`. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--listen {text}: expected HOST:PORT, like 127.0.0.1:8300")
    return host.strip("[]") or "127.0.0.1", int(port)
