import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from relay import config, shipped
from relay.config import Config
from relay.demo.run import DIGESTS_AFTER, PATIENCE, hastened
from relay.event_types import VOCABULARY
from relay.retry import PAUSES

ENVIRON = {
    "FORGE_URL": "http://127.0.0.1:9",
    "FORGE_TOKEN": "token",
    "SLACK_URL": "http://127.0.0.1:9/api/",
    "SLACK_TOKEN": "xoxb-token",
    "SMTP_URL": "smtp://127.0.0.1:25",
    "WEBHOOK_URL": "http://127.0.0.1:9/",
    "WEBHOOK_SECRET": "whsec_cmVsYXkgZGVtb25zdHJhdGlvbiBzZWNyZXQ=",
}
LINE = re.compile(r"^(slack  |email  |webhook) (\S+) +(.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """`relay demo --once` in an empty folder, where a proxy that does not answer is configured."""
    folder = tmp_path_factory.mktemp("empty")
    environ = dict(os.environ) | {"HTTP_PROXY": "http://127.0.0.1:9", "TMPDIR": str(folder), "COLUMNS": "80"}
    command = [sys.executable, "-W", "error", "-m", "relay", "demo", "--once"]
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, encoding="utf-8", check=False, timeout=240
    )
    done.args = folder
    return done


def shipped_rules() -> Config:
    return config.load(shipped.rules(), ENVIRON)


def test_the_demo_ends_by_itself_and_well(played: "subprocess.CompletedProcess[str]") -> None:
    """The demo exits with 0 and has nothing to complain of."""
    assert (0, "") == (played.returncode, played.stderr)


def test_the_demo_leaves_nothing_behind(played: "subprocess.CompletedProcess[str]") -> None:
    """Neither the folder it runs in nor the temporary one holds anything afterwards."""
    assert [] == list(Path(str(played.args)).iterdir())


def test_every_destination_gets_messages(played: "subprocess.CompletedProcess[str]") -> None:
    """Messages arrive at Slack, by mail and as webhooks, each shown with its destination."""
    shown = {(kind.strip(), destination) for kind, destination, _ in LINE.findall(played.stdout)}
    assert {("slack", "dev"), ("slack", "support"), ("email", "leads"), ("webhook", "audit")} == shown


def test_every_event_type_is_shown_or_in_a_digest(played: "subprocess.CompletedProcess[str]") -> None:
    """What does not arrive by itself is told in a digest: no type of the vocabulary is missing."""
    shown = [what for _, _, what in LINE.findall(played.stdout)]
    digested = sum(int(what.removeprefix("digest of ")) for what in shown if what.startswith("digest of "))
    reviews = {type for type in VOCABULARY if type.startswith(("pullrequest_", "cset_"))}
    assert (set(), len(reviews)) == (set(VOCABULARY) - set(shown) - reviews, digested)


def test_the_demo_ends_with_a_summary(played: "subprocess.CompletedProcess[str]") -> None:
    """The last lines count what happened and what arrived."""
    assert f"{len(VOCABULARY)} events happened, " in played.stdout


def test_ctrl_c_ends_the_demo_well(tmp_path: Path) -> None:
    """Without --once the demo goes on until it is interrupted, and then exits with 0 and a summary."""
    command = [sys.executable, "-m", "relay", "demo"]
    environ = dict(os.environ) | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, encoding="utf-8") as running:
        assert running.stdout
        next(line for line in running.stdout if line.startswith("Polled: "))
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read()
    assert (0, True, []) == (running.returncode, "events happened" in rest, list(tmp_path.iterdir()))


def test_the_shipped_rules_are_right() -> None:
    """The example loads without a warning, and polls at a pace fit for real use."""
    loaded = shipped_rules()
    assert ((), {60.0}) == (loaded.warnings, {source.every for source in loaded.sources.values()})


def test_only_the_pace_is_the_demos_own() -> None:
    """The demo polls faster and sends its digest sooner; rules and settings stay those of the file."""
    slow = shipped_rules()
    fast = hastened(slow, datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert (slow.rulebook, slow.keep) == (fast.rulebook, fast.keep)
    assert {name: item.settings for name, item in slow.destinations.items()} == {
        name: item.settings for name, item in fast.destinations.items()
    }


def test_the_demos_digest_leaves_within_seconds() -> None:
    """A digest of the morning leaves eight seconds after the demo began."""
    begun = datetime(2026, 11, 23, 12, tzinfo=UTC)
    fast = hastened(shipped_rules(), begun)
    digest = fast.destinations["leads"].policy.digest
    assert digest and 8.0 == (digest.after(begun, fast.timezone) - begun).total_seconds()


def test_the_demo_waits_for_whatever_is_to_come() -> None:
    """However slow the machine is: a digest that missed its time leaves with the next, and what failed is tried again."""
    gaps = [later - earlier for earlier, later in pairwise(DIGESTS_AFTER)]
    assert max(*gaps, *PAUSES[:2]) < PATIENCE
