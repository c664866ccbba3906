"""The smaller things that rules.yaml says: conditions, digests, quiet hours, limits, and where history starts."""

from datetime import time

from relay.conditions import ALWAYS, FIELDS, FLAGS, Condition, field_test
from relay.config.value import Value
from relay.config.yamlfile import Scalar
from relay.event_types import VOCABULARY
from relay.expressions import compile_expression
from relay.globs import Globs, is_glob
from relay.schedule import EVERY_DAY, Digest, Limit, Quiet, read_clock, read_days, read_limit, read_span
from relay.sources.base import Start
from relay.suggest import event_type, nearest


def condition(value: Value) -> Condition:
    """What `when` asks: a mapping of fields to patterns, or an expression."""
    if not value.is_mapping:
        test = value.read(compile_expression)
        return Condition((test,)) if test else ALWAYS
    if value.is_hollow:
        value.problem("asks nothing, so it would hold for every event; name a field, like branch: main")
    fields = value.entries(tuple(FIELDS), _field_hint, optional=False)
    return Condition(
        tuple(field_test(name, patterns) for name, inner in fields.items() if (patterns := _patterns(name, inner)))
    )


def _patterns(field: str, value: Value) -> list[str]:
    if value.is_hollow:
        value.problem("names nothing")
    given = [(item, text) for item in value.items() if (text := item.text()) is not None]
    for item, text in given:
        pattern = Globs([text.removeprefix("!")])
        if field in FLAGS and not pattern.match_any(("true", "false")):
            item.problem(f"is true or false, never {text!r}")
        elif field == "type" and not pattern.match_any(VOCABULARY):
            unknown_type(item, text.removeprefix("!"))
    return [text for _, text in given]


def unknown_type(value: Value, name: str, at: Scalar | None = None) -> None:
    """Note what is no event type: a slip where a known one is near, else what a forge may have all the same."""
    meant = event_type(name.rstrip("*") if is_glob(name) else name)
    if meant:
        value.problem(f"no event type is called {name!r}; did you mean {meant!r}?", at)
    else:
        value.warning(f"relay knows no event type {name!r}; see `relay types`", at)


def digest(value: Value) -> Digest | None:
    """`{at: "08:30", on: mon-fri}`; several times and days as lists."""
    given = value.entries(("at", "on"))
    times = given["at"].items() if "at" in given else []
    at = tuple(clock for item in times if (clock := item.read(read_clock)))
    if not times and value.is_mapping:
        value.problem('needs at, like at: "08:30"')
    return Digest(at, _days(given.get("on"))) if at else None


def quiet(value: Value) -> Quiet | None:
    """`{from: "22:00", to: "07:00", on: mon-fri}`."""
    given = value.entries(("from", "to", "on"))
    for name in ("from", "to"):
        if name not in given and value.is_mapping:
            value.problem(f'needs {name}, like {name}: "22:00"')
    begin, end = _clock(given.get("from")), _clock(given.get("to"))
    on = _days(given.get("on"))
    if begin is not None and begin == end and on == EVERY_DAY:
        value.problem("would never end; name the days it is quiet on, like on: sat,sun")
    return None if begin is None or end is None else Quiet(begin, end, on)


def limit(value: Value) -> Limit | None:
    """`20/1h`, or `{most: 20, per: 1h}`."""
    if not value.is_mapping:
        return value.read(read_limit)
    given = value.entries(("most", "per"))
    if missing := [name for name in ("most", "per") if name not in given]:
        value.problem(f"needs {' and '.join(missing)}, like {{most: 20, per: 1h}}")
        return None
    most, per = given["most"].read(_count), given["per"].read(read_span)
    return Limit(most, per) if most and per else None


def start(text: str) -> Start:
    """`now`, `all`, a number of events or a span. Raises ValueError."""
    if text in ("now", "all"):
        return Start(text)
    try:
        return Start("count", count=_count(text)) if text.isdecimal() else Start("since", seconds=read_span(text))
    except ValueError:
        raise ValueError(f"{text!r} is not a start: now, all, a number of events like 20, or a span like 2d") from None


def _field_hint(name: str) -> str:
    meant = {"labels": "label", "repo": "repository", "user": "actor", "author": "actor", "base": "target_branch"}
    near = meant.get(name) or nearest(name, FIELDS)
    return f"; did you mean {near!r}?" if near else ""


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < len(text) < 10 or not int(text):
        raise ValueError(f"{text!r} is not a whole number above 0")
    return int(text)


def _clock(value: Value | None) -> time | None:
    return value.read(read_clock) if value else None


def _days(value: Value | None) -> frozenset[int]:
    days = [item.read(read_days) for item in value.items()] if value else [EVERY_DAY]
    return frozenset(day for some in days for day in some or ())
