"""A relay that follows real feeds and tells a webhook: what it sends in each round."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.servers import Server
from tests.stage import Stage


class Follower:
    """`told()` is what a round of the whole relay sends, by the hour of this machine."""

    def __init__(self, folder: Path, sink: Server, *feeds: str, **settings: str) -> None:
        self._sink = sink
        listed = "".join(f"\n      - {feed}" for feed in feeds)
        more = "".join(f"\n    {name}: {value}" for name, value in settings.items())
        self.stage = Stage(
            folder,
            f"""
sources:
  forge:
    kind: feed
    feeds:{listed}{more}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules:
  "*": lake
""",
        )
        self._rounds = 0

    def told(self) -> list[dict[str, Any]]:
        """The bodies of one round's messages; every round is two minutes after the one before."""
        self._rounds += 1
        self.stage.clock.at = datetime.now(UTC) + timedelta(minutes=2 * self._rounds)
        before = len(self._sink.requests)
        assert self.stage.once()
        return [request.json() for request in self._sink.requests[before:]]

    def summaries(self) -> list[str]:
        """The sentences of one round."""
        return [body["summary"] for body in self.told()]
