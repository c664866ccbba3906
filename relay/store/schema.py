"""The tables. Moments are seconds since the epoch, UTC, as floating point; JSON is text.

What is asked often has an index of its own, partial where only pending rows matter, so that no statement of the hot
path grows with history; those by which events are served hold all that is counted. An event's `seq` is the order in
which relay committed it, and the order it is served in.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

VERSION = 3
"""Grows with every change of the tables, each of which is a migration too: see `relay.store.migrations`."""

metadata = MetaData()


def _partial(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    """An index of some rows alone."""
    Index(name, *columns, sqlite_where=where, info={"where": where})


def create(connection: Connection) -> None:
    """Make all tables and indexes; PostgreSQL hears here of the partial ones, as its dialect takes 5 MiB to be named."""
    if connection.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes if index.info):
            index.dialect_options["postgresql"]["where"] = index.info["where"]
    metadata.create_all(connection)


_Serial = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

feed = Table(
    "feed",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("cursor", Text),  # the source's own JSON; absent until first sight
    Column("ready_at", Double),  # when it is due, or its lease ends; absent: not polled any more
    Column("lease", Text),
    Column("not_before", Double, nullable=False, default=0.0),  # the forge asked for quiet until then
    Column("polled_at", Double),  # the last poll that worked
    Column("tried_at", Double),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("failing_since", Double),  # the first of the failures in a row
    Column("noticed_at", Double),  # when a notice of this failing was due
    Column("gap", Text),
    Column("gap_at", Double),
    Column("parent", Text),  # the key of the feed that lists it: it is a member of what a wildcard stands for
    Column("name", Text),  # for people, where the key is not
    Column("gone_at", Double),  # not listed any more since then
    Column("cost", Integer),  # what its last poll asked of its account; absent: not known, or it has none
    Column("turn_at", Double),  # it is in its account's queue, and this is its turn
    UniqueConstraint("source", "key"),
)
_partial("feed_ready", feed.c.ready_at, where=feed.c.ready_at.is_not(None))
_partial("feed_member", feed.c.source, feed.c.parent, where=feed.c.parent.is_not(None))

account = Table(  # what sources with the same credentials share; see `relay.budget.Account`
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("earned_at", Double, nullable=False, default=0.0),
    Column("queue_until", Double, nullable=False, default=0.0),
    Column("not_before", Double, nullable=False, default=0.0),
    Column("hour", Integer, nullable=False, default=0),
    Column("asked", Integer, nullable=False, default=0),
    Column("asked_before", Integer, nullable=False, default=0),
)

event = Table(
    "event",
    metadata,
    Column("seq", _Serial, primary_key=True),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("owner", Text),  # in lower case, as are the next two
    Column("slug", Text),
    Column("username", Text),
    Column("public", Boolean, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("feed", BigInteger),  # that brought it; that feed may be gone
    Column("sight", Text),  # history: of before relay came; late: of while it was away
    Column("body", Text, nullable=False),  # the one JSON form
    UniqueConstraint("source", "id"),
)
Index("event_repository", event.c.owner, event.c.slug, event.c.seq, event.c.public, event.c.type)
_partial("event_user", event.c.username, event.c.seq, event.c.public, event.c.type, where=event.c.username.is_not(None))

lane = Table(
    "lane",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("settings", Text, nullable=False),  # a digest, to notice that the file was changed
    Column("ready_at", Double),  # when it is due, or its lease ends; absent: nothing pending, or not in the file
    Column("not_before", Double, nullable=False, default=0.0),  # pace, Retry-After, back-off or the next probe
    Column("waits_for", Text),  # why: pace, retry_after, backoff, blocked
    Column("lease", Text),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing_since", Double),
    Column("suspect", BigInteger),  # the delivery passed over, to learn whether it or the destination is at fault
    Column("blocked_at", Double),
    Column("reason", Text),
    Column("noticed_at", Double),  # when a notice of this outage or block was due
    Column("limits", Text),  # JSON: by the key of a window, of a limit or of notices, what was opened in it and its end
)
_partial("lane_ready", lane.c.ready_at, where=lane.c.ready_at.is_not(None))

delivery = Table(
    "delivery",
    metadata,
    Column("seq", _Serial, primary_key=True),  # the position within its lane
    Column("id", Text, nullable=False, unique=True),
    Column("destination", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("bundle", Text),
    Column("why", Text),
    Column("size", Integer, nullable=False, default=1),  # how many events it holds
    Column("notice", Text),  # JSON: what it tells in place of events
    Column("opened_at", Double, nullable=False),
    Column("release_at", Double, nullable=False),
    Column("state", Text, nullable=False),  # pending, sent, dead; withdrawn: a notice of what was over
    Column("aside_at", Double),  # set aside since then: it waits for due_at, and nothing waits for it
    Column("due_at", Double),
    Column("attempts", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("settled_at", Double),
    Column("reason", Text),
    Column("unsure_at", Double),  # since then it may have arrived: a send broke off, or is under way
)
PENDING = delivery.c.state == literal_column("'pending'")  # as text: a bound value would keep SQLite from the indexes
WAITING = PENDING & delivery.c.aside_at.is_(None)
ASIDE = PENDING & delivery.c.aside_at.is_not(None)
DEAD = delivery.c.state == literal_column("'dead'")
_bundled = PENDING & delivery.c.bundle.is_not(None)
_partial("delivery_waiting", delivery.c.destination, delivery.c.release_at, delivery.c.seq, where=WAITING)
_partial("delivery_aside", delivery.c.destination, delivery.c.due_at, where=ASIDE)
_partial("delivery_bundle", delivery.c.destination, delivery.c.bundle, where=_bundled)
_partial("delivery_dead", delivery.c.seq, where=DEAD)
_partial("delivery_settled", delivery.c.settled_at, where=delivery.c.settled_at.is_not(None))

delivery_event = Table(
    "delivery_event",
    metadata,
    Column("event", BigInteger, primary_key=True),  # first, since what still tells an event is asked too
    Column("destination", Text, primary_key=True),
    Column("delivery", BigInteger, ForeignKey("delivery.seq", ondelete="CASCADE"), nullable=False),
    sqlite_with_rowid=False,
)
Index("delivery_event_delivery", delivery_event.c.delivery, delivery_event.c.event)

attempt = Table(
    "attempt",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("delivery", BigInteger, ForeignKey("delivery.seq", ondelete="CASCADE"), nullable=False),
    Column("at", Double, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("parts", Text),  # the rendered words as JSON, beside the first attempt that had them
)
Index("attempt_delivery", attempt.c.delivery)

card = Table(
    "card",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("thing", Text, primary_key=True),
    Column("reference", Text, nullable=False),  # what the destination needs to speak of the same thing again
    Column("updated_at", Double, nullable=False),
)
Index("card_updated", card.c.updated_at)
