"""JSON of relay's own making, written and read in a quarter of the time that `json` takes (measured at 1 KB).

For what relay keeps and sends; what comes from elsewhere is read with `json`, which takes more that is odd.
"""

import json
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


def read(text: str) -> Any:
    """The value of a text that `write` made. Raises ValueError for what is no JSON."""
    return pydantic_core.from_json(text)
