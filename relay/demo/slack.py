"""A Slack to post to, on this machine: chat.postMessage and incoming webhooks, with Slack's own checks and limits.

The demo shows what arrives here, and relay's tests post here; so it is as strict as Slack, and answers as Slack does:
the Web API always 200 with `ok`, the webhooks a status and a word, below a deleted parent an unthreaded message. What
was posted can be read again, newest first and page by page, with its metadata if asked for, and by the machine's clock.
"""

import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

MOST_BLOCKS = 50
LONGEST_TEXT = 40_000
LONGEST_BLOCKS = 13_200
_TEXT_LIMITS = {"section": 3000, "header": 150, "element": 3000, "field": 2000}
_PAGE = 999
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Posted:
    """A message as it stands in the channel; `by` is the method that posted it."""

    by: str
    channel: str
    ts: str
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    thread_ts: str | None = None
    broadcast: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)

    def shown(self, *, metadata: bool) -> Mapping[str, Any]:
        """The message as the history gives it."""
        shown = {"type": "message", "ts": self.ts, "text": self.text, "bot_id": "B0DEMO", "blocks": list(self.blocks)}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if metadata and "metadata" in self.body:
            shown["metadata"] = self.body["metadata"]
        return shown


@dataclass(frozen=True)
class Scripted:
    """An answer that is given instead of looking at the request."""

    status: int
    body: str | Mapping[str, Any] = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The same for the wire: text or JSON."""
        kind = PlainTextResponse if isinstance(self.body, str) else JSONResponse
        return kind(self.body, self.status, dict(self.headers))


class _Lost(Response):
    """An answer of which only the beginning arrives: the server closes the connection behind its headers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class _Rejected(Exception):
    """Slack's word for why it does not do what it was asked, and what it adds to it."""

    def __init__(self, code: str, *details: str, status: int = 200, **added: str) -> None:
        super().__init__(code)
        self.code, self.status = code, status
        self.details: dict[str, Any] = {"response_metadata": {"messages": details}} if details else dict(added)

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse({"ok": False, "error": self.code} | self.details, self.status, headers)


class FakeSlack:
    """One workspace: a token and its scopes, the channels its bot is in, and a webhook that leads to the first of them.

    `app` is to be served; the API is then at `/api/`, the webhook at `hook_path`. `messages` is what was posted,
    `requests` how often anything was asked, `listen` hears each message, and what is put into `script` is answered
    first. Take a message out of `messages`, and its thread is gone. Of the next `losses` messages the answer is lost on
    its way. `page` is how many messages the history gives at once, `looks` how often it may still be asked this minute.
    """

    def __init__(
        self,
        token: str = "xoxb-demo",  # noqa: S107 - opens nothing but this
        channels: tuple[str, ...] = ("C0DEMO",),
        listen: Callable[[Posted], None] = lambda _: None,
    ) -> None:
        self.token = token
        self.channels = channels
        self.listen = listen
        self.hook_path = "/services/T0DEMO/B0DEMO/demo"
        self.messages: list[Posted] = []
        self.scopes: tuple[str, ...] = ("chat:write", "channels:read", "channels:history")
        self.losses = 0
        self.page = _PAGE
        self.looks = 50
        self.script: deque[Scripted] = deque()
        self.requests = 0
        self.app = Starlette(
            routes=[
                Route("/api/chat.postMessage", self._post_message, methods=["POST"]),
                Route("/api/auth.test", self._test_token, methods=["POST"]),
                Route("/api/conversations.info", self._tell_of_channel, methods=["GET", "POST"]),
                Route("/api/conversations.history", self._tell_history, methods=["GET", "POST"]),
                Route("/api/conversations.replies", self._tell_replies, methods=["GET", "POST"]),
                Route("/services/{hook:path}", self._hook, methods=["POST"]),
            ]
        )
        self._count = itertools.count(100)

    async def _post_message(self, request: Request) -> Response:
        body = await _read(request)
        self.requests += 1
        if self.script:
            return self.script.popleft().response()
        try:
            self._check_token(request, body)
            message = self._posted("chat.postMessage", str(body.get("channel", "")), body)
        except _Rejected as error:
            return error.response()
        if self.losses:
            self.losses -= 1
            return _Lost()
        kept = {"type": "message", "ts": message.ts, "text": message.text}
        threaded = {"thread_ts": message.thread_ts} if message.thread_ts else {}
        return JSONResponse({"ok": True, "channel": message.channel, "ts": message.ts, "message": kept | threaded})

    async def _test_token(self, request: Request) -> Response:
        return await self._asked(request, lambda body: {"user": "relay", "team": "Acme"})

    async def _tell_of_channel(self, request: Request) -> Response:
        def channel(body: Values) -> Values:
            self._check_scope("channels:read", body)
            return {"channel": {"id": body["channel"], "name": "dev", "is_archived": False, "is_member": True}}

        return await self._asked(request, channel)

    async def _tell_history(self, request: Request) -> Response:
        """Of the threads it shows what was broadcast alone."""

        def history(body: Values) -> Values:
            self._check_look(body)
            return self._page_of([it for it in self.messages if it.thread_ts is None or it.broadcast], body)

        return await self._asked(request, history)

    async def _tell_replies(self, request: Request) -> Response:
        def replies(body: Values) -> Values:
            self._check_look(body)
            if not any(message.ts == body.get("ts") for message in self.messages):
                raise _Rejected("thread_not_found")
            return self._page_of([it for it in self.messages if body["ts"] in (it.ts, it.thread_ts)], body)

        return await self._asked(request, replies)

    def _check_look(self, body: Values) -> None:
        if not self.looks:
            raise _Rejected("ratelimited", status=429)
        self.looks -= 1
        self._check_scope("channels:history", body)

    def _check_scope(self, scope: str, body: Values) -> None:
        if scope not in self.scopes:
            raise _Rejected("missing_scope", needed=scope, provided=",".join(self.scopes))
        if body.get("channel") not in self.channels:
            raise _Rejected("channel_not_found")

    def _page_of(self, messages: list[Posted], body: Values) -> Values:
        """A page of a channel's messages, newest first; its cursor is the name of the first that it leaves out."""
        after, until = float(body.get("oldest") or 0), body.get("cursor") or "inf"
        found = [it for it in messages if it.channel == body["channel"] and after < float(it.ts) <= float(until)]
        most = min(int(body.get("limit") or 100), self.page)
        page, rest = found[::-1][:most], found[::-1][most:]
        more = {"response_metadata": {"next_cursor": rest[0].ts}} if rest else {}
        shown = [it.shown(metadata=body.get("include_all_metadata") in ("1", "true", True)) for it in page]
        return {"messages": shown, "has_more": bool(rest), "pin_count": 0} | more

    async def _asked(self, request: Request, answer: Callable[[Values], Values]) -> Response:
        """The answer of a method that changes nothing, with the token's scopes in a header as Slack sends them."""
        scopes = {"x-oauth-scopes": ",".join(self.scopes)}
        body = {**request.query_params, **await _read(request)}
        self.requests += 1
        if self.script:
            return self.script.popleft().response()
        try:
            self._check_token(request, body)
            return JSONResponse({"ok": True, **answer(body)}, headers=scopes)
        except _Rejected as error:
            return error.response(scopes | ({"retry-after": "60"} if error.status == 429 else {}))

    async def _hook(self, request: Request) -> Response:
        body = await _read(request)
        self.requests += 1
        if self.script:
            return self.script.popleft().response()
        if request.url.path != self.hook_path:
            return PlainTextResponse("no_service", 404)
        try:
            self._posted("incoming webhook", self.channels[0], body)
        except _Rejected as error:
            return PlainTextResponse(error.code, 400)
        return PlainTextResponse("ok")

    def _check_token(self, request: Request, body: Mapping[str, Any]) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ") or body.get("token")
        if not given:
            raise _Rejected("not_authed")
        if given != self.token:
            raise _Rejected("invalid_auth")

    def _posted(self, by: str, channel: str, body: Mapping[str, Any]) -> Posted:
        if channel not in self.channels:
            raise _Rejected("channel_not_found")
        text, blocks = body.get("text") or "", _checked(body.get("blocks"))
        if not text and not blocks:
            raise _Rejected("no_text")
        if len(text) > LONGEST_TEXT:
            raise _Rejected("msg_too_long")
        parent = body.get("thread_ts")
        thread = parent if any(parent == message.ts for message in self.messages) else None
        broadcast = bool(thread and body.get("reply_broadcast"))
        ts = f"{int(time.time())}.{next(self._count):06d}"
        message = Posted(by, channel, ts, text, tuple(blocks), thread, broadcast, body)
        self.messages.append(message)
        self.listen(message)
        return message


async def _read(request: Request) -> Mapping[str, Any]:
    """The body, as JSON or as a form whose structured fields are JSON text."""
    raw = await request.body()
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            body = json.loads(raw)
        else:
            body = {name: _plain(name, value) for name, value in parse_qsl(raw.decode())}
    except ValueError:
        return {"text": None}
    return body if isinstance(body, dict) else {"text": None}


def _plain(name: str, value: str) -> Any:
    return json.loads(value) if name in ("blocks", "metadata", "reply_broadcast") else value


def _checked(blocks: Any) -> list[Mapping[str, Any]]:
    """The blocks, if Slack would take them."""
    if blocks is None:
        return []
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise _Rejected("invalid_blocks_format")
    if len(blocks) > MOST_BLOCKS:
        raise _Rejected("invalid_blocks", f"[ERROR] no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    for index, block in enumerate(blocks):
        _check_block(block, f"[json-pointer:/blocks/{index}]")
    if sum(len(text["text"]) for block in blocks for _, text in _texts(block)) > LONGEST_BLOCKS:
        raise _Rejected("msg_blocks_too_long")
    return blocks


def _check_block(block: Mapping[str, Any], place: str) -> None:
    """The library's models know the shapes but not every limit, so texts are measured here."""
    try:
        parsed = Block.parse(dict(block))
        if parsed is None:
            raise SlackObjectFormationError(f"unsupported type: {block.get('type')}")
        parsed.validate_json()
        for kind, text in _texts(block):
            _check_text(kind, text)
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError) as error:
        raise _Rejected("invalid_blocks", f"[ERROR] {error} {place}") from error


def _check_text(kind: str, text: Any) -> None:
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        raise ValueError("must be a text object")
    if text.get("type") != "plain_text" and (kind == "header" or text.get("type") != "mrkdwn"):
        raise ValueError(f"unsupported type: {text.get('type')}")
    if not 1 <= len(text["text"]) <= _TEXT_LIMITS[kind]:
        raise ValueError(f"must be 1 to {_TEXT_LIMITS[kind]} characters")


def _texts(block: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every text object in a block, with the name of the limit it is under."""
    kind = block.get("type")
    if kind == "header":
        return [("header", block.get("text"))]
    if kind == "section":
        found = [("section", block["text"])] if "text" in block else []
        return found + [("field", text) for text in block.get("fields") or ()]
    if kind != "context":
        return []
    if not block.get("elements"):
        raise ValueError("must have elements")
    return [("element", text) for text in block["elements"] if not _is_image(text)]


def _is_image(element: Any) -> bool:
    return isinstance(element, dict) and element.get("type") == "image"
