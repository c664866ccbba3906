"""What `relay watch` follows, said on the command line instead of in a file.

A target is a name with its kind, like github:acme/site; a git address or path; or an http address that may be several
things, and is then asked which: a git repository first, else a feed. Whatever account a kind needs is taken from the
environment: GITHUB_TOKEN, BITBUCKET_EMAIL, GITLAB_URL. Without one it is anonymous.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from relay.config import Config, DestinationConfig, SourceConfig
from relay.destinations import DESTINATIONS
from relay.errors import UsageError
from relay.redact import remember
from relay.rules import Route, Rulebook
from relay.schedule import read_span
from relay.sources import SOURCES
from relay.sources.base import SourceSettings, Start, Tools
from relay.suggest import nearest

_ACCOUNT = ("url", "email", "username", "token", "password")
_SECRET = ("token", "password")
_PACES = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


async def watching(
    targets: Sequence[str], every: float | None, start: Start, environ: Mapping[str, str], tools: Tools
) -> Config:
    """The configuration that follows the targets and tells everything to the terminal. Raises UsageError.

    Where `every` is not said it is 10 s, or as often as the forge allows.
    """
    sources: dict[str, SourceConfig] = {}
    for target in targets:
        kind, settings = await _chosen(target, [*_candidates(target, environ)], tools)
        alike = sum(source.kind == kind for source in sources.values())
        name = f"{kind} {alike + 1}" if alike else kind
        sources[name] = SourceConfig(name, kind, settings, every or _pace(settings), start)
    console = DestinationConfig("terminal", "console", DESTINATIONS["console"].Settings())
    return Config(
        path=Path("watch"),
        timezone=ZoneInfo("UTC"),
        keep=86400.0,
        sources=sources,
        destinations={"terminal": console},
        rulebook=Rulebook((Route("*", "watch", "terminal"),)),
    )


def _candidates(target: str, environ: Mapping[str, str]) -> Iterator[tuple[str, SourceSettings]]:
    """What a target may be, most likely first: each kind, and the settings that follow it."""
    prefix, colon, rest = target.partition(":")
    if colon and prefix in SOURCES and not rest.startswith("//"):
        yield prefix, _settings(target, prefix, rest, environ)
    elif target.startswith(("http://", "https://")) and not target.endswith(".git"):
        yield from ((kind, _settings(target, kind, target, {})) for kind in SOURCES if _takes_addresses(kind))
    else:
        _check_place(target)
        yield "git", _settings(target, "git", target, {})


def _takes_addresses(kind: str) -> bool:
    return SOURCES[kind].Settings.takes_addresses


def _check_place(target: str) -> None:
    """Raises UsageError for what is neither an address nor a folder, and for a kind that is misspelt."""
    prefix, colon, rest = target.partition(":")
    meant = nearest(prefix, SOURCES) if colon and not rest.startswith("//") and "/" not in prefix else None
    if meant:
        raise UsageError(f"cannot watch {target}: no kind of source is called {prefix!r}; did you mean {meant}:{rest}?")
    if colon or Path(target).expanduser().is_dir():
        return
    raise UsageError(
        f"cannot watch {target}: there is no such folder, and it is neither an address like https://host/repo.git"
        " nor a name with its kind, like github:owner/repo"
    )


def _settings(target: str, kind: str, name: str, environ: Mapping[str, str]) -> SourceSettings:
    """The settings of a kind that follow what was named, as the account of the environment."""
    model, prefix = SOURCES[kind].Settings, kind.upper().replace("-", "_")
    variables = {key: f"{prefix}_{key.upper()}" for key in _ACCOUNT if key in model.model_fields}
    given = {key: environ[variable] for key, variable in variables.items() if environ.get(variable)}
    remember(given[key] for key in _SECRET if key in given)
    try:
        return model.model_validate(model.of_target(name, given))
    except ValidationError as error:
        wrong = error.errors()[0]
        if wrong["type"] == "missing":
            key = str(wrong["loc"][-1])
            lacking = (
                f"needs {key}: set {variables[key]}" if key in variables else f"needs {key}, so write a rules.yaml"
            )
            raise UsageError(f"cannot watch {target}: {kind} {lacking}") from None
        raise UsageError(f"cannot watch {target}: {wrong['msg'].removeprefix('Value error, ')}") from None


async def _chosen(
    target: str, candidates: Sequence[tuple[str, SourceSettings]], tools: Tools
) -> tuple[str, SourceSettings]:
    """The one candidate, or the first that the address turns out to be. Raises UsageError if it is none of them."""
    reasons = []
    for kind, settings in candidates:
        if len(candidates) == 1:
            return kind, settings
        source = SOURCES[kind](target, settings, Start(), tools)
        wrong = [str(finding) for finding in await source.check(_PACES[-1], datetime.now(UTC)) if not finding.fine]
        if not wrong:
            return kind, settings
        reasons.append(f"as {kind}: {'; '.join(wrong)}")
    raise UsageError("\n".join((f"cannot watch {target}:", *reasons)))


def _pace(settings: SourceSettings) -> float:
    """The quickest pace that the forge has nothing against."""
    return next((every for every in _PACES if settings.advice(every) is None), _PACES[-1])


def every(text: str) -> float | None:
    """Seconds of a span like `10s`; None where nothing is said. Raises UsageError."""
    try:
        return read_span(text) if text else None
    except ValueError as error:
        raise UsageError(f"--every {text}: {error}") from None


def start(text: str) -> Start:
    """What to tell at first sight: so many of the newest events. Raises UsageError."""
    if not text.isdecimal():
        raise UsageError(f"--start {text}: expected a number of events")
    return Start("count", int(text)) if int(text) else Start()
