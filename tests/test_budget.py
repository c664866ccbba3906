"""Accounts: what they asked, and whose turn it is when their budget runs short."""

import asyncio
import heapq
from collections import Counter

import pytest

from relay.budget import HOUR, Account, Meter, account_of, own_meter

AT = 1_795_348_800.0  # noon, at the beginning of an hour


def test_an_account_is_named_without_its_secret() -> None:
    """The name is the same each time, differs by host and secret, and holds nothing of the secret."""
    name = account_of("api.example.org", "s3cret-token")
    assert name == account_of("api.example.org", "s3cret-token")
    assert 4 == len({name, account_of("other.org", "s3cret-token"), account_of("api.example.org", "another"), ""})
    assert "s3cret" not in name
    assert "api.example.org/anonymous" == account_of("api.example.org", None)


def test_a_meter_counts_until_it_is_taken() -> None:
    """What was taken is not counted again."""
    meter = Meter()
    meter.spend()
    meter.spend(2)
    assert [3, 0] == [meter.take(), meter.take()]


def test_tasks_with_a_meter_of_their_own() -> None:
    """Polls of one source at the same time are counted apart, with the tasks that they start."""
    shared = Meter()

    async def poll(requests: int) -> int:
        own = own_meter()
        await asyncio.gather(*(asyncio.to_thread(shared.spend) for _ in range(requests)))
        return own.take()

    async def both() -> list[int]:
        return await asyncio.gather(asyncio.create_task(poll(1)), asyncio.create_task(poll(4)))

    assert ([1, 4], 0) == (asyncio.run(both()), shared.take())


def polls(account: Account, feeds: int, every: float, costs: dict[int, int] | None = None) -> list[tuple[float, int]]:
    """When which feed asks in three hours, where each poll asks as often as `costs` says of its feed, else once."""
    waiting = [(AT, feed, False) for feed in range(feeds)]
    asked: list[tuple[float, int]] = []
    known: dict[int, int] = {}
    while waiting[0][0] < AT + 3 * HOUR:
        now, feed, queued = heapq.heappop(waiting)
        account, turn_at = account.admit(now, known.get(feed, 1), queued=queued)
        if turn_at is None:
            cost = (costs or {}).get(feed, 1)
            account = account.charge(cost, known.get(feed, 1), now)
            asked += [(now, feed)] * cost
            known[feed] = cost
        heapq.heappush(waiting, (now + every, feed, False) if turn_at is None else (turn_at, feed, True))
    return asked


def busiest(asked: list[tuple[float, int]]) -> int:
    """The most requests in any 60 minutes."""
    moments = [at for at, _ in asked]
    return max(sum(at <= one < at + HOUR for one in moments) for at in moments[::20])


def test_what_fits_is_not_slowed() -> None:
    """An account that asks less than four fifths of its budget polls as often as it is told to."""
    assert Counter(dict.fromkeys(range(13), 180)) == Counter(feed for _, feed in polls(Account(1000), 13, 60.0))


@pytest.mark.parametrize("feeds", [17, 100, 2000])
def test_no_hour_holds_more_than_nine_tenths(feeds: int) -> None:
    """However much is wanted, from the first moment on, and nearly all of the account's share is used."""
    asked = polls(Account(1000), feeds, 60.0)
    assert 780 <= busiest(asked) <= 900
    assert len(asked) >= 3 * 780


def test_an_account_of_few_requests() -> None:
    """Sixty an hour are kept too, though a single batch of polls would use them up."""
    assert busiest(polls(Account(60), 100, 60.0)) <= 54


def test_polls_stretch_evenly() -> None:
    """Feeds that ask too much together are each polled as often as the others, give or take one."""
    counts = Counter(feed for _, feed in polls(Account(1000), 100, 60.0))
    assert max(counts.values()) - min(counts.values()) <= 1


def test_polls_that_ask_more() -> None:
    """What some polls really cost is kept within the budget, and takes no turns from the cheap ones."""
    asked = polls(Account(1000), 50, 60.0, costs=dict.fromkeys(range(10), 8))
    assert busiest(asked) <= 920
    turns = Counter(feed for feed, _ in {(feed, at) for at, feed in asked})
    assert max(turns.values()) - min(turns.values()) <= 1


def test_polls_that_cost_nothing_wait_for_no_queue() -> None:
    """An unchanged page that the forge does not count is asked for while others queue."""
    account = Account(1000, earned_at=AT + 300.0, queue_until=AT + 900.0)
    assert (AT + 900.0, None) == (account.admit(AT, 1, queued=False)[1], account.admit(AT, 0, queued=False)[1])


def test_what_the_forge_forbids_waits() -> None:
    """While the forge wants not to be asked nobody asks, and then one after the other."""
    paused = Account(800, not_before=AT + 60.0)
    paused, first = paused.admit(AT, 1, queued=True)
    _, second = paused.admit(AT, 1, queued=False)
    assert (AT + 60.0, AT + 60.0 + 5.625) == (first, second)


@pytest.mark.parametrize(("after", "lately"), [(0, 130), (30, 115), (60, 100), (90, 50), (120, 0), (600, 0)])
def test_the_requests_of_the_last_hour(after: int, lately: int) -> None:
    """Two counts tell them nearly, and soon forget."""
    account = Account(1000).charge(30, 0, AT - 60).charge(100, 0, AT)
    assert lately == account.asked_lately(AT + after * 60)
