"""What a forge allows in an hour is kept by the whole relay, over real sockets and a real database."""

from pathlib import Path

import pytest

from tests.servers import Reply, Request, Server
from tests.stage import Stage

REPOSITORIES = [f"acme/r{number}" for number in range(12)]
RULES = """
sources:
  acme: {kind: github, url: "FORGE", repositories: [NAMES]}
destinations: {console: {}}
rules: {"*": console}
"""


def answer(request: Request) -> Reply:
    """A GitHub that knows every repository, and nothing that happened there; without a token it counts all."""
    number = "".join(filter(str.isdigit, request.path))
    return Reply(body=[] if request.path.endswith("/events") else {"id": int(number) + 1})


def stage_of(folder: Path, forge: Server) -> Stage:
    return Stage(folder, RULES.replace("FORGE", forge.url).replace("NAMES", ", ".join(REPOSITORIES)))


def test_every_round_asks_what_is_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Sixty requests an hour are not overrun however often cron runs; what had no turn comes first the next time."""
    with Server(answer) as forge:
        stage = stage_of(tmp_path, forge)
        assert stage.once()
        assert "feeds wait for the budget of their account; the next round begins with them" in caplog.text
        assert all(stage.once(minutes=2) for _ in range(29))
        assert 40 <= len(forge.requests) <= 54
        assert {f"/repos/{name}" for name in REPOSITORIES} <= {request.path for request in forge.requests}


def test_a_limited_account_is_left_alone(tmp_path: Path) -> None:
    """After one 429 none of the account's feeds asks until the time that the forge named."""
    with Server(lambda _: Reply(429, headers={"retry-after": "600"})) as forge:
        stage = stage_of(tmp_path, forge)
        assert not stage.once()
        first = len(forge.requests)
        forge.respond = answer
        assert stage.once(minutes=9)
        assert first == len(forge.requests)
        assert stage.once(minutes=2)
        assert first < len(forge.requests)
