"""Webhooks: a POST of JSON, signed by Standard Webhooks, told apart by the delivery's id.

The status alone says what became of it: 2xx is success whatever follows, since a destination that answered has acted. A
redirect is not followed, because a POST would become a GET or a signed body would go to somebody else.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from math import floor
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from relay.destinations.base import DestinationSettings, Dialect, Json, Message, Receipt
from relay.errors import Ambiguous, Blocked, DeliveryError, HttpError, Refused, Unavailable
from relay.finding import Finding
from relay.http import Http, Response, readable, retry_after
from relay.redact import remember

KEPT = 4096
_TELLING = 20  # characters of a path that may hold a key; shorter ones are words
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_PHRASES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with https:// or http://")
    return url


def _key(secret: SecretStr) -> bytes:
    begins, _, key = secret.get_secret_value().rpartition("whsec_")
    return b"" if begins else base64.b64decode(key + "=" * (-len(key) % 4), validate=True)


def _signing(secret: SecretStr) -> SecretStr:
    try:
        size = len(_key(secret))
    except ValueError:
        size = 0
    if not 24 <= size <= 64:
        raise ValueError("must be whsec_ and then 24 to 64 bytes in base64 (openssl rand -base64 32 makes some)")
    return secret


def _signature(mac: hmac.HMAC, signed: bytes) -> str:
    """As Standard Webhooks has it, of id, time and body with points between them.

    Made here, since standardwebhooks takes text alone and begins anew with the key each time; the demo's inbox and the
    tests verify with that package.
    """
    own = mac.copy()
    own.update(signed)
    return f"v1,{base64.b64encode(own.digest()).decode()}"


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else [value]


class WebhookSettings(DestinationSettings):
    """Where to post to. Two secrets sign side by side while whoever receives changes from one to the other."""

    url: Annotated[str, AfterValidator(_web_address)]
    secret: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_signing)], ...], BeforeValidator(_listed), Field(max_length=2)
    ] = ()
    body: Path | None = None
    ca: Path | None = None


class Webhook:
    """Somebody's own service. `body` of its settings is a template that makes other JSON than relay's."""

    Settings: ClassVar[type[DestinationSettings]] = WebhookSettings
    parts: ClassVar[Mapping[str, Dialect]] = {"body": Json()}
    pace: ClassVar[float] = 0.0
    remembers: ClassVar[bool] = False
    looks_up: ClassVar[bool] = False
    most: ClassVar[int | None] = 100

    def __init__(self, name: str, settings: WebhookSettings, http: Http, deadline: float = 15.0) -> None:
        self.name = name
        self.settings = settings
        self.http = http
        self.deadline = deadline
        self._macs = [hmac.new(_key(secret), digestmod="sha256") for secret in settings.secret]
        path = settings.url.partition(urlsplit(settings.url).netloc)[2]
        if len(path) >= _TELLING:
            remember([path])  # many services put the key into the address

    @property
    def account(self) -> str:
        """The origin of the address: what one service takes, however many destinations lead to it."""
        parts = urlsplit(self.settings.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"

    @property
    def layout(self) -> str:
        """The template that `body` names, or none."""
        return str(self.settings.body or "")

    async def send(self, message: Message, now: datetime) -> Receipt:
        """Post the body under the delivery's id, signed at `now`."""
        body = self._body(message)
        headers = self._headers(message.delivery.id, body, now)
        try:
            response = await self.http.request(
                "POST",
                self.settings.url,
                headers=headers,
                body=body,
                deadline=self.deadline,
                keep=KEPT,
                ca=self.settings.ca,
            )
        except HttpError as error:
            raise (Ambiguous if error.sent else Unavailable)(str(error)) from error
        if not 200 <= response.status < 300:
            raise self._outcome(response, now)
        return Receipt(readable(response.body, KEPT))

    async def check(self, now: datetime) -> tuple[Finding, ...]:
        """Whether its server is there and trusted, asked for the head of its first page: a POST would be a delivery."""
        try:
            await self.http.request("HEAD", f"{self.account}/", deadline=self.deadline, keep=0, ca=self.settings.ca)
        except HttpError as error:
            return (Finding(str(error), fine=False),)
        return (
            Finding(f"{self.account} answers; nothing was posted, so `relay send` shows whether it takes messages"),
        )

    async def close(self) -> None:
        """Nothing is its own: the connections are those of the one client."""

    def _body(self, message: Message) -> bytes:
        body = message.parts["body"].encode("utf-8", "replace")
        if self.settings.body:
            try:
                json.loads(body)
            except ValueError as error:
                raise Refused(f"{self.settings.body} made something that is not JSON ({error}); mend it") from error
        return body

    def _headers(self, delivery: str, body: bytes, now: datetime) -> dict[str, str]:
        at = str(floor(now.timestamp()))
        headers = {"content-type": "application/json", "webhook-id": delivery, "webhook-timestamp": at}
        if self._macs:
            signed = b"%b.%b.%b" % (delivery.encode(), at.encode(), body)
            headers["webhook-signature"] = " ".join([_signature(mac, signed) for mac in self._macs])
        return headers

    def _outcome(self, response: Response, now: datetime) -> DeliveryError:
        status, answer = response.status, readable(response.body, KEPT)
        words = f"{self.account} answered {status} {_PHRASES.get(status, '')}".rstrip()
        words += f": {answer[:200]}" if answer else ""
        if 300 <= status < 400:
            target = readable(response.headers.get("location", ""), 200) or "nowhere"
            return Refused(f"{self.account} redirects ({status}); put the right address in `url`: {target}")
        if status in _DENIED:
            return Blocked(f"{words}; check the credentials that it asks for", answer=answer)
        if status in _LATER or status >= 500:
            return Unavailable(words, retry_after=retry_after(response.headers, now), answer=answer)
        return Refused(words, answer=answer)
