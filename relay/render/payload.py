"""The JSON body of a webhook: the event's one JSON form in an envelope, texts cut visibly, small enough for anybody.

Compact, with the keys in the documented order. A sample has `relay.sample`, which no other body has.
"""

from typing import Any

from relay.destinations.base import Delivery
from relay.events import text_of, to_json
from relay.jsontext import quoted, write
from relay.notice import OF_FEEDS, Notice

MOST = 256 * 1024
_TEXT, _EVENTS = 4000, 100
_ENVELOPE = 24_000  # bytes for what stands around the events: a sentence of 4,000 characters, and names
_ROOM = (  # most characters of a text, items of a list, characters of an id or address: tried in turn
    (_TEXT, 100_000, _TEXT),
    (1000, 100, _TEXT),
    (200, 20, _TEXT),
    (200, 5, _TEXT),
    (60, 2, _TEXT),
    (1, 0, 60),
)
_NAMES = frozenset({"id", "type", "source", "url", "avatar_url", "hash", "occurred_at", "seen_at"})


def payload(delivery: Delivery, summary: str) -> str:
    """The body, as compact JSON text of at most 256 KiB.

    An event that takes more than its share has its texts cut shorter and its lists ended earlier until it fits, its ids
    and addresses last of all. A bundle carries 100 events at most: whoever sends it splits it before.
    """
    if delivery.body and not delivery.why and len(delivery.body) + len(summary) <= _TEXT:
        return _around(delivery.body, delivery, summary)
    body = _bundle(delivery, summary) if delivery.why else _single(delivery, summary)
    text = write(body)
    if len(text) <= _TEXT or delivery.why:
        return text
    return write(body | {"data": _fitted(body["data"], MOST - _ENVELOPE), "summary": summary[:_TEXT]})


def notice_payload(delivery: Delivery, notice: Notice, summary: str, text: str) -> str:
    """The body for a notice: what is the matter in words and figures, with the first feed or destination it is about."""
    about = "feed" if notice.kind in OF_FEEDS else "destination"
    data = {
        "kind": notice.kind,
        "text": text,
        about: next(iter(notice.about)),
        "since": text_of(notice.since),
        "until": text_of(notice.until),
        "missed": notice.missed,
    }
    told = {"type": "notice", "timestamp": text_of(notice.until), "summary": summary, "data": data}
    return write(told | {"relay": _relay(delivery)})


def _around(body: str, delivery: Delivery, summary: str) -> str:
    """The envelope around an event's JSON as it is stored, which is the same text that it would be encoded to."""
    event = delivery.events[0]
    head = f'"type":{quoted(event.type)},"timestamp":"{text_of(event.time)}","summary":{quoted(summary)}'
    return f'{{{head},"data":{body},"relay":{write(_relay(delivery))}}}'


def _fitted(event: dict[str, Any], most: int) -> Any:
    """The event in at most so many bytes."""
    for room in _ROOM:
        short = _shortened(event, *room)
        if len(write(short).encode()) <= most:
            break
    return short


def _single(delivery: Delivery, summary: str) -> dict[str, Any]:
    event = to_json(delivery.events[0])
    return {
        "type": event["type"],
        "timestamp": event["occurred_at"] or event["seen_at"],
        "summary": summary,
        "data": event,
        "relay": _relay(delivery),
    }


def _bundle(delivery: Delivery, summary: str) -> dict[str, Any]:
    told = delivery.events[:_EVENTS]
    events = [_fitted(to_json(event), (MOST - _ENVELOPE) // len(told)) for event in told]
    times = sorted(event["occurred_at"] or event["seen_at"] for event in events)
    span = {
        "from": text_of(delivery.since) if delivery.since else times[0],
        "until": text_of(delivery.until) if delivery.until else times[-1],
    }
    return {
        "type": "bundle",
        "timestamp": span["until"],
        "summary": summary,
        "data": {"why": delivery.why, **span, "events": events},
        "relay": _relay(delivery),
    }


def _relay(delivery: Delivery) -> dict[str, Any]:
    about = {"version": 1, "delivery": delivery.id, "destination": delivery.destination, "rule": delivery.rule}
    return {**about, "sample": True} if delivery.sample else about


def _shortened(value: Any, text: int, items: int, name: int, key: str = "") -> Any:
    if isinstance(value, str):
        most = name if key in _NAMES else text
        return value if len(value) <= most else f"{value[: most - 1]}…"
    if isinstance(value, dict):
        return {inner: _shortened(item, text, items, name, inner) for inner, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item, text, items, name, key) for item in value[:items]]
    return value
