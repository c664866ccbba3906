"""The shape of the house: who may import whom, and how large things may grow."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "relay"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

LAYERS = [  # an import leads to a row further down, or to another module of the same row; cycles are found apart
    {"__main__"},
    {"cli"},
    {"check", "online", "explain", "rehearsal", "status", "trace", "redeliver", "vocabulary", "starter"},
    {"operate", "watching"},
    {"demo"},
    {"service"},
    {"reload"},
    {"forgotten", "poller", "dispatcher", "incidents", "pump", "retry", "web"},
    {"config"},
    {"store", "rules", "conditions", "expressions", "timing", "schedule", "render", "samples"},
    {"sources", "destinations", "git"},
    {"api", "walk", "discovery"},
    {"cursor", "seen", "snapshot", "suggest", "shipped"},
    {"http", "fields", "clock", "stamps"},
    {"events", "budget", "finding", "globs", "notice"},
    {"errors", "event_types"},
    {"redact", "jsontext", "deadlines"},
    {"storable", "value"},
    {""},  # relay itself: the version
]
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}

OWNERS = {  # each of these libraries is one folder's or file's affair
    "httpx": {"http"},
    "httpx_aiohttp": {"http"},
    "sqlalchemy": {"store"},
    "slack_sdk": {"destinations", "demo"},  # the fake Slack checks blocks with the models of the library
    "aiosmtplib": {"destinations"},
    "standardwebhooks": {"demo"},
    "aiosmtpd": {"demo"},
    "uvicorn": {"web"},
    "starlette": {"web", "demo"},
    "jinja2": {"render", "expressions"},
    "yaml": {"config"},
    "typer": {"cli"},
    "feedparser": {"sources"},
}
PURE = [
    "event_types",
    "events",
    "notice",
    "cursor",
    "walk",
    "seen",
    "snapshot",
    "fields",
    "globs",
    "discovery",
    "budget",
    "rules",
    "timing",
    "schedule",
    "render.digest",
    "samples",
    "redact",
    "storable",
    "errors",
    "web.resource",
]
OUTSIDE = {"asyncio", "socket", "subprocess", "threading", "time", "random", "os", "urllib.request", "relay.http"}


def modules() -> dict[str, Path]:
    """Every module of the package by its name below `relay`; the package's own is the empty name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def statements(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, read when a test first asks: whoever collects tests need not wait for that."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in statements(path) if isinstance(node, FUNCTIONS))


@cache
def imports(name: str) -> frozenset[str]:
    """What a module imports anywhere in it, as dotted names; `from a import b` is `a.b`, be it a module or not."""
    names: set[str] = set()
    for node in statements(MODULES[name]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def uses(name: str) -> set[str]:
    """The modules of relay that a module imports, or imports something out of."""
    inside = {found.removeprefix("relay").removeprefix(".") for found in imports(name) if is_own(found)}
    used = {found if found in MODULES else found.rpartition(".")[0] for found in inside}
    return {found for found in used if found != name and top(found) in RANK}


def is_own(name: str) -> bool:
    return name == "relay" or name.startswith("relay.")


def top(name: str) -> str:
    return name.partition(".")[0]


def files(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if path.stat().st_size]


def test_every_module_has_its_place() -> None:
    """A new module of the package is given its row in LAYERS."""
    assert set() == {top(name) for name in MODULES} - set(RANK)


@pytest.mark.parametrize("name", [name for name in MODULES if top(name) in RANK])
def test_imports_point_down(name: str) -> None:
    """No module imports from a layer above its own."""
    assert [] == sorted(found for found in uses(name) if RANK[top(found)] < RANK[top(name)])


@pytest.mark.parametrize("kind", ["sources", "destinations"])
def test_sources_and_destinations_know_only_their_base(kind: str) -> None:
    """A source or destination imports its base, what stands under it, and files that carry its own name."""
    allowed = {
        f"{kind}.base",
        "http",
        "events",
        "event_types",
        "errors",
        "finding",
        "notice",
        "redact",
        "jsontext",
        "storable",
        "value",
        "",
        kind,
    } | (
        {"api", "budget", "cursor", "discovery", "fields", "globs", "seen", "snapshot", "suggest", "walk"}
        if kind == "sources"
        else set()
    )
    strangers = {
        f"{name} imports {found}"
        for name in MODULES
        if name.startswith(f"{kind}.")
        for found in uses(name) - allowed
        if not found.startswith((name.partition("_")[0], "git."))
    }
    assert set() == strangers


def test_nothing_imports_itself_around_a_corner() -> None:
    """There is no cycle of imports, not even one hidden inside a function."""
    left = {name: uses(name) for name in MODULES}
    while free := {name for name, found in left.items() if not found & set(left)}:
        left = {name: found for name, found in left.items() if name not in free}
    assert {} == left


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_in_its_place_alone(library: str) -> None:
    """Each engine and wire library is known to one part of the house."""
    users = {top(name) for name in MODULES if library in {top(found) for found in imports(name)}}
    assert set() == users - OWNERS[library]


def test_only_http_imports_httpx() -> None:
    """relay/http.py is the one module that knows the HTTP client."""
    assert {"http"} == {name for name in MODULES if "httpx" in imports(name)}


@pytest.mark.parametrize("name", [name for name in PURE if name in MODULES])
def test_the_middle_is_pure(name: str) -> None:
    """Modules of the middle import nothing that asks the world or the clock."""
    found = imports(name)
    assert set() == {outside for outside in OUTSIDE for one in found if f"{one}.".startswith(f"{outside}.")}


@pytest.mark.parametrize("folder", ["relay", "tests", "benchmarks"])
def test_files_stay_readable(folder: str) -> None:
    """No file is longer than 400 lines."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files(folder)}
    assert {} == {str(path): length for path, length in lengths.items() if length > 400}


def test_functions_stay_short() -> None:
    """No function of relay is longer than 40 lines."""
    lengths = {
        f"{name}.{function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for name, path in MODULES.items()
        for function in functions(path)
    }
    assert {} == {name: length for name, length in lengths.items() if length > 40}


@pytest.mark.parametrize("path", files("tests"), ids=lambda path: path.stem)
def test_every_test_says_what_it_shows(path: Path) -> None:
    """Every test has a docstring of one sentence on one line."""
    tests = [function for function in functions(path) if function.name.startswith("test_")]
    assert [] == [test.name for test in tests if not is_sentence(ast.get_docstring(test) or "")]


def is_sentence(text: str) -> bool:
    return bool(re.fullmatch(r"[^\n]{10,}\.", text)) and not re.search(r"[.!?] [A-Z]", text)


@pytest.mark.skipif(not shutil.which("git") or not (ROOT / ".git").exists(), reason="needs git and a clone")
def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is each machine's own affair: no committed file names a registry's host."""
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "crates" + ".io"]
    pattern = [option for host in hosts for option in ("-e", host)]
    found = subprocess.run(["git", "grep", "-lIF", *pattern], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "" == found.stdout
