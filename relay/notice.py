"""What relay itself has to say: a window scrolled past, a feed or a destination needs a human, deliveries died.

A notice is no event: nothing happened on a forge, no rule matches it, it is not served, and the vocabulary does not know
it. It is told like one all the same: a delivery that holds a notice in place of events, as JSON beside it, so that
lanes, retries, ids and `relay deliveries` are those of every other. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from relay.errors import InvalidEvent
from relay.jsontext import write
from relay.storable import clean

Kind = Literal["gap", "failing", "blocked", "down", "dead"]
OF_FEEDS: frozenset[Kind] = frozenset({"gap", "failing"})
"""The kinds that are about feeds; the others are about destinations."""
MOST_NAMES = 100
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """Trouble of one kind, told together.

    `about` holds the feeds ("acme repositories/acme/site") or destinations in trouble, each with how many deliveries
    died or wait there; None where nobody can count them. At most 100 are named; `others` says that there were more.
    `reason` is what was said of the first, and `delivery` the first that died.
    """

    kind: Kind
    about: Mapping[str, int | None]
    reason: str
    since: datetime
    until: datetime
    delivery: str | None = None
    others: bool = False

    @property
    def missed(self) -> int | None:
        """How many deliveries died or wait, in all."""
        counts = [count for count in self.about.values() if count is not None]
        return sum(counts) if counts else None

    def counting(self, number: int) -> "Notice":
        """The same with that many deliveries, where it is about one destination."""
        return replace(self, about=dict.fromkeys(self.about, number))

    def joined(self, later: "Notice") -> "Notice":
        """Both as one: what died adds up, and what waits is as it was last."""
        about = dict(self.about)
        for name, count in later.about.items():
            before = about.get(name) if self.kind == "dead" else None
            if name in about or len(about) < MOST_NAMES:
                about[name] = count if before is None else before + (count or 0)
        return replace(
            self,
            about=about,
            since=min(self.since, later.since),
            until=max(self.until, later.until),
            others=self.others or later.others or not later.about.keys() <= about.keys(),
        )


@cache
def _adapter() -> TypeAdapter[Notice]:
    return TypeAdapter(Notice)


def named(name: str) -> str:
    """A name as a kept notice has it."""
    return clean(name[:LONGEST])


def keep(notice: Notice) -> str:
    """The notice as it stands beside its delivery, with its texts cut: names and reasons are as long as others like."""
    about = {named(name): count for name, count in notice.about.items()}
    return write(replace(notice, about=about, reason=clean(notice.reason[:LONGEST])))


def restore(text: str) -> Notice:
    """The notice of a text that `keep` made. Raises InvalidEvent for what can only be a damaged database."""
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise InvalidEvent(f"the database holds a notice that is damaged: {error.errors()[0]['msg']}") from None
