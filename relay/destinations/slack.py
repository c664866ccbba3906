"""Slack: a bot's token and a channel, or an incoming webhook.

Both go through slack-sdk over relay's own session (proxies, certificates, one pool), without its retries: it would
post again after a dropped connection, and wait out a limit while it holds the lane. A message that Slack cannot take
as blocks is posted once more as plain text; Slack said no to the first, so nothing is told twice. One that may have
arrived before is looked for in the channel first, see `relay.destinations.slack_history`.
"""

import hashlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator

from relay.destinations.base import DestinationSettings, Dialect, Message, Receipt
from relay.destinations.slack_answers import SHAPE, THREAD_GONE, Answer, outcome
from relay.destinations.slack_check import MAY_REPEAT, Asked, Call, look
from relay.destinations.slack_history import History, metadata
from relay.destinations.slack_mrkdwn import Mrkdwn, SlackText
from relay.errors import Ambiguous, DeliveryError, HttpError, Unavailable
from relay.finding import Finding
from relay.http import USER_AGENT, Http, readable

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.webhook.async_client import AsyncWebhookClient

API = "https://slack.com/api/"
Frame = dict[str, Any]
T = TypeVar("T")
log = logging.getLogger(__name__)


class SlackSettings(DestinationSettings):
    """A bot token with a channel, or a webhook's address, which goes before a token: that may be a default of the file.

    `url` is the API of something that speaks like Slack.
    """

    token: SecretStr | None = None
    channel: str | None = None
    webhook_url: SecretStr | None = None
    url: str = API
    ca: Path | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.webhook_url and self.channel:
            raise ValueError("give token and channel, or webhook_url, not both")
        if not self.webhook_url and not (self.token and self.channel):
            raise ValueError("needs token and channel, or webhook_url")
        for name, value in (("url", self.url), ("webhook_url", _shown(self.webhook_url))):
            if value and not re.match(r"https?://[^/\s]", value):
                raise ValueError(f"{name} must be an address that begins with https:// or http://")
        return self


class Slack:
    """One channel. Threads need a token: a webhook never says what its messages are called."""

    Settings: ClassVar[type[DestinationSettings]] = SlackSettings
    parts: ClassVar[Mapping[str, Dialect]] = {"text": SlackText(), "blocks": Mrkdwn()}
    pace: ClassVar[float] = 1.0
    remembers: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True
    most: ClassVar[int | None] = None
    layout = ""

    def __init__(self, name: str, settings: SlackSettings, http: Http, deadline: float = 15.0) -> None:
        self.name = name
        self.settings = settings
        self.http = http
        self.deadline = deadline
        self._secret = _shown(settings.webhook_url) or _shown(settings.token)
        self._address = _shown(settings.webhook_url) or settings.url
        self._history = History(name, settings.channel or "", self._asked)

    @property
    def account(self) -> str:
        """The token or webhook, by a short hash."""
        return f"slack:{hashlib.sha256(self._secret.encode()).hexdigest()[:12]}"

    async def send(self, message: Message, now: datetime) -> Receipt:
        """Post the message, in the thread of its thing where there is one, unless it is found to have arrived."""
        delivery = message.delivery
        if delivery.unsure_since and not self.settings.webhook_url:
            found = await self._history.find(delivery, delivery.unsure_since, now)
            if found:
                return found
        return await self._posted(message, now)

    async def _posted(self, message: Message, now: datetime) -> Receipt:
        frame = self._frame(message)
        answer = await self._post(frame)
        while not answer.taken:
            simpler = _simpler(frame, answer.code)
            if simpler is None:
                raise outcome(answer, now)
            log.warning("%s: Slack answered %s, so %s is sent simpler", self.name, answer.code, message.delivery.id)
            frame = simpler
            answer = await self._post(frame)
        return Receipt(answer.text, reference=None if answer.threaded else answer.ts)

    async def check(self, now: datetime) -> tuple[Finding, ...]:
        """Whose token it is, what it may do, whether the bot is in the channel, and may read it."""
        if self.settings.webhook_url:
            tried = "an incoming webhook shows only at a post whether it works; try `relay send`"
            return (Finding(tried), Finding(f"{MAY_REPEAT}: an incoming webhook cannot be asked for it"))
        try:
            return await look(self.settings.channel or "", self._asked, now)
        except DeliveryError as error:
            return (Finding(str(error), fine=False),)

    async def close(self) -> None:
        """Nothing is its own: the session is that of the one client."""

    def _frame(self, message: Message) -> Frame:
        delivery = message.delivery
        text, blocks = message.parts["text"], _blocks(message)
        frame: Frame = {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
        if not self.settings.webhook_url:
            frame["metadata"] = metadata(delivery.id)
            if delivery.reference:
                frame |= {"thread_ts": delivery.reference, "reply_broadcast": bool(delivery.options.get("broadcast"))}
        return frame

    async def _post(self, frame: Frame) -> Answer:
        if self.settings.webhook_url:
            return await self._in_time(lambda: self._by_hook(self._hook, frame))
        channel = self.settings.channel or ""
        return (await self._asked(lambda client: client.chat_postMessage(channel=channel, **frame))).answer

    async def _in_time(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            with self.http.failures_told(urlsplit(self._address).netloc.rpartition("@")[2], self.deadline):
                return await call()
        except HttpError as error:
            raise (Ambiguous if error.sent else Unavailable)(str(error)) from error

    async def _asked(self, call: Call) -> Asked:
        """What a method of the Web API answered, whether yes or no."""
        from slack_sdk.errors import SlackApiError

        try:
            response = await self._in_time(lambda: call(self._client))
        except SlackApiError as error:
            response = error.response
        except AttributeError:  # what slack-sdk 3.47 raises when a 200 is plain text: no Slack
            return Asked(Answer(200, text="something that is not Slack's JSON"))
        data = getattr(response, "data", None)
        return Asked(_from_api(response), data if isinstance(data, dict) else {})

    async def _by_hook(self, hook: "AsyncWebhookClient", frame: Frame) -> Answer:
        response = await hook.send(**frame)
        word = readable(response.body)
        code = word if re.fullmatch(r"[a-z]+(_[a-z]+)+", word) else ""
        taken = 200 <= response.status_code < 300 and not code
        return Answer(response.status_code, taken, code, word, response.headers)

    @cached_property
    def _client(self) -> "AsyncWebClient":
        from slack_sdk.web.async_client import AsyncWebClient

        client = AsyncWebClient(
            _shown(self.settings.token),
            self.settings.url,
            session=self.http.session(self._address, self.settings.ca),
            user_agent_prefix=USER_AGENT,
            retry_handlers=[],
        )
        client.proxy = None  # the session knows it; slack-sdk's own reading of the environment passes NO_PROXY over
        return client

    @cached_property
    def _hook(self) -> "AsyncWebhookClient":
        from slack_sdk.webhook.async_client import AsyncWebhookClient

        client = AsyncWebhookClient(
            self._address,
            session=self.http.session(self._address, self.settings.ca),
            user_agent_prefix=USER_AGENT,
            retry_handlers=[],
        )
        client.proxy = None
        return client


def _blocks(message: Message) -> list[Any] | None:
    """The layout's blocks; None, so that the text is sent alone, if a layout of one's own did not make a list."""
    try:
        blocks = json.loads(message.parts["blocks"])
    except ValueError as error:
        log.warning("%s: the blocks of the layout are not JSON (%s); text is sent", message.delivery.destination, error)
        return None
    return blocks if blocks and isinstance(blocks, list) else None


def _simpler(frame: Frame, code: str) -> Frame | None:
    """What may be taken where the frame was not: without its blocks, or outside its lost thread, told in full."""
    if code in SHAPE and frame["blocks"]:
        return frame | {"blocks": None}
    if code in THREAD_GONE and "thread_ts" in frame:
        alone = {name: value for name, value in frame.items() if name not in ("thread_ts", "reply_broadcast")}
        return alone | {"blocks": None}
    return None


def _from_api(response: Any) -> Answer:
    """The answer of the Web API, which slack-sdk gives as its own response or, if it was no JSON, as aiohttp's."""
    status: int = response.status_code if hasattr(response, "status_code") else response.status
    data = getattr(response, "data", None)
    if not isinstance(data, dict) or not data:
        return Answer(status, text="something that is not Slack's JSON", headers=response.headers)
    if data.get("ok") is True:
        threaded = "thread_ts" in (data.get("message") or {})
        text, ts = f"{data.get('channel')} {data.get('ts')}", data.get("ts")
        posted = readable(ts, 100) if isinstance(ts, str) else None
        return Answer(status, True, "", readable(text), response.headers, posted, threaded)
    code = readable(str(data.get("error") or "unknown_error"), 100)
    details = "; ".join(map(str, (data.get("response_metadata") or {}).get("messages") or [data.get("needed") or ""]))
    return Answer(status, False, code, readable(details) or code, response.headers)


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
