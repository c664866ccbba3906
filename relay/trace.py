"""What `relay trace` says: of an event or a delivery when it was seen, why it goes where it goes, and what became of it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Any

from relay.config import Config
from relay.destinations.base import one_line
from relay.events import Event
from relay.explain import verdicts
from relay.incidents import REST_FOR
from relay.redact import redact
from relay.render import Renderer
from relay.rules import Explanation
from relay.shipped import templates
from relay.status import ahead, moment, plain, span
from relay.store import read
from relay.store.traces import Trace, TracedDelivery, TracedEvent
from relay.store.traces import trace as traced
from relay.store.views import DeliveryView
from relay.timing import GATHER_FOR

_SIGHTS = {
    "history": "it was there before relay came: kept, and told to nobody",
    "late": "late: it happened while relay was away",
}

_WAITS = {
    "pace": "keeps its pace",
    "retry_after": "asked to wait",
    "backoff": "does not answer",
    "blocked": "is blocked",
}


def trace(asked: str, database: str, config: Config | None, now: datetime, *, json: bool) -> Iterator[str]:
    """Lines for the terminal, or one text of JSON. Without a `config` the rules are left out.

    The rules are asked as they are now, by the code that matches; they may have been others when the event came.
    Raises UsageError for what is not there, StoreError.
    """
    with closing(read(database)) as views:
        found = traced(views, asked)
    if json:
        yield dumps(_json(found, config, now), indent=2, ensure_ascii=False)
        return
    for event in found.events:
        yield from _event(event, config, whole=len(found.events) == 1 or len(found.deliveries) != 1)
    for delivery in found.deliveries:
        yield from _delivery(delivery, config, now)


def _event(found: TracedEvent, config: Config | None, *, whole: bool) -> Iterator[str]:
    """What it is, when it was seen and what the rules say; the events of a bundle in one line each."""
    event = found.event
    if not whole:
        yield f"event {_shown(event.id)} of {event.source}: {_sentence(event)}"
        return
    yield f"event {_shown(event.id)} of {event.source}: {_shown(event.type)}"
    yield f"  {_sentence(event)}"
    if event.url:
        yield f"  {_shown(event.url)}"
    happened = f"happened {moment(event.occurred_at)}, " if event.occurred_at else ""
    by = f" by the feed {_shown(found.feed)}" if found.feed else ""
    yield f"  {happened}seen {moment(event.seen_at)}{by}"
    if found.sight:
        yield f"  {_SIGHTS.get(found.sight, found.sight)}"
    yield ""
    yield from _rules(event, config)
    yield ""


def _rules(event: Event, config: Config | None) -> Iterator[str]:
    if config is None:
        yield "the file of rules cannot be read; `relay check` says why"
        return
    explanation = config.rulebook.explain(event)
    yield f"by the rules of {config.path} as they are now:"
    if explanation.ignored:
        yield f"  ignored: {explanation.ignored}"
    yield from (f"  {redact(line)}" for line in verdicts(explanation))


def _delivery(found: TracedDelivery, config: Config | None, now: datetime) -> Iterator[str]:
    view = found.delivery
    why = f", {view.why}" if view.why else ""
    yield f"delivery {view.id} to {view.destination} by {view.rule}{why}: {view.state}"
    released = "is released at" if view.state == "pending" and view.release_at > now else "released"
    yield f"  opened {moment(view.opened_at)}, {released} {moment(view.release_at)}"
    for attempt in view.attempts:
        detail = f": {redact(one_line(attempt.detail))}" if attempt.detail else ""
        yield f"  {moment(attempt.at)}  {attempt.outcome}{detail}"
    yield f"  {_next(found, config, now)}"
    for name, text in (found.words or {}).items():
        yield f"  --- {name}"
        yield from (f"  {redact(line)}" for line in text.splitlines())
    yield ""


def _next(found: TracedDelivery, config: Config | None, now: datetime) -> str:
    """What comes next, and when."""
    view, queue = found.delivery, found.queue
    if view.state == "sent":
        return f"sent {moment(view.settled_at)}; nothing follows (relay redeliver {view.id} sends it again)"
    if view.state == "dead":
        return f"dead since {moment(view.settled_at)}: {redact(view.reason or '')} (relay redeliver {view.id} sends it again)"
    if view.state == "withdrawn":
        return f"withdrawn {moment(view.settled_at)}: {view.reason} (relay redeliver {view.id} sends it all the same)"
    if queue is None:
        return "pending; there is no such destination"
    if queue.sending:
        return f"pending; its destination is at work{_behind(queue.before)}"
    if queue.due_at is None:
        return "pending; it rests, since the file does not name its destination"
    at = _next_at(found)
    when = f"{moment(at)} ({ahead(at, now)})"
    because = f", since {view.destination} {_WAITS[queue.waits_for]}" if queue.waits_for in _WAITS else ""
    reason = f": {redact(queue.reason)}" if queue.reason else ""
    held = _held(view, config) if view.release_at > now else ""
    return f"pending; tried at the earliest {when}{_behind(queue.before)}{because}{reason}{held}"


def _held(view: DeliveryView, config: Config | None) -> str:
    """Why a notice that is not released yet does not leave at once."""
    if view.notice is None:
        return ""
    last = view.release_at - timedelta(seconds=1)
    named = config.destinations.get(view.destination) if config else None
    if config and named and named.policy.quiet and named.policy.quiet.until(last, config.timezone):
        return f"; it waits for the end of the quiet hours of {view.destination}"
    if last < view.opened_at + timedelta(seconds=GATHER_FOR):
        return "; a notice gathers for a minute what has the same cause"
    return f"; of one cause there is one notice in {span(REST_FOR[view.notice.kind])}"


def _behind(number: int) -> str:
    return f", after {number:,} before it" if number else ""


def _next_at(found: TracedDelivery) -> datetime | None:
    """When a pending delivery is tried, at the earliest: its own time, or that of its lane if it is later."""
    view, queue = found.delivery, found.queue
    if queue is None or queue.due_at is None:
        return None
    return max(view.due_at or view.release_at, queue.due_at)


def _json(found: Trace, config: Config | None, now: datetime) -> dict[str, Any]:
    return {
        "rules": str(config.path) if config else None,
        "events": [
            {**plain(item), "explanation": _explained(config.rulebook.explain(item.event)) if config else None}
            for item in found.events
        ],
        "deliveries": [_delivery_json(item, config, now) for item in found.deliveries],
    }


def _explained(explanation: Explanation) -> dict[str, Any]:
    taken = [
        {"where": it.route.where, "rule": it.route.rule, "to": it.route.destination, "reason": plain(it.reason)}
        for it in explanation.verdicts
    ]
    return {"ignored": plain(explanation.ignored), "routes": taken}


def _delivery_json(found: TracedDelivery, config: Config | None, now: datetime) -> dict[str, Any]:
    view = _without_events(found.delivery)
    told = {"message": plain(found.words), "next": _next(found, config, now), "next_at": plain(_next_at(found))}
    return {**view, **told, "queue": plain(found.queue)}


def _without_events(view: DeliveryView) -> dict[str, Any]:
    shown: dict[str, Any] = plain(view)
    return {**shown, "events": [event.id for event in view.events]}


def _sentence(event: Event) -> str:
    return redact(Renderer((templates(),), UTC).sentence(event))


def _shown(text: str) -> str:
    return redact(one_line(text))
