"""What `relay watch` follows, said on the command line instead of in a file."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from relay.config import Config, DestinationConfig, SourceConfig
from relay.destinations import DESTINATIONS
from relay.errors import UsageError
from relay.rules import Route, Rulebook
from relay.schedule import read_span
from relay.sources import SOURCES
from relay.sources.base import SourceSettings, Start


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
    if "://" not in target and ":" not in target and not Path(target).expanduser().is_dir():
        raise UsageError(
            f"cannot watch {target}: there is no such folder, and it is no address like https://host/repo.git"
        )
    try:
        return SOURCES["git"].Settings.model_validate({"url": target})
    except ValidationError as error:
        raise UsageError(f"cannot watch {target}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None


def every(text: str) -> float:
    """Seconds of a span like `10s`. Raises UsageError."""
    try:
        return read_span(text)
    except ValueError as error:
        raise UsageError(f"--every {text}: {error}") from None


def start(text: str) -> Start:
    """What to tell at first sight: so many of the newest commits. Raises UsageError."""
    if not text.isdecimal():
        raise UsageError(f"--start {text}: expected a number of commits")
    return Start("count", int(text)) if int(text) else Start()
