"""What Slack's answers mean, in one table: its Web API says 200 with a word of its own, its webhooks a status and a word.

The words are those of Slack's pages for chat.postMessage and incoming webhooks. Of `internal_error` and `fatal_error`
Slack says that some of the work may have been done, so the message may stand in the channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from relay.errors import Ambiguous, Blocked, DeliveryError, Refused, Unavailable
from relay.http import retry_after

_NEW_TOKEN = "install the app again and put its new bot token into the configuration"  # noqa: S105 - advice, no token
_NEW_HOOK = "make a new incoming webhook and put its address into the configuration"
_INVITE = "invite the bot to the channel (/invite), and name the channel by its ID"
_OTHER_CHANNEL = "unarchive the channel or name another"
_ASK_ADMIN = "ask an administrator of the workspace to allow the app to post there"

BLOCKED: Mapping[str, str] = {
    "invalid_auth": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "token_revoked": _NEW_TOKEN,
    "token_expired": _NEW_TOKEN,
    "account_inactive": _NEW_TOKEN,
    "not_allowed_token_type": _NEW_TOKEN,
    "missing_scope": "give the app the scope chat:write and install it again",
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": _OTHER_CHANNEL,
    "channel_is_archived": _OTHER_CHANNEL,
    "no_service": _NEW_HOOK,
    "no_service_id": _NEW_HOOK,
    "no_active_hooks": _NEW_HOOK,
    "no_team": _NEW_HOOK,
    "team_disabled": _NEW_HOOK,
    "invalid_token": _NEW_HOOK,
    "user_not_found": _NEW_HOOK,
    "access_denied": _ASK_ADMIN,
    "accesslimited": _ASK_ADMIN,
    "action_prohibited": _ASK_ADMIN,
    "ekm_access_denied": _ASK_ADMIN,
    "enterprise_is_restricted": _ASK_ADMIN,
    "no_permission": _ASK_ADMIN,
    "org_login_required": _ASK_ADMIN,
    "posting_to_general_channel_denied": _ASK_ADMIN,
    "restricted_action": _ASK_ADMIN,
    "restricted_action_read_only_channel": _ASK_ADMIN,
    "restricted_action_thread_only_channel": _ASK_ADMIN,
    "team_access_not_granted": _ASK_ADMIN,
    "two_factor_setup_required": _ASK_ADMIN,
}
AMBIGUOUS = frozenset({"fatal_error", "internal_error"})
UNAVAILABLE = frozenset(
    {"ratelimited", "rate_limited", "message_limit_exceeded", "request_timeout", "rollup_error", "service_unavailable"}
)
SHAPE = frozenset(
    {
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
        "too_many_attachments",
    }
)
THREAD_GONE = frozenset(
    {"cannot_reply_to_message", "message_not_found", "restricted_action_thread_locked", "thread_not_found"}
)


@dataclass(frozen=True)
class Answer:
    """What Slack said: whether the message is `taken`, else its word for why, as `code`; `ts` names the message.

    `threaded` is whether the message stands in a thread: below a deleted one Slack posts to the channel instead, and
    says so only by leaving `thread_ts` out.
    """

    status: int
    taken: bool = False
    code: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ts: str | None = None
    threaded: bool = False


def outcome(answer: Answer, now: datetime) -> DeliveryError:
    """What a failure means for the delivery and its lane; Slack's word decides, else the status."""
    code, status = answer.code, answer.status
    words = f"Slack answered {code or status}" + (f": {answer.text[:200]}" if answer.text not in ("", code) else "")
    if status == 429 or code in UNAVAILABLE:
        return Unavailable(words, retry_after=retry_after(answer.headers, now), answer=answer.text)
    if code in BLOCKED:
        return Blocked(f"{words}; {BLOCKED[code]}", answer=answer.text)
    if code in AMBIGUOUS or (not code and status < 400):
        return Ambiguous(words, answer=answer.text)
    if status >= 500 or status == 408:
        return Unavailable(words, retry_after=retry_after(answer.headers, now), answer=answer.text)
    if not code and status in (401, 403, 404, 410):
        return Blocked(f"{words}; check the address and the token", answer=answer.text)
    return Refused(words, answer=answer.text)
