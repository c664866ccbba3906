"""The Bitbucket 1.0 events resource as values: what was asked, and an event in the documented shape. Pure.

The formats are those of pages recorded in 2012 and of the documentation of that time. What the shape has no room for
(number, title, address) stands in the extra key `relay`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from relay.errors import InvalidQuery
from relay.event_types import VOCABULARY
from relay.events import Actor, Event, Repository, to_json

LIMIT_MOST = 50
LIMIT_DEFAULT = 25
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_WHOLE = re.compile(r"[0-9]{1,18}")
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_NODE = re.compile(r"[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Query:
    """Which part of a list of events was asked for; `limit` 0 asks for the count alone."""

    type: str | None = None
    start: int = 0
    limit: int = LIMIT_DEFAULT


def parse_query(pairs: Iterable[tuple[str, str]]) -> Query:
    """What a query string asks for. Raises InvalidQuery; parameters the resource never had are passed over."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given and name in ("type", "start", "limit"):
            raise InvalidQuery(f"{name} is given twice; give it once")
        given[name] = value
    return Query(
        type=_type(given["type"]) if "type" in given else None,
        start=_whole("start", given.get("start", "0")),
        limit=_limit(given.get("limit", str(LIMIT_DEFAULT))),
    )


def _type(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise InvalidQuery(f"type must be the name of one event type, not {text[:40]!r}")
    return text


def _whole(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise InvalidQuery(f"{name} must be a whole number from 0, not {text[:40]!r}")
    return int(text)


def _limit(text: str) -> int:
    limit = _whole("limit", text)
    if limit > LIMIT_MOST:
        raise InvalidQuery(f"limit must be from 0 to {LIMIT_MOST}, not {limit}")
    return limit


def to_v1(event: Event) -> dict[str, Any]:
    """The event under the seven documented keys, and whole under `relay`. A type of the future passes as it is."""
    return {
        "node": _node(event),
        "description": _description(event),
        "repository": event.repository and _repository(event.repository),
        "created_on": _amsterdam(event.time),
        "user": event.actor and _user(event.actor),
        "utc_created_on": event.time.astimezone(UTC).isoformat(sep=" ", timespec="seconds"),
        "event": event.type,
        "relay": to_json(event),
    }


def _node(event: Event) -> str | None:
    """The changeset's 12 hex digits; a push names its commits in the description instead."""
    if not _is_about_commit(event) or not event.commits:
        return None
    found = _NODE.match(event.commits[0].hash)
    return found[0].lower() if found else None


def _is_about_commit(event: Event) -> bool:
    return event.type in VOCABULARY and VOCABULARY[event.type].about == "commit"


def _description(event: Event) -> str | dict[str, Any] | None:
    """What the resource said for the type: a message, a comment's id, a wiki page, the pushed commits, or nothing."""
    if event.type == "pushed":
        return _pushed(event)
    if event.type == "commit":
        return event.commits[0].message if event.commits else None
    if event.type.startswith("wiki_"):
        return event.title
    return event.comment.id if event.comment and "_comment" in event.type else None


def _pushed(event: Event) -> dict[str, Any]:
    """Newest first, as the resource had them; `total_commits` counts those that the list leaves out too."""
    total = event.total_commits
    return {
        "commits": [{"hash": commit.hash, "description": commit.message} for commit in event.commits],
        "total_commits": len(event.commits) if total is None else total,
    }


def _repository(repository: Repository) -> dict[str, Any]:
    owner, slug = repository.owner, repository.slug
    return {
        "owner": owner,
        "slug": slug,
        "name": repository.name or slug,
        "is_private": repository.private,
        "resource_uri": f"/1.0/repositories/{quote(owner)}/{quote(slug)}" if owner else None,
    }


def _user(actor: Actor) -> dict[str, Any] | None:
    """None for somebody without an account, as the resource told it; the name is then under `relay` alone.

    The whole name is the first name: relay does not know where to divide it, and clients join the two.
    """
    if actor.username is None:
        return None
    return {
        "username": actor.username,
        "first_name": actor.name or "",
        "last_name": "",
        "display_name": actor.display_name,
        "avatar": actor.avatar_url,
        "resource_uri": f"/1.0/users/{quote(actor.username)}",
    }


def _amsterdam(moment: datetime) -> str:
    """Local time where Bitbucket stood, without a zone; the last hours of the year 9999 have none and stay UTC."""
    try:
        local = moment.astimezone(_AMSTERDAM)
    except OverflowError:
        local = moment
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
