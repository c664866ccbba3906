"""What `relay types` shows: the event types, which kind of source gives which, and all about one of them."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich.table import Table
from rich.text import Text

from relay.event_types import VOCABULARY
from relay.events import to_json
from relay.samples import sample
from relay.sources import SOURCES

NEVER = "-"
LEGEND = (
    "direct: the forge tells it. snapshot: relay finds it by comparing what was with what is.\n"
    "include: given only where `include:` of the source names it, as it costs extra requests.\n"
    "partly: some of it comes by itself, all of it with `include:`. "
    f"{NEVER}: never."
)
_STYLES = {"direct": "green", "snapshot": "green", "partly": "yellow", "include": "yellow", NEVER: "dim"}


def all_types() -> Iterator[str | Table]:
    """What each event type means, and then how each kind of source comes by it."""
    yield from _meanings()
    yield ""
    yield LEGEND
    yield ""
    yield _table()


def _meanings() -> Iterator[str]:
    width = max(map(len, VOCABULARY))
    for known in VOCABULARY.values():
        yield f"{known.name:{width}}  {known.meaning}{' (extension)' if known.extension else ''}"


def coverage() -> Iterator[tuple[str, ...]]:
    """How each kind of source comes by each event type: a row of names, then one for each type."""
    yield ("type", *SOURCES)
    for name in VOCABULARY:
        yield (name, *(source.coverage.get(name, NEVER) for source in SOURCES.values()))


def _table() -> Table:
    """For the terminal; where that is narrow, words are cut rather than wrapped."""
    head, *rows = coverage()
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in head:
        made.add_column(name.replace("-", "\n-", 1), vertical="bottom", overflow="ellipsis", no_wrap=name == "type")
    for row in rows:
        made.add_row(*(Text(cell, _STYLES.get(cell, ""), no_wrap=True, overflow="ellipsis") for cell in row))
    return made


def one_type(name: str, templates: Sequence[Path], now: datetime) -> Iterator[str]:
    """Everything about one event type."""
    yield VOCABULARY[name].meaning
    yield ""
    yield "sources:"
    yield from _givers(name)
    yield f"template: {template(name, templates)}"
    yield ""
    yield "fields, with sample values:"
    for field, value in to_json(sample(name, now)).items():
        if value not in (None, [], False):
            yield f"  {field}: {json.dumps(value, ensure_ascii=False)}"


def _givers(name: str) -> Iterator[str]:
    """A line for each kind of source: how it comes by the type."""
    how = {
        "direct": "as the forge tells it",
        "snapshot": "found by comparing what was with what is",
        "partly": f"in part, and whole with include: [{name}], as that costs extra requests",
        "include": f"only with include: [{name}], as it costs extra requests",
        NEVER: "never",
    }
    width = max(map(len, SOURCES))
    for kind, source in SOURCES.items():
        yield f"  {kind:{width}}  {how[source.coverage.get(name, NEVER)]}"


def template(name: str, folders: Sequence[Path]) -> Path:
    """The file that says this type in words: the project's own, else the shipped one."""
    files = [folder / f"{stem}.j2" for folder in folders for stem in (name, "default")]
    return next(file for file in files if file.is_file())
