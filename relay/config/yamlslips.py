"""The slip behind a YAML syntax error: the line that caused it, and that line corrected.

A parser stops where it cannot go on, which may be far below the mistake, and says so in its own words. So repairs of the
usual slips are tried on the lines where it may have begun; the first one after which the parser gets further is what was
wrong, and is known to help.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

_LINES_ABOVE = 30
_LINES_BELOW = 50
_SPECIAL = {
    "*": "* begins an alias",
    "&": "& begins an anchor",
    "!": "! begins a tag",
    "@": "@ cannot begin a text",
    "`": "` cannot begin a text",
    "%": "% cannot begin a text",
}
_PAIRS = {"{": "}", "[": "]"}
_VALUE = r"(?P<lead>(?:^|[\[{,:-]\s|[\[{])\s*)"
_SPECIAL_VALUE = re.compile(_VALUE + r"""(?P<value>[*&!@`%](?:[^,\[\]{}#"':]|:(?=\S)|(?<=\S)#)*)""")
_REFERENCE = re.compile(r"""(?P<lead>[\[{,:]\s*)(?P<value>[^\s"',\[{]*\$\{[^}]*\}[^\s,\]}"']*)""")
_COMMENT = re.compile(r"""(?P<lead>[\[{,:]\s+|\[)(?P<value>(?:[^"'\[\]{},:]*\s)?#[^,\]}]*)""")
_INNER_COLON = re.compile(
    r"""(?P<lead>^\s*(?:- )?[^\s:"'{\[][^:]*:\s+|[{,]\s*[\w-]+:\s+)(?P<value>[^\s"'{\[,][^,{}\[\]]*:(?:\s[^,{}\[\]]*)?)"""
)
_TIGHT_COLON = re.compile(r"(?P<lead>(?:^|[{,-]\s)\s*[A-Za-z_][\w-]*):(?=[^\s/:])")
_SINGLE_QUOTED = re.compile(r"(?<=[\s\[{,])'(?P<value>.*'.*)'(?=\s*[\]},]*\s*$)")
_NO_COMMA = re.compile(r"(?P<value>[\w\"'}\]])\s+(?=[\w-]+:\s)")
_SECRET = re.compile(
    r"""((?:token|secret|password|smtp|webhook_url)["']?\s*:\s*["']?)(?!\$\{)[^\s,"'\]}]+""", re.IGNORECASE
)


@dataclass(frozen=True)
class _Slip:
    """What may be wrong with a line, where (counted from 0), and the line without it."""

    column: int
    why: str
    corrected: str


def locate(text: str, error: yaml.YAMLError) -> tuple[int, int, str]:
    """Line and column, counted from 1, and what is wrong there, with the line corrected where a repair helps."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return _unprintable(text)
    lines = text.splitlines()
    start = _start(error)
    for number, slip in _slips(lines, _suspects(error, lines)):
        if _gets_further(lines, number, slip.corrected, start[0]):
            return number + 1, slip.column + 1, f"{slip.why}; write: {_shown(slip.corrected)}"
    return start[0] + 1, start[1] + 1, f"this is not YAML: {error.problem or error.context}"


def _unprintable(text: str) -> tuple[int, int, str]:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    before = text[: found.start()] if found else ""
    character = f"U+{ord(found.group()):04X}" if found else "a character"
    return (
        before.count("\n") + 1,
        len(before) - before.rfind("\n"),
        f"{character} cannot stand in a text file; remove it",
    )


def _start(error: yaml.MarkedYAMLError) -> tuple[int, int]:
    """Where the thing began that the parser could not finish; where it stopped, if that says more."""
    unfinished = re.search("flow|quoted|simple key", error.context or "") and error.context_mark
    mark = unfinished or error.problem_mark or error.context_mark
    return (mark.line, mark.column) if mark else (0, 0)


def _suspects(error: yaml.MarkedYAMLError, lines: list[str]) -> list[int]:
    """Lines that may be to blame, the likeliest first."""
    stop = min(error.problem_mark.line if error.problem_mark else 0, len(lines) - 1)
    above = range(stop, max(stop - _LINES_ABOVE, -1), -1)
    return [number for number in dict.fromkeys((_start(error)[0], *above)) if 0 <= number < len(lines)]


def _gets_further(lines: list[str], number: int, corrected: str, stopped: int) -> bool:
    """Whether with this line corrected the parser finds no mistake down to where it stopped.

    It reads from the section that the line is in to a little below; the lines above are left empty, to keep the count.
    """
    section = max((above for above in range(number + 1) if lines[above][:1].strip(" \t#-]}")), default=0)
    than = max(stopped, number)
    rest = [*lines[section:number], corrected, *lines[number + 1 : than + _LINES_BELOW]]
    try:
        for _ in yaml.parse("\n" * section + "\n".join(rest) + "\n", Loader=yaml.CSafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        return _start(error)[0] > than
    except yaml.YAMLError:
        return False
    return True


def _slips(lines: list[str], numbers: list[int]) -> Iterator[tuple[int, _Slip]]:
    """What may be wrong, line by line, the more telling first; a matter of indentation only if it is nothing else."""
    for number in numbers:
        for repair in _REPAIRS:
            yield from ((number, slip) for slip in repair(lines[number]))
    for number in numbers:
        yield from ((number, slip) for slip in _indentation(lines, number))


def _quoting(pattern: re.Pattern[str], why: Callable[[str], str]) -> Callable[[str], Iterator[_Slip]]:
    """A repair that puts quotes around every value that looks like the pattern."""

    def repair(line: str) -> Iterator[_Slip]:
        first = pattern.search(line)
        if first:
            corrected = pattern.sub(lambda found: found["lead"] + _quoted(found["value"]), line)
            yield _Slip(first.start("value"), why(first["value"]), corrected)

    return repair


def _quoted(value: str) -> str:
    bare = value.rstrip()
    escaped = bare.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"{value[len(bare) :]}'


def _tabs(line: str) -> Iterator[_Slip]:
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        for width in (4, 2, 8):
            spaces = indent.replace("\t", " " * width)
            why = f"a tab indents this line, and YAML takes only spaces; begin it with {len(spaces)} of them"
            yield _Slip(indent.index("\t"), why, spaces + line.lstrip())


def _tight_colon(line: str) -> Iterator[_Slip]:
    found = _TIGHT_COLON.search(line)
    if found:
        corrected = _TIGHT_COLON.sub(lambda colon: f"{colon['lead']}: ", line)
        yield _Slip(found.end() - 1, "a space is missing after the colon", corrected)


def _open_quote(line: str) -> Iterator[_Slip]:
    """A quote that is never closed on its line, closed at each place where the value may end."""
    column = _unclosed(line)[0]
    if column is not None:
        ends = [found.start() for found in re.finditer(r"\s*[,\]}]", line) if found.start() > column]
        for end in (*ends, len(line.rstrip())):
            yield _Slip(column, "this quote is never closed", line[:end] + line[column] + line[end:])


def _inner_quote(line: str) -> Iterator[_Slip]:
    found = _SINGLE_QUOTED.search(line)
    if found:
        corrected = line[: found.start()] + _quoted(found["value"]) + line[found.end() :]
        yield _Slip(found.start(), "a ' inside of single quotes ends the text", corrected)


def _open_bracket(line: str) -> Iterator[_Slip]:
    brackets = _unclosed(line)[1]
    if brackets:
        closing = "".join(_PAIRS[line[column]] for column in reversed(brackets))
        bare = re.sub(r"\s+#.*$|\s+$", "", line)
        yield _Slip(brackets[-1], f"{line[brackets[-1]]} is never closed", bare + closing + line[len(bare) :])


def _extra_bracket(line: str) -> Iterator[_Slip]:
    bare = line.rstrip()
    if bare.endswith(("}", "]")):
        yield _Slip(len(bare) - 1, f"there is one {bare[-1]} too many", bare[:-1])


def _no_comma(line: str) -> Iterator[_Slip]:
    for found in _NO_COMMA.finditer(line):
        corrected = f"{line[: found.end('value')]}, {line[found.end() :]}"
        yield _Slip(found.end("value"), "a comma is missing", corrected)


def _backslash(line: str) -> Iterator[_Slip]:
    if "\\" in line:
        why = "a backslash in double quotes begins an escape"
        yield _Slip(line.index("\\"), why, line.replace("\\", "\\\\"))


def _no_colon(line: str) -> Iterator[_Slip]:
    if re.fullmatch(r"\s*(?:- )?[\w.*-]+\s*", line):
        yield _Slip(len(line.rstrip()), "a colon is missing", f"{line.rstrip()}:")


def _indentation(lines: list[str], number: int) -> Iterator[_Slip]:
    """The line moved under one of those above it."""
    line = lines[number]
    indents = [len(above) - len(above.lstrip()) for above in reversed(lines[:number]) if above.strip()]
    for indent in dict.fromkeys(indents):
        why = f"this line is indented unlike those above it; begin it with {indent} spaces"
        yield _Slip(0, why, " " * indent + line.lstrip())


def _unclosed(line: str) -> tuple[int | None, list[int]]:
    """Where a quote opens that the line does not close, and where brackets do."""
    quote: int | None = None
    brackets: list[int] = []
    for column, character in enumerate(line):
        before = line[column - 1 : column]
        if quote is not None:
            quote = None if character == line[quote] and before != "\\" else quote
        elif character in "\"'" and before in ("", " ", "\t", *"[{,"):
            quote = column
        elif character in _PAIRS:
            brackets.append(column)
        elif brackets and character == _PAIRS[line[brackets[-1]]]:
            brackets.pop()
    return quote, brackets


def _shown(line: str) -> str:
    """The corrected line, without what may be a secret."""
    return _SECRET.sub(r"\1…", line.strip())


_REPAIRS: tuple[Callable[[str], Iterator[_Slip]], ...] = (
    _tabs,
    _quoting(_SPECIAL_VALUE, lambda value: f"{_SPECIAL[value[0]]}; quote it"),
    _quoting(_REFERENCE, lambda _: "${…} inside of brackets must be quoted"),
    _quoting(_COMMENT, lambda _: "a # after a space begins a comment, which swallows the rest of the line; quote it"),
    _tight_colon,
    _no_comma,
    _quoting(_INNER_COLON, lambda _: "a colon and a space inside of a text begin a mapping; quote it"),
    _open_quote,
    _inner_quote,
    _open_bracket,
    _extra_bracket,
    _backslash,
    _no_colon,
)
