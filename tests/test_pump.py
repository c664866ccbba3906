"""The pump: claims due work, never more than it has room for, and rests when there is none."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from relay.pump import Pump, Shared
from tests.stage import until


class Work:
    """Pieces that are due, and an event that lets those that run finish."""

    def __init__(self, pieces: int) -> None:
        self.left = list(range(pieces))
        self.running = self.done = self.looks = 0
        self.finish = asyncio.Event()

    async def claim(self, most: int) -> list[int]:
        claimed, self.left = self.left[:most], self.left[most:]
        return claimed

    async def run(self, _piece: int) -> None:
        self.running += 1
        await self.finish.wait()
        self.running -= 1
        self.done += 1

    async def next_at(self) -> float | None:
        self.looks += 1
        return 0.0 if self.left else None

    def pump(
        self, most: int, run: Callable[[int], Awaitable[None]] | None = None, shared: Shared[int] | None = None
    ) -> "Pump[int]":
        run = run or self.run
        return Pump(claim=self.claim, run=run, next_at=self.next_at, now=lambda: 1.0, most=most, shared=shared)


def test_a_drain_does_everything() -> None:
    """All that is due is done, also what there was no room for at first."""

    async def act() -> int:
        work = Work(10)
        work.finish.set()
        await work.pump(3).drain()
        return work.done

    assert 10 == asyncio.run(act())


def test_what_is_claimed_while_all_is_broken_off_is_too() -> None:
    """A claim that was under way when the pump was broken off keeps nobody waiting for what it brought."""

    async def act() -> tuple[list[int], int]:
        claiming, answer, begun, work = asyncio.Event(), asyncio.Event(), list[int](), Work(0)

        async def claim(_most: int) -> list[int]:
            claiming.set()
            await answer.wait()
            return [7]

        async def run(piece: int) -> None:
            begun.append(piece)
            await work.run(piece)

        pump = Pump(claim=claim, run=run, next_at=work.next_at, now=lambda: 1.0, most=3)
        forever = asyncio.create_task(pump.forever())
        await claiming.wait()
        pump.stop()
        pump.cancel()
        answer.set()
        async with asyncio.timeout(30):
            await forever
        return begun, work.done

    assert ([7], 0) == asyncio.run(act())


def test_a_drain_looks_again_when_something_ended_meanwhile() -> None:
    """What had no place beside a piece that ended during the look is done at once, though another piece hangs."""

    async def act() -> list[int]:
        looks, done, hung, ended = iter([[0, 1], [], [2]]), list[int](), asyncio.Event(), asyncio.Event()

        async def claim(most: int) -> list[int]:
            claimed = next(looks, [])
            if not claimed:
                ended.set()
                await until(lambda: 1 in done)
            return claimed

        async def run(piece: int) -> None:
            await (ended if piece else hung).wait()
            done.append(piece)

        task = asyncio.create_task(Pump(claim=claim, run=run, next_at=Work(0).next_at, now=lambda: 1.0, most=3).drain())
        await until(lambda: 2 in done)
        hung.set()
        await task
        return done

    assert [1, 2, 0] == asyncio.run(act())


def test_a_full_house_waits_quietly() -> None:
    """With no room left, being woken again and again brings no look at the database."""

    async def act() -> tuple[int, int]:
        work = Work(10)
        pump = work.pump(3)
        task = asyncio.create_task(pump.forever())
        for _ in range(100):
            pump.wake()
            await asyncio.sleep(0)
        running, looks = work.running, work.looks
        work.finish.set()
        pump.stop()
        await task
        return running, looks

    assert (3, 0) == asyncio.run(act())


def test_an_idle_pump_looks_again_when_its_work_is_done() -> None:
    """What is due next is often known only then: a poll of a second must not wait for two."""

    async def act() -> int:
        work = Work(1)
        pump = work.pump(3)
        task = asyncio.create_task(pump.forever())
        await until(lambda: bool(work.looks))
        work.finish.set()
        for _ in range(50):
            await asyncio.sleep(0)
        looks = work.looks
        pump.stop()
        await task
        return looks

    assert 2 == asyncio.run(act())


def test_one_piece_that_breaks_is_told_and_stops_nobody() -> None:
    """The others are done, and whoever runs the pump learns that something was not given back."""

    async def act() -> tuple[int, bool]:
        work = Work(3)
        work.finish.set()

        async def run(piece: int) -> None:
            if piece == 1:
                raise RuntimeError("broken")
            await work.run(piece)

        pump = work.pump(3, run)
        await pump.drain()
        return work.done, pump.broken.is_set()

    assert (2, True) == asyncio.run(act())


def test_what_runs_is_renewed_beside_other_workers() -> None:
    """As long as a piece runs its lease is renewed, again and again."""

    async def act() -> set[tuple[int, ...]]:
        work, renewed = Work(2), []

        async def renew(pieces: Sequence[int]) -> None:
            renewed.append(tuple(pieces))

        drained = asyncio.create_task(work.pump(3, shared=Shared(renew, renew_after=0.001)).drain())
        await until(lambda: len(renewed) > 2)
        work.finish.set()
        await drained
        return set(renewed)

    assert {(0, 1)} == asyncio.run(act())
