"""What `check --online` found out."""

from dataclasses import dataclass

from relay.redact import redact


@dataclass(frozen=True)
class Finding:
    """One sentence about a source or a destination; `fine` is false where something must be mended. Holds no secret."""

    text: str
    fine: bool = True

    def __str__(self) -> str:
        return redact(self.text)
