import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from relay.demo.inbox import Arrival
from relay.demo.screen import Screen
from relay.samples import sample
from relay.store.views import DeliveryView

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE = DeliveryView("dlv_1", "dev", "pushed", None, "pending", (sample("pushed", NOW),), NOW, NOW, None, None, None, ())
DIGEST = replace(ONE, destination="leads", why="digest", events=(sample("cset_like", NOW), sample("cset_unlike", NOW)))
SLACK = Arrival("slack", "C0DEV", "dlv_1", "Ana pushed [bold]3 commits[/bold]")


def shown(*arrivals: tuple[Arrival, DeliveryView], undelivered: dict[str, int] | None = None) -> str:
    """What the terminal shows of arrivals and the summary."""
    out = io.StringIO()
    screen = Screen(Console(file=out, width=80))
    for arrival, delivery in arrivals:
        screen.show(arrival, delivery)
    screen.end(2, undelivered or {})
    return out.getvalue()


def test_a_message_is_shown_with_its_destination_and_type() -> None:
    """Kind, destination and type stand on one line, the words below it as they are."""
    lines = shown((SLACK, ONE)).splitlines()
    assert ["slack   dev      pushed", "Ana pushed [bold]3 commits[/bold]"] == [line.strip() for line in lines[:2]]


def test_a_bundle_is_shown_with_what_is_in_it() -> None:
    """A digest says how many events it holds, and its first lines."""
    body = "\n".join(f"line {number}" for number in range(14))
    lines = shown((Arrival("email", "leads@example.com", "dlv_1", "2 updates", body), DIGEST)).splitlines()
    expected = ["email   leads    digest of 2", "2 updates", *(f"line {n}" for n in range(12)), "and 2 lines more"]
    assert expected == [line.strip() for line in lines[:15]]


def test_the_summary_counts_by_destination() -> None:
    """The end tells how many messages each destination got of how many events."""
    text = shown((SLACK, ONE), (SLACK, ONE), (SLACK, replace(ONE, destination="support")))
    assert "2 events happened, 3 messages arrived:" in text
    assert ["slack  dev      2 messages", "slack  support  1 message"] == [
        line.strip() for line in text.splitlines() if line.startswith("slack  ") and "message" in line
    ]


def test_what_did_not_leave_is_said() -> None:
    """The end names the destinations that still have deliveries."""
    assert "leads: 1 delivery did not leave in time" in shown(undelivered={"leads": 1})
