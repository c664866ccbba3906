"""Who gets a place, who waits for one, and who is sent away."""

import asyncio
from collections.abc import Sequence

import pytest

from relay.errors import FeedError, FeedUnavailable
from relay.git.places import Places


async def held(places: Places, until: asyncio.Event) -> str:
    """What became of a poll that holds its place until the event."""
    try:
        async with places.one():
            await until.wait()
    except FeedError as error:
        return str(error).partition(";")[0]
    return "done"


def outcomes(patience: float) -> Sequence[str]:
    """What became of two polls in two places, and of two more; the first end when those wait, or were sent away."""

    async def act() -> Sequence[str]:
        places, end = Places(2, patience), asyncio.Event()
        polls = [asyncio.create_task(held(places, end)) for _ in range(4)]
        await asyncio.wait(polls[2:], timeout=0.2)
        end.set()
        return await asyncio.gather(*polls)

    return asyncio.run(act())


AWAY = "waits for the 2 polls of its source that run and do not end"


def test_a_place_is_waited_for() -> None:
    """Polls that end make room for those that wait."""
    assert ["done"] * 4 == outcomes(30)


def test_nobody_waits_behind_polls_that_do_not_end() -> None:
    """Who finds no place goes away after a while."""
    assert ["done", "done", AWAY, AWAY] == outcomes(0.05)


def test_the_pause_is_short() -> None:
    """Who was sent away comes back after some seconds, not all at one moment."""
    places = Places(0, 0.01)
    with pytest.raises(FeedUnavailable) as caught:
        asyncio.run(held_once(places))
    assert 5.0 <= (caught.value.retry_after or 0.0) <= 15.0


async def held_once(places: Places) -> None:
    async with places.one():
        pass


def test_a_dead_host_is_not_waited_for_again() -> None:
    """Once polls were seen not to end, a feed that finds no place is sent away without waiting."""

    async def act() -> str:
        places, end = Places(2, 0.05), asyncio.Event()
        running = [asyncio.create_task(held(places, end)) for _ in range(2)]
        await asyncio.sleep(0)
        await held(places, end)
        later = asyncio.create_task(held(places, end))
        await asyncio.sleep(0)
        was_sent_away = later.done()
        end.set()
        await asyncio.gather(*running)
        return f"{was_sent_away} {await held(places, end)}"

    assert "True done" == asyncio.run(act())


def test_a_slow_queue_that_moves_is_waited_for() -> None:
    """However long it takes, nobody is sent away while polls end well."""

    async def act() -> list[str]:
        places = Places(1, 0.05)
        ends = [asyncio.Event() for _ in range(4)]
        polls = [asyncio.create_task(held(places, end)) for end in ends]
        for end in ends:
            await asyncio.wait(polls, timeout=0.03)
            end.set()
        return list(await asyncio.gather(*polls))

    assert ["done"] * 4 == asyncio.run(act())
