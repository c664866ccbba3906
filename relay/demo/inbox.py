"""Where the demo's messages arrive: real servers on free ports, which only tell what they got."""

import asyncio
import contextlib
import email.policy
import html
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relay.demo.slack import FakeSlack, Posted
from relay.web.server import serving


@dataclass(frozen=True)
class Arrival:
    """A message as it arrived: the kind of destination, the place there, whose delivery it is, and what it says."""

    kind: str
    place: str
    delivery: str
    text: str
    body: str = ""


Took = Callable[[Arrival], None]


@contextlib.asynccontextmanager
async def slack(token: str, channels: tuple[str, ...], took: Took) -> AsyncIterator[str]:
    """The address of a Slack API with these channels, for as long as the block runs."""

    def heard(message: Posted) -> None:
        delivery = message.body["metadata"]["event_payload"]["delivery"]
        took(Arrival("slack", message.channel, delivery, html.unescape(message.text)))

    async with serving(FakeSlack(token, channels, heard).app) as address:
        yield f"{address}/api/"


@contextlib.asynccontextmanager
async def mail(took: Took) -> AsyncIterator[str]:
    """The address of a mail server that takes everything, for as long as the block runs."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd tells every connection and warns of its own habits
    loop = asyncio.get_running_loop()
    handler = _Mailbox(took)
    server = await loop.create_server(lambda: SMTP(handler, hostname="localhost", loop=loop), "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class _Mailbox:
    def __init__(self, took: Took) -> None:
        self._took = took

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        message = BytesParser(policy=email.policy.default).parsebytes(envelope.original_content or b"")
        plain = message.get_body(("plain",))
        self._took(
            Arrival(
                "email",
                ", ".join(envelope.rcpt_tos),
                str(message["message-id"]).strip("<>").partition("@")[0],
                str(message["subject"]),
                plain.get_content() if plain else "",
            )
        )
        return "250 OK"


@contextlib.asynccontextmanager
async def webhooks(secret: str, took: Took) -> AsyncIterator[str]:
    """The address of a service that takes webhooks signed with the secret, for as long as the block runs."""

    async def receive(request: Request) -> Response:
        body = await request.body()
        try:
            value = Webhook(secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            return Response("wrong signature", 401)
        took(Arrival("webhook", request.url.path, request.headers["webhook-id"], value["summary"]))
        return Response(status_code=204)

    async with serving(Starlette(routes=[Route("/events", receive, methods=["POST"])])) as address:
        yield f"{address}/events"
