"""What a notice says, from its figures alone: what is wrong, since when, how many, and what repairs it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.destinations.base import cut
from relay.notice import OF_FEEDS, Kind, Notice
from relay.render.digest import count

MOST_NAMED = 10
_NAME, _REASON = 80, 300
Clock = Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in plain words: `lines` stand below the headline; `advice`, `command` and `after` are one sentence."""

    headline: str
    lines: tuple[str, ...]
    advice: str
    command: str
    after: str

    @property
    def text(self) -> str:
        """All of it as sentences, one behind the other."""
        told = (part.rstrip(".") for part in (self.headline, *self.lines))
        return f"{'. '.join(told)}. {self.advice} `{self.command}` {self.after}"


def said(notice: Notice, clock: Clock) -> Said:
    """The notice in words, with its times as `clock` tells them."""
    names = "" if _alone(notice) else _listed(list(notice.about), notice.others)
    lines = (names, cut(notice.reason, _REASON), _span(notice, clock))
    return Said(_headline(notice), tuple(line for line in lines if line), *_repair(notice))


def _alone(notice: Notice) -> bool:
    return len(notice.about) == 1 and not notice.others


def _headline(notice: Notice) -> str:
    alone = _alone(notice)
    if alone:
        who = cut(next(iter(notice.about)), _NAME)
    else:
        number = count(len(notice.about), "feed" if notice.kind in OF_FEEDS else "destination")
        who = f"more than {number}" if notice.others else number
    dead = f"{_deliveries(notice.missed or 0)} to {who} died"
    return {
        "gap": f"Events may be missing from {who}",
        "failing": f"{who} cannot be read",
        "blocked": f"{who} {'is' if alone else 'are'} blocked",
        "down": f"{who} {'is' if alone else 'are'} down",
        "dead": dead,
    }[notice.kind]


def _deliveries(number: int) -> str:
    return f"{number:,} {'delivery' if number == 1 else 'deliveries'}"


def _listed(names: Sequence[str], others: bool) -> str:
    shown = ", ".join(cut(name, _NAME) for name in names[:MOST_NAMED])
    return f"{shown} and others" if others or len(names) > MOST_NAMED else shown


def _span(notice: Notice, clock: Clock) -> str:
    since = f"Since {clock(notice.since)}"
    if notice.kind == "gap":
        return f"Between {clock(notice.since)} and {clock(notice.until)}"
    if notice.kind in ("blocked", "down"):
        waiting = notice.missed or 0
        return f"{since}; {_deliveries(waiting)} {'waits' if waiting == 1 else 'wait'}, and nothing is lost"
    return since


_REPAIRS: dict[Kind, tuple[str, str, str]] = {
    "gap": (
        "What is missing must be looked up there. To keep up, let `every` of the source be shorter;",
        "relay check",
        "says what that costs.",
    ),
    "failing": (
        "Its place is kept. Correct the token, the name or the address;",
        "relay check --online",
        "says whether it can be read.",
    ),
    "blocked": (
        "Once that is mended, it goes on by itself: at once if the file changed, else within the hour;",
        "relay check --online",
        "says whether it would.",
    ),
    "down": (
        "It is tried again by itself, and `give_up_after` says for how long;",
        "relay status",
        "says how it fares.",
    ),
}


def _repair(notice: Notice) -> tuple[str, str, str]:
    if notice.kind != "dead":
        return _REPAIRS[notice.kind]
    one = notice.missed == 1 and notice.delivery
    which = f"relay redeliver {notice.delivery}" if one else "relay redeliver --dead"
    return "Once the cause is mended,", which, f"sends {'it' if one else 'them'} again."
