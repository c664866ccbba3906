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


def branches_and_tags(number: int) -> str:
    """How many there are, in words."""
    return "1 branch or tag" if number == 1 else f"{number:,} branches and tags"
