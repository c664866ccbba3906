import asyncio
import signal
import socket

import pytest

from relay.errors import RelayError
from relay.web.app import app
from relay.web.server import serving
from tests.web.serving import ask
from tests.web.test_app import SITE_EVENTS, Memory


def test_a_served_application_frees_its_port_when_cancelled() -> None:
    """Serving ends with the task it belongs to, and the port can be had again at once."""
    told: asyncio.Queue[str] = asyncio.Queue()

    async def serve() -> None:
        async with serving(app(Memory(), lambda: None)) as address:
            told.put_nowait(address)
            await asyncio.Event().wait()

    async def scenario() -> tuple[int, bool]:
        work = asyncio.create_task(serve())
        address = await told.get()
        answer = await asyncio.to_thread(ask, address, SITE_EVENTS)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        async with serving(app(Memory(), lambda: None), port=int(address.rpartition(":")[2])) as again:
            return answer.status, address == again

    assert (200, True) == asyncio.run(scenario())


async def enter(port: int) -> None:
    async with serving(app(Memory(), lambda: None), port=port):
        raise AssertionError("two servers cannot have one port")


def test_a_port_in_use_is_said_with_what_to_do() -> None:
    """A port that somebody has is told in one line with its address and the option to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RelayError) as told:
            asyncio.run(enter(port))
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --listen HOST:PORT" == str(
        told.value
    )


def test_signals_stay_with_the_owner() -> None:
    """The server leaves the handlers of Ctrl-C and SIGTERM as they were."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async def during() -> list[object]:
        async with serving(app(Memory(), lambda: None)) as address:
            await asyncio.to_thread(ask, address, "/")
            return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    inside = asyncio.run(during())
    assert before[1] == inside[1]
    assert "uvicorn" not in getattr(inside[0], "__module__", "")
