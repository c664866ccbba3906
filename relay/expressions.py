"""`when: "commits|length > 10"`: a sandboxed Jinja expression over an event, compiled once.

Every field of an event is a name; what an event does not have is falsy and empty whatever is done with it, while a name
that no event has is an error when the file is read. `repository` and `actor` are texts that also have fields.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from jinja2 import ChainableUndefined, TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relay.events import Actor, Comment, Event, Repository
from relay.redact import redact
from relay.suggest import perhaps

log = logging.getLogger("relay.expressions")


class Absent:
    """A field that the event does not have: falsy, empty, equal to nothing but "" and none, and in no order."""

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __str__(self) -> str:
        return ""

    def __eq__(self, other: object) -> bool:
        return other is None or other == "" or isinstance(other, Absent)

    def __hash__(self) -> int:
        return 0

    def __getattr__(self, name: str) -> "Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def _never(self, _: object) -> bool:
        return False

    def _nothing(self, *_: object, **__: object) -> "Absent":
        return self

    __lt__ = __le__ = __gt__ = __ge__ = _never
    __call__ = __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = _nothing


ABSENT = Absent()


class Text(str):
    """A text that also has fields: `repository == "acme/site"` and `repository.owner` both work."""


def _with_fields(whole: Repository | Actor | Comment | None, text: Callable[[Any], str | None]) -> Any:
    if whole is None:
        return ABSENT
    made = Text(text(whole) or "")
    vars(made).update({field.name: _value(getattr(whole, field.name)) for field in fields(whole)})
    return made


class Expression:
    """A test that is an expression; one that fails while running does not hold, is counted, and told now and then."""

    def __init__(self, source: str, names: frozenset[str], run: Callable[..., Any]) -> None:
        self.source = source
        self.errors = 0
        self._names = sorted(names)
        self._run = run

    def holds(self, event: Event) -> bool:
        """Whether the expression is true of the event."""
        try:
            return bool(self._run(**self._values(event)))
        except Exception as error:  # noqa: BLE001 - an expression may fail in any way, and must not stop its neighbours
            self._failed(error)
            return False

    def failure(self, event: Event) -> str:
        """The expression, and what its names stood for."""
        given = self._values(event)
        try:
            self._run(**given)
        except Exception as error:  # noqa: BLE001 - the same, told
            return f"{self.source!r} cannot be worked out: {error}"
        return f"{self.source!r} is not true ({', '.join(f'{name}: {_brief(value)}' for name, value in given.items())})"

    def _failed(self, error: Exception) -> None:
        """Count the failure; the first, tenth, hundredth, … goes to the log."""
        self.errors += 1
        if str(self.errors).strip("0") == "1":
            times = "for the first time" if self.errors == 1 else f"{self.errors} times"
            log.warning("the expression %r failed %s: %s", self.source, times, redact(str(error))[:200])

    def _values(self, event: Event) -> dict[str, Any]:
        return {name: value_of(name, event) for name in self._names}


def compile_expression(source: str) -> Expression:
    """The expression ready to run. Raises ValueError, in words, for bad syntax and for names that no event has."""
    try:
        run = _ENVIRONMENT.compile_expression(source, undefined_to_none=False)
        tree = nodes.Template([nodes.Output([Parser(_ENVIRONMENT, source, state="variable").parse_expression()])])
    except TemplateSyntaxError as error:
        raise ValueError(f"{source!r} is not an expression: {error.message}") from None
    except RecursionError:
        raise ValueError("this expression is nested too deeply") from None
    names = frozenset(name.name for name in tree.find_all(nodes.Name))
    for unknown in [*sorted(names - NAMES), *_unknown_fields(tree)]:
        raise ValueError(f"events have no {unknown!r}{_perhaps(unknown)}")
    return Expression(source, names, run)


def value_of(name: str, event: Event) -> Any:
    """What a name of an expression stands for in an event."""
    return _READ[name](event) if name in _READ else _value(getattr(event, name))


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, autoescape=False)
_FIELDS = {"repository": _names(Repository), "actor": _names(Actor), "comment": _names(Comment)}
_READ: dict[str, Callable[[Event], Any]] = {
    "repository": lambda event: _with_fields(event.repository, lambda place: place.full_name),
    "actor": lambda event: _with_fields(event.actor, lambda actor: actor.username or actor.name),
    "comment": lambda event: _with_fields(event.comment, lambda comment: comment.text),
    "owner": lambda event: _value(event.repository and event.repository.owner),
    "private": lambda event: _value(event.repository.private if event.repository else None),
    "path": lambda event: _value(event.comment and event.comment.path),
}
NAMES = frozenset(_names(Event)) | frozenset(_READ)


def _unknown_fields(tree: nodes.Template) -> Iterator[str]:
    for found in tree.find_all(nodes.Getattr):
        of = found.node.name if isinstance(found.node, nodes.Name) else ""
        if of in _FIELDS and found.attr not in _FIELDS[of] and not hasattr(str, found.attr):
            yield f"{of}.{found.attr}"


def _perhaps(unknown: str) -> str:
    every = [*NAMES, *(f"{of}.{name}" for of, names in _FIELDS.items() for name in names)]
    return perhaps(unknown, every) or f"; they have {', '.join(sorted(NAMES))}"


def _value(value: object) -> Any:
    return ABSENT if value is None else value


def _brief(value: object) -> str:
    if isinstance(value, Absent):
        return "absent"
    return f"{len(value)} of them" if isinstance(value, tuple) else repr(value)[:80]
