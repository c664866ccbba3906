"""`relay check --online`: every source and destination of the file, asked whether it would work."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.text import Text

from relay.config import Config, DestinationConfig, SourceConfig
from relay.errors import RelayError
from relay.finding import Finding
from relay.http import Http
from relay.rehearsal import made_of
from relay.sources import SOURCES
from relay.sources.base import Tools

log = logging.getLogger("relay.online")

Findings = tuple[Finding, ...]
DEADLINE = 60.0
"""Seconds that one source or destination may take."""


@dataclass(frozen=True)
class Report:
    """What one source or destination says of itself; `waiting` are the names of those still to come."""

    name: str
    findings: Findings
    waiting: tuple[str, ...]


async def show(config: Config) -> bool:
    """Print what each source and destination finds of itself, as it comes in; whether all of it is fine."""
    console, fine = Console(soft_wrap=True), True
    with console.status("asking every source and destination") as status:
        async for report in online(config):
            for found in report.findings:
                mark = ("ok", "green") if found.fine else ("!!", "red")
                console.print(Text.assemble(mark, f"  {report.name}: {found}"), soft_wrap=True)
                fine &= found.fine
            status.update(f"waiting for {', '.join(report.waiting) or 'nobody'}")
    return fine


async def online(config: Config, deadline: float = DEADLINE) -> AsyncIterator[Report]:
    """The reports in the order of the file, all asked at once; each is given `deadline` seconds."""
    with TemporaryDirectory(prefix="relay-check-") as folder:
        async with Http() as http:
            asked = _asked(config, http, Path(folder))
            async for report in _reports(asked, deadline):
                yield report


async def _reports(asked: Mapping[str, Coroutine[Any, Any, Findings]], deadline: float) -> AsyncIterator[Report]:
    tasks = {name: asyncio.ensure_future(_told(ask, deadline)) for name, ask in asked.items()}
    try:
        for name, task in tasks.items():
            found = await task
            yield Report(name, found, tuple(other for other in tasks if not tasks[other].done()))
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


def _asked(config: Config, http: Http, folder: Path) -> dict[str, Coroutine[Any, Any, Findings]]:
    """The question to each, under its path in the file."""
    now = datetime.now(UTC)
    sources = {f"sources.{name}": _source(source, http, folder, now) for name, source in config.sources.items()}
    destinations = {f"destinations.{name}": _destination(to, http, now) for name, to in config.destinations.items()}
    return {**sources, **destinations}


async def _source(config: SourceConfig, http: Http, folder: Path, now: datetime) -> Findings:
    tools = Tools(http, folder, frozenset(config.include))
    source = SOURCES[config.kind](config.name, config.settings, config.start, tools)
    return await source.check(config.every, now)


async def _destination(config: DestinationConfig, http: Http, now: datetime) -> Findings:
    destination = made_of(config, http)
    try:
        return await destination.check(now)
    finally:
        await destination.close()


async def _told(ask: Coroutine[Any, Any, Findings], deadline: float) -> Findings:
    """The findings, or why there are none."""
    try:
        async with asyncio.timeout(deadline):
            return await ask
    except TimeoutError:
        return (Finding(f"nothing was found out within {deadline:g} s", fine=False),)
    except RelayError as error:
        return (Finding(str(error), fine=False),)
    except Exception as error:  # one check's defect keeps no other from being told
        log.exception("a defect in a check; please report it")
        return (Finding(f"a defect in relay: {type(error).__name__}", fine=False),)
