"""What is wrong with templates, found before an event meets it: read, looked through for unknown names, and tried."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from relay.destinations.base import Delivery, Dialect, Plain
from relay.errors import Problem
from relay.event_types import VOCABULARY
from relay.events import Event
from relay.render.engine import Shelf, Voice, compile_template
from relay.samples import sample, sample_notice
from relay.suggest import perhaps

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SAID_IN = frozenset({"title", "lines", "facts", "link"})
_IN_JINJA = frozenset({"loop", "caller", "varargs", "kwargs", "self", "super"})
_TYPES = (*VOCABULARY, "milestone_closed")
Parts = Mapping[str, Dialect]


def read(folders: Sequence[Path], kinds: Mapping[str, Parts], known: frozenset[str]) -> Iterator[Problem]:
    """Syntax errors, names that do not exist, and blocks that nothing asks for, in every file of these folders."""
    voice = Voice(Plain(), Shelf([]), lambda _: None)
    for folder in folders:
        for path in sorted(folder.rglob("*.j2")):
            parts = kinds.get(path.relative_to(folder).parts[0], {})
            names = known.union(voice.names, *(getattr(part, "helpers", ()) for part in parts.values()))
            yield from _in_file(path, voice, names, frozenset(parts) or SAID_IN)


def _in_file(path: Path, voice: Voice, names: frozenset[str], blocks: frozenset[str]) -> Iterator[Problem]:
    try:
        text = path.read_text(encoding="utf-8")
        compile_template(path, text)
        tree = voice.environment.parse(text)
    except TemplateSyntaxError as error:
        yield Problem(str(path), error.lineno, 0, error.message or "cannot be read as a template")
        return
    except (OSError, UnicodeError) as error:
        yield Problem(str(path), 0, 0, f"cannot be read: {error}")
        return
    own = names.union(_defined(tree))
    for node in tree.find_all(nodes.Name):
        if node.name not in own:
            text = f"there is nothing called {node.name!r}{perhaps(node.name, names)}"
            yield Problem(str(path), node.lineno, 0, text)
    for block in tree.find_all(nodes.Block):
        if block.name not in blocks:
            asked = f"no block called {block.name!r} is asked for{perhaps(block.name, blocks)}"
            yield Problem(str(path), block.lineno, 0, asked)


def _defined(tree: nodes.Template) -> Iterator[str]:
    """The names that a template makes itself: variables, arguments, macros, and what it imports; and Jinja's own."""
    yield from _IN_JINJA
    yield from (node.name for node in tree.find_all(nodes.Name) if node.ctx != "load")
    yield from (macro.name for macro in tree.find_all(nodes.Macro))
    yield from (whole.target for whole in tree.find_all(nodes.Import))
    for some in tree.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in some.names)


def rehearse(message: Callable[[Delivery, str, Parts, str, datetime], object], kinds: Mapping[str, Parts]) -> None:
    """Render samples of every type, full and empty, alone and together; whoever renders hears of what fails."""
    for kind, parts in kinds.items():
        for delivery in _deliveries():
            for detail in ("compact", "normal", "full"):
                message(delivery, kind, parts, detail, NOW.replace(hour=15))


def examples() -> tuple[Delivery, ...]:
    """A delivery of one event, one of several, and a notice."""
    return _alone(_TYPES[0]), Delivery("dlv_sample", "sample", "*", (sample(_TYPES[0], NOW),) * 2), _noticed()


def _deliveries() -> Iterator[Delivery]:
    for type in _TYPES:
        yield _alone(type)
        yield Delivery("dlv_sample", "sample", "*", (bare(sample(type, NOW)),), reference="sample")
    events = tuple(sample(type, NOW) for type in _TYPES)
    yield Delivery("dlv_sample", "sample", "*", events, why="digest")
    yield Delivery("dlv_sample", "sample", "*", tuple(bare(event) for event in events), why="late")
    yield _noticed()


def _alone(type: str) -> Delivery:
    return Delivery("dlv_sample", "sample", type, (sample(type, NOW),), sample=True)


def _noticed() -> Delivery:
    return Delivery("dlv_sample", "sample", "on_failure", (), why="notice", sample=True, notice=sample_notice(NOW))


def bare(event: Event) -> Event:
    """The event with nothing known but its type and its times."""
    return Event(
        id=event.id, type=event.type, source=event.source, occurred_at=event.occurred_at, seen_at=event.seen_at
    )
