"""What `relay types` shows: the event types, and for one of them its fields, its template and who gives it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from relay.events import VOCABULARY, to_json
from relay.samples import sample
from relay.sources import SOURCES


def every_type() -> Iterator[str]:
    """A line for each event type."""
    width = max(map(len, VOCABULARY))
    for known in VOCABULARY.values():
        yield f"{known.name:{width}}  {known.meaning}{' (extension)' if known.extension else ''}"


def one_type(name: str, templates: Sequence[Path], now: datetime) -> Iterator[str]:
    """Everything about one event type."""
    yield VOCABULARY[name].meaning
    yield ""
    yield f"sources:  {', '.join(kind for kind, source in SOURCES.items() if name in source.coverage)}"
    yield f"template: {template(name, templates)}"
    yield ""
    yield "fields, with sample values:"
    for field, value in to_json(sample(name, now)).items():
        if value not in (None, [], False):
            yield f"  {field}: {json.dumps(value, ensure_ascii=False)}"


def template(name: str, folders: Sequence[Path]) -> Path:
    """The file that says this type in words: the project's own, else the shipped one."""
    files = [folder / f"{stem}.j2" for folder in folders for stem in (name, "default")]
    return next(file for file in files if file.is_file())
