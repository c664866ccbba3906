"""JSON from elsewhere is read just as `json` reads it, whatever is odd in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.jsontext import read_any

ODD = {
    "a number of 5,000 digits": b"[" + b"1" * 5000 + b"]",
    "a number of 30 digits": b"[123456789012345678901234567890]",
    "a number beyond all": b"[1e999, -1e999, NaN, Infinity, -Infinity]",
    "numbers at the edge": b"[-0, -0.0, 5e-324, 1.7976931348623157e308, 0.1e-7, 1E5, 9007199254740993.0]",
    "a number that begins with zero": b"[01]",
    "a lone surrogate": b'["\\ud800"]',
    "a control character": b'["\x01"]',
    "an escaped NUL": b'"\\u0000"',
    "the same key twice": b'{"a": 1, "a": 2}',
    "a byte order mark": b"\xef\xbb\xbf[1]",
    "UTF-16": '["\u00e9"]'.encode("utf-16"),
    "no UTF-8": b'["\xff"]',
    "a comma too many": b"[1,]",
    "something behind it": b"[1] x",
    "nesting of 300": b"[" * 300 + b"]" * 300,
    "nesting of 100,000": b"[" * 100_000 + b"]" * 100_000,
    "nothing": b"",
    "HTML": b"<!doctype html>",
    "half of it": b'{"events": [{"event": "comm',
}


def outcome(read: Callable[[bytes], Any], text: bytes) -> str:
    """The value as Python would write it, or the exception's name."""
    try:
        return repr(read(text))
    except (ValueError, RecursionError) as error:
        return type(error).__name__


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_odd_is_read_as_json_reads_it(text: bytes) -> None:
    """The faster reader has the last word only where it takes a text."""
    assert outcome(json.loads, text) == outcome(read_any, text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_value_is_read_as_json_reads_it(value: object) -> None:
    """Whatever can be written as JSON comes back the same from both."""
    text = json.dumps(value).encode()
    assert outcome(json.loads, text) == outcome(read_any, text)
