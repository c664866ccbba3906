"""What every destination is: settings, a dialect for each part of its message, and `send`.

A destination knows one wire. It says what became of a message and decides nothing else: retries, order and pace stand
around it (the dispatcher). Words come to it rendered; its dialects escape them, so that text from a forge can never
become markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from relay.events import Event
from relay.http import Http


class DestinationSettings(BaseModel):
    """The base of every destination's settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True)
class Delivery:
    """One or more events on their way to one destination, before they are words.

    `id` is the idempotency key. `why` is None for one event told by itself, else why several are told together:
    digest, group, limit, late or quiet. `since` and `until` are the span of a bundle. `options` are the route's:
    detail, template, mention, broadcast. `reference` is what the destination's last receipt for the same thing left
    (a Slack thread, the subject first mailed). A sample is marked as one wherever it lands.
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
    sample: bool = False


@dataclass(frozen=True)
class Message:
    """Rendered words for one destination: its layout's parts by name, and the delivery they speak of."""

    delivery: Delivery
    parts: Mapping[str, str]


@dataclass(frozen=True)
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
    """How one part of a message is written: plain text, HTML, Slack's mrkdwn. All but `escape` return markup."""

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


class Destination(Protocol):
    """A named place to send to. Made once per configured destination: `Kind(name, settings, http)`."""

    parts: ClassVar[Mapping[str, Dialect]]
    """The blocks that `templates/<kind>/layout.j2` and `bundle.j2` must define, and the dialect of each."""
    pace: ClassVar[float]
    """Seconds between two sends; 0 where the destination sets no pace."""

    @property
    def account(self) -> str:
        """What shares this destination's limits and credentials: a token's or host's key, never the secret itself."""

    async def send(self, message: Message, now: datetime) -> Receipt:
        """Hand the message over. Raises Refused, Unavailable, Blocked or Ambiguous, and decides nothing else."""

    async def close(self) -> None:
        """Give back connections that are the destination's own."""
