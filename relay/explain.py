"""What `relay explain` says: for one event every rule, taken or why not, and what would go where and when."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from relay.config import Config
from relay.errors import InvalidEvent, UsageError
from relay.events import Event, from_json
from relay.rules import Explanation
from relay.timing import Slot, slot

_LARGEST = 10 * 1024 * 1024


def read_event(file: str, stdin: TextIO) -> Event:
    """The event in a file, or in what is piped in where the file is "-"; a webhook's body will do.

    Raises UsageError, InvalidEvent.
    """
    name = "what is piped in" if file == "-" else file
    try:
        text = stdin.read(_LARGEST) if file == "-" else _contents(Path(file))
        value = json.loads(text)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"{name} is not JSON: {error}") from None
    return from_json(value["data"] if isinstance(value, dict) and "data" in value and "id" not in value else value)


def _contents(path: Path) -> str:
    with path.open(encoding="utf-8") as stream:
        return stream.read(_LARGEST)


def explain(event: Event, config: Config, now: datetime) -> Iterator[str]:
    """Lines for the terminal."""
    explanation = config.rulebook.explain(event)
    if explanation.ignored:
        yield f"ignored: {explanation.ignored}"
        yield ""
    yield from verdicts(explanation)
    yield ""
    yield from _outcome(event, explanation, config, now)


def verdicts(explanation: Explanation) -> Iterator[str]:
    """A line for every route: whether the event takes it, else the first thing against it."""
    width = max((len(verdict.route.where) for verdict in explanation.verdicts), default=0)
    for verdict in explanation.verdicts:
        mark = "yes" if verdict.reason is None else "no "
        reason = f": {verdict.reason}" if verdict.reason else ""
        yield f"{mark}  {verdict.route.where:{width}}  to {verdict.route.destination}{reason}"


def _outcome(event: Event, explanation: Explanation, config: Config, now: datetime) -> Iterator[str]:
    taken = [verdict.route for verdict in explanation.verdicts if verdict.reason is None]
    if not taken:
        yield "It goes nowhere."
    for route in taken:
        policy = config.destinations[route.destination].policy
        when = _when(slot(event, route, policy, now, config.timezone), config)
        yield f"It goes to {route.destination} {when}."


def _when(slot: Slot, config: Config) -> str:
    if slot.why:
        how = {"digest": "in a digest", "quiet": "when it is no longer quiet", "group": "with what else happens to it"}
        return f"{how[slot.why]}, {_local(slot.release_at, config)}"
    if slot.limit:
        return f"at once, as one of at most {slot.limit.most} until {_local(slot.limit.ends_at, config)}"
    return "at once"


def _local(moment: datetime, config: Config) -> str:
    return f"{moment.astimezone(config.timezone):%a %d %b %Y %H:%M} ({config.timezone.key})"
