"""YAML composed strictly: every node knows its line and column, and every scalar is the text that was written.

Built from the parser's events rather than by PyYAML's composer, which recurses in C as deep as a file asks, keeps the
last of two equal keys, and stops at the first alias or tag that somebody wrote for want of quotes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from relay.config.yamlslips import locate
from relay.errors import ConfigError, Problem

_MOST_NODES = 10_000
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; `plain` when it stands there without quotes."""

    line: int
    column: int
    text: str
    plain: bool = True
    size: int = 1

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or null."""
        return self.plain and self.text in ("", "null")


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `size` counts all nodes in it, aliases expanded."""

    line: int
    column: int
    items: tuple["Node", ...]
    size: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in file order, each key with its own place; `size` as in a list."""

    line: int
    column: int
    entries: dict[str, tuple[Scalar, "Node"]]
    size: int


Node = Scalar | Sequence | Mapping


def compose(text: str, file: str) -> tuple[Node, list[Problem]]:
    """The root of the document, and what is wrong with it though it can be read.

    Raises ConfigError where it cannot be: one problem, at the line that caused it.
    """
    composer = _Composer(text, file)
    try:
        return composer.root(), composer.problems
    except yaml.YAMLError as error:
        raise ConfigError([Problem(file, *locate(text, error))]) from None


class _Composer:
    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, Node] = {}
        self._expanded = 0

    def root(self) -> Node:
        found: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found:
                    raise self._stop(event, "a second document begins here; relay reads one per file")
                found = self._node(next(self._events), 0)
        return found or Scalar(1, 1, "")

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self._stop(event, f"this is nested more than {_DEEPEST} deep")
        node = self._made(event, depth)
        if isinstance(event, yaml.AliasEvent):
            self._expanded += node.size
        if self._expanded > _MOST_NODES:
            raise self._stop(
                event, f"from here on, the anchors of this file stand for more than {_MOST_NODES:,} entries"
            )
        if isinstance(event, yaml.NodeEvent) and event.anchor and not isinstance(event, yaml.AliasEvent):
            self._anchors[event.anchor] = node
        return node

    def _made(self, event: yaml.Event, depth: int) -> Node:
        match event:
            case yaml.AliasEvent():
                return self._alias(event)
            case yaml.SequenceStartEvent():
                return self._sequence(event, depth)
            case yaml.MappingStartEvent():
                return self._mapping(event, depth)
            case yaml.ScalarEvent():
                return self._scalar(event)
        raise self._stop(event, "a value is missing here")

    def _alias(self, event: yaml.AliasEvent) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            self._note(
                event, f"* without quotes asks for the anchor &{event.anchor}, which is not there; ", f"*{event.anchor}"
            )
            return Scalar(*_place(event), f"*{event.anchor}", plain=False)
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if event.tag in (None, "!"):
            return Scalar(*_place(event), event.value, plain=event.implicit[0])
        return Scalar(*_place(event), self._tagged(event, f" {event.value}".rstrip()), plain=False)

    def _sequence(self, event: yaml.SequenceStartEvent, depth: int) -> Sequence:
        self._tagged(event)
        items: list[Node] = []
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(inner, depth + 1))
        return Sequence(*_place(event), tuple(items), 1 + sum(item.size for item in items))

    def _mapping(self, event: yaml.MappingStartEvent, depth: int) -> Mapping:
        self._tagged(event)
        entries: dict[str, tuple[Scalar, Node]] = {}
        merged: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            key, value = self._node(inner, depth + 1), self._node(next(self._events), depth + 1)
            if isinstance(key, Scalar) and key.plain and key.text == "<<":
                merged = {**self._merge(key, value), **merged}
            else:
                self._enter(entries, key, value)
        entries = {**merged, **entries}
        return Mapping(*_place(event), entries, 1 + sum(value.size + 1 for _, value in entries.values()))

    def _enter(self, entries: dict[str, tuple[Scalar, Node]], key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self.problems.append(
                Problem(self.file, key.line, key.column, "a key must be text, not a list or a mapping")
            )
        elif key.text in entries:
            first = entries[key.text][0].line
            self.problems.append(
                Problem(
                    self.file,
                    key.line,
                    key.column,
                    f"{key.text!r} stands here for the second time; first in line {first}",
                )
            )
        else:
            entries[key.text] = (key, value)

    def _merge(self, key: Scalar, value: Node) -> dict[str, tuple[Scalar, Node]]:
        """What `<<: *anchor` brings in; of several, the first that has a key gives it."""
        mappings = value.items if isinstance(value, Sequence) else (value,)
        merged: dict[str, tuple[Scalar, Node]] = {}
        for mapping in mappings:
            if isinstance(mapping, Mapping):
                merged = {**mapping.entries, **merged}
            else:
                self.problems.append(Problem(self.file, key.line, key.column, "<<: takes a mapping, or a list of them"))
        return merged

    def _tagged(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, value: str = "") -> str:
        """The text that a tag was meant to be; `!x` without quotes is one in YAML, and never wanted here."""
        if event.tag in (None, "!"):
            return value
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._note(event, f"{tag} without quotes is a tag in YAML; ", tag + value)
        return tag + value

    def _note(self, event: yaml.Event, what: str, meant: str) -> None:
        quoted = '"' + meant.replace("\\", "\\\\").replace('"', '\\"') + '"'
        self.problems.append(Problem(self.file, *_place(event), f"{what}quote it to mean the text: {quoted}"))

    def _stop(self, event: yaml.Event, text: str) -> ConfigError:
        return ConfigError([Problem(self.file, *_place(event), text)])


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
