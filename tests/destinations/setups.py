"""Each kind of destination, set up before a server that takes its message or makes one kind of trouble.

A new destination adds its line to SETUPS; `test_contract.py` then asks of it what it asks of all.
"""

import contextlib
import io
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from relay.destinations.base import Delivery, Destination
from relay.destinations.console import Console, ConsoleSettings
from relay.destinations.email import Email, EmailSettings
from relay.destinations.slack import Slack, SlackSettings
from relay.destinations.webhook import Webhook, WebhookSettings
from relay.events import Event
from relay.http import Http
from tests.destinations.mail_server import CERTIFICATE, MailServer
from tests.servers import Reply, Server

NOW = datetime(2026, 11, 23, 9, 14, 6, tzinfo=UTC)
EVENT = Event(id="1", type="pullrequest_fulfilled", source="acme", seen_at=NOW, title="Add a dark theme", number=42)
DELIVERY = Delivery(id="dlv_01JDC8Q3V9", destination="there", rule="pullrequest_*", events=(EVENT,))
DEADLINE = 1.5

TOKEN = "xoxb-1234567890-abcdefghij"
HOOK = "/services/T0AAAA/B0BBBB/cccccccccccccccc"
SIGNING = "whsec_cmVsYXktZXhhbXBsZS1zZWNyZXQtMDAwMDAwMDAwMDA="
KEY = "k-9f8e7d6c5b4a"
PASSWORD = "correct-horse-9"


@dataclass(frozen=True)
class Facing:
    """A destination before its server; `arrived` counts how often a message was put on the wire."""

    destination: Destination
    arrived: Callable[[], int]


@dataclass(frozen=True)
class Setup:
    """`facing(trouble)` gives a Facing for each of its troubles; the words in `secrets` must never be shown."""

    kind: str
    parts: Mapping[str, str]
    troubles: tuple[str, ...]
    facing: Callable[[str], AbstractAsyncContextManager[Facing]]
    secrets: tuple[str, ...] = ()


def over_http(make: Callable[[str, Http], Destination], answers: Mapping[str, Reply]) -> Callable[[str], Any]:
    """What faces a real HTTP server; the answers repeat to the sender what it sent, as some servers do."""

    @contextlib.asynccontextmanager
    async def facing(trouble: str) -> AsyncIterator[Facing]:
        reply = answers.get(trouble) or Reply(200, "ok", fault={"lost": "reset", "hang": "hang"}.get(trouble))
        async with Http() as http:
            with Server(lambda _: reply) as server:
                url = f"http://127.0.0.1:{closed_port()}" if trouble == "closed" else server.url
                yield Facing(make(url, http), lambda: len(server.requests))

    return facing


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def slack_by_token(url: str, http: Http) -> Slack:
    settings = SlackSettings.model_validate({"token": TOKEN, "channel": "C0DEV", "url": f"{url}/api/"})
    return Slack("there", settings, http, DEADLINE)


def slack_by_hook(url: str, http: Http) -> Slack:
    return Slack("there", SlackSettings.model_validate({"webhook_url": url + HOOK}), http, DEADLINE)


def webhook(url: str, http: Http) -> Webhook:
    settings = WebhookSettings.model_validate({"url": f"{url}/hook?token={KEY}", "secret": SIGNING})
    return Webhook("there", settings, http, DEADLINE)


def no(code: str) -> dict[str, Any]:
    return {"ok": False, "error": code, "response_metadata": {"messages": [f"[ERROR] asked with {TOKEN}"]}}


@contextlib.asynccontextmanager
async def before_a_console(_: str) -> AsyncIterator[Facing]:
    stream = io.StringIO()
    yield Facing(Console("there", ConsoleSettings(), Http(), stream), lambda: stream.getvalue().count("\n"))


@contextlib.asynccontextmanager
async def before_a_mail_server(trouble: str) -> AsyncIterator[Facing]:
    """A mail server has other words for the same troubles; a login it does not know is what blocks."""
    blocked = trouble == "blocked"
    tls = "starttls" if blocked else None
    async with MailServer(MAIL_ANSWERS.get(trouble, {}), tls, login=blocked) as server:
        port = closed_port() if trouble == "closed" else server.port
        smtp = f"smtp+starttls://relay:{PASSWORD}@localhost:{port}" if blocked else f"smtp://127.0.0.1:{port}"
        values = {"smtp": smtp, "from": "relay@example.org", "to": ["ben@example.org"], "ca": CERTIFICATE}
        email = Email("there", EmailSettings.model_validate(values), Http())
        try:
            yield Facing(email, lambda: len(server.mails))
        finally:
            await email.close()


MAIL_ANSWERS = {
    "refused": {"DATA": ["554 5.7.1 we take no such mail"]},
    "unavailable": {"MAIL": ["451 4.3.0 come back later"]},
    "lost": {"DATA": [""]},
}
TROUBLES = ("refused", "unavailable", "busy", "blocked", "lost", "closed", "hang")
POSTED = {"ok": True, "channel": "C0DEV", "ts": "1795425246.000100", "message": {"text": "merged"}}
BLOCKS = '[{"type":"section","text":{"type":"mrkdwn","text":"merged"}}]'
SETUPS = {
    "slack-token": Setup(
        "slack",
        MappingProxyType({"text": "merged", "blocks": BLOCKS}),
        TROUBLES,
        over_http(
            slack_by_token,
            {
                "none": Reply(200, POSTED),
                "refused": Reply(200, no("restricted_metadata")),
                "unavailable": Reply(503, f"<html>{TOKEN}</html>", {"content-type": "text/html"}),
                "busy": Reply(429, no("ratelimited"), {"retry-after": "30"}),
                "blocked": Reply(200, no("token_revoked")),
            },
        ),
        (TOKEN,),
    ),
    "slack-hook": Setup(
        "slack",
        MappingProxyType({"text": "merged", "blocks": BLOCKS}),
        TROUBLES,
        over_http(
            slack_by_hook,
            {
                "refused": Reply(400, "no_text"),
                "unavailable": Reply(500, f"nobody answers {HOOK}"),
                "busy": Reply(429, HOOK, {"retry-after": "30"}),
                "blocked": Reply(404, "no_service"),
            },
        ),
        (HOOK, "cccccccccccccccc"),
    ),
    "webhook": Setup(
        "webhook",
        MappingProxyType({"body": '{"type":"pullrequest_fulfilled"}'}),
        TROUBLES,
        over_http(
            webhook,
            {
                "refused": Reply(404, f"nothing at /hook?token={KEY}"),
                "unavailable": Reply(502, f"nobody answers /hook?token={KEY}"),
                "busy": Reply(429, "slowly", {"retry-after": "30"}),
                "blocked": Reply(401, f"bad signature, not {SIGNING}"),
            },
        ),
        (KEY, SIGNING),
    ),
    "email": Setup(
        "email",
        MappingProxyType({"subject": "Add a dark theme (PR #42)", "text": "merged\n", "html": "<p>merged</p>"}),
        ("refused", "unavailable", "blocked", "lost", "closed"),
        before_a_mail_server,
        (PASSWORD,),
    ),
    "console": Setup("console", MappingProxyType({"text": "merged"}), (), before_a_console),
}
