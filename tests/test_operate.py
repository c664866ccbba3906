"""The log of the commands that keep running."""

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest

from relay.operate import log_to_stderr, serve
from tests.store.world import World, on


@pytest.fixture
def log():
    """relay's own logger, given back as it was."""
    logger = logging.getLogger("relay")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield logger
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


def test_a_message_is_one_line(log: logging.Logger, capsys: pytest.CaptureFixture[str]):
    """What a forge calls itself cannot pass for a message of its own, nor colour the terminal."""
    log_to_stderr()
    log.warning("%s: gone", "acme/\x1b[31msite\r\n2026-11-22T12:00:00Z INFO forged")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("WARNING acme/ [31msite ")
    assert "    2026-11-22T12:00:00Z INFO forged: gone" == second


class Stopping(logging.Handler):
    """Keeps what is logged, and asks the process to end once it serves."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())
        if "serving" in self.told[-1]:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(("token", "lines"), [(None, 2), ("s3cret", 1)])
def test_what_is_not_served_is_said(log: logging.Logger, tmp_path: Path, token: str | None, lines: int):
    """Without a token, whoever starts it hears what nobody will see, and what shows it."""
    on(str(tmp_path / "relay.db"), World.heads)
    log.handlers[:] = [stopping := Stopping()]
    log.setLevel(logging.INFO)
    serve(str(tmp_path / "relay.db"), token, ("127.0.0.1", 0))
    assert lines == len(stopping.told)
    assert [True] * (lines - 1) == ["serve: {token: …}" in line for line in stopping.told[1:]]
