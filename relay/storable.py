"""Text that every database and every wire takes; a leaf of its own, below `redact`."""

import re
from hashlib import blake2b

LONGEST = 200
"""Characters of a name in an index: PostgreSQL takes no row of an index over 2.7 kB, and a forge may send any name."""
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with lone surrogates and NUL as U+FFFD: neither can be stored or sent as UTF-8 everywhere."""
    if text.isascii() and "\0" not in text:
        return text
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")


def fitting(text: str) -> str:
    """The text as an index takes it: one that is too long by its beginning and a digest, so that no two become one."""
    if len(text) <= LONGEST:
        return text
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{text[: LONGEST - len(digest) - 1]}~{digest}"
