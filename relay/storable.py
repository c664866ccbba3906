"""Text that every database and every wire takes; a leaf of its own, below `redact`."""

import re

_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with lone surrogates and NUL as U+FFFD: neither can be stored or sent as UTF-8 everywhere."""
    if text.isascii() and "\0" not in text:
        return text
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")
