"""The bytes of a mail: headers that text from a forge cannot extend, and both alternatives, plain text first.

Put together by hand, with the standard library's encoders: the structure never changes, and building an `EmailMessage`
each time takes 0.9 ms, sixteen times as long and six times what sending it takes.
"""

import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from relay.destinations.base import Delivery, Message
from relay.events import thing

_MOST = 900  # a line may have 998 octets (RFC 5322); longer headers are folded as encoded words
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_BOUNDARY = "=_relay"  # cannot occur in quoted-printable, where = stands before two hexadecimal digits or a line end


def compose(message: Message, sender: tuple[str, str], recipients: Sequence[tuple[str, str]], now: datetime) -> bytes:
    """The mail as it goes over the wire; `sender` and `recipients` are (name, address).

    Everything but Date is the same at every attempt of a delivery, so that a repeat is known by its Message-ID.
    """
    domain = sender[1].rpartition("@")[2]
    subject = _header("Subject", message.parts["subject"])
    lines = [
        f"From: {formataddr(sender)}",
        "To: " + ",\r\n ".join(formataddr(recipient) for recipient in recipients),
        subject,
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{re.sub('[^A-Za-z0-9._-]', '-', message.delivery.id)}@{domain}>",
        *_headers(message.delivery, domain),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
        "",
    ]
    plain, rich = _part("plain", message.parts["text"]), _part("html", message.parts["html"])
    return b"\r\n".join(["\r\n".join(lines).encode("ascii"), plain, rich, f"--{_BOUNDARY}--\r\n".encode("ascii")])


def one_thing(delivery: Delivery) -> str | None:
    """The thing that every event of the delivery is about, or None: what makes it part of a conversation."""
    things = {thing(event) for event in delivery.events}
    return things.pop() if len(things) == 1 else None


def _headers(delivery: Delivery, domain: str) -> list[str]:
    """What filters and mail programs go by: conversation, list, and why this mail exists."""
    about, types = one_thing(delivery), dict.fromkeys(event.type for event in delivery.events)
    root = about and f"<thing.{hashlib.sha256(about.encode('utf-8', 'replace')).hexdigest()[:32]}@{domain}>"
    return [
        *([f"In-Reply-To: {root}", f"References: {root}"] if root else []),
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        *(["Precedence: bulk"] if delivery.why else []),
        *_list_id(delivery, domain),
        _header("X-Relay-Event", ", ".join(types) or "notice"),
        _header("X-Relay-Rule", delivery.rule),
        _header("X-Relay-Reason", delivery.why or "rule"),
    ]


def _list_id(delivery: Delivery, domain: str) -> list[str]:
    """RFC 2919: one list per repository; a mail about several belongs to none."""
    repositories = {event.repository.full_name if event.repository else None for event in delivery.events}
    name = repositories.pop() if len(repositories) == 1 else None
    if name is None:
        return []
    labels = [re.sub("[^A-Za-z0-9_-]+", "-", part).strip("-")[:63] for part in reversed(name.split("/"))]
    phrase = f"{name} " if re.fullmatch("[A-Za-z0-9_./-]{1,255}", name) else ""
    return [f"List-Id: {phrase}<{'.'.join(label for label in labels[:4] if label) or 'repository'}.relay.{domain}>"]


def _header(name: str, value: str) -> str:
    """One header on one logical line; what is not plain ASCII, or looks like an encoded word, is encoded (RFC 2047)."""
    value = _CONTROL.sub(" ", value).strip()
    if value.isascii() and "=?" not in value and len(value) <= _MOST:
        return f"{name}: {value}"
    return f"{name}: {Header(value, 'utf-8', header_name=name).encode(linesep=chr(13) + chr(10))}"


def _part(subtype: str, text: str) -> bytes:
    lines = [
        f"--{_BOUNDARY}",
        f"Content-Type: text/{subtype}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        binascii.b2a_qp(text.replace("\r", "").rstrip("\n").encode("utf-8", "replace")).decode("ascii"),
    ]
    return "\n".join(lines).replace("\n", "\r\n").encode("ascii")
