"""What the demo shows: each message as it arrives, with its destination and its event type, and a summary."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relay.demo.inbox import Arrival
from relay.store.views import DeliveryView

_STYLES = {"slack": "magenta", "email": "cyan", "webhook": "green"}
_BUNDLED_LINES = 12


class Screen:
    """Prints to a console and counts what it printed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._messages: Counter[tuple[str, str]] = Counter()

    def begin(self, forge: str, once: bool) -> None:
        """What runs here, what is quicker than the file says, and how it ends."""
        end = "It ends by itself." if once else "Ctrl-C ends it."
        self._say(
            "A forge, a Slack, a mail server and a webhook receiver run on this machine, and the shipped rules.yaml"
            " routes between them. Only the pace is the demo's own: a poll every second, and the digest of 08:30 in eight"
            f" seconds. {end}"
        )
        self._console.print(Text(f"Polled: {forge}/1.0/repositories/acme/site/events?limit=1\n", "dim"))

    def show(self, arrival: Arrival, delivery: DeliveryView) -> None:
        """One message: where it arrived, of which type, and what it says; a bundle with what is in it."""
        self._messages[arrival.kind, delivery.destination] += 1
        kind = Text(f"{arrival.kind:8}", _STYLES[arrival.kind])
        self._console.print(Text.assemble(kind, f"{delivery.destination:9}", (_types(delivery), "dim")))
        self._console.print(Padding(Text(arrival.text), (0, 0, 0, 8)))
        if delivery.why:
            self._console.print(Padding(_excerpt(arrival.body), (0, 0, 0, 8)))

    def end(self, happened: int, undelivered: Mapping[str, int]) -> None:
        """How much happened, and how many messages each destination got of it."""
        table = Table.grid(padding=(0, 2))
        for (kind, destination), number in sorted(self._messages.items()):
            table.add_row(Text(kind, _STYLES[kind]), destination, _counted(number, "message"))
        self._say(f"\n{_counted(happened, 'event')} happened, {_counted(self._messages.total(), 'message')} arrived:")
        self._console.print(table)
        for destination, number in undelivered.items():
            self._say(f"{destination}: {_counted(number, 'delivery', 'deliveries')} did not leave in time")
        self._console.print(Text("`relay init` writes a rules.yaml to begin with.", "dim"))

    def _say(self, line: str) -> None:
        self._console.print(Text(line))


def _types(delivery: DeliveryView) -> str:
    if delivery.why:
        return f"{delivery.why} of {len(delivery.events)}"
    return delivery.events[0].type


def _excerpt(body: str) -> Text:
    lines = [line for line in body.splitlines() if line.strip()]
    more = [f"and {len(lines) - _BUNDLED_LINES} lines more"] if len(lines) > _BUNDLED_LINES else []
    return Text("\n".join(lines[:_BUNDLED_LINES] + more), "dim")


def _counted(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
