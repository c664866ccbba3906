"""Templates compiled for one dialect: sandboxed, strict about undefined names, escaped by default, capped.

One environment for each dialect, since escaping is the environment's `finalize`: whatever `{{ }}` puts out goes through
the dialect unless a helper of relay's own made it. What a macro or a `{% set %}` block collected went through it already
and stays markup. `~` and string methods give plain strings again, so their results are escaped (once more):
wrong-looking at worst, never unsafe.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined, Template, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relay.destinations.base import Dialect, Safe, cut
from relay.errors import Problem
from relay.events import Actor, Comment, Commit, Repository

MOST = 256 * 1024
_IN_WORDS: Mapping[type, Callable[[Any], str | None]] = {
    type(None): lambda _: "",
    Repository: lambda repository: repository.full_name,
    Actor: lambda actor: actor.display_name,
    Commit: lambda commit: commit.hash[:7],
    Comment: lambda comment: comment.text,
}


class Environment(ImmutableSandboxedEnvironment):
    """The sandbox of one dialect."""

    concat = staticmethod(lambda pieces: Safe("".join(pieces)))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """A sandboxed `format`, whose result is no markup even where the pattern was."""
        wrapped = super().wrap_str_format(value)
        return None if wrapped is None else lambda *args, **named: str(wrapped(*args, **named))


@dataclass(frozen=True, slots=True)
class Block:
    """One block of one template, ready to be rendered."""

    name: str
    template: Template
    run: Callable[[Context], Iterable[str]]

    def render(self, values: dict[str, Any]) -> str:
        """The block's text, cut visibly after 256 KiB; raises whatever the template raises."""
        template, pieces, room = self.template, [], MOST
        for piece in self.run(Context(template.environment, values, template.name, template.blocks)):
            room -= len(piece)
            pieces.append(piece)
            if room < 0:
                return f"{''.join(pieces)[: MOST - 1]}…"
        return "".join(pieces)

    def problem(self, error: BaseException) -> Problem:
        """What went wrong, at the line of the template."""
        text = str(error) or type(error).__name__
        return Problem(self.template.filename or "", _line(self.template, error.__traceback__), 0, text)


def _line(template: Template, trace: TracebackType | None) -> int:
    line = 0
    while trace:
        if trace.tb_frame.f_globals.get("__jinja_template__") is template:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


class Voice:
    """Every template in one dialect; each is compiled when first asked for, and then kept.

    `folders` are searched in order, the project's own first. `complain` hears of a template that cannot be compiled.
    """

    def __init__(self, dialect: Dialect, folders: Sequence[Path], complain: Callable[[Problem], None]) -> None:
        self.dialect = dialect
        self._loader = _loader(folders)
        self.environment = _environment(dialect, self._loader)
        self.names: dict[str, Any] = {**self.environment.globals, **_helpers(dialect)}
        self._folders = range(len(folders))
        self._known = [frozenset(_stems(folder)) for folder in folders]
        self._everywhere = frozenset[str]().union(*self._known)
        self._complain = complain
        self._asked: dict[str, frozenset[str]] = {}
        self._blocks: dict[tuple[str, ...], Mapping[str, tuple[Block, ...]]] = {}

    def has(self, name: str) -> bool:
        """Whether there is a template of that name (without `.j2`) in any folder."""
        return name in self._everywhere

    def blocks(self, *names: str) -> Mapping[str, tuple[Block, ...]]:
        """By block name, every block that these templates have, in the order in which they should be tried.

        A template without blocks is one block without a name.
        """
        found = self._blocks.get(names)
        if found is None:
            found = self._blocks[names] = self._compile(names)
        return found

    def asks_for(self, block: Block) -> frozenset[str]:
        """The names that the block's template uses and does not make itself."""
        name = block.template.name or ""
        if name not in self._asked:
            source, _, _ = self._loader.get_source(self.environment, name)
            self._asked[name] = frozenset(find_undeclared_variables(self.environment.parse(source)))
        return self._asked[name]

    def finish(self, text: str) -> str:
        """The rendered part fit for the wire; raises ValueError where the dialect cannot make it so."""
        finish: Callable[[str], str] = getattr(self.dialect, "finish", str.strip)
        return finish(text)

    def _compile(self, names: Iterable[str]) -> Mapping[str, tuple[Block, ...]]:
        found: dict[str, list[Block]] = {}
        for template in self._templates(names):
            for name, run in (template.blocks or {"": template.root_render_func}).items():
                found.setdefault(name, []).append(Block(name, template, run))
        return {name: tuple(blocks) for name, blocks in found.items()}

    def _templates(self, names: Iterable[str]) -> Iterator[Template]:
        for name in names:
            for folder in self._folders:
                if name in self._known[folder]:
                    yield from self._compiled(f"{folder}:{name}.j2")

    def _compiled(self, name: str) -> Iterator[Template]:
        try:
            yield self.environment.get_template(name)
        except TemplateSyntaxError as error:
            self._complain(Problem(error.filename or name, error.lineno, 0, error.message or "cannot be read"))
        except (OSError, UnicodeError) as error:
            self._complain(Problem(name.partition(":")[2], 0, 0, str(error)))


def _loader(folders: Sequence[Path]) -> ChoiceLoader:
    """Finds `1:pushed.j2` in the second folder alone, and what a template includes in the first that has it."""
    loaders = [FileSystemLoader(folder) for folder in folders]
    numbered = PrefixLoader({str(index): loader for index, loader in enumerate(loaders)}, delimiter=":")
    return ChoiceLoader([numbered, *loaders])


def _environment(dialect: Dialect, loader: ChoiceLoader) -> Environment:
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        finalize=_escaping(dialect),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.pop("lipsum")
    environment.filters["join"] = _joining(dialect)
    return environment


def _stems(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.j2"):
        yield path.relative_to(folder).with_suffix("").as_posix()


def _escaping(dialect: Dialect) -> Callable[[Any], str]:
    escape = dialect.escape

    def put_out(value: Any) -> str:
        if isinstance(value, Safe):
            return value
        if not isinstance(value, str):
            in_words = _IN_WORDS.get(type(value))
            value = in_words(value) or "" if in_words else str(value)
        return escape(value)

    return put_out


def _joining(dialect: Dialect) -> Callable[..., Safe]:
    escaped = _escaping(dialect)

    def join(items: Iterable[Any], between: str = "") -> Safe:
        return Safe(escaped(between).join(text for item in items if (text := escaped(item))))

    return join


def _helpers(dialect: Dialect) -> dict[str, Any]:
    return {
        "link": dialect.link,
        "code": dialect.code,
        "quote": dialect.quote,
        "strong": dialect.strong,
        "person": lambda name: dialect.strong(cut(name, 40)),
        "cut": cut,
        **getattr(dialect, "helpers", {}),
    }


def lines_of(text: str) -> tuple[Safe, ...]:
    """The rendered lines that are not blank, each without the space around it."""
    return tuple(Safe(line.strip()) for line in text.split("\n") if line and not line.isspace())


def on_one_line(text: str) -> Safe:
    """The rendered text on one line, however its template was laid out."""
    return Safe(_SPACES.sub(" ", text.strip()) if "\n" in text or "  " in text else text.strip())


_SPACES = re.compile(r"\s+")
