"""Whether an unsure message stands in its channel: Slack knows no idempotency key, so relay looks before it repeats.

Every message carries its delivery's id as metadata. What was posted since shortly before the first unsure try is looked
through for it: the thread it belongs to, and the channel, where Slack puts a reply whose parent is gone. Slack allows
50 such looks a minute; to apps that are sold outside its marketplace one of 15 messages. So a search that Slack stops
goes on where it was.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from relay.destinations.base import Delivery, Receipt
from relay.destinations.slack_answers import THREAD_GONE, outcome
from relay.destinations.slack_check import Ask, Asked, Call
from relay.errors import Ambiguous, Unavailable, Unsure
from relay.http import readable, said_at

EVENT_TYPE = "relay_delivery"
BEFORE = timedelta(minutes=2)
"""How long before the first unsure try the search begins: clocks differ by seconds, and a try takes up to 15."""
LONG = timedelta(days=1)
"""How far the search goes back where this machine's clock did too, so that nobody knows how long ago the try was."""
PAGE = 200
MOST_PAGES = 20
"""Pages in one attempt: a longer search goes on with the next, so that the lane's lease outlasts each."""
_NOTHING: Mapping[str, Any] = {"messages": []}
log = logging.getLogger(__name__)


def metadata(delivery: str) -> dict[str, Any]:
    """What a message carries, unseen by people, to be known by."""
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery": delivery}}


@dataclass
class _Search:
    """How far a delivery was looked for: since `oldest`, in the first of `places` (None: the channel) behind `cursor`."""

    delivery: str
    oldest: str
    places: list[str | None]
    cursor: str | None = None

    def call(self, channel: str) -> Call:
        """The request for the next page."""
        asked: dict[str, Any] = {"channel": channel, "oldest": self.oldest, "limit": PAGE, "cursor": self.cursor}
        asked["include_all_metadata"] = True
        thread = self.places[0]
        if thread is None:
            return lambda client: client.conversations_history(**asked)
        return lambda client: client.conversations_replies(ts=thread, **asked)

    def turn(self, page: Mapping[str, Any]) -> None:
        """Go on behind this page: to the next, or to the next place."""
        told = page.get("response_metadata")
        cursor = told.get("next_cursor") if isinstance(told, dict) else None
        self.cursor = cursor if isinstance(cursor, str) and cursor not in ("", self.cursor) else None
        if self.cursor is None:
            del self.places[0]


class History:
    """What was posted to one channel, as far as the token's scopes let it be seen."""

    def __init__(self, name: str, channel: str, ask: Ask) -> None:
        self._name, self._channel, self._ask = name, channel, ask
        self._search: _Search | None = None

    async def find(self, delivery: Delivery, since: datetime, now: datetime) -> Receipt | None:
        """The receipt of a message that may have arrived since then; None if it is not there, or may not be looked for.

        Raises Unsure where Slack cannot say now.
        """
        if self._search is None or self._search.delivery != delivery.id:
            self._search = await self._begin(delivery, since, now)
        for _ in range(MOST_PAGES):
            found = await self._look(self._search, now)
            if found or not self._search.places:
                self._search = None
                return found
        raise Unsure("the channel has too many messages since to be looked through at once")

    async def _begin(self, delivery: Delivery, since: datetime, now: datetime) -> _Search:
        """A new search, from the moment that Slack's clock showed when this one showed `since`."""
        ago = now - since if since <= now else LONG
        asked = await self._read(lambda client: client.auth_test(), now)
        oldest = (said_at(asked.answer.headers, now) - ago - BEFORE).timestamp()
        return _Search(delivery.id, f"{oldest:.6f}", [delivery.reference, None] if delivery.reference else [None])

    async def _look(self, search: _Search, now: datetime) -> Receipt | None:
        """The receipt, if the message is on the next page; what may not be seen has no further page."""
        asked = await self._read(search.call(self._channel), now)
        answer, page = asked.answer, asked.data if asked.answer.taken else _NOTHING
        if answer.code == "invalid_cursor":
            self._search = None
            raise Unsure("Slack forgot how far the channel was looked through; that begins anew")
        if not answer.taken and answer.code not in THREAD_GONE:
            why = f"{answer.code}: {answer.text}" if answer.text != answer.code else answer.code
            log.warning("%s: cannot look whether %s arrived (%s); it may come twice", self._name, search.delivery, why)
            search.places.clear()
            return None
        found = next((message for message in _messages(page) if _tells(message, search.delivery)), None)
        search.turn(page)
        return self._receipt(found) if found else None

    def _receipt(self, message: Mapping[str, Any]) -> Receipt:
        ts = readable(str(message.get("ts")), 100)
        threaded = message.get("thread_ts") not in (None, ts)
        return Receipt(f"{self._channel} {ts}, found there", reference=None if threaded else ts)

    async def _read(self, call: Call, now: datetime) -> Asked:
        """Slack's answer to a question that changes nothing. Raises Unsure where it has none for now."""
        try:
            asked = await self._ask(call)
            failure = None if asked.answer.taken else outcome(asked.answer, now)
            if isinstance(failure, Ambiguous | Unavailable):
                raise failure
        except (Ambiguous, Unavailable) as error:
            words = f"cannot tell yet whether the message arrived: {error}"
            raise Unsure(words, retry_after=error.retry_after, answer=error.answer) from error
        return asked


def _messages(page: Mapping[str, Any]) -> list[Any]:
    """The messages of a page. Raises Unsure where an answer says yes and has none: nothing follows from that."""
    found = page.get("messages")
    if not isinstance(found, list):
        raise Unsure("cannot tell yet whether the message arrived: Slack's answer has no messages")
    return found


def _tells(message: Any, delivery: str) -> bool:
    told = message.get("metadata") if isinstance(message, dict) else None
    payload = told.get("event_payload") if isinstance(told, dict) else None
    return isinstance(payload, dict) and payload.get("delivery") == delivery
