"""Mail over SMTP: one connection, kept between sends, and what each answer of the server means."""

import asyncio
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from relay.destinations.base import DestinationSettings, Dialect, Message, Receipt
from relay.destinations.email_html import Html
from relay.destinations.email_mime import compose, one_thing
from relay.destinations.email_text import Subject, Text
from relay.errors import Ambiguous, Blocked, DeliveryError, HttpError, Refused, Unavailable
from relay.finding import Finding
from relay.http import Http, readable, trusted
from relay.redact import remember
from relay.storable import clean

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

_CLOSING = 421
_FOR_GOOD = 500
_LOGIN = (530, 534, 535, 538)  # RFC 4954: log in first, use another mechanism, wrong password, encrypt first
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class Server:
    """Where mail is handed in, and as whom."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: SecretStr | None
    ca: Path | None = None

    @property
    def starttls(self) -> bool | None:
        """Whether to upgrade; None is where the server offers it. A password never leaves this machine in the clear."""
        local = self.host in ("localhost", "::1") or self.host.startswith("127.")
        if self.scheme == "smtps" or (self.scheme == "smtp" and local):
            return False
        return True if self.scheme == "smtp+starttls" or self.username else None

    @property
    def context(self) -> ssl.SSLContext | None:
        """What TLS trusts, where there is any; raises HttpError when the file of `ca` cannot be read."""
        return None if self.scheme == "smtp" and self.starttls is False else trusted(self.ca)


def _server(address: str) -> Server:
    """The server that an smtp address names; its user and password are percent-decoded. Raises ValueError."""
    parts = urlsplit(address)
    port = _port(parts)
    if parts.scheme not in _PORTS or not parts.hostname or port is None or parts.path.strip("/") or parts.query:
        raise ValueError(
            "is not like smtp://host:25, smtp+starttls://host:587 or smtps://host:465"
            " (user:password@ before the host, if need be, percent-encoded)"
        )
    return Server(
        parts.scheme,
        parts.hostname,
        port or _PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        SecretStr(unquote(parts.password)) if parts.password else None,
    )


def _port(parts: SplitResult) -> int | None:
    """The port, 0 for the scheme's own; None where there is no number: the words would show half a password."""
    try:
        return parts.port or 0
    except ValueError:
        return None


def _mailbox(text: str) -> tuple[str, str]:
    """(name, address); raises ValueError for what no mail can be sent to."""
    name, _, address = text.strip().removesuffix(">").rpartition("<")
    name = name.strip().strip('"')
    if not _ADDRESS.fullmatch(address) or len(address) > 254 or not name.isprintable():
        raise ValueError(f"{text!r} is not a mail address like ada@example.org (a foreign domain in its xn-- form)")
    return name, address


class EmailSettings(DestinationSettings):
    """The server, who writes and who reads; at most 100 recipients, what every server takes in one go (RFC 5321)."""

    smtp: str = Field(repr=False)
    sender: str = Field(alias="from")
    to: Annotated[tuple[str, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = Field(
        min_length=1, max_length=100
    )
    username: str | None = None
    password: SecretStr | None = None
    ca: Path | None = None

    @field_validator("smtp")
    @classmethod
    def _is_server(cls, value: str) -> str:
        _server(value)
        return value

    @field_validator("sender", "to")
    @classmethod
    def _are_addresses(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for text in [value] if isinstance(value, str) else value:
            _mailbox(text)
        return value

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        server = self.server
        if (server.username is None) != (server.password is None):
            raise ValueError("username and password go together")
        return self

    @property
    def server(self) -> Server:
        """The server with the login of the settings, wherever it was written."""
        server = _server(self.smtp)
        username, password = self.username or server.username, self.password or server.password
        return replace(server, username=username, password=password, ca=self.ca)


class Email:
    """A destination for mail. Recipients that the server refuses, for good or for now, are named in the receipt as
    long as it takes the mail for another: one full mailbox must not hold up everybody's mail."""

    Settings: ClassVar[type[DestinationSettings]] = EmailSettings
    parts: ClassVar[Mapping[str, Dialect]] = MappingProxyType({"subject": Subject(), "text": Text(), "html": Html()})
    pace: ClassVar[float] = 0.0
    remembers: ClassVar[bool] = True
    looks_up: ClassVar[bool] = False
    most: ClassVar[int | None] = None
    layout = ""

    def __init__(self, name: str, settings: EmailSettings, http: Http, deadline: float = 15.0) -> None:
        self.name = name
        self.deadline = deadline
        self.server = settings.server
        remember([self.server.password.get_secret_value()] if self.server.password else [])
        self.sender = _mailbox(settings.sender)
        self.recipients = [_mailbox(text) for text in settings.to]
        self._smtp: SMTP | None = None

    @property
    def account(self) -> str:
        """The server and the user: what the server's limits are about."""
        return f"smtp:{self.server.host}:{self.server.port}:{self.server.username or ''}"

    async def send(self, message: Message, now: datetime) -> Receipt:
        """Mail it to all recipients at once, within the deadline. Raises Refused, Unavailable, Blocked or Ambiguous."""
        content = compose(message, self.sender, self.recipients, now)
        ends_at = asyncio.get_running_loop().time() + self.deadline
        try:
            smtp, refused = await self._addressed(content, ends_at)
            answer = await self._handed_over(smtp, content, ends_at)
        except BaseException:
            self._drop()
            raise
        subject = " ".join(message.parts["subject"].split()).removeprefix("Re: ")
        return Receipt(answer=answer, refused=refused, reference=subject if one_thing(message.delivery) else None)

    async def check(self, now: datetime) -> tuple[Finding, ...]:
        """Whether the server can be reached, is trusted and takes the login; no mail is begun."""
        try:
            async with asyncio.timeout(self.deadline):
                return (Finding(f"{self._place} {self._welcome(await self._connected())}; no mail was sent"),)
        except (DeliveryError, TimeoutError) as error:
            told = error if isinstance(error, DeliveryError) else self._failure(error, Blocked)
            return (Finding(str(told), fine=False),)
        finally:
            await self.close()

    def _welcome(self, smtp: "SMTP") -> str:
        login = f"takes the login of {self.server.username}" if self.server.username else "answers, without a login"
        return f"{login}, {'over TLS' if smtp.get_transport_info('sslcontext') else 'without TLS'}"

    async def close(self) -> None:
        """Say goodbye to the server."""
        from aiosmtplib import SMTPException

        if self._smtp and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=2)
        self._drop()

    def _drop(self) -> None:
        if self._smtp:
            self._smtp.close()

    async def _addressed(self, content: bytes, ends_at: float) -> tuple["SMTP", dict[str, str]]:
        """Connect if need be, name sender and recipients; what was refused although others were not."""
        from aiosmtplib import SMTPException

        try:
            async with asyncio.timeout_at(ends_at):
                smtp = await self._greeted(len(content))
                return smtp, await self._recipients_named(smtp)
        except (SMTPException, OSError) as error:
            raise self._failure(error, Refused) from error

    async def _greeted(self, size: int) -> "SMTP":
        """A connection on which the mail has begun; a dropped idle one is replaced once."""
        from aiosmtplib import SMTPSenderRefused, SMTPServerDisconnected

        if self._smtp and self._smtp.is_connected:
            try:
                return await self._begun(self._smtp, size)
            except SMTPServerDisconnected:
                self._drop()
            except SMTPSenderRefused as error:
                if error.code != _CLOSING:
                    raise
                self._drop()
        return await self._begun(await self._connected(), size)

    async def _begun(self, smtp: "SMTP", size: int) -> "SMTP":
        options = [f"size={size}"] if smtp.supports_extension("size") else []
        await smtp.mail(self.sender[1], options=options)
        return smtp

    async def _connected(self) -> "SMTP":
        from aiosmtplib import SMTPException

        try:
            self._smtp = self._smtp or self._client()
            await self._smtp.connect()
        except (SMTPException, OSError, HttpError) as error:
            raise self._failure(error, Blocked) from error
        return self._smtp

    def _client(self) -> "SMTP":
        from aiosmtplib import SMTP

        password = self.server.password
        return SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.username,
            password=password.get_secret_value() if password else None,
            use_tls=self.server.scheme == "smtps",
            start_tls=self.server.starttls,
            tls_context=self.server.context,
            timeout=self.deadline,
        )

    async def _recipients_named(self, smtp: "SMTP") -> dict[str, str]:
        from aiosmtplib import SMTPRecipientRefused

        refusals = []
        for _, address in self.recipients:
            try:
                await smtp.rcpt(address)
            except SMTPRecipientRefused as refusal:
                refusals.append(refusal)
        if len(refusals) == len(self.recipients):
            raise self._failure(min(refusals, key=lambda refusal: refusal.code), Refused)
        return {refusal.recipient: _said(refusal) for refusal in refusals}

    async def _handed_over(self, smtp: "SMTP", content: bytes, ends_at: float) -> str:
        """The server's answer to the mail itself. Raises Ambiguous where there was none: it may have taken it."""
        from aiosmtplib import SMTPDataError, SMTPException

        try:
            async with asyncio.timeout_at(ends_at):
                answer = await smtp.data(content)
        except SMTPDataError as error:
            raise self._failure(error, Refused) from error
        except (SMTPException, OSError) as error:
            told = "no answer in time" if isinstance(error, TimeoutError) else str(error)
            raise Ambiguous(f"{self._place}: the mail was handed over, but not acknowledged: {told}") from error
        return readable(clean(f"{answer.code} {answer.message}"))

    def _failure(self, error: Exception, fatal: type[DeliveryError]) -> DeliveryError:
        """What an error means; `fatal` is what a 5xx means at this point of the conversation."""
        from aiosmtplib import SMTPConnectError, SMTPResponseException

        cause = error.__cause__
        if isinstance(error, SMTPConnectError) and isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError):
            return Unavailable(f"cannot connect to {self._place} ({unreachable(cause)})")
        if not isinstance(error, SMTPResponseException):
            kind, told = _without_answer(error)
            return kind(f"{self._place}: {told}")
        if error.code < _FOR_GOOD:
            fatal = Unavailable
        elif error.code in _LOGIN:
            fatal = Blocked
        return fatal(f"{self._place} answered {_said(error)}", answer=_said(error))

    @property
    def _place(self) -> str:
        return f"{self.server.host}:{self.server.port}"


def _said(error: "SMTPResponseException") -> str:
    return readable(clean(f"{error.code} {error.message}"))


def unreachable(error: OSError) -> str:
    """Why no connection came about, as the system says it; of several addresses that were tried, of the first."""
    found = re.search(r"\[Errno (\d+)\]", str(error))
    if found:
        return os.strerror(int(found[1])).lower()
    return (error.strerror or str(error)).lower()


def _without_answer(error: Exception) -> tuple[type[DeliveryError], str]:
    """What it means that the conversation itself failed, and the sentence for it."""
    from aiosmtplib import SMTPConnectError, SMTPServerDisconnected

    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            Blocked,
            f"its certificate is not trusted ({cause.verify_message}); correct the host or name its CA in `ca`",
        )
    if isinstance(cause, ssl.SSLError):
        return Unavailable, f"no TLS there ({cause.reason}); do scheme and port belong together?"
    if isinstance(error, TimeoutError):
        return Unavailable, "no answer in time"
    if isinstance(error, (SMTPConnectError, SMTPServerDisconnected, OSError)):
        return Unavailable, f"the connection failed ({cause})"
    return Blocked, f"{error}; see the settings `smtp`, `username` and `ca`"
