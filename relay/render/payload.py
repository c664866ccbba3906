"""The JSON body of a webhook: the event's one JSON form in an envelope, texts cut visibly, small enough for anybody.

Compact, with the keys in the documented order. A sample has `relay.sample`, which no other body has.
"""

import json
from collections.abc import Mapping
from typing import Any

from relay.destinations.base import Delivery
from relay.events import clean, to_json

MOST = 256 * 1024
_TEXT, _EVENTS = 4000, 100
_ROOM = ((_TEXT, 100_000), (1000, 100), (200, 20), (60, 5))  # (characters of a text, items of a list), tried in turn
_NAMES = frozenset({"id", "type", "source", "url", "avatar_url", "hash", "occurred_at", "seen_at"})


def payload(delivery: Delivery, summary: str) -> str:
    """The body, as compact JSON text of at most 256 KiB.

    Where whole texts would exceed that, all are cut shorter and lists of commits end early, until they fit; ids and
    addresses are left as they are. A bundle beyond 100 events carries its first 100: the caller splits it before.
    """
    body = _bundle(delivery, summary) if delivery.why else _single(delivery, summary)
    text = _written(body)
    if len(text) <= _TEXT:
        return text
    for characters, items in _ROOM:
        text = _written(_shortened(body, characters, items))
        if len(text.encode()) <= MOST:
            break
    return text


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
    events = [to_json(event) for event in delivery.events[:_EVENTS]]
    times = sorted(event["occurred_at"] or event["seen_at"] for event in events)
    span = {"from": _moment(delivery.since) or times[0], "until": _moment(delivery.until) or times[-1]}
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


def _moment(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _written(body: Mapping[str, Any]) -> str:
    return clean(json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def _shortened(value: Any, characters: int, items: int, key: str = "") -> Any:
    if isinstance(value, str):
        most = _TEXT if key in _NAMES else characters
        return value if len(value) <= most else f"{value[: most - 1]}…"
    if isinstance(value, dict):
        return {name: _shortened(item, characters, items, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item, characters, items, key) for item in (value if key == "events" else value[:items])]
    return value
