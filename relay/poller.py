"""Per feed: claim, poll, match, commit."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from relay.budget import HOUR, Meter, own_meter
from relay.clock import Clock
from relay.errors import FeedDenied, FeedError, FeedGone, FeedLimited, FeedMissing
from relay.events import Event
from relay.incidents import NOBODY_HEARS, Incidents, is_due
from relay.jsontext import read, write
from relay.rules import Route, Rulebook
from relay.sources.base import Found, Page, Source
from relay.storable import LONGEST as LONGEST_NAME
from relay.storable import clean, fitting
from relay.store import Store
from relay.store.accounts import Spent
from relay.store.commit import Commit, Matched
from relay.store.feeds import ClaimedFeed, ClaimFeeds, HoldFeeds, PollFailed, WakeFeeds
from relay.store.members import Member, Members
from relay.store.opening import Intent
from relay.timing import Policy, slot

log = logging.getLogger("relay.poller")

MAX_AGE = 24 * 3600.0
"""Seconds relay must have been away, and an event must be old, for the event to be told as late."""
SLOWLY = HOUR
LONGEST = HOUR
SLOWED = 1.25
"""How much longer than asked for a source's polls take to come before its slowness is told."""
LEAST_PLACES = 8
"""Polls at once that a source may have, however many sources there are."""


@dataclass(frozen=True)
class Polled:
    """A source as the poller needs it: how to ask it, and how often, in seconds."""

    source: Source
    every: float


@dataclass(frozen=True)
class Sending:
    """A destination as the poller needs it: its policy, and how many events one of its messages holds."""

    policy: Policy
    most: int | None = None


class Matcher:
    """What events mean for deliveries; pure but for the rulebook's count of failing expressions."""

    def __init__(self, rulebook: Rulebook, destinations: Mapping[str, Sending], timezone: tzinfo) -> None:
        self._rulebook, self._destinations, self._timezone = rulebook, destinations, timezone
        self._options: dict[str, str] = {}

    def match(self, found: Found, now: datetime, late: str | None) -> Matched:
        """The event with an intent for every route it takes; history takes none."""
        if found.history:
            return Matched(found)
        routes = self._rulebook.routes(found.event)
        intents = tuple(self._intent(found.event, route, now, late) for route in routes)
        return Matched(found, intents, late is not None)

    def _intent(self, event: Event, route: Route, now: datetime, late: str | None) -> Intent:
        sending = self._destinations[route.destination]
        options = self._options.get(route.where)
        if options is None:
            options = self._options[route.where] = write(dict(route.options))
        when = slot(event, route, sending.policy, now, self._timezone, late)
        return Intent(route.destination, route.rule, options, when, sending.most)


class Poller:
    """Polls feeds and commits what they bring; `worked` and `failed` count the polls, `found` the new events.

    Of `places` polls at once a source has its share, so that one whose forge hangs keeps no other waiting. `listed` is
    called when a wildcard's feeds changed. With `round_at` it claims only what was due then, so that a round of all
    feeds has an end.
    """

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Polled],
        matcher: Matcher,
        clock: Clock,
        committed: Callable[[Sequence[Event]], None],
        listed: Callable[[], None],
        places: int,
        incidents: Incidents = NOBODY_HEARS,
    ) -> None:
        self._store, self._sources, self._matcher, self._clock = store, sources, matcher, clock
        self._committed, self._listed, self._incidents = committed, listed, incidents
        self._names = tuple(sources)
        self._feeds = frozenset((name, key) for name, polled in sources.items() for key in polled.source.feeds())
        self._accounts = {name: it.source.budget.account for name, it in sources.items() if it.source.budget}
        self._share = max(LEAST_PLACES, places // max(1, len(sources)))
        self._at_work: Counter[str] = Counter()
        self._slowed: dict[str, float] = {}
        self.worked = self.failed = self.found = 0
        self.round_at: float | None = None

    async def claim(self, most: int) -> Sequence[ClaimedFeed]:
        """Feeds that are due."""
        claim = ClaimFeeds(
            lease=f"{random.getrandbits(64):x}",
            now=self._clock.now().timestamp(),
            lease_for=self._store.lease_for,
            most=most,
            sources=self._names,
            places={name: self._share - self._at_work[name] for name in self._names},
            accounts=self._accounts,
            feeds=self._feeds,
            due_by=self.round_at,
        )
        claimed = await self._store.submit(claim)
        self._at_work.update(feed.source for feed in claimed)
        return claimed

    async def wake(self) -> None:
        """Go on with what a worker with another file let rest."""
        await self._store.submit(WakeFeeds(self._feeds, self._clock.now().timestamp()))

    async def renew(self, feeds: Sequence[ClaimedFeed]) -> None:
        """Keep these feeds this worker's while they are polled."""
        await self._hold(feeds, self._store.lease_for)

    async def _hold(self, feeds: Sequence[ClaimedFeed], lease_for: float) -> None:
        held = tuple((feed.id, feed.lease) for feed in feeds)
        await self._store.submit(HoldFeeds(held, self._clock.now().timestamp(), lease_for))

    async def next_at(self) -> float | None:
        """When the next feed is due, in seconds since the epoch."""
        return await self._store.next_feed_at(self._names)

    async def poll(self, feed: ClaimedFeed) -> None:
        """Poll one claimed feed and commit the outcome, whatever it is; one that is broken off is another worker's at once."""
        polled = self._sources[feed.source]
        self._tell_slowed(feed, polled)
        try:
            await self._poll(feed, polled, own_meter())
        except asyncio.CancelledError:
            if not self._store.alone:
                await self._hold((feed,), 0.0)
            raise
        finally:
            self._at_work[feed.source] -= 1

    async def _poll(self, feed: ClaimedFeed, polled: Polled, meter: Meter) -> None:
        cursor = None
        try:
            cursor = _cursor(feed)
            page = await polled.source.poll(feed.key, cursor, self._clock.now())
        except FeedError as error:
            await self._fail(feed, polled, meter, error)
        except Exception as error:  # a defect in a source must not touch other feeds: this one is retried and told
            log.exception("a defect in reading %s %s; please report it", feed.source, feed.name)
            await self._fail(feed, polled, meter, FeedError(f"a defect in relay: {type(error).__name__}"))
        else:
            _report(feed, page)
            await self._commit(feed, polled, meter, page, moved=page.cursor is not cursor)

    async def _commit(self, feed: ClaimedFeed, polled: Polled, meter: Meter, page: Page, *, moved: bool) -> None:
        now = self._clock.now()
        matched = self._matched(feed, page, now)
        events = await self._store.submit(
            Commit(
                feed=feed.id,
                source=feed.source,
                key=feed.key,
                lease=feed.lease,
                now=now.timestamp(),
                ready_at=now.timestamp() + max(polled.every * random.uniform(0.95, 1.05), page.ask_after or 0.0),
                not_before=now.timestamp() + (page.ask_after or 0.0),
                cursor=write(page.cursor) if moved else None,
                matched=matched,
                gap=page.gap,
                incident=self._incidents.of_gap(feed, page.gap, now),
                spent=_spent(feed, polled, meter),
                members=self._members(feed, page, now.timestamp()),
            )
        )
        self.worked += 1
        self.found += len(events)
        kept = sum(found.found.history for found in matched)
        if kept:
            log.info("%s %s: first sight; %d events of its history are kept, not told", feed.source, feed.name, kept)
        if events:
            self._committed(events)
        if page.listed is not None and moved:
            self._listed()

    def _matched(self, feed: ClaimedFeed, page: Page, now: datetime) -> tuple[Matched, ...]:
        late, listed = late_since(feed.polled_at, now), tuple(map(_fitting, page.found))
        old = [found for found in listed if late and not found.history and found.event.time.timestamp() < late]
        key = f"late:{feed.source}:{feed.key}:{old[0].event.id}" if old else None
        ids = {found.event.id for found in old}
        return tuple(self._matcher.match(found, now, key if found.event.id in ids else None) for found in listed)

    def _members(self, feed: ClaimedFeed, page: Page, now: float) -> Members | None:
        """What the page lists; what is new is part of a round that goes on."""
        if page.listed is None:
            return None
        listed = tuple(
            Member(item.key, clean(item.name)[:LONGEST_NAME], write(item.cursor))
            for item in page.listed
            if len(item.key) <= LONGEST_NAME
        )
        return Members(feed.source, feed.key, listed, now, now if self.round_at is None else self.round_at)

    def _tell_slowed(self, feed: ClaimedFeed, polled: Polled) -> None:
        """Say it once when a source's polls begin to wait for their account's budget, and again after an hour without."""
        budget, comes_after = polled.source.budget, polled.every + (feed.queue or 0.0)
        if budget is None or feed.polled_at is None or comes_after < SLOWED * polled.every:
            return
        now = self._clock.now().timestamp()
        last, self._slowed[feed.source] = self._slowed.get(feed.source, 0.0), now
        if now - last > HOUR:
            log.warning(
                "%s asks more than %s allows (%s requests an hour): every %g s becomes about %.0f s",
                feed.source,
                budget.account,
                f"{budget.requests:,}",
                polled.every,
                comes_after,
            )

    async def _fail(self, feed: ClaimedFeed, polled: Polled, meter: Meter, error: FeedError) -> None:
        self._tell_failed(feed, error)
        at = self._clock.now()
        now, noticed = at.timestamp(), is_due(feed, error, at.timestamp())
        rest = rest_for(error, feed.failures + 1, polled.every)
        await self._store.submit(
            PollFailed(
                feed=feed.id,
                lease=feed.lease,
                now=now,
                error=str(error),
                ready_at=None if rest is None else now + rest * random.uniform(1.0, 1.1),
                not_before=now + (error.retry_after or 0.0),
                spent=_spent(feed, polled, meter, now + (rest or 0.0) if isinstance(error, FeedLimited) else 0.0),
                noticed=noticed,
                incident=self._incidents.of_failed_poll(feed, error, at) if noticed else None,
            )
        )

    def _tell_failed(self, feed: ClaimedFeed, error: FeedError) -> None:
        """A member that is not there any more is no failure: the next listing lets it rest."""
        ended = feed.member and isinstance(error, FeedMissing)
        self.failed += not ended
        level = logging.DEBUG if feed.told == str(error) else logging.INFO if ended else logging.WARNING
        log.log(level, "%s %s: %s", feed.source, feed.name, error)


def _spent(feed: ClaimedFeed, polled: Polled, meter: Meter, not_before: float = 0.0) -> Spent | None:
    """What the poll asked of the source's account, if it has one."""
    budget = polled.source.budget
    return Spent(budget.account, meter.take(), feed.admitted, not_before) if budget else None


def _cursor(feed: ClaimedFeed) -> Any:
    """The source's own JSON. Raises FeedError when the database is damaged there."""
    try:
        return None if feed.cursor is None else read(feed.cursor)
    except ValueError:
        raise FeedError(
            "its cursor in the database is damaged; a backup can help, or another name in the file"
        ) from None


def _fitting(found: Found) -> Found:
    """The event under an id that the store takes, however long the forge's is."""
    id = fitting(found.event.id)
    return found if id == found.event.id else replace(found, event=replace(found.event, id=id))


def _report(feed: ClaimedFeed, page: Page) -> None:
    if feed.told:
        log.info("%s %s: works again", feed.source, feed.name)
    if page.gap:
        log.warning("%s %s: gap: %s", feed.source, feed.name, page.gap)
    for warning in page.warnings:
        log.warning("%s %s: %s", feed.source, feed.name, warning)


def late_since(polled_at: float | None, now: datetime) -> float | None:
    """The moment before which events are late, or None if relay was not away; seconds since the epoch.

    Late means that relay was away: neither first-sight history nor backdated events of a feed polled normally are.
    """
    away = polled_at is not None and now.timestamp() - polled_at > MAX_AGE
    return now.timestamp() - MAX_AGE if away else None


def rest_for(error: FeedError, failures: int, every: float) -> float | None:
    """Seconds until a feed that failed is asked again; None for never, until the file changes.

    A forge's own Retry-After wins; who must be asked by a human first is asked slowly; else the pauses double.
    """
    if isinstance(error, FeedGone):
        return None
    if error.retry_after is not None:
        return max(error.retry_after, 1.0)
    if isinstance(error, FeedDenied | FeedMissing):
        return max(SLOWLY, every)
    return min(every * 2.0 ** min(failures - 1, 10), max(LONGEST, every))
