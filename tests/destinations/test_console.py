"""The console: what is printed, and what is not an error."""

import asyncio
import contextlib
import io
import os

import pytest

from relay.destinations.base import Delivery, Message, Receipt
from relay.destinations.console import Console, ConsoleSettings
from relay.errors import Unavailable
from relay.http import Http
from tests.destinations.test_webhook import NOW

DELIVERY = Delivery(id="dlv_1", destination="console", rule="pushed", events=())


def send(stream: io.TextIOWrapper, text: str) -> Receipt:
    return asyncio.run(
        Console("console", ConsoleSettings(), Http(), stream).send(Message(DELIVERY, {"text": text}), NOW)
    )


def printed(text: str, encoding: str) -> bytes:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    send(stream, text)
    stream.detach()
    return raw.getvalue()


def test_the_text_is_printed_at_once() -> None:
    """Each message is a line of its own, flushed as it comes."""
    assert "Ana pushed 1 commit — añ\n".encode() == printed("Ana pushed 1 commit — añ", "utf-8")


def test_what_the_terminal_cannot_show_is_no_error() -> None:
    """A terminal of few characters gets a question mark for each of the others."""
    assert b"Ana pushed ?\n" == printed("Ana pushed 🎉", "ascii")


def test_standard_output_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a stream it prints to standard output."""
    message = Message(DELIVERY, {"text": "hello"})
    asyncio.run(Console("console", ConsoleSettings(), Http()).send(message, NOW))
    assert "hello\n" == capsys.readouterr().out


def test_a_pipe_that_nobody_reads_is_told() -> None:
    """When the reader of the pipe is gone, the destination is unavailable rather than the process dead."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    with pytest.raises(Unavailable, match="cannot write to the console"):
        send(stream, "hello")
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def test_a_closed_output_is_told() -> None:
    """A process whose output was closed cannot print, and says so."""
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()
    with pytest.raises(Unavailable, match="closed file"):
        send(stream, "hello")
