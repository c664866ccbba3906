"""Patterns over whole texts, as rules, conditions and lists of repositories have them; pure."""

import re
from collections.abc import Iterable


class Globs:
    """Patterns over whole texts: `*` is any text, `?` any character, letters match in either case.

    Square brackets are themselves, because "[WIP]*" is a title and not a choice of letters.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        folded = [pattern.casefold() for pattern in self.patterns]
        self._exact = frozenset(pattern for pattern in folded if not is_glob(pattern))
        globs = [_expression(pattern) for pattern in folded if is_glob(pattern)]
        self._glob = re.compile("|".join(globs), re.DOTALL) if globs else None

    def match(self, text: str) -> bool:
        """Whether one of the patterns is like the whole text."""
        return self.match_any((text,))

    def match_any(self, texts: Iterable[str]) -> bool:
        """Whether one of the patterns is like one of the whole texts."""
        for text in texts:
            folded = text.casefold()
            if folded in self._exact or (self._glob is not None and self._glob.fullmatch(folded) is not None):
                return True
        return False

    def __str__(self) -> str:
        return ", ".join(self.patterns)


def is_glob(pattern: str) -> bool:
    """Whether the pattern stands for more than itself."""
    return "*" in pattern or "?" in pattern


def literals(pattern: str) -> int:
    """How many characters of the pattern stand for themselves."""
    return len(pattern) - pattern.count("*") - pattern.count("?")


def _expression(pattern: str) -> str:
    """The pattern as a regular expression; what stands between two stars is taken once, so that no text is slow."""
    head, *rest = (re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", pattern))
    if not rest:
        return head
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return f"{head}{middle}.*{rest[-1]}"
