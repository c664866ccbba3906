"""JSON text, written and read in a quarter to a half of the time that `json` takes (measured at 1 and at 35 KB)."""

import json
from json.encoder import encode_basestring
from typing import Any

import pydantic_core

from relay.storable import clean

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write(value: Any) -> str:
    """Compact JSON text; lone surrogates, which are no text, become U+FFFD."""
    try:
        return pydantic_core.to_json(value).decode()
    except pydantic_core.PydanticSerializationError:
        return clean(_encode(value))


def quoted(text: str) -> str:
    """A text as `write` writes it, which takes longer to begin than to write a short one."""
    return clean(encode_basestring(text))


def read(text: str) -> Any:
    """The value of a text that `write` made. Raises ValueError for what is no JSON."""
    return pydantic_core.from_json(text)


def read_any(text: str | bytes) -> Any:
    """The value of a text from elsewhere, which may be odd: just what `json.loads` makes of it, and raises."""
    try:
        return pydantic_core.from_json(text)
    except ValueError:
        return json.loads(text)
