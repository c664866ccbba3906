"""What a forge lets an account ask in an hour, and what has been asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """The requests an hour that all sources with the same credentials share.

    `account` names them without a secret, and is the same after a restart.
    """

    account: str
    requests: int


def hourly(requests: float, allowed: int | None = None) -> str:
    """A rate in words: "about 60 requests an hour", "about 60 of 1,000 requests an hour"."""
    of = f" of {allowed:,}" if allowed is not None else ""
    return f"about {requests:,.0f}{of} requests an hour"


class Meter:
    """Counts the requests of a source that its forge counts."""

    def __init__(self) -> None:
        self._spent = 0

    def spend(self, requests: int = 1) -> None:
        """So many requests were made."""
        self._spent += requests

    def take(self) -> int:
        """The requests since this was asked last."""
        spent, self._spent = self._spent, 0
        return spent
