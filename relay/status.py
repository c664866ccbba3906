"""What `status` and `deliveries` show: tables for people, JSON for programs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from json import dumps
from typing import Any

from rich.table import Table
from rich.text import Text

from relay.config import Config
from relay.destinations import DESTINATIONS
from relay.errors import UsageError
from relay.events import Event, to_json
from relay.forgotten import feeds as feeds_named
from relay.redact import redact
from relay.render import Renderer
from relay.render.notices import said
from relay.shipped import templates
from relay.store import read
from relay.store.views import AccountView, DeliveryView, FeedView, LaneView
from relay.suggest import choices

Say = Callable[[Event], str]


@dataclass(frozen=True)
class Named:
    """What the file names: each destination with its pace, in seconds between two sends, and the feeds."""

    paces: Mapping[str, float]
    feeds: frozenset[tuple[str, str]]

    def has(self, feed: FeedView) -> bool:
        """Whether it names the feed, or the one that lists it."""
        return (feed.source, feed.key) in self.feeds or (feed.source, feed.parent) in self.feeds


def named(config: Config | None) -> Named | None:
    """What the file names, if there is one that can be used."""
    if config is None:
        return None
    return Named({name: DESTINATIONS[it.kind].pace for name, it in config.destinations.items()}, feeds_named(config))


def status(database: str, named: Named | None, now: datetime, *, json: bool) -> list[Any]:
    """How feeds, accounts and destinations fare, to print one after the other; `named` is None for an unusable file.

    Raises StoreError, UsageError.
    """
    views = read(database)
    try:
        feeds, accounts, lanes = views.feeds(), views.accounts(now.timestamp()), views.lanes()
    finally:
        views.close()
    if json:
        return [dumps(status_json(feeds, accounts, lanes, named, now), indent=2)]
    asked = [accounts_table(accounts, now), ""] if accounts else []
    return [feeds_table(feeds, named, now), "", *asked, lanes_table(lanes, named, now)]


def deliveries(database: str, *, dead: bool, json: bool, to: str | None = None, most: int = 50) -> list[Any]:
    """The newest deliveries, to print one after the other, with a word of it where there are more.

    Raises StoreError, UsageError.
    """
    with closing(read(database)) as views:
        found, lanes = views.deliveries(dead=dead, to=to, most=most + 1), views.lanes()
    ensure_lane(to, lanes)
    shown = found[:most]
    if json:
        return [dumps(deliveries_json(shown), indent=2, ensure_ascii=False)]
    more = [f"the newest {most:,} of more; --most {10 * most} shows older ones"] if len(found) > most else []
    return [deliveries_table(shown, lanes, Renderer((templates(),), UTC).sentence), *more]


def ensure_lane(to: str | None, lanes: Sequence[LaneView]) -> None:
    """Raise UsageError for a destination that never was one; None is any."""
    names = [lane.destination for lane in lanes]
    if to is not None and to not in names:
        raise UsageError(f"nothing ever went to a destination {to!r}{choices(to, names)}")


def feeds_table(feeds: Sequence[FeedView], named: Named | None, now: datetime) -> Table:
    """How each feed fares: its last poll, how far it is behind, its next, and what is wrong with it."""
    table = _table("Feed", "Polled", "Lag", "Next", "State")
    for feed in feeds:
        name, behind = redact(f"{feed.source} {feed.name}"), lag(feed, now)
        shown = span(behind) if behind else ""
        _row(table, name, ago(feed.polled_at, now), shown, _next(feed, now), _feed_state(feed, named))
    return table


def lag(feed: FeedView, now: datetime) -> float | None:
    """Seconds by which relay is behind: since the last poll that worked while it fails, else since one was due.

    None for a feed that is not polled any more.
    """
    if feed.due_at is None and not feed.claimed:
        return None
    since = (feed.polled_at or feed.failing_since) if feed.failing_since else feed.due_at
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _feed_state(feed: FeedView, named: Named | None) -> Text:
    if named and not named.has(feed):
        return Text("not in the file", "yellow")
    if feed.gone_at:
        return Text(f"not there any more since {moment(feed.gone_at)}", "yellow")
    if feed.due_at is None and not feed.claimed:
        return Text(f"stopped: {redact(feed.error)}" if feed.error else "not in the file", "yellow")
    if feed.error:
        return Text(f"failing ({feed.failures} in a row): {redact(feed.error)}", "red")
    if feed.gap:
        return Text(f"gap: {redact(feed.gap)}", "yellow")
    return Text("waits for its account", "yellow") if feed.queued else Text("ok", "green")


def accounts_table(accounts: Sequence[AccountView], now: datetime) -> Table:
    """What the accounts of the sources asked of their forges."""
    table = _table("Account", "Last hour", "Allowed", "Left", "State")
    for account in accounts:
        numbers = (f"{account.asked:,}", f"{account.allowed:,}", f"{account.left:,}")
        state = Text(f"asked to wait, {ahead(account.until, now)}", "yellow") if account.until else Text("ok", "green")
        _row(table, account.name, *numbers, state)
    return table


def lanes_table(lanes: Sequence[LaneView], named: Named | None, now: datetime) -> Table:
    """How each destination fares: what waits, at which pace it is sent, and what it waits for."""
    table = _table("Destination", "Pending", "Set aside", "Dead", "Pace", "Next", "State")
    for lane in lanes:
        numbers = (str(lane.pending), str(lane.aside), str(lane.dead))
        pace = named.paces.get(lane.destination) if named else None
        shown = f"1 in {pace:g} s" if pace else ""
        _row(table, lane.destination, *numbers, shown, _next(lane, now), _lane_state(lane, named, now))
    return table


def _lane_state(lane: LaneView, named: Named | None, now: datetime) -> Text:
    if named and lane.destination not in named.paces:
        return Text("not in the file", "yellow")
    if lane.blocked_at:
        return Text(f"blocked since {moment(lane.blocked_at)}: {redact(lane.reason or '')}", "red")
    if lane.failing_since:
        return Text(f"down since {moment(lane.failing_since)}: {redact(lane.reason or '')}", "red")
    if lane.waits_for == "retry_after" and lane.until and lane.until > now:
        return Text(f"asked to wait, {ahead(lane.until, now)}", "yellow")
    return Text("ok", "green")


def deliveries_table(deliveries: Sequence[DeliveryView], lanes: Sequence[LaneView], say: Say) -> Table:
    """What became of each delivery, newest first; what is pending waits for its lane too."""
    of = {lane.destination: lane for lane in lanes}
    table = _table("Delivery", "Opened", "To", "Rule", "What", "State")
    for found in deliveries:
        told = (_what(found, say), _delivery_state(found, of.get(found.destination)))
        _row(table, found.id, moment(found.opened_at), found.destination, found.rule, *told)
    return table


def _what(found: DeliveryView, say: Say) -> Text:
    if found.notice:
        return Text(f"notice: {redact(said(found.notice, moment).headline)}")
    if found.why is None and found.events:
        return Text(say(found.events[0]))
    number = len(found.events)
    return Text(f"{found.why or 'gone'}: {number} {'event' if number == 1 else 'events'}")


def _delivery_state(found: DeliveryView, lane: LaneView | None) -> Text:
    tries = f" ({len(found.attempts)} attempts)" if len(found.attempts) > 1 else ""
    if found.state == "sent":
        return Text(f"sent {moment(found.settled_at)}{tries}", "green")
    if found.state == "dead":
        return Text(f"dead{tries}: {redact(found.reason or '')}", "red")
    if found.state == "withdrawn":
        return Text(f"withdrawn {moment(found.settled_at)}: {found.reason}")
    own = found.due_at or found.release_at
    due = max(own, lane.due_at) if lane and lane.due_at else own
    why = found.reason or (lane.reason if lane and due > own else None)
    return Text(f"pending, due {moment(due)}{tries}{f': {redact(why)}' if why else ''}", "yellow")


def status_json(
    feeds: Sequence[FeedView],
    accounts: Sequence[AccountView],
    lanes: Sequence[LaneView],
    named: Named | None,
    now: datetime,
) -> dict[str, Any]:
    """Feeds, accounts and lanes as `status --json` prints them; `in_file` is null for a file that cannot be used."""
    paces = named.paces if named else {}
    return {
        "feeds": [{**plain(it), "lag": lag(it, now), "in_file": named and named.has(it)} for it in feeds],
        "accounts": [plain(it) for it in accounts],
        "lanes": [
            {**plain(it), "pace": paces.get(it.destination), "in_file": named and it.destination in paces}
            for it in lanes
        ],
    }


def deliveries_json(deliveries: Sequence[DeliveryView]) -> list[Any]:
    """Deliveries as `deliveries --json` prints them, events in their JSON form."""
    return [plain(found) for found in deliveries]


def plain(value: Any) -> Any:
    """Views as JSON has them: times as text, events in their JSON form, and no secret in any text."""
    if isinstance(value, Event):
        return to_json(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, str):
        return redact(value)
    return {item.name: plain(getattr(value, item.name)) for item in fields(value)} if _is_view(value) else value


def _is_view(value: Any) -> bool:
    return hasattr(value, "__dataclass_fields__")


def moment(at: datetime | None) -> str:
    """A time as JSON and tables show it: UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def ago(at: datetime | None, now: datetime) -> str:
    """How long since a time."""
    return f"{span((now - at).total_seconds())} ago" if at else "never"


def ahead(at: datetime | None, now: datetime) -> str:
    """How long until a time."""
    if at is None:
        return ""
    return f"in {span((at - now).total_seconds())}" if at > now else "now"


def span(seconds: float) -> str:
    """A span in its largest unit that fits."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _next(view: FeedView | LaneView, now: datetime) -> str:
    return "now" if view.claimed else ahead(view.due_at, now)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _row(table: Table, *cells: str | Text) -> None:
    """Add cells as they are: square brackets in a name are not markup."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
