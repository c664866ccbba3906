"""What a visit asks of a repository: its pull requests' activity and their list, and what first sight asks of both.

Both lists take at most 50 a page (more is 400). The activity heeds neither `q` nor `sort`; the list shows only open
ones unless every state is named. Participants and reviewers are in the list only if they are asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from relay.fields import Fields
from relay.sources.base import Start
from relay.sources.bitbucket_cloud_account import Account, Read
from relay.sources.bitbucket_cloud_activity import OVERLAP, is_older
from relay.sources.bitbucket_cloud_cursor import Place

_PAGE = 50
_MOST_PAGES = 200  # at first sight, where all of the past is wanted
_RECENT = timedelta(days=1)
_STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
_OPEN = 'state = "OPEN"'


@dataclass(frozen=True)
class Visit:
    """What was read of a repository's pull requests."""

    activity: Read
    pulls: Read


async def again(account: Account, place: Place, high: datetime | None, now: datetime, *, sweep: bool) -> Visit:
    """What is new since `high`; a sweep reads every open pull request too, since approvals need not change one."""
    floor = high - OVERLAP if high else None
    activity = await _activity(account, place, now, lambda page: is_older(page, floor))
    query = " OR ".join([*([_OPEN] if sweep else []), f"updated_on > {floor.isoformat()}"]) if floor else None
    return Visit(activity, await _pulls(account, place, now, query))


async def first(account: Account, place: Place, start: Start, updated_at: datetime | None, now: datetime) -> Visit:
    """What `start` asks of the past, and all that is open or was touched lately, so that it is known later."""
    moment = updated_at or now
    since = now - timedelta(seconds=min(start.seconds, now.timestamp())) if start.kind == "since" else None
    recent = f"{_OPEN} OR updated_on > {(min(moment, since or moment) - _RECENT).isoformat()}"
    if start.kind == "all":
        activity = await _activity(account, place, now, lambda page: False, _MOST_PAGES)
        return Visit(activity, await _pulls(account, place, now, None, most=_MOST_PAGES))
    if since:
        activity = await _activity(account, place, now, lambda page: is_older(page, since), _MOST_PAGES)
        return Visit(activity, await _pulls(account, place, now, recent, most=_MOST_PAGES))
    activity = await _activity(account, place, now, _after(start.count), _MOST_PAGES)
    listed = await _pulls(account, place, now, recent)
    newest = await _pulls(account, place, now, None, _after(start.count), _MOST_PAGES) if start.count else Read(())
    return Visit(activity, Read((*newest.values, *listed.values), listed.whole))


def _after(count: int) -> Callable[[Sequence[Fields]], bool]:
    """True once so many entries were read, and always where none is wanted: one page is a glimpse."""
    left = count

    def enough(page: Sequence[Fields]) -> bool:
        nonlocal left
        left -= len(page)
        return left <= 0

    return enough


async def _activity(
    account: Account, place: Place, now: datetime, until: Callable[[Sequence[Fields]], bool], most: int = 20
) -> Read:
    return await account.list(f"{place.path}/pullrequests/activity", now, {"pagelen": _PAGE}, until=until, most=most)


async def _pulls(
    account: Account,
    place: Place,
    now: datetime,
    query: str | None,
    until: Callable[[Sequence[Fields]], bool] = lambda page: False,
    most: int = 20,
) -> Read:
    asked: dict[str, Any] = {"state": _STATES, "q": query, "sort": "-updated_on", "pagelen": _PAGE}
    asked["fields"] = "+values.participants,+values.reviewers"
    return await account.list(f"{place.path}/pullrequests", now, asked, until=until, most=most)
