"""An application on a port, for as long as it is wanted; who asked for it decides about signals and says the address."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from relay.errors import RelayError


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs it: uvicorn's handlers would end the server and leave its owner running."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The address where the application answers until the block ends; port 0 is a free one. Raises RelayError."""
    listener = _listener(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )
    work = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield _address(host, listener)
    finally:
        server.should_exit = True
        await work


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=256)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves it off, as `proto` is 0 here
        return listener
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", error)).partition(" (while")[0]  # the library appends the address
        raise RelayError(f"cannot listen on {host}:{port}: {reason}; choose another with --listen HOST:PORT") from None


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
