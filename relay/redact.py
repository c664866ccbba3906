"""Text with every secret taken out, for whatever leaves relay other than a delivery.

A leaf of its own, below `errors`: an error redacts its own text when it is made, so no caller can forget to.
Two nets: what looks like a secret anywhere (tokens, hook addresses, signed query strings), and the very values that
this process was configured with, whatever they look like.
"""

import re
from collections.abc import Iterable

from relay.storable import clean

REDACTED = "REDACTED"

_SHAPES = [
    (re.compile(r"(https?://hooks\.slack\.com/(?:services|workflows|triggers)/)[^\s\"'<>]+", re.I), rf"\1{REDACTED}"),
    (re.compile(r"(/services/)T[A-Z0-9]{4,}/B[A-Z0-9]{4,}/[A-Za-z0-9]+"), rf"\1{REDACTED}"),
    (re.compile(r"\bxox[a-z](?:-[A-Za-z0-9.]+)+"), REDACTED),
    (re.compile(r"\bxapp-[A-Za-z0-9-]+"), REDACTED),
    (re.compile(r"\b(?:whsec|whsk)_[A-Za-z0-9+/=]+"), REDACTED),
    (
        re.compile(
            r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{10,}|ATCTT3x[\w=-]+|ATATT3x[\w=-]+)"
        ),
        REDACTED,
    ),
    (re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{6,}", re.I), rf"\1{REDACTED}"),
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s@\"'<>]+@", re.I), rf"\1{REDACTED}@"),
    (
        re.compile(
            r"([?&;](?:[\w-]*(?:token|secret|signature|sig|password|passwd|pwd|api_?key|credential)[\w-]*)=)[^&\s\"'<>#]+",
            re.I,
        ),
        rf"\1{REDACTED}",
    ),
]
_configured: list[str] = []
"""The longest first: one may be a part of another."""


def remember(secrets: Iterable[str]) -> None:
    """Add values that must never be shown; ones of fewer than 6 characters would blank out ordinary words."""
    _configured[:] = sorted({*_configured, *(secret for secret in secrets if len(secret) >= 6)}, key=len, reverse=True)


def redact(text: str) -> str:
    """The text as it may be logged, stored with an attempt or shown in a status."""
    if not text:
        return text
    text = clean(text)
    for secret in _configured:
        text = text.replace(secret, REDACTED)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text
