"""Templates compiled for one dialect: sandboxed, strict about undefined names, escaped by default, capped.

One environment for each dialect, since escaping is the environment's `finalize`: whatever `{{ }}` puts out goes through
the dialect unless a helper of relay's own made it. What a macro or a `{% set %}` block collected went through it already
and stays markup. `~` and string methods give plain strings again, so their results are escaped (once more):
wrong-looking at worst, never unsafe.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, MethodType, TracebackType
from typing import Any, NamedTuple

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relay.destinations.base import Dialect, Plain, Safe, cut
from relay.errors import Problem
from relay.events import Actor, Comment, Commit, Repository

MOST = 256 * 1024
_OTHERS = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_WRITTEN = (FunctionType, MethodType)
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

    def call(__self, __context: Context, __obj: Any, *args: Any, **named: Any) -> Any:  # noqa: N805 - as Jinja has it
        """What a template calls: relay's own functions at once, others if the sandbox finds them safe.

        The variables that Jinja passes along are for functions that want the context, as none of relay's does.
        """
        if type(__obj) not in _WRITTEN or not __obj.__module__.startswith("relay."):
            return super().call(__context, __obj, *args, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return __obj(*args, **named)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """A sandboxed `format`, whose result is no markup even where the pattern was."""
        wrapped = super().wrap_str_format(value)
        return None if wrapped is None else lambda *args, **named: str(wrapped(*args, **named))


@dataclass(frozen=True, slots=True)
class Block:
    """One block of one template, ready to be rendered.

    `asks` holds every name that it may look up, so that no more need be made; None when its template includes another
    one, which may look up any. `only` is the name that the block puts out and nothing else, or empty. `helpers`
    are those of the dialect that it uses.
    """

    name: str
    template: Template
    run: Callable[[Context], Iterable[str]]
    helpers: Mapping[str, Any]
    asks: frozenset[str] | None
    only: str

    def render(self, values: dict[str, Any]) -> str:
        """The block's text, cut visibly after 256 KiB; raises whatever the template raises."""
        template, pieces, room = self.template, [], MOST
        context = Context(template.environment, {**self.helpers, **values}, template.name, template.blocks)
        for piece in self.run(context):
            room -= len(piece)
            pieces.append(piece)
            if room < 0:
                return f"{''.join(pieces)[: MOST - 1]}…"
        return "".join(pieces)

    def problem(self, error: BaseException) -> Problem:
        """What went wrong, at the line of the template."""
        text = getattr(error, "message", "") or str(error) or type(error).__name__
        return Problem(self.template.filename or "", _line(self.template, error.__traceback__), 0, text)


def _line(template: Template, trace: TracebackType | None) -> int:
    line = 0
    while trace:
        if trace.tb_frame.f_globals.get("__jinja_template__") is template:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


class Compiled(NamedTuple):
    """What a template's file was compiled to, the same for every dialect; `asks` and `only` are those of its blocks."""

    code: CodeType
    asks: Mapping[str, frozenset[str] | None]
    only: Mapping[str, str]


class Shelf(BaseLoader):
    """The files of some folders, the same for every dialect: listed once, and each kept as it was when first read.

    `folders` are searched in order, the project's own first. It is also what an `{% include %}` reads.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._names = {folder: frozenset(_names(folder)) for folder in folders}
        self._all = frozenset().union(*self._names.values())
        self._texts: dict[Path, str] = {}

    def has(self, name: str) -> bool:
        """Whether any folder has a file of that name."""
        return name in self._all

    def paths(self, name: str) -> list[Path]:
        """Every file of that name, the project's own first."""
        return [folder / name for folder, names in self._names.items() if name in names]

    def text(self, path: Path) -> str:
        """What was in the file when it was first read; raises OSError, UnicodeError."""
        if path not in self._texts:
            self._texts[path] = path.read_text(encoding="utf-8")
        return self._texts[path]

    def hold(self) -> None:
        """Read every template now; one that cannot be read is met again when it is asked for."""
        for path in self.templates(*self._names):
            with suppress(OSError, UnicodeError):
                self.text(path)

    def templates(self, *folders: Path) -> Iterator[Path]:
        """The templates of these folders."""
        return (folder / name for folder in folders for name in self._names[folder] if name.endswith(".j2"))

    def load(self, environment: Any, name: str, globals: Any = None) -> Template:
        """The template that another one includes."""
        for path in self.paths(name):
            return Template.from_code(environment, compile_template(path, self.text(path)).code, globals)
        raise TemplateNotFound(name)


class Voice:
    """Every template in one dialect; each is compiled when first asked for, and then kept.

    `complain` hears of a template that cannot be compiled.
    """

    def __init__(self, dialect: Dialect, shelf: Shelf, complain: Callable[[Problem], None]) -> None:
        self.dialect = dialect
        self.environment = _environment(dialect, shelf)
        self.names: dict[str, Any] = {**self.environment.globals, **_helpers(dialect)}
        self._complain, self._shelf = complain, shelf
        self._files: dict[Path, tuple[Block, ...]] = {}
        self._blocks: dict[tuple[str, ...], Mapping[str, tuple[Block, ...]]] = {}

    def has(self, name: str) -> bool:
        """Whether there is a template of that name (without `.j2`) in any folder."""
        return self._shelf.has(f"{name}.j2")

    def blocks(self, *names: str) -> Mapping[str, tuple[Block, ...]]:
        """By block name, every block that these templates have, in the order in which they should be tried.

        A template without blocks is one block without a name.
        """
        found = self._blocks.get(names)
        if found is None:
            found = self._blocks[names] = self._compile(names)
        return found

    def read_all(self, folder: Path) -> None:
        """Read every template of a folder, for all dialects; whoever complains hears of what cannot be compiled."""
        for path in self._shelf.templates(folder):
            self._read(path)

    def finish(self, text: str) -> str:
        """The rendered part fit for the wire; raises ValueError where the dialect cannot make it so."""
        finish: Callable[[str], str] = getattr(self.dialect, "finish", str.strip)
        return finish(text)

    def _compile(self, names: Iterable[str]) -> Mapping[str, tuple[Block, ...]]:
        found: dict[str, list[Block]] = {}
        for name in names:
            for path in self._shelf.paths(f"{name}.j2"):
                for block in self._read(path):
                    found.setdefault(block.name, []).append(block)
        return {name: tuple(blocks) for name, blocks in found.items()}

    def _read(self, path: Path) -> Iterable[Block]:
        if path not in self._files:
            try:
                compiled = compile_template(path, self._shelf.text(path))
                self._files[path] = tuple(_blocks(self.environment, compiled, self.names))
            except TemplateSyntaxError as error:
                self._complain(Problem(str(path), error.lineno, 0, error.message or "cannot be read"))
                return ()
            except (OSError, UnicodeError) as error:
                self._complain(Problem(str(path), 0, 0, str(error)))
                return ()
        return self._files[path]


@lru_cache(maxsize=256)
def compile_template(path: Path, text: str) -> Compiled:
    """What the text of a template comes to, once for all dialects, and for whoever reads the same files anew.

    Raises TemplateSyntaxError.
    """
    environment = _environment(Plain(), None)
    try:
        tree = environment.parse(text, path.stem, str(path))
        code = environment.compile(tree, path.stem, str(path))
    except (SyntaxError, RecursionError, ValueError) as error:  # of Python, which tells no line of the template
        said = "is nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
        raise TemplateSyntaxError(said, 0, path.stem, str(path)) from error
    blocks: dict[str, nodes.Template | nodes.Block] = {"": tree}
    blocks |= {block.name: block for block in tree.find_all(nodes.Block)}
    whole = None if any(tree.find_all(_OTHERS)) else _mentioned(tree)
    asks = {name: _asks(block, whole) for name, block in blocks.items()}
    return Compiled(code, asks, {name: _only(block.body) for name, block in blocks.items()})


def _asks(block: nodes.Node, whole: frozenset[str] | None) -> frozenset[str] | None:
    """The names in a block, or those in the `whole` template where it calls another block by `self`."""
    names = _mentioned(block)
    return whole if whole is None or "self" in names else names


def _mentioned(node: nodes.Node) -> frozenset[str]:
    return frozenset(name.name for name in node.find_all(nodes.Name))


def _blocks(environment: Environment, compiled: Compiled, names: Mapping[str, Any]) -> Iterator[Block]:
    template = Template.from_code(environment, compiled.code, environment.globals)
    for name, run in (template.blocks or {"": template.root_render_func}).items():
        asks = compiled.asks[name]
        helpers = names if asks is None else {name: names[name] for name in asks & names.keys()}
        yield Block(name, template, run, helpers, asks, compiled.only[name])


def _only(body: list[nodes.Node]) -> str:
    match body:
        case [nodes.Output(nodes=[nodes.Name(name=name)])]:
            return str(name)
    return ""


def _environment(dialect: Dialect, shelf: Shelf | None) -> Environment:
    environment = Environment(
        loader=shelf,
        undefined=StrictUndefined,
        finalize=_escaping(dialect),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        optimized=False,  # what is constant may still be escaped, in its dialect's way
        cache_size=-1,
    )
    environment.globals.pop("lipsum")
    environment.filters["join"] = _joining(dialect)
    return environment


def _names(folder: Path) -> Iterator[str]:
    with suppress(OSError):  # a folder may go while it is listed
        for path in folder.rglob("*"):
            yield path.relative_to(folder).as_posix()


def _escaping(dialect: Dialect) -> Callable[[Any, Any], str]:
    """What is done to everything that is put out: with the context, or Jinja would do it to literals as it compiles."""
    escape = dialect.escape

    @pass_context
    def put_out(_: Any, value: Any) -> str:
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
        return Safe(escaped(None, between).join(text for item in items if (text := escaped(None, item))))

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
    return Safe(" ".join(text.split()))
