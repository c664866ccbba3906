"""What was already seen of a list whose entries have ids: neither order nor time decides what is new. Pure.

For lists that are whole windows (a forge's events, a snapshot). Lists without ids are `relay.cursor`'s affair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from relay.cursor import damaged

MEMORY = 1000
"""Ids remembered at least; twice the list, where that is longer: entries vanish from windows and slide back in."""


@dataclass(frozen=True)
class Seen:
    """The ids listed so far, those listed last first; no id that is still listed is ever forgotten."""

    ids: tuple[str, ...] = ()

    def news(self, listed: Iterable[str]) -> list[str]:
        """The ids that were never seen, in the order of the list, each once."""
        known = set(self.ids)
        return [id for id in dict.fromkeys(listed) if id not in known]

    def after(self, listed: Iterable[str]) -> "Seen":
        """What is remembered once the list was read; this very object where it holds nothing new."""
        now = dict.fromkeys(listed)
        if not self.news(now):
            return self
        kept = (*now, *(id for id in self.ids if id not in now))
        return Seen(kept[: max(MEMORY, 2 * len(now))])

    def missed(self, listed: Sequence[str]) -> bool:
        """Whether the list shows nothing that was seen before: others may have scrolled past."""
        return bool(self.ids and listed) and len(self.news(listed)) == len(set(listed))


def from_json(value: Any) -> Seen:
    """What was kept as `list(seen.ids)`; raises FeedError if it is anything else."""
    if not isinstance(value, list) or not all(isinstance(id, str) for id in value):
        raise damaged()
    return Seen(tuple(value))
