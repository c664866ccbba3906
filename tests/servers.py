"""A real HTTP server for tests: every request is kept, every answer is the test's own, faults included."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from relay.web.server import serving


@dataclass(frozen=True)
class Request:
    """What the server was asked; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server answers. `fault`: None, "hang" (until the server stops), "reset" (no answer at all), "cut" (half
    the body, then the connection closes), "drip" (a byte every 0.2 s), "endless" (the body over and over)."""

    status: int = 200
    body: bytes | str | dict[str, Any] | list[Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None

    def encoded(self) -> bytes:
        if isinstance(self.body, (dict, list)):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # with five, the library's own, a crowd of new connections stalls for many seconds

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Peers that go away are what the tests are about."""


class Server:
    """`with Server(respond) as server:` answers on a free port of 127.0.0.1; `server.requests` is what arrived.

    With `tls` it speaks https. `respond` is called in the server's thread with each Request and returns a Reply;
    assign `server.respond` to change it on the way.
    """

    def __init__(
        self, respond: Callable[[Request], Reply] = lambda _: Reply(), tls: ssl.SSLContext | None = None
    ) -> None:
        self.respond = respond
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self.peers: set[Any] = set()
        self._server = _QuietServer(("127.0.0.1", 0), _handler(self))
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def wait_until_left(self) -> None:
        """Return once the peers have gone, as those of a process that was killed do, and all that they sent was seen."""
        with socket.create_connection(self._server.server_address) as last:  # they are accepted in turn
            while self.peers != {last.getsockname()}:
                time.sleep(0.001)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(owner: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment an answer, or each keep-alive call costs a delayed acknowledgement of 40 ms
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            owner.peers.add(self.client_address)

        def finish(self) -> None:
            owner.peers.discard(self.client_address)
            super().finish()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def answer(self) -> None:
            parts = urlsplit(self.path)
            request = Request(
                self.command,
                parts.path,
                {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()},
                {key.lower(): value for key, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("content-length") or 0)),
            )
            owner.requests.append(request)
            self.write(owner.respond(request))

        def write(self, reply: Reply) -> None:
            if reply.fault == "hang":
                owner.stopping.wait(60)
            if reply.fault in ("hang", "reset"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = reply.encoded()
            (self.send_response_only if "date" in reply.headers else self.send_response)(reply.status)
            for name, value in ({"content-type": "application/json"} | reply.headers).items():
                self.send_header(name, value)
            if reply.fault == "endless":
                self.send_header("connection", "close")
            elif reply.status != 304:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.write_body(body, reply.fault)

        def write_body(self, body: bytes, fault: str | None) -> None:
            try:
                if fault == "drip":
                    for index in range(len(body)):
                        self.wfile.write(body[index : index + 1])
                        self.wfile.flush()
                        if owner.stopping.wait(0.2):
                            return
                elif fault == "endless":
                    while not owner.stopping.is_set():
                        self.wfile.write(body)
                elif fault == "cut":
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                elif self.command != "HEAD":
                    self.wfile.write(body)
                self.wfile.flush()
            except OSError:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815 - the names that http.server calls

    return Handler


class AppServer:
    """`with AppServer(app) as server:` serves an ASGI application on a free port, in a thread and loop of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.url = ""

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with serving(self._app) as self.url:
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> "AppServer":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
