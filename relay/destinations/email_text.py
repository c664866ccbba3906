"""Plain text for mail, as dialects: lines of 72 characters, and addresses that no line break cuts."""

import re
import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType

from relay.destinations.base import Plain, address, cut

WIDTH = 72
SUBJECT = 78
_LEAD = re.compile(r"(?:> | )*")
_SIGNATURE = "-- "  # RFC 3676: the space belongs to it


class Subject(Plain):
    """The subject: one line of at most 78 characters (RFC 5322), whatever its template left uncut."""

    def finish(self, text: str) -> str:
        """The text with every run of white space as one space, cut visibly."""
        return cut(" ".join(text.split()), SUBJECT)


class Text(Plain):
    """The first part of a mail; a layout may leave blank lines where there was nothing to say."""

    helpers: Mapping[str, Callable[..., object]] = MappingProxyType({"address": address})

    def finish(self, text: str) -> str:
        """The lines wrapped, and never more than one blank line together."""
        lines = "\n".join(_wrapped(line) for line in text.splitlines())
        return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def _wrapped(line: str) -> str:
    """The line, what follows its first break under its beginning; with an address in it, or short, as it is."""
    if line == _SIGNATURE or "://" in line or len(line) <= WIDTH:
        return line if line == _SIGNATURE else line.rstrip()
    found = _LEAD.match(line)
    lead = found[0] if found else ""
    rest = line[len(lead) :]
    return textwrap.fill(
        rest, WIDTH, initial_indent=lead, subsequent_indent=lead, break_long_words=False, break_on_hyphens=False
    )
