"""Values of rules.yaml: a node with its path, that can say what is wrong with it.

Reading never stops at a mistake: what is wrong is noted in the File, the reader gets nothing or an empty value and goes
on, so that every mistake is told at once.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from relay.config.yamlfile import Mapping as MappingNode
from relay.config.yamlfile import Node, Scalar
from relay.config.yamlfile import Sequence as SequenceNode
from relay.errors import Problem
from relay.redact import remember
from relay.suggest import choices, nearest, perhaps

T = TypeVar("T")
_REFERENCE = re.compile(r"\$\$|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LARGEST_SECRET = 64 * 1024


@dataclass(frozen=True)
class AskedTemplate:
    """A template that the file asks for, without its `.j2`, and the mistake that this is where there is none."""

    name: str
    missing: Problem

    def problems(self, folders: Sequence[Path]) -> Iterator[Problem]:
        """The mistake, if none of the folders has the template; their first is the project's."""
        if not any((folder / f"{self.name}.j2").is_file() for folder in folders):
            yield replace(self.missing, text=f"{self.missing.text} in {folders[0]}")


@dataclass
class File:
    """The file being read: where its references lead, and the mistakes, warnings and templates found so far."""

    path: Path
    lines: list[str]
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    templates: list[AskedTemplate] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Paths of values that were noted as wrong; whoever checks them further need not say so again."""


@dataclass(frozen=True)
class Value:
    """A node of the file, and the path that leads to it, like rules.pushed[0].to; `key` is what it stands under."""

    file: File
    node: Node
    path: str
    key: Scalar | None = None

    def problem(self, text: str, at: Node | None = None) -> None:
        """Note a mistake, here or at another place such as `key`."""
        self.file.problems.append(self._noted(text, at))
        self.file.broken.add(self.path)

    def warning(self, text: str, at: Node | None = None) -> None:
        """Note what is allowed but hardly meant."""
        self.file.warnings.append(self._noted(text, at))

    def template(self) -> str | None:
        """The text as the name of a template, which is noted as asked for."""
        name = self.text()
        if name:
            stem = name.removesuffix(".j2")
            self.file.templates.append(AskedTemplate(stem, self._noted(f"there is no template {stem}.j2", None)))
        return name

    @property
    def is_hollow(self) -> bool:
        """Whether it is a mapping or a list with nothing in it."""
        return (isinstance(self.node, MappingNode) and not self.node.entries) or (
            isinstance(self.node, SequenceNode) and not self.node.items
        )

    def text(self) -> str | None:
        """The text with its ${…} filled in; None for anything else, which is noted."""
        if isinstance(self.node, Scalar) and not self.node.is_null:
            return self._filled(self.node.text)
        self.problem(f"must be text, not {self.form}")
        return None

    def read(self, parse: Callable[[str], T]) -> T | None:
        """What `parse` makes of the text; a ValueError that it raises is noted."""
        text = self.text()
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            self.problem(str(error))
            return None

    def choice(self, *allowed: str) -> str | None:
        """The text, if it is one of those allowed."""
        text = self.text()
        if text is None or text in allowed:
            return text
        self.problem(f"there is no {self.path.rpartition('.')[2]} {text!r}{choices(text, allowed)}")
        return None

    def flag(self) -> bool:
        """Whether it is true; anything but true and false is noted."""
        text = self.text()
        if text not in ("true", "false", None):
            self.problem(f"must be true or false, not {text!r}")
        return text == "true"

    def entries(
        self,
        known: Collection[str] | None = None,
        hint: Callable[[str], str] = lambda name: "",
        *,
        optional: bool = True,
    ) -> dict[str, "Value"]:
        """The values of a mapping by key, without those left empty, which is noted unless they are `optional`.

        Keys that are not known are noted, with what `hint` says of them, else with the nearest known one.
        """
        if not isinstance(self.node, MappingNode):
            self._must_be_a_mapping()
            return {}
        found = {name: self._inner(name, key, node) for name, (key, node) in self.node.entries.items()}
        for name in [name for name in found if known is not None and name not in known]:
            found.pop(name)._is_unknown(known or (), hint(name))
        return {name: value for name, value in found.items() if not value._is_empty(optional)}

    def items(self) -> list["Value"]:
        """The values of a list; anything else counts as a list of one."""
        if not isinstance(self.node, SequenceNode):
            return [self]
        found = [Value(self.file, node, f"{self.path}[{index}]") for index, node in enumerate(self.node.items)]
        return [value for value in found if not value._is_empty(optional=False)]

    def plain(self) -> Any:
        """Texts, lists and dicts for a settings model to check; null is None, true and false are themselves."""
        if isinstance(self.node, MappingNode):
            return {name: value.plain() for name, value in self.entries().items()}
        if isinstance(self.node, SequenceNode):
            return [value.plain() for value in self.items()]
        if self.node.plain and self.node.text in ("true", "false"):
            return self.node.text == "true"
        return None if self.node.is_null else self._filled(self.node.text)

    @property
    def form(self) -> str:
        """What it is, for a sentence."""
        if isinstance(self.node, Scalar):
            return "empty" if self.node.is_null else "a single text"
        return "a list" if isinstance(self.node, SequenceNode) else "a mapping"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, if it is a mapping."""
        return tuple(self.node.entries) if isinstance(self.node, MappingNode) else ()

    @property
    def written(self) -> str:
        """The text as it stands in the file, its ${…} not filled in; empty for a list or a mapping."""
        return self.node.text if isinstance(self.node, Scalar) else ""

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, MappingNode)

    @property
    def is_reference(self) -> bool:
        """Whether its text, or each of its texts, is brought in by a ${…}."""
        if isinstance(self.node, Scalar):
            return "${" in self.node.text.replace("$$", "")
        return isinstance(self.node, SequenceNode) and all(item.is_reference for item in self.items())

    def _inner(self, name: str, key: Scalar, node: Node) -> "Value":
        return Value(self.file, node, f"{self.path}.{name}" if self.path else name, key)

    def _noted(self, text: str, at: Node | None) -> Problem:
        place = at or self.node
        return Problem(str(self.file.path), place.line, place.column, f"{self.path}: {text}" if self.path else text)

    def _is_unknown(self, known: Collection[str], hint: str) -> None:
        """Note that no such key is known; the one that was meant then counts as wrong, not as missing."""
        name, colon, rest = (self.key.text if self.key else "").partition(":")
        near = nearest(name, known)
        if near:
            self.file.broken.add(f"{self.path.removesuffix(name + colon + rest)}{near}")
        if near and colon:
            hint = f"; a space is missing after the colon: {name}: {rest}"
        self.problem(f"there is no such key{hint or choices(name, known)}", self.key)

    def _must_be_a_mapping(self) -> None:
        text = self.node.text if isinstance(self.node, Scalar) and self.node.plain else ""
        slip = re.match(r"([\w*-]+):(\S.*)", text, re.DOTALL)
        hint = f"; a space is missing: {slip[1]}: {slip[2].splitlines()[0]}" if slip else ""
        self.problem(f"must be a mapping (key: value), not {self.form}{hint}")

    def _is_empty(self, optional: bool) -> bool:
        """Whether nothing stands here; noted where a # swallowed it, or where something must."""
        if not (isinstance(self.node, Scalar) and self.node.is_null):
            return False
        comment = self._swallowed()
        if comment:
            self.problem(f'is empty, as a # after a space begins a comment; quote it: "{comment.text}"', comment)
        elif not optional:
            self.problem("is empty", self.key)
        return True

    def _swallowed(self) -> Scalar | None:
        """What stands in place of the value, but is a comment because it begins with #."""
        before = self.key or self.node
        line = "".join(self.file.lines[before.line - 1 : before.line])
        found = re.compile(r"[^#:]*:\s+(#[^\s,\]}]+)" if self.key else r"\s*(#[^\s,\]}]+)").match(
            line, before.column - 1
        )
        return Scalar(before.line, found.start(1) + 1, found[1]) if found else None

    def _filled(self, text: str) -> str | None:
        """The text with its references followed; None if one leads nowhere. What they bring is never shown again."""
        found = {match[0]: self._followed(match) for match in _REFERENCE.finditer(text)}
        filled = {reference: value for reference, value in found.items() if value is not None}
        remember(value for reference, value in filled.items() if reference != "$$")
        return _REFERENCE.sub(lambda match: filled[match[0]], text) if filled.keys() == found.keys() else None

    def _followed(self, reference: re.Match[str]) -> str | None:
        name, closed = reference[1], reference[2]
        if name is None:
            return "$"
        if not closed:
            self.problem("'${' is never closed by '}'; a dollar by itself is written $$")
        elif name.startswith("file:"):
            return self._from_file(name.removeprefix("file:"))
        elif not _NAME.fullmatch(name):
            self.problem(f"{reference[0]!r} is neither ${{NAME}} nor ${{file:PATH}}; a dollar by itself is written $$")
        elif name not in self.file.environ:
            self.problem(f"the environment variable {name} is not set{perhaps(name, self.file.environ)}")
        return self.file.environ.get(name) if closed else None

    def _from_file(self, name: str) -> str | None:
        path = self.file.path.parent / name
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                text = stream.read(_LARGEST_SECRET)
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else "") or "it is not text in UTF-8"
            self.problem(f"the file {path} cannot be read: {why}")
            return None
        return re.sub(r"\r?\n\Z", "", text)
