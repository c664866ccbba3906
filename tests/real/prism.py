"""Prism: mock servers made of the forges' own specifications, whose answers are random but valid.

relay asks through a server of the tests, which says what relay itself cannot: that the answer shall be random.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.real.running import Daemon, free_port, program
from tests.servers import Reply, Request
from tests.stage import SHARED

PACKAGE = "@stoplight/prism-cli@5.14.2"
SPECS = SHARED / "specs"
RANDOM = "dynamic=true"
_PASSED_ON = ("authorization", "if-none-match")


class Prism:
    """A running mock; `prefer` says which answers it gives: random ones, or those of a status, as `code=403`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.prefer = RANDOM

    def ask(self, path: str, request: Request, query: Mapping[str, str]) -> Reply:
        """What the mock answers to a request that comes with another path and query."""
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            target = f"{quote(path, safe='/%')}?{urlencode(query)}"
            connection.request("GET", target, headers=headers | {"prefer": self.prefer})
            answer = connection.getresponse()
            kind = answer.getheader("content-type") or "application/json"
            return Reply(answer.status, answer.read(), {"content-type": kind})
        finally:
            connection.close()


@contextmanager
def mocking(packages: Path, spec: str, folder: Path) -> Iterator[Prism]:
    """A mock of one of the specifications that lie beside the project; npm put it into `packages`."""
    port, main = free_port(), packages / "@stoplight" / "prism-cli" / "dist" / "index.js"
    how = ("mock", "--host", "127.0.0.1", "--port", str(port), "--verboseLevel", "silent", SPECS / spec)
    with Daemon(port, program("node"), main, *how, log=folder / "prism.log"):
        yield Prism(port)
