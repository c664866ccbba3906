"""Deadlines: what is late ends, what is not is left alone, and who cancels keeps the last word."""

import asyncio

import pytest

from relay.deadlines import Deadline, Span


async def waiting(deadline: Deadline) -> None:
    """Wait for what never comes."""
    with deadline:
        await asyncio.Event().wait()


async def began(deadline: Deadline) -> "asyncio.Task[None]":
    """A task that waits within the deadline already."""
    task = asyncio.create_task(waiting(deadline))
    await asyncio.wait([task], timeout=0)
    return task


def test_what_is_late_raises_timeout_error() -> None:
    """An await that does not end is ended by its deadline."""

    async def late() -> None:
        await waiting(Deadline(Span(0.01)))

    with pytest.raises(TimeoutError):
        asyncio.run(late())


def test_what_began_later_ends_later() -> None:
    """Those that share a timer end one after the other, as they began."""

    async def two() -> list[bool]:
        span = Span(0.02)
        first = await began(Deadline(span))
        await asyncio.wait([first], timeout=0.01)
        second = await began(Deadline(span))
        await asyncio.wait([first])
        states = [first.done(), second.done()]
        await asyncio.wait([second])
        return [*states, second.done(), isinstance(second.exception(), TimeoutError)]

    assert [True, False, True, True] == asyncio.run(two())


def test_what_ended_in_time_is_left_alone_afterwards() -> None:
    """The timer of something that is over cancels nothing that its task does next."""

    async def next_one() -> int:
        task = asyncio.current_task()
        assert task is not None
        with Deadline(Span(0.01)):
            pass
        with pytest.raises(TimeoutError):
            await waiting(Deadline(Span(0.02)))
        return task.cancelling()

    assert 0 == asyncio.run(next_one())


def test_a_span_that_rested_begins_anew() -> None:
    """After a deadline that was late the next of the same length is watched too."""

    async def twice() -> list[bool]:
        span = Span(0.01)
        tasks = [await began(Deadline(span))]
        await asyncio.wait(tasks)
        tasks.append(await began(Deadline(span)))
        await asyncio.wait(tasks, timeout=5)
        return [task.done() for task in tasks]

    assert [True, True] == asyncio.run(twice())


def test_a_deadline_within_a_clean_up_is_one() -> None:
    """A task that is being cancelled already is told of what is late in its last steps."""

    async def cleaning() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await waiting(Deadline(Span(0.01)))

    async def cancelled() -> BaseException | None:
        task = asyncio.create_task(cleaning())
        await asyncio.wait([task], timeout=0)
        task.cancel()
        await asyncio.wait([task])
        return task.exception()

    assert isinstance(asyncio.run(cancelled()), TimeoutError)


def test_an_error_inside_goes_through() -> None:
    """What is raised in time is raised as it is."""

    async def failing() -> None:
        with Deadline(Span(1)):
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        asyncio.run(failing())


@pytest.mark.parametrize("late", [False, True])
def test_whoever_cancels_is_not_told_of_a_deadline(late: bool) -> None:
    """A task that is cancelled from outside stays cancelled, also where it gets late at that moment."""

    async def cancelled() -> bool:
        deadline = Deadline(Span(1))
        task = await began(deadline)
        task.cancel()
        if late:
            deadline.expire()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_of_two_deadlines_the_shorter_one_ends_what_it_holds() -> None:
    """One around another is late by itself, and the inner one is not told of."""

    async def outer() -> None:
        with Deadline(Span(0.01)):
            await waiting(Deadline(Span(5)))

    with pytest.raises(TimeoutError):
        asyncio.run(outer())
