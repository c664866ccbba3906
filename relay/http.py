"""The only module that imports httpx: one session, whole answers, no surprises."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True)
class Response:
    """A whole answer; header names are in lower case, `body` is decompressed, `url` where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """One client for everything relay asks and sends over HTTP."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: float = 30.0,
        most: int = 10 * 1024 * 1024,
        follow: bool = False,
        ca: Path | None = None,
    ) -> Response:
        """The answer, whatever its status; raises HttpError."""
        raise NotImplementedError

    async def __aenter__(self) -> "Http":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
