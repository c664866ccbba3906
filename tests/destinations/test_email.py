"""Mail over real sockets: what arrives, what each answer of the server becomes, and the connection's life."""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from relay.destinations.base import Delivery, Message, Receipt
from relay.destinations.email import Email, EmailSettings, unreachable
from relay.errors import Ambiguous, Blocked, DeliveryError, Refused, Unavailable
from relay.events import Actor, Event, Repository
from relay.http import Http
from tests.destinations.mail_server import CERTIFICATE, LOGIN, MailServer

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on loopback, as meant
NOW = datetime(2026, 11, 23, 9, 14, 5, tzinfo=UTC)
EVENT = Event(
    id="1",
    type="pullrequest_fulfilled",
    source="acme",
    seen_at=NOW,
    repository=Repository("acme", "site", "Site", "https://bitbucket.org/acme/site"),
    actor=Actor("ana", "Ana Lima"),
    number=42,
    title="Add a dark theme",
)
DELIVERY = Delivery("dlv_01JDC8Q3V9", "leads", "pullrequest_*", (EVENT,))
PARTS = {
    "subject": "Re: [acme/site] Add a dark theme (PR #42)",
    "text": "acme/site · Merged\n\nAna Lima merged this pull request.\n\n-- \nYou get this because.",
    "html": '<!doctype html><p style="color:#1b2330">Añadir</p>\n' + "x" * 3000,
}
MESSAGE = Message(DELIVERY, PARTS)


def mailer(
    server: MailServer, scheme: str = "smtp", host: str = "127.0.0.1", deadline: float = 15.0, **more: Any
) -> Email:
    """A destination that mails Ben and Chi through the server."""
    values = {"smtp": f"{scheme}://{host}:{server.port}", "from": "Relay <relay@example.org>"}
    recipients = {"to": ["ben@example.org", "Chi Nakamura <chi@example.org>"]}
    return Email("leads", EmailSettings.model_validate(values | recipients | more), Http(), deadline)


def sent(server: MailServer, message: Message = MESSAGE, times: int = 1, **more: Any) -> Receipt:
    """The receipt of a mail sent through the server, so many times over the same destination."""

    async def go() -> Receipt:
        async with server:
            email = mailer(server, **more)
            try:
                for _ in range(times):
                    receipt = await email.send(message, NOW)
            finally:
                await email.close()
            return receipt

    return asyncio.run(go())


def failure(kind: type[DeliveryError], answers: dict[str, list[str]], **more: Any) -> DeliveryError:
    """The failure that these answers of a server make."""
    with pytest.raises(kind) as caught:
        sent(MailServer(answers), **more)
    assert kind is type(caught.value)
    return caught.value


def test_a_mail_arrives_whole() -> None:
    """What arrives parses without defects, plain text first."""
    server = MailServer()
    sent(server)
    mail = server.parsed()[0]
    parts = list(mail.iter_parts())
    assert [] == [defect for part in [mail, *parts] for defect in part.defects]
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in parts]
    assert [PARTS["text"], PARTS["html"]] == [part.get_content().replace("\r\n", "\n") for part in parts]


def test_no_line_is_longer_than_mail_allows() -> None:
    """No line passes 998 octets, however long the words."""
    server = MailServer()
    long = Message(DELIVERY, PARTS | {"subject": "w" * 5000, "text": "v" * 5000})
    sent(server, long)
    assert max(len(line) for line in server.mails[0].split(b"\r\n")) <= 998
    assert b"\n" not in server.mails[0].replace(b"\r\n", b"")


def test_the_headers_say_what_it_is() -> None:
    """Conversation, list and reason stand in the headers, for filters and mail programs."""
    server = MailServer()
    sent(server)
    mail = server.parsed()[0]
    assert {
        "From": "Relay <relay@example.org>",
        "To": "ben@example.org, Chi Nakamura <chi@example.org>",
        "Subject": PARTS["subject"],
        "Date": "Mon, 23 Nov 2026 09:14:05 +0000",
        "Message-ID": "<dlv_01JDC8Q3V9@example.org>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": "acme/site <site.acme.relay.example.org>",
        "X-Relay-Event": "pullrequest_fulfilled",
        "X-Relay-Rule": "pullrequest_*",
        "X-Relay-Reason": "rule",
    } == {
        name: mail[name] for name in mail if name not in ("References", "In-Reply-To", "MIME-Version", "Content-Type")
    }


def test_later_mails_of_a_thing_join_its_conversation() -> None:
    """Two events of one pull request refer to one root, which no mail needs to be."""
    server = MailServer()
    opened = replace(EVENT, id="0", type="pullrequest_created")
    sent(server, Message(replace(DELIVERY, id="dlv_1", events=(opened,)), PARTS))
    sent(server)
    first, second = server.parsed()
    assert first["References"] == first["In-Reply-To"] == second["References"] == second["In-Reply-To"]
    assert first["Message-ID"] != second["Message-ID"]


def test_a_digest_is_bulk_and_of_no_conversation() -> None:
    """A bundle about several things stands alone, and says that it is bulk mail and why."""
    other = replace(EVENT, id="2", number=43, repository=Repository("acme", "api"))
    server = MailServer()
    sent(server, Message(replace(DELIVERY, events=(EVENT, other), why="digest"), PARTS))
    mail = server.parsed()[0]
    assert ("bulk", "digest", None, None) == tuple(
        mail[name] for name in ("Precedence", "X-Relay-Reason", "List-Id", "References")
    )


@pytest.mark.parametrize(
    "hostile", ["a\r\nBcc: eve@example.net", "a\nBcc: eve@example.net", "a\u2028\x85Bcc: e", "\x00x"]
)
def test_no_text_adds_a_header(hostile: str) -> None:
    """A line break in any text that reaches a header is a space there."""
    place = Repository(hostile, hostile)
    event = replace(EVENT, type=hostile, repository=place, title=hostile, source=hostile)
    server = MailServer()
    delivery = replace(DELIVERY, id=f"dlv_{hostile}", rule=hostile, events=(event,))
    sent(server, Message(delivery, PARTS | {"subject": hostile}))
    mail = server.parsed()[0]
    assert "Bcc" not in mail
    assert [] == list(mail.defects)


@pytest.mark.parametrize("subject", ["Ünïcode 🚀 " * 12, "=?utf-8?q?Bcc=3A_eve?=", "ضع وسما على الصفحة"])
def test_a_subject_arrives_as_it_was(subject: str) -> None:
    """What is not ASCII, or only looks like an encoded word, is encoded and read back as it was."""
    server = MailServer()
    sent(server, Message(DELIVERY, PARTS | {"subject": subject}))
    assert subject.strip() == server.parsed()[0]["Subject"]


def test_a_second_attempt_is_the_same_mail() -> None:
    """After a 451 the same Message-ID goes out again, with a new Date."""
    server = MailServer({"DATA": ["451 4.3.0 try again later"]})

    async def go() -> None:
        async with server:
            email = mailer(server)
            with pytest.raises(Unavailable, match=r"451 4\.3\.0 try again later"):
                await email.send(MESSAGE, NOW)
            await email.send(MESSAGE, NOW + timedelta(minutes=5))
            await email.close()

    asyncio.run(go())
    first, second = server.parsed()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] != second["Date"]


def test_the_receipt_keeps_the_answer_and_the_subject() -> None:
    """The server's answer is kept, and the subject by which later mails of the thing go."""
    assert Receipt("250 OK", {}, "[acme/site] Add a dark theme (PR #42)") == sent(MailServer())


def test_a_refused_recipient_is_named() -> None:
    """One recipient of two refused: the other gets the mail, the receipt names the first and why."""
    server = MailServer({"ben@example.org": ["550 5.1.1 User unknown"]})
    assert {"ben@example.org": "550 5.1.1 User unknown"} == sent(server).refused
    assert 1 == len(server.mails)


def test_all_recipients_refused() -> None:
    """When nobody takes it for good, it is refused."""
    answers = {"ben@example.org": ["550 5.1.1 User unknown"], "chi@example.org": ["550 5.1.1 User unknown"]}
    assert "answered 550 5.1.1 User unknown" in str(failure(Refused, answers))


def test_a_recipient_who_may_return_keeps_the_mail_waiting() -> None:
    """When nobody takes it now, but one may later, the mail waits."""
    failure(Unavailable, {"ben@example.org": ["550 no"], "chi@example.org": ["452 4.2.2 Mailbox full"]})


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        (Refused, {"DATA": ["554 5.7.1 spam"]}),
        (Refused, {"MAIL": ["553 5.7.1 not your address"]}),
        (Unavailable, {"MAIL": ["451 4.7.1 greylisted"]}),
        (Unavailable, {"DATA": ["421 4.3.2 shutting down"]}),
        (Blocked, {"MAIL": ["530 5.7.0 Authentication required"]}),
        (Ambiguous, {"DATA": [""]}),
    ],
)
def test_what_an_answer_becomes(kind: type[DeliveryError], answers: dict[str, list[str]]) -> None:
    """5xx refuses the mail, 4xx holds the lane, a demand for a login blocks, silence after the mail is ambiguous."""
    failure(kind, answers)


@pytest.mark.parametrize(("kind", "at"), [(Unavailable, "MAIL"), (Ambiguous, "DATA")])
def test_a_server_that_says_nothing(kind: type[DeliveryError], at: str) -> None:
    """Silence ends with the deadline; after the mail was written it may have been taken."""
    assert "no answer in time" in str(failure(kind, {at: ["hang"]}, deadline=0.2))


def test_a_server_that_is_not_there() -> None:
    """No connection: the destination is unavailable, and the address is told."""

    async def go() -> None:
        async with MailServer() as server:
            email = mailer(server)
        await email.send(MESSAGE, NOW)

    with pytest.raises(Unavailable, match=r"^cannot connect to 127\.0\.0\.1:\d+ \(connection refused\)$"):
        asyncio.run(go())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(111, "Connect call failed ('127.0.0.1', 25)"), "connection refused"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 25), [Errno 101] …"),
            "connection refused",
        ),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
    ],
)
def test_why_a_server_cannot_be_reached(error: OSError, words: str) -> None:
    """In the words of the system, without numbers and repetitions, whichever way the failure comes."""
    assert words == unreachable(error)


def test_one_connection_serves_many_mails() -> None:
    """The connection is kept between sends."""
    server = MailServer()
    sent(server, times=3)
    assert (3, 1) == (len(server.mails), len(server.connections))


def test_a_dropped_idle_connection_is_replaced() -> None:
    """A server that dropped the idle connection gets a new one, and the mail once."""
    server = MailServer()

    async def go() -> None:
        async with server:
            email = mailer(server)
            await email.send(MESSAGE, NOW)
            server.drop()
            await email.send(MESSAGE, NOW)
            await email.close()

    asyncio.run(go())
    assert (2, 2) == (len(server.mails), len(server.connections))


def test_a_kept_connection_that_the_server_ends_is_replaced() -> None:
    """A 421 to the first command on a kept connection means a new one, not a failure."""
    server = MailServer({"MAIL": ["250 OK", "421 4.4.2 idle too long"]})
    sent(server, times=2)
    assert (2, 2) == (len(server.mails), len(server.connections))


@pytest.mark.parametrize(("scheme", "tls"), [("smtp+starttls", "starttls"), ("smtps", "implicit")])
def test_tls_with_login(scheme: str, tls: str) -> None:
    """Both ways into TLS work, with a percent-encoded login in the address."""
    server = MailServer(tls=tls, login=True)
    user, password = (quote(part.decode(), safe="") for part in LOGIN)
    sent(server, scheme=scheme, host=f"{user}:{password}@localhost", ca=CERTIFICATE)
    assert 1 == len(server.mails)


@pytest.mark.parametrize(("scheme", "tls"), [("smtp+starttls", "starttls"), ("smtps", "implicit")])
def test_an_untrusted_certificate_needs_a_human(scheme: str, tls: str) -> None:
    """A certificate that nobody vouches for blocks, and says what can be done."""
    with pytest.raises(Blocked, match=r"certificate is not trusted \(self-signed certificate\).*`ca`"):
        sent(MailServer(tls=tls), scheme=scheme, host="localhost")


def test_a_certificate_file_that_is_not_there_needs_a_human() -> None:
    """A `ca` that cannot be read blocks, and names the file."""
    with pytest.raises(Blocked, match=r"nowhere\.pem"):
        sent(MailServer(tls="implicit"), scheme="smtps", host="localhost", ca="nowhere.pem")


def test_a_demanded_upgrade_that_is_not_offered_needs_a_human() -> None:
    """smtp+starttls never sends in the clear."""
    with pytest.raises(Blocked, match="STARTTLS"):
        sent(MailServer(), scheme="smtp+starttls")


def test_a_wrong_password_needs_a_human() -> None:
    """A refused login blocks, without the password in the text."""
    with pytest.raises(Blocked, match="answered 535") as caught:
        sent(MailServer(login=True), username="relay", password="wrong-password")
    assert "wrong-password" not in str(caught.value)


def test_a_login_beside_the_address() -> None:
    """username and password may stand in settings of their own."""
    server = MailServer(login=True)
    sent(server, username=LOGIN[0].decode(), password=LOGIN[1].decode())
    assert 1 == len(server.mails)


@pytest.mark.parametrize(
    ("address", "upgrades"),
    [
        ("smtp://localhost", False),
        ("smtp://127.0.0.1:2525", False),
        ("smtp://mail.example.org", None),
        ("smtp://ada:pa55word@mail.example.org", True),
        ("smtp+starttls://localhost", True),
        ("smtps://mail.example.org", False),
    ],
)
def test_when_a_connection_is_upgraded(address: str, upgrades: bool | None) -> None:
    """STARTTLS wherever it is offered, except to this machine, and always before a password leaves it."""
    assert upgrades is settings(smtp=address).server.starttls


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"smtp": "http://host"}, "smtp://host:25"),
        ({"smtp": "smtp://host:port"}, "smtp://host:25"),
        ({"smtp": "smtps://ada:se/cret@host"}, "percent-encoded"),
        ({"smtp": "smtp://ada@host"}, "go together"),
        ({"from": "nobody"}, "'nobody' is not a mail address"),
        ({"to": ["a@example.org", "b@example.org\nBcc: c@example.org"]}, "not a mail address"),
        ({"to": []}, "at least 1"),
        ({"to": ["a@example.org"] * 101}, "at most 100"),
        ({"subject": "x"}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_told(values: dict[str, Any], told: str) -> None:
    """What cannot work is an error of the file, not of the first mail."""
    with pytest.raises(ValidationError, match=told) as caught:
        settings(**values)
    assert "as 'se'" not in str(caught.value)


def settings(**values: Any) -> EmailSettings:
    usual = {"smtp": "smtp://localhost:25", "from": "relay@example.org", "to": "ben@example.org"}
    return EmailSettings.model_validate(usual | values)


def test_no_password_is_shown() -> None:
    """Neither the settings nor an error that a server's answer makes show the password of the address."""
    email = Email("leads", settings(smtp="smtps://ada:s%21crets@mail.example.org"), Http())
    assert "s%21crets" not in repr(settings(smtp="smtps://ada:s%21crets@mail.example.org"))
    assert "s!crets" not in f"{email.server!r} {Blocked('535 wrong password s!crets')}"


def test_the_account_is_server_and_user() -> None:
    """Destinations that share a server and a user share its limits; the password is no part of it."""
    email = Email("leads", settings(smtp="smtps://ada:pa55word@mail.example.org"), Http())
    assert "smtp:mail.example.org:465:ada" == email.account
