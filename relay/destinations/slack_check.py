"""What `check --online` can find out about Slack without posting: the token, its scopes, the channel, and whether its
messages can be read: that is how relay learns whether a message of which it is unsure arrived.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from relay.destinations.slack_answers import BLOCKED, Answer, outcome
from relay.errors import Ambiguous, Unavailable
from relay.finding import Finding
from relay.http import readable

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

_LOOKS = ("channels:read", "groups:read")
MAY_REPEAT = "a message whose sending broke off may come twice"
_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{4,}")


@dataclass(frozen=True)
class Asked:
    """What a method of the Web API answered: as any answer is understood, and its data where it said yes."""

    answer: Answer
    data: Mapping[str, Any] = field(default_factory=dict)


Call = Callable[["AsyncWebClient"], Awaitable[Any]]
Ask = Callable[[Call], Awaitable[Asked]]
"""Makes a call of slack-sdk's, within the deadline; raises a DeliveryError where nothing came back."""


async def look(channel: str, ask: Ask, now: datetime) -> tuple[Finding, ...]:
    """Whose token it is and whether it may post, and whether its bot is in the channel, as far as its scopes tell."""
    found = await ask(lambda client: client.auth_test())
    if not found.answer.taken:
        return (Finding(str(outcome(found.answer, now)), fine=False),)
    scopes = frozenset(found.answer.headers.get("x-oauth-scopes", "").replace(" ", "").split(",")) - {""}
    who = readable(f"{found.data.get('user')} in {found.data.get('team')}", 100)
    return (_token(who, scopes), await _channel(channel, scopes, ask, now), await _history(channel, ask, now))


def _token(who: str, scopes: frozenset[str]) -> Finding:
    if scopes and "chat:write" not in scopes:
        return Finding(f"the token of {who} lacks the scope chat:write; {BLOCKED['missing_scope']}", fine=False)
    return Finding(f"the token is that of {who}{'; it may post' if scopes else ''}")


async def _channel(channel: str, scopes: frozenset[str], ask: Ask, now: datetime) -> Finding:
    if not _CHANNEL_ID.fullmatch(channel):
        return Finding(f"the channel {channel} is not named by its ID, so it cannot be looked up without posting")
    if not scopes.intersection(_LOOKS):
        return Finding(f"the channel {channel} cannot be looked up without posting: that takes the scope {_LOOKS[0]}")
    found = await ask(lambda client: client.conversations_info(channel=channel))
    if found.answer.code == "missing_scope":
        return Finding(f"the channel {channel} cannot be looked up without posting: {found.answer.text} is lacking")
    if not found.answer.taken:
        return Finding(f"the channel {channel}: {outcome(found.answer, now)}", fine=False)
    return _standing(found.data.get("channel"), channel, scopes)


def _standing(told: Any, channel: str, scopes: frozenset[str]) -> Finding:
    """How the bot stands with a channel that it can see."""
    told = told if isinstance(told, dict) else {}
    name = readable(f"#{told.get('name') or channel}", 100)
    if told.get("is_archived") is True:
        return Finding(f"the channel {name} is archived; {BLOCKED['is_archived']}", fine=False)
    if told.get("is_member") is False and "chat:write.public" not in scopes:
        return Finding(f"the bot is not in {name}; {BLOCKED['not_in_channel']}", fine=False)
    return Finding(f"the bot can post to {name}")


async def _history(channel: str, ask: Ask, now: datetime) -> Finding:
    """Whether messages can be looked up, found out by reading one."""
    found = await ask(lambda client: client.conversations_history(channel=channel, limit=1))
    if found.answer.taken:
        return Finding("a message whose sending broke off is looked up before it is sent again")
    failure = outcome(found.answer, now)
    if isinstance(failure, Unavailable | Ambiguous):
        return Finding(f"whether messages can be looked up was not to be found out now: {failure}")
    return Finding(f"{MAY_REPEAT}: {_wanting(found.answer)}")


def _wanting(answer: Answer) -> str:
    """What keeps the bot from reading the channel."""
    if answer.code == "missing_scope":
        return f"to look it up takes the scope {answer.text if answer.text != answer.code else 'channels:history'}"
    if answer.code in ("not_in_channel", "channel_not_found"):
        return "to look it up, the bot must be in the channel, and the channel be named by its ID"
    return f"it cannot be looked up, as Slack answered {answer.code}"
