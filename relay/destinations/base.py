"""What every destination is: settings, a dialect for each part of its message, and `send`.

A destination knows one wire. It says what became of a message and decides nothing else: retries, order and pace stand
around it (the dispatcher). Words come to it rendered; its dialects escape them, so that text from a forge can never
become markup.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict

from relay.events import Event
from relay.finding import Finding
from relay.http import Http
from relay.jsontext import quoted
from relay.notice import Notice
from relay.storable import clean
from relay.value import value


class DestinationSettings(BaseModel):
    """The base of every destination's settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@value
class Delivery:
    """One or more events, or a notice, on their way to one destination, before they are words.

    `id` is the idempotency key. `why` is None for one event told by itself, else why several are told together:
    digest, group, limit, late or quiet; or "notice", and then there is a `notice` in place of events. `since` and
    `until` are the span of a bundle. `options` are the route's: detail, template, mention, broadcast. `reference` is
    what the destination's last receipt for the same thing left (a Slack thread, the subject first mailed). `body` is
    the JSON of a single event where it is at hand, which saves making it again. `unsure_since` is since when it may
    have arrived, as a send of it broke off. A sample is marked as one wherever it lands.
    """

    id: str
    destination: str
    rule: str
    events: tuple[Event, ...]
    why: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    reference: str | None = None
    body: str | None = None
    sample: bool = False
    notice: Notice | None = None
    unsure_since: datetime | None = None


def delivery_id(*parts: str) -> str:
    """The id of a delivery, from its destination and what it tells."""
    return "dlv_" + hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


@value
class Message:
    """Rendered words for one destination: its layout's parts by name, and the delivery they speak of."""

    delivery: Delivery
    parts: Mapping[str, str]


@value
class Receipt:
    """The destination took the message.

    `answer` is what it said, for the attempt's record; `refused` the mail recipients it would not take, each with
    why; `reference` what later messages about the same thing need (Slack's ts; the subject first mailed), or None to
    leave that as it was.
    """

    answer: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    reference: str | None = None


class Safe(str):
    """Markup that relay's own helpers made; everything else is escaped when it is put into a message."""

    __slots__ = ()


class Dialect(Protocol):
    """How one part of a message is written: plain text, HTML, Slack's mrkdwn. All but `escape` return markup.

    Text that is `Safe` already is taken as it is, so that a link can lead from code. A dialect may also have `helpers`,
    a mapping of further functions for its templates, and `finish(text) -> str`, which makes a rendered part fit for the
    wire or raises ValueError; the shipped template is then used instead.
    """

    def escape(self, text: str) -> str:
        """The text so that nothing in it can act as markup."""

    def link(self, text: str, url: str | None) -> Safe:
        """The text, leading to the address if that is http or https; without it, or elsewhere, the text alone."""

    def strong(self, text: str) -> Safe:
        """The text made to stand out: a person's name."""

    def code(self, text: str) -> Safe:
        """A branch, path or hash."""

    def quote(self, text: str) -> Safe:
        """Somebody's words, line by line."""


_BREAKS = re.compile(r"\s+")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]-._~"
LONGEST_URL = 2000


def one_line(text: str) -> str:
    """The text without line breaks, control, bidi and zero-width characters: it can move nothing but itself."""
    if text.isprintable():
        return text
    return _UNSEEN.sub("", _BREAKS.sub(" ", clean(text)))


def cut(text: str, most: int, *, end: bool = False) -> str:
    """The text on one line, at most so many characters, the ellipsis among them; `end` keeps the end instead."""
    if len(text) <= most and text.isprintable():
        return text
    near = text[-8 * most :] if end else text[: 8 * most]
    line = one_line(near).strip()
    if len(near) == len(text) and len(line) <= most:
        return line
    return f"…{line[1 - most :].lstrip()}" if end else f"{line[: most - 1].rstrip()}…"


def address(url: str | None) -> str | None:
    """The URL if a message may lead there: http or https, without user and password, odd characters percent-encoded.

    Longer than 2,000 characters it is None: no address of a forge is, and it would eat the limits of the message.
    """
    if not url or not url.lower().startswith(("http://", "https://")) or len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    found = quote(urlunsplit(parts._replace(netloc=host)), safe=_URL_CHARACTERS, errors="replace")
    return found if host and len(found) <= LONGEST_URL else None


class Plain:
    """Text that no program reads as markup: a terminal, the first part of a mail, a log line."""

    def escape(self, text: str) -> str:
        """The text on one line, with nothing unseen in it."""
        return one_line(text)

    def link(self, text: str, url: str | None) -> Safe:
        """The text alone: where it leads stands on a line of its own, if anywhere."""
        return text if isinstance(text, Safe) else Safe(self.escape(text))

    def strong(self, text: str) -> Safe:
        """The text as it is."""
        return self.link(text, None)

    def code(self, text: str) -> Safe:
        """The text as it is."""
        return self.link(text, None)

    def quote(self, text: str) -> Safe:
        """Each line behind a `>`, as mails quote."""
        return Safe("\n".join(f"> {self.escape(line)}" for line in text.splitlines()))


class Json(Plain):
    """Text inside JSON: `{{ }}` between two quotation marks is always a valid string."""

    def escape(self, text: str) -> str:
        """The inside of a JSON string."""
        return quoted(text)[1:-1]

    def quote(self, text: str) -> Safe:
        """The words themselves, line breaks kept."""
        return Safe(self.escape(text))

    def finish(self, text: str) -> str:
        """The text, if it is JSON; raises ValueError."""
        json.loads(text)
        return text.strip()


class Destination(Protocol):
    """A named place to send to, made once per configured destination."""

    Settings: ClassVar[type[DestinationSettings]]
    """The settings of this kind; a destination's policy (`when`, `digest`, `quiet`, …) is not among them."""

    parts: ClassVar[Mapping[str, Dialect]]
    """The blocks that `templates/<kind>/layout.j2` and `bundle.j2` must define, and the dialect of each."""
    pace: ClassVar[float]
    """Seconds between two sends; 0 where the destination sets no pace."""
    remembers: ClassVar[bool]
    """Whether its receipts leave a reference, which later deliveries of the same thing are given."""
    looks_up: ClassVar[bool]
    """Whether it can look if a message that may have arrived did, and so needs to be told of every send that broke off."""
    most: ClassVar[int | None]
    """How many events one message holds; a bundle of more goes in several. None: as many as there are."""

    def __init__(self, name: str, settings: Any, http: Http) -> None:
        """The destination `name` of the file; `settings` are of this kind's own model."""

    @property
    def account(self) -> str:
        """What shares this destination's limits and credentials: a token's or host's key, never the secret itself."""

    @property
    def layout(self) -> str:
        """A template of the project's that its settings name in place of the kind's layout; empty for none."""

    async def send(self, message: Message, now: datetime) -> Receipt:
        """Hand the message over. Raises Refused, Unavailable, Blocked or Ambiguous, and decides nothing else."""

    async def check(self, now: datetime) -> tuple[Finding, ...]:
        """What `check --online` says: credentials and reach, as far as they show without sending anything.

        Raises nothing: what is wrong is a finding that is not fine.
        """

    async def close(self) -> None:
        """Give back connections that are the destination's own; a later send makes new ones."""
