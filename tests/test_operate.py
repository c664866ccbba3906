"""The log of the commands that keep running."""

import logging

import pytest

from relay.operate import log_to_stderr


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
