"""The webhook's wire: what is posted, how it is signed, what each answer means."""

import asyncio
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Verifier

from relay.destinations.base import Delivery, Json, Message, Receipt
from relay.destinations.webhook import Webhook, WebhookSettings
from relay.errors import Blocked, DeliveryError, Refused, Unavailable
from relay.http import Http
from tests.servers import Reply, Server

NOW = datetime(2026, 11, 23, 9, 14, 6, tzinfo=UTC)
SECRET = "whsec_cmVsYXktZXhhbXBsZS1zZWNyZXQtMDAwMDAwMDAwMDA="
OLD_SECRET = "whsec_" + base64.b64encode(b"another secret of 24 bytes").decode()
DELIVERY = Delivery(id="dlv_01JDC8Q3V9", destination="lake", rule="pushed", events=())
MESSAGE = Message(DELIVERY, {"body": '{"type":"pushed"}'})
VECTOR = (
    '{"type":"pullrequest_fulfilled","timestamp":"2026-11-23T09:14:05Z","data":{"id":"bitbucket:acme/site:pr:42:merged",'
    '"source":"acme","repository":{"owner":"acme","slug":"site","name":"Site","url":"https://bitbucket.org/acme/site",'
    '"private":true},"actor":{"username":"ana","name":"Ana Lima","url":"https://bitbucket.org/ana","avatar_url":null},'
    '"actor_is_guess":false,"occurred_at":"2026-11-23T09:14:05Z","title":"Add a dark theme",'
    '"url":"https://bitbucket.org/acme/site/pull-requests/42","number":42,"branch":"feature/dark",'
    '"target_branch":"main","commits":[],"comment":null,"labels":[],"draft":false,'
    '"summary":"Ana Lima merged pull request #42 into main: Add a dark theme (acme/site)"}}'
)


def settings(server: Server | str, **more: Any) -> WebhookSettings:
    url = server if isinstance(server, str) else server.url + "/hook?key=k"
    return WebhookSettings.model_validate({"url": url} | more)


def send(server: Server, message: Message = MESSAGE, **more: Any) -> Receipt:
    async def once() -> Receipt:
        async with Http() as http:
            return await Webhook("lake", settings(server, **more), http).send(message, NOW)

    return asyncio.run(once())


def failure(reply: Reply) -> DeliveryError:
    with Server(lambda _: reply) as server, pytest.raises(DeliveryError) as caught:
        send(server)
    return caught.value


def test_the_headers_that_are_always_sent() -> None:
    """A webhook says what it carries, who sends it, which delivery it is and when this attempt was."""
    with Server() as server:
        send(server)
    (request,) = server.requests
    expected = {"content-type": "application/json", "webhook-id": "dlv_01JDC8Q3V9", "webhook-timestamp": "1795425246"}
    assert expected == {name: request.headers[name] for name in expected}
    assert request.headers["user-agent"].startswith("relay/")
    assert "webhook-signature" not in request.headers
    assert ("POST", "/hook", b'{"type":"pushed"}') == (request.method, request.path, request.body)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The known vector comes out: id, time and the exact bytes are signed."""
    assert 684 == len(VECTOR)
    with Server() as server:
        send(server, Message(DELIVERY, {"body": VECTOR}), secret=SECRET)
    signature = server.requests[0].headers["webhook-signature"]
    assert "v1,r8pgJEP/7FAX5NzUVqHi0xrL9AJQr8dN8QM4QEK0ttU=" == signature


def test_two_secrets_sign_side_by_side() -> None:
    """While secrets change, a receiver that knows either of the two can verify, non-ASCII bodies included."""
    now = datetime.now(UTC)
    message = Message(DELIVERY, {"body": '{"title":"Añadir 🎉"}'})

    async def once(url: str) -> None:
        async with Http() as http:
            await Webhook("lake", settings(url, secret=[SECRET, OLD_SECRET]), http).send(message, now)

    with Server() as server:
        asyncio.run(once(server.url))
    (request,) = server.requests
    for secret in (SECRET, OLD_SECRET):
        assert {"title": "Añadir 🎉"} == Verifier(secret).verify(request.body, request.headers)


def test_the_answer_is_kept_without_control_characters() -> None:
    """The receipt holds 4 KiB of what the receiver said, fit to be shown."""
    with Server(lambda _: Reply(202, "ok\x1b[31m\r\nthanks " + "x" * 9000)) as server:
        answer = send(server).answer
    assert answer.startswith("ok [31m thanks xxx")
    assert 4090 < len(answer) <= 4096


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(code, Refused) for code in (400, 404, 405, 409, 410, 413, 415, 422, 451)]
    + [(code, Refused) for code in (301, 302, 304, 307, 308)]
    + [(code, Blocked) for code in (401, 403)]
    + [(code, Unavailable) for code in (408, 425, 429, 500, 502, 503, 504, 599)],
)
def test_what_each_status_means(status: int, outcome: type[DeliveryError]) -> None:
    """Every status that is no success has one meaning, and its error names the status."""
    error = failure(Reply(status))
    assert outcome is type(error)
    assert str(status) in str(error)


def test_a_refusal_is_readable() -> None:
    """The error says who answered what, in one line, and keeps the answer."""
    error = failure(Reply(404, "no such\nhook"))
    assert "answered 404 Not Found: no such hook" in str(error)
    assert "no such hook" == error.answer


def test_a_redirect_is_not_followed() -> None:
    """The error says where the receiver wanted to lead, and what to do about it."""
    error = failure(Reply(308, headers={"location": "https://new.example.com/hook?token=t0psecret"}))
    assert "put the right address in `url`: https://new.example.com/hook?token=REDACTED" in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, "nothing at /api/webhooks/1234/s3same-0pen"),
        Reply(308, headers={"location": "https://new.example.com/api/webhooks/1234/s3same-0pen"}),
    ],
)
def test_an_address_that_is_a_key_is_never_shown(reply: Reply) -> None:
    """Where a service puts the key into the path, neither its answer nor its redirect tells it."""

    async def once(url: str) -> None:
        async with Http() as http:
            await Webhook("lake", settings(url + "/api/webhooks/1234/s3same-0pen"), http).send(MESSAGE, NOW)

    with Server(lambda _: reply) as server, pytest.raises(Refused) as caught:
        asyncio.run(once(server.url))
    assert "s3same" not in f"{caught.value} {caught.value.answer}"


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("17", 17.0),
        ("0", 0.0),
        ("Mon, 23 Nov 2026 09:15:06 GMT", 60.0),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0),
        ("99999999999", 86_400.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_respected(wish: str, seconds: float | None) -> None:
    """Seconds, or a date by the server's own clock, become seconds from now, a day at most; anything else is no wish."""
    headers = {"retry-after": wish, "date": "Mon, 23 Nov 2026 09:14:06 GMT"}
    assert seconds == failure(Reply(429, headers=headers)).retry_after


def test_a_success_needs_no_whole_answer() -> None:
    """A receiver that says 200 has acted, even if the rest of its answer breaks off."""
    with Server(lambda _: Reply(200, "x" * 100, fault="cut")) as server:
        assert "x" * 50 == send(server).answer


def test_a_body_of_ones_own_must_be_json() -> None:
    """What a `body` template makes is checked before anything is sent."""
    broken = Message(DELIVERY, {"body": '{"text": "Fix "login""}'})
    with Server() as server, pytest.raises(Refused, match=r"body\.j2 made something that is not JSON"):
        send(server, broken, body=Path("body.j2"))
    assert [] == server.requests


def test_a_body_of_ones_own_is_sent_as_it_is() -> None:
    """JSON of a `body` template is posted byte for byte."""
    with Server() as server:
        send(server, Message(DELIVERY, {"body": '{ "text" : 1 }'}), body="body.j2")
    assert b'{ "text" : 1 }' == server.requests[0].body


@pytest.mark.parametrize("text", ['"', "\\", "\n", "\x00", "</script>", "\u2028", "añ🎉", '", "admin": "yes'])
def test_text_cannot_leave_its_json_string(text: str) -> None:
    """Whatever a forge says stands inside the quotation marks of the template."""
    for put in (Json().escape, Json().strong, Json().code, Json().quote, lambda text: Json().link(text, "https://x")):
        assert {"title": text} == json.loads(f'{{"title": "{put(text)}"}}')


def test_the_account_is_the_origin() -> None:
    """Destinations of one service share an account, and it holds no secret of the address."""
    made = Webhook("lake", settings("https://me:pw@Hooks.example.com:8443/a/b?token=c"), Http())
    assert "https://hooks.example.com:8443" == made.account


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "hooks.example.com"}, "must be an address"),
        ({"url": "ftp://hooks.example.com"}, "must be an address"),
        ({"secret": "hunter2"}, "must be whsec_ and then"),
        ({"secret": "whsec_tooshort"}, "must be whsec_ and then"),
        ({"secret": "whsec_!" + "a" * 40}, "must be whsec_ and then"),
        ({"secret": [SECRET, SECRET, SECRET]}, "at most 2"),
        ({"sceret": SECRET}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_told(wrong: dict[str, Any], words: str) -> None:
    """A mistake in the settings is named without repeating a secret."""
    with pytest.raises(ValidationError, match=words) as caught:
        WebhookSettings.model_validate({"url": "https://hooks.example.com"} | wrong)
    assert "whsec_!" not in str(caught.value)


def test_a_delivery_sent_again_keeps_its_id() -> None:
    """Each attempt has a time of its own and the same id."""

    async def twice(url: str) -> None:
        async with Http() as http:
            hook = Webhook("lake", settings(url), http)
            await hook.send(MESSAGE, NOW)
            await hook.send(MESSAGE, NOW.replace(minute=20))

    with Server() as server:
        asyncio.run(twice(server.url))
    first, second = (request.headers for request in server.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert 360 == int(second["webhook-timestamp"]) - int(first["webhook-timestamp"])
