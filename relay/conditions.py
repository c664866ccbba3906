"""What `when:` and `ignore:` ask of an event, compiled once; pure.

A condition is a list of tests, all of which must hold. A test on a field compares whole texts with globs; a test that is
an expression lives in `relay.expressions`. The same tests answer whether and why not, so that an explanation can never
differ from what was done.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from relay.events import Event
from relay.globs import Globs

_SHOWN = 80


class Test(Protocol):
    """One thing asked of an event."""

    def holds(self, event: Event) -> bool:
        """Whether the event is so."""

    def failure(self, event: Event) -> str:
        """Why it does not hold, with the values: "branch: 'dev' is not one of main, release/*"."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Tests that must all hold; none at all is a condition that always holds."""

    tests: tuple[Test, ...] = ()

    def failed(self, event: Event) -> Test | None:
        """The first test that does not hold."""
        for test in self.tests:
            if not test.holds(event):
                return test
        return None

    def takes_source(self, name: str) -> bool:
        """Whether an event of that source may meet it, as far as the source's name says."""
        own = (test for test in self.tests if isinstance(test, FieldTest) and test.field == "source")
        return all(test.takes((name,)) for test in own)


ALWAYS = Condition()


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A field like one of the wanted patterns, if there are any, and like none of the excluded ones."""

    field: str
    wanted: Globs
    excluded: Globs

    def holds(self, event: Event) -> bool:
        """Whether it is so; a field that is absent is like no pattern."""
        return self.takes(FIELDS[self.field](event))

    def takes(self, texts: tuple[str, ...]) -> bool:
        """Whether a field with these texts would be so."""
        if self.excluded.patterns and self.excluded.match_any(texts):
            return False
        return not self.wanted.patterns or self.wanted.match_any(texts)

    def failure(self, event: Event) -> str:
        """Which value is not wanted, or is excluded."""
        texts = FIELDS[self.field](event)
        for text in texts:
            if self.excluded.match(text):
                return f"{self.field}: {_shown(text)} is excluded by {self._excluded_by(text)}"
        if not texts:
            return f"{self.field}: the event has none, and {self.wanted} is asked for"
        values = " and ".join(map(_shown, texts))
        return f"{self.field}: {values} is not {'one of ' if len(self.wanted.patterns) > 1 else ''}{self.wanted}"

    def _excluded_by(self, text: str) -> str:
        return next(f"!{pattern}" for pattern in self.excluded.patterns if Globs([pattern]).match(text))


def field_test(field: str, patterns: Iterable[str]) -> FieldTest:
    """The test for `field: patterns`, where "!glob" excludes. Raises KeyError for a field that events do not have."""
    given = list(patterns)
    excluded = [pattern[1:] for pattern in given if pattern.startswith("!")]
    wanted = [pattern for pattern in given if not pattern.startswith("!")]
    if field not in FIELDS:
        raise KeyError(field)
    return FieldTest(field, Globs(wanted), Globs(excluded))


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _texts(*values: object) -> tuple[str, ...]:
    return tuple(str(value) for value in values if value is not None and value != "")


def _flag(value: bool | None) -> tuple[str, ...]:
    return () if value is None else ("true" if value else "false",)


FIELDS: Mapping[str, Callable[[Event], tuple[str, ...]]] = MappingProxyType(
    {
        "source": lambda event: (event.source,),
        "repository": lambda event: (event.repository.full_name,) if event.repository else (),
        "owner": lambda event: _texts(event.repository.owner) if event.repository else (),
        "branch": lambda event: _texts(event.branch),
        "target_branch": lambda event: _texts(event.target_branch),
        "actor": lambda event: _texts(event.actor.username, event.actor.name) if event.actor else (),
        "type": lambda event: (event.type,),
        "title": lambda event: _texts(event.title),
        "label": lambda event: event.labels,
        "path": lambda event: _texts(event.comment.path) if event.comment else (),
        "draft": lambda event: _flag(event.draft),
        "number": lambda event: _texts(event.number),
        "private": lambda event: _flag(event.repository.private) if event.repository else (),
    }
)
"""The keys of `when`, and the texts that each finds in an event; a person answers to username and full name."""
FLAGS = frozenset({"draft", "private"})
"""Those of them that are true or false."""
