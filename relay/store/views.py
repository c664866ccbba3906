"""What people ask: the events that are served, how feeds and lanes fare, and what became of deliveries.

Read over a connection of its own that cannot write; each answer is one short transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from relay.events import Event, restore
from relay.notice import Notice
from relay.notice import restore as restore_notice
from relay.store.accounts import state_of
from relay.store.engine import failure, shares
from relay.store.schema import ASIDE, DEAD, WAITING, account, attempt, delivery, delivery_event, event, feed, lane


@dataclass(frozen=True)
class EventList:
    """A stretch of the events of a repository or user, newest first, and how many there are in all."""

    count: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class FeedView:
    """How a feed fares; one that is `claimed` is being polled, and due when that is done.

    `name` is the key, or what people call a member of a wildcard, `parent` the key of the feed that lists it, until
    `gone_at`. `queued`: its account's budget makes it wait.
    """

    source: str
    key: str
    name: str
    parent: str | None
    claimed: bool
    due_at: datetime | None
    polled_at: datetime | None
    failing_since: datetime | None
    failures: int
    error: str | None
    gap: str | None
    gap_at: datetime | None
    gone_at: datetime | None
    queued: bool


@dataclass(frozen=True)
class AccountView:
    """What an account asked in the last hour, and what is left of what its forge allows.

    `until` is when the forge wants to be asked again.
    """

    name: str
    asked: int
    allowed: int
    left: int
    until: datetime | None


@dataclass(frozen=True)
class LaneView:
    """How a destination fares: what is pending and dead, and what it waits for; `claimed` while it is sending."""

    destination: str
    claimed: bool
    due_at: datetime | None
    pending: int
    aside: int
    dead: int
    waits_for: str | None
    until: datetime | None
    failing_since: datetime | None
    blocked_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class AttemptView:
    """One try of a delivery."""

    at: datetime
    outcome: str
    detail: str


@dataclass(frozen=True)
class DeliveryView:
    """What became of a delivery; a notice is told in place of events."""

    id: str
    destination: str
    rule: str
    why: str | None
    state: str
    events: tuple[Event, ...]
    opened_at: datetime
    release_at: datetime
    settled_at: datetime | None
    due_at: datetime | None
    reason: str | None
    attempts: tuple[AttemptView, ...]
    notice: Notice | None = None


class Views:
    """Answers from the database; raises StoreError when it cannot be read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Give back the connection."""
        self._engine.dispose()

    @property
    def shared(self) -> bool:
        """Whether workers with other files may be at work on the database."""
        return shares(self._engine)

    def rows(self, statement: Any) -> list[Any]:
        """What a statement finds."""
        try:
            with self._engine.begin() as connection:
                return list(connection.execute(statement).all())
        except SQLAlchemyError as error:
            raise failure("the database could not be read", error) from None

    def events(
        self,
        *,
        owner: str | None = None,
        slug: str | None = None,
        username: str | None = None,
        type: str | None = None,
        start: int = 0,
        limit: int = 25,
        include_private: bool = False,
    ) -> EventList | None:
        """The events of a repository, or of a user; None when nothing of it may be shown, as if there were none.

        A repository is as public as its newest event says: one that was made private takes its past with it.
        """
        where = _of_user(username) if username is not None else _of_repository(owner or "", slug or "")
        newest = self.rows(select(event.c.public).where(*where).order_by(event.c.seq.desc()).limit(1))
        if not newest or not (include_private or username is not None or newest[0].public):
            return None
        if not include_private:
            where.append(event.c.public)
            if not self.rows(select(event.c.seq).where(*where).order_by(event.c.seq.desc()).limit(1)):
                return None
        if type is not None:
            where.append(event.c.type == type)
        count = self.rows(select(func.count()).select_from(event).where(*where))[0][0]
        return EventList(count, self._stretch(where, start, min(limit, count - start)))

    def _stretch(self, where: list[ColumnElement[bool]], start: int, limit: int) -> tuple[Event, ...]:
        """They are found in the index alone, and read only then: what is skipped costs no row."""
        if limit <= 0:
            return ()
        found = select(event.c.seq).where(*where).order_by(event.c.seq.desc()).offset(start).limit(limit)
        rows = self.rows(select(event.c.body).where(event.c.seq.in_(found)).order_by(event.c.seq.desc()))
        return tuple(restore(row.body) for row in rows)

    def feeds(self) -> list[FeedView]:
        """Every feed, by source and key, with the members of a wildcard by name after the feed that lists them."""
        return [
            FeedView(
                row.source,
                row.key,
                row.name or row.key,
                row.parent,
                row.lease is not None,
                _due(row),
                moment(row.polled_at),
                moment(row.failing_since),
                row.failures,
                row.error,
                row.gap,
                moment(row.gap_at),
                moment(row.gone_at),
                row.turn_at is not None,
            )
            for row in self.rows(select(feed).order_by(feed.c.source, _family, feed.c.parent.is_not(None), feed.c.name))
        ]

    def accounts(self, now: float) -> list[AccountView]:
        """The accounts that asked anything within the last hour, by name."""
        rows = self.rows(select(account).order_by(account.c.name))
        asked = ((row, state_of(row).asked_lately(now)) for row in rows)
        return [
            AccountView(
                row.name,
                number,
                row.requests,
                max(row.requests - number, 0),
                moment(row.not_before) if row.not_before > now else None,
            )
            for row, number in asked
            if number
        ]

    def lanes(self) -> list[LaneView]:
        """Every lane, by name."""
        waiting, aside, dead = (self._counts(which) for which in (WAITING, ASIDE, DEAD))
        return [
            LaneView(
                row.destination,
                row.lease is not None,
                _due(row),
                waiting.get(row.destination, 0),
                aside.get(row.destination, 0),
                dead.get(row.destination, 0),
                row.waits_for,
                moment(row.not_before or None),
                moment(row.failing_since),
                moment(row.blocked_at),
                row.reason,
            )
            for row in self.rows(select(lane).order_by(lane.c.destination))
        ]

    def _counts(self, which: ColumnElement[bool]) -> dict[str, int]:
        counted = select(delivery.c.destination, func.count()).where(which)
        return {row[0]: row[1] for row in self.rows(counted.group_by(delivery.c.destination))}

    def deliveries(self, *, dead: bool = False, to: str | None = None, most: int = 50) -> list[DeliveryView]:
        """The newest deliveries, newest first, with their attempts; `dead` are those given up, `to` those to one lane."""
        wanted = [DEAD] if dead else []
        if to is not None:
            wanted.append(delivery.c.destination == to)
        return self.described(self.rows(select(delivery).where(*wanted).order_by(delivery.c.seq.desc()).limit(most)))

    def described(self, rows: Sequence[Any]) -> list[DeliveryView]:
        """These rows of deliveries with their events and attempts."""
        seqs = [row.seq for row in rows]
        attempts = self._grouped(select(attempt).where(attempt.c.delivery.in_(seqs)).order_by(attempt.c.id))
        bodies = self._grouped(
            select(delivery_event.c.delivery, event.c.body)
            .join_from(delivery_event, event, event.c.seq == delivery_event.c.event)
            .where(delivery_event.c.delivery.in_(seqs))
            .order_by(delivery_event.c.event)
        )
        return [_delivery(row, bodies.get(row.seq, []), attempts.get(row.seq, [])) for row in rows]

    def _grouped(self, statement: Any) -> Mapping[int, list[Any]]:
        grouped: dict[int, list[Any]] = {}
        for row in self.rows(statement):
            grouped.setdefault(row.delivery, []).append(row)
        return grouped


_family = func.coalesce(feed.c.parent, feed.c.key)


def _of_user(name: str) -> list[ColumnElement[bool]]:
    return [event.c.username == name.lower()]


def _of_repository(owner: str, slug: str) -> list[ColumnElement[bool]]:
    return [event.c.owner == owner.lower(), event.c.slug == slug.lower()]


def _delivery(row: Any, bodies: list[Any], attempts: list[Any]) -> DeliveryView:
    return DeliveryView(
        row.id,
        row.destination,
        row.rule,
        row.why,
        row.state,
        tuple(restore(found.body) for found in bodies),
        datetime.fromtimestamp(row.opened_at, UTC),
        datetime.fromtimestamp(row.release_at, UTC),
        moment(row.settled_at),
        moment(row.due_at),
        row.reason,
        tuple(AttemptView(datetime.fromtimestamp(tried.at, UTC), tried.outcome, tried.detail) for tried in attempts),
        restore_notice(row.notice) if row.notice else None,
    )


def _due(row: Any) -> datetime | None:
    """When a feed or lane is due; None for one that rests, and for a claimed one: a lease may have no end."""
    return None if row.lease else moment(row.ready_at)


def moment(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as an aware UTC time; None stays None."""
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
