"""A case of a campaign: a forge, one broken answer, and what came of it. What is wrong with that is said here."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.servers import Reply, Request

if TYPE_CHECKING:
    from tests.mutated.world import World

KNOWN, BROKEN, TRUE, AGAIN, LATER = range(5)
"""The acts. In the last one there is one entry more, which is told."""
STRANGERS = 4
"""Events that a broken answer may tell beyond the true ones, where the forge tells copies from one another."""


def asked(request: Request) -> tuple[str, ...]:
    """What tells a request from others: feeds of one case ask side by side, in no order."""
    return (request.path, *(f"{name}={value}" for name, value in sorted(request.query.items())))


@dataclass(frozen=True)
class Broken:
    """How the broken act is: `reply` stands for the `true` answer to a request, the first time that it is asked for.

    `fails`: that is a failure for sure; `sure` are the ids that are told at once. With `always` it answers everything.
    """

    request: Request
    true: Reply
    reply: Reply
    fails: bool = False
    sure: frozenset[str] = frozenset()
    always: Callable[[Request], Reply] | None = None

    def answer(self, request: Request, nth: int, true: Reply) -> Reply:
        """The answer to a request that is asked for the nth time; `true` is the true one."""
        if self.always:
            return self.always(request)
        return self.reply if nth == 1 and asked(request) == asked(self.request) else true


@dataclass(frozen=True)
class Act:
    """What stood in the database after an act, by feed, what had arrived in it, and what relay had warned of."""

    cursors: Mapping[str, str | None]
    errors: Mapping[str, str]
    arrived: Sequence[Any]
    warnings: Sequence[str]

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.arrived]


@dataclass(frozen=True)
class Twin:
    """What happens where no answer is broken: `asked` holds what is asked in the broken act, with the answers."""

    acts: list[Act] = field(default_factory=list)
    asked: list[tuple[Request, Reply]] = field(default_factory=list)

    @property
    def events(self) -> dict[str, Any]:
        """All that was told, by id."""
        return {event["id"]: event for act in self.acts for event in act.arrived}


@dataclass
class Case:
    """One forge that is followed. `unchanged`: the truth was asked for with a condition, and answered with a 304."""

    kind: str
    number: int
    way: str
    world: "World"
    twin: Twin = field(default_factory=Twin)
    acts: list[Act] = field(default_factory=list)
    broken: Broken | None = None
    unchanged: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind} {self.number}: {self.way} at {self.broken and self.broken.request.path}"

    @property
    def source(self) -> str:
        return f"case-{self.number}"

    @property
    def is_warned(self) -> bool:
        """Whether relay said that it could not read all of the broken act; a gap is something else."""
        return any(": gap: " not in warning for warning in self.acts[BROKEN].warnings)


def complaints(case: Case) -> Iterator[str]:
    """What is wrong with what came of a case."""
    found = {
        "nothing is told anyway": not case.twin.events,
        "lost": [id for id in case.twin.events if id not in told(case.acts) and not case.world.excuses(id, case)],
        "too late": _late(case),
        "twice": [id for id, times in told(case.acts).items() if times > 1],
        "of nobody": [*_of_nobody(case)],
        "told otherwise": [*_otherwise(case)],
        "many strangers": _strangers(case),
        **_of_the_broken_act(case),
        "errors that last": [*case.acts[TRUE].errors.values(), *case.acts[AGAIN].errors.values()],
        "news without an end": [*_surplus(case)],
    }
    return (f"{what}: {which}" for what, which in found.items() if which)


def told(acts: Sequence[Act]) -> Counter[str]:
    """How often each id was told."""
    return Counter(id for act in acts for id in act.ids)


def _late(case: Case) -> list[str]:
    """What is not told before something else happens."""
    due = told(case.twin.acts[:LATER]).keys() - told(case.acts[:LATER]).keys()
    hidden = case.world.is_hidden(case) and not case.is_warned
    return [] if hidden else sorted(id for id in due if id in told(case.acts) and not case.world.excuses(id, case))


def _of_nobody(case: Case) -> Iterator[str]:
    """What is told of the truth and does not stand there."""
    for event in (event for act in case.acts[TRUE:] for event in act.arrived):
        if event["id"] not in case.twin.events and not case.world.explains(event, case):
            yield event["id"]


def _otherwise(case: Case) -> Iterator[str]:
    """What is told of the truth in other words than the twin's."""
    for event in (event for act in case.acts[TRUE:] for event in act.arrived):
        twin = case.twin.events.get(event["id"])
        if twin and not case.world.is_same(event, twin, case):
            yield event["id"]


def _strangers(case: Case) -> list[str]:
    """What is told of the broken answer and the twin does not know, where it is more than an entry or some can be."""
    found = [id for id in case.acts[BROKEN].ids if id not in case.twin.events]
    return found if len(found) > case.world.strangers(case) else []


def _of_the_broken_act(case: Case) -> Mapping[str, Any]:
    """Whether it failed where it had to, and moved nothing then; whether what could be read was told at once."""
    known, then = case.acts[KNOWN], case.acts[BROKEN]
    failed, alone = bool(then.errors), len(then.cursors) == 1
    return {
        "failed, and yet moved": failed and alone and (then.ids or then.cursors != known.cursors),
        "did not fail": case.broken and case.broken.fails and not failed,
        "not told at once": sorted(case.broken.sure - {*then.ids}) if case.broken else [],
    }


def _surplus(case: Case) -> Iterator[str]:
    """What the last poll of the truth tells, though the twin told nothing of the kind then."""
    late = case.twin.acts[TRUE].ids
    for event in case.acts[AGAIN].arrived:
        twin = case.twin.events.get(event["id"])
        waited = event["id"] in late or (twin and case.world.waits(twin)) or (late and case.world.explains(event, case))
        if not waited:
            yield event["id"]
