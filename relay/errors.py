"""Every way relay fails on purpose. Anything else that is raised is a bug.

The message of each is one line fit for the user (what, where, what next), redacted when it is made.
"""

from dataclasses import dataclass

from relay.redact import redact


class RelayError(Exception):
    """A failure that relay expects, told in one line without secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file, at a line and column counted from 1; 0 where there is none."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return redact(f"{place}: {self.text}")


class ConfigError(RelayError):
    """The configuration cannot be used; `problems` holds every mistake in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(RelayError):
    """The command line asks for something that does not exist or cannot be done."""


class InvalidEvent(RelayError):
    """A JSON value is not an event; says which field is wrong."""


class InvalidQuery(RelayError):
    """A question to the served events resource has a value that cannot be meant; says which."""


class TemplateError(RelayError):
    """A template cannot be compiled or rendered; says which, and where in it."""


class StoreError(RelayError):
    """The database cannot be used: locked by another relay, newer than this one, damaged, full, on a network drive."""


class StoreUnavailable(StoreError):
    """The database cannot be used for now: it does not answer, is locked, read-only or damaged, or its disk is full."""


class LeaseLost(StoreError):
    """Claimed work passed to another worker before it was committed; nothing was written."""


class HttpError(RelayError):
    """A request brought no whole answer; `sent` says whether the server may have acted on it."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class FeedError(RelayError):
    """A feed could not be read this time; its cursor stays where it was."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FeedUnavailable(FeedError):
    """The forge did not answer, or asked to wait `retry_after` seconds: 429, 5xx, a connection or deadline."""


class FeedLimited(FeedUnavailable):
    """The forge says that the account asks too much: 429, or a 403 with a time to wait; all its feeds wait."""


class FeedGarbled(FeedError):
    """A success that is not what it should be: a login page, half a body, JSON of another shape."""


class FeedDenied(FeedError):
    """401 or 403: the credentials are wrong or not enough."""


class FeedMissing(FeedError):
    """404: no such repository or user, or no permission to see it."""


class FeedGone(FeedError):
    """410: the forge removed it for good; it is not asked again until the configuration changes."""


class DeliveryError(RelayError):
    """One try of a delivery did not succeed; the subclass says what it means for the lane.

    `answer` is what the destination said, 4 KiB at most, for `relay deliveries`.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, answer: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.answer = redact(answer[:4096])


class Refused(DeliveryError):
    """This message will never be taken: it is dead at once and blocks nobody."""


class Unavailable(DeliveryError):
    """The destination cannot take anything now; asks for `retry_after` seconds where it said so."""


class Unsure(Unavailable):
    """It may have arrived by an earlier try, and whether it did cannot be found out now; only its own lane waits."""


class Blocked(DeliveryError):
    """A human must act first: a revoked token, a missing channel, a refused login."""


class Ambiguous(DeliveryError):
    """It may have arrived: the connection broke after the request was written."""
