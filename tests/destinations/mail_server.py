"""A real SMTP server for tests, on the test's own loop: every mail is kept, every answer may be the test's own."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CERTIFICATE = Path(__file__).parents[1] / "localhost.pem"

LOGIN = (b"relay", b"it's a secret/1")


@dataclass
class MailServer:
    """`async with MailServer(answers) as server:` listens on a free port; `server.mails` is what arrived.

    `answers` holds what MAIL, DATA or an address of RCPT is answered, the next one first; "" drops the connection after
    the mail was written, "hang" says nothing at all. `tls` is None, "starttls" or "implicit"; `login` asks for one.
    """

    answers: dict[str, list[str]] = field(default_factory=dict)
    tls: str | None = None
    login: bool = False
    mails: list[bytes] = field(default_factory=list)
    connections: list[SMTP] = field(default_factory=list)

    async def __aenter__(self) -> "MailServer":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        self._options: dict[str, Any] = {"tls_context": context} if self.tls == "starttls" else {}
        if self.login:
            self._options |= {
                "authenticator": _known,
                "auth_required": True,
                "auth_require_tls": self.tls == "starttls",
            }
        loop = asyncio.get_running_loop()
        implicit = context if self.tls == "implicit" else None
        self._server = await loop.create_server(self._connection, "127.0.0.1", 0, ssl=implicit)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.drop()
        await asyncio.sleep(0)  # the loop's turn, in which every socket is let go

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def drop(self) -> None:
        """Cut every connection, as a server does with idle ones."""
        for connection in self.connections:
            if connection.transport:
                with contextlib.suppress(AttributeError):  # of Python before 3.11.3, where TLS had ended already
                    connection.transport.abort()

    def parsed(self) -> list[EmailMessage]:
        parser = BytesParser(policy=default)
        return [parser.parsebytes(mail) for mail in self.mails]  # type: ignore[misc]

    def _connection(self) -> SMTP:
        loop = asyncio.get_running_loop()
        self.connections.append(SMTP(self, hostname="localhost", loop=loop, **self._options))
        return self.connections[-1]

    async def _answer(self, to: str) -> str:
        waiting = self.answers.get(to, [])
        answer = waiting.pop(0) if waiting else "250 OK"
        if answer == "hang":
            await asyncio.Event().wait()
        return answer

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        return await self._answer("MAIL")

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await self._answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope.original_content or b"")
        answer = await self._answer("DATA")
        if not answer and server.transport:
            server.transport.abort()
        return answer or "250 OK"


def _known(_: SMTP, __: Session, ___: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == LOGIN, handled=False)
