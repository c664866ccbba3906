"""The commands that keep running: what a process needs around the service, its log, its signals, its web server."""

import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.console import Console

from relay.config import load
from relay.errors import UsageError
from relay.forgotten import forgotten
from relay.http import Http
from relay.redact import redact
from relay.service import Service, Setup
from relay.shipped import templates
from relay.sources.base import Start, Tools
from relay.store import read
from relay.watching import watching
from relay.web.app import app
from relay.web.server import serving

log = logging.getLogger("relay")

_PUBLIC_ALONE = (
    "it shows the repositories alone that their source calls public, so none of a git source;"
    " with serve: {token: …} in the file, whoever has that token sees all"
)


class _Formatter(logging.Formatter):
    """One line a message, in UTC, without secrets.

    Further lines, as of a traceback, are set in: what a forge says of itself can neither pass for a message of relay's
    nor move the terminal's cursor.
    """

    def converter(self, at: float | None) -> time.struct_time:
        """The moment of a line, in UTC."""
        return time.gmtime(at)

    def format(self, record: logging.LogRecord) -> str:
        lines = redact(super().format(record)).split("\n")
        return "\n    ".join("".join(char if char.isprintable() else " " for char in line) for line in lines)


def log_to_stderr() -> None:
    """Send what relay has to say to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%SZ"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def setup(rules: Path, database: str, folders: tuple[Path, ...], environ: Mapping[str, str]) -> Setup:
    """What a service runs with: a file of rules, a database, and the folders of templates."""
    return Setup(
        load=lambda: load(rules, environ),
        database=database,
        templates=folders,
        folder=clones(database, rules),
        watched=(rules, *folders),
    )


def clones(database: str, rules: Path) -> Path:
    """The folder for what can be fetched again: beside a database file, else beside the rules."""
    beside = Path(database) if "://" not in database else rules.absolute().with_suffix("")
    return beside.with_name(f"{beside.name}.d")


def once(setup: Setup) -> bool:
    """Poll every feed now and send what is released; whether all of it worked. SIGTERM and Ctrl-C end it early."""

    async def act() -> bool:
        async with signals() as stop, Service.open(setup) as service:
            return await service.once(stop)

    return asyncio.run(act())


def run(setup: Setup, listen: tuple[str, int] | None = None) -> None:
    """Poll and deliver until SIGTERM or Ctrl-C; with `listen`, serve the events resource too."""

    async def act() -> None:
        async with AsyncExitStack() as stack:
            stop = await stack.enter_async_context(signals())
            service = await stack.enter_async_context(Service.open(setup))
            await stack.enter_async_context(_served(setup.database, lambda: service.config.serve_token, listen))
            log.info("%s", service.summary())
            for line in forgotten(service.config, setup.database):
                log.warning("%s", line)
            await service.run(stop)
            log.info("stopped; nothing is lost")

    asyncio.run(act())


def serve(database: str, token: str | None, listen: tuple[str, int]) -> None:
    """Serve the events resource from what is stored until SIGTERM or Ctrl-C."""

    async def act() -> None:
        async with signals() as stop, _served(database, lambda: token, listen):
            await stop.wait()

    asyncio.run(act())


def watch(targets: Sequence[str], every: float | None, start: Start, environ: Mapping[str, str]) -> None:
    """Follow repositories without a file, telling the terminal, until Ctrl-C."""

    async def act() -> None:
        with tempfile.TemporaryDirectory(prefix="relay-watch-") as folder:
            async with Http() as http:
                config = await watching(targets, every, start, environ, Tools(http, Path(folder)))
            own = Setup(lambda: config, str(Path(folder) / "relay.db"), (templates(),), Path(folder))
            async with signals() as stop, Service.open(own) as service:
                for target, source in zip(targets, config.sources.values(), strict=True):
                    log.info("watching %s every %g s", target, source.every)
                log.info("Ctrl-C stops")
                await service.run(stop)

    asyncio.run(act())


def demo(*, once: bool) -> bool:
    """Show the whole thing, until Ctrl-C or `once`; whether all that happened arrived."""
    from relay.demo.run import demo as play

    async def act() -> bool:
        async with signals() as stop:
            return await play(Console(), stop, once=once)

    return asyncio.run(act())


@asynccontextmanager
async def signals() -> AsyncIterator[asyncio.Event]:
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
async def _served(
    database: str, token: Callable[[], str | None], listen: tuple[str, int] | None
) -> AsyncIterator[None]:
    """The events resource at an address, where one is asked for."""
    if listen is None:
        yield
        return
    views = read(database)
    try:
        async with serving(app(views, token), *listen) as address:
            log.info("serving the events resource at %s", address)
            if token() is None:
                log.info("%s", _PUBLIC_ALONE)
            yield
    finally:
        views.close()


def address(text: str) -> tuple[str, int]:
    """The host and port of `HOST:PORT`, `[::1]:PORT` or `:PORT`. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--listen {text}: expected HOST:PORT, like 127.0.0.1:8300")
    return host.strip("[]") or "127.0.0.1", int(port)
