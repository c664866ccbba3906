import asyncio
import json
from datetime import UTC, datetime

import aiosmtplib
import pytest
from standardwebhooks import Webhook

from relay.demo import inbox
from relay.demo.inbox import Arrival
from relay.http import Http

SECRET = "whsec_cmVsYXkgZGVtb25zdHJhdGlvbiBzZWNyZXQ="
MAIL = (
    b"From: relay@example.com\r\nTo: leads@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <dlv_1@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nTwo updates\r\n"
)


def test_a_mail_arrives_with_its_subject_and_delivery() -> None:
    """A mail over real SMTP is told with its recipients, decoded subject, text and delivery."""
    arrived: list[Arrival] = []

    async def scenario() -> None:
        async with inbox.mail(arrived.append) as address:
            port = int(address.rpartition(":")[2])
            await aiosmtplib.send(
                MAIL, sender="r@example.com", recipients=["leads@example.com"], hostname="127.0.0.1", port=port
            )

    asyncio.run(scenario())
    assert [Arrival("email", "leads@example.com", "dlv_1", "Grüße", "Two updates\r\n")] == arrived


@pytest.mark.parametrize(("secret", "status", "heard"), [(SECRET, 204, 1), ("whsec_b3RoZXI=", 401, 0)])
def test_only_a_signed_webhook_arrives(secret: str, status: int, heard: int) -> None:
    """A webhook is taken with the right signature, and refused with another."""
    arrived: list[Arrival] = []
    body = json.dumps({"type": "pushed", "summary": "Ana pushed"})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "dlv_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("dlv_1", now, body),
    }

    async def scenario() -> int:
        async with inbox.webhooks(SECRET, arrived.append) as address, Http() as http:
            return (await http.request("POST", address, headers=headers, body=body.encode())).status

    assert (status, [Arrival("webhook", "/events", "dlv_1", "Ana pushed")][:heard]) == (
        asyncio.run(scenario()),
        arrived,
    )


def test_a_slack_message_arrives_as_it_reads() -> None:
    """A posted message is told with its channel and delivery, its entities as the characters they stand for."""
    arrived: list[Arrival] = []
    frame = {"channel": "C0DEV", "text": "a &lt; b", "metadata": {"event_payload": {"delivery": "dlv_1"}}}
    headers = {"authorization": "Bearer xoxb-demo", "content-type": "application/json"}

    async def scenario() -> None:
        async with inbox.slack("xoxb-demo", ("C0DEV",), arrived.append) as address, Http() as http:
            url = f"{address}chat.postMessage"
            await http.request("POST", url, headers=headers, body=json.dumps(frame).encode())

    asyncio.run(scenario())
    assert [Arrival("slack", "C0DEV", "dlv_1", "a < b")] == arrived
