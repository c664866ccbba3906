"""The slip behind a YAML syntax error: the line that caused it, and that line corrected.

A parser stops where it can no longer go on, often far below the mistake. So repairs of the usual slips are tried on the
lines above, and the first after which the parser gets further tells what was wrong.
"""

import yaml


def locate(text: str, error: yaml.YAMLError) -> tuple[int, int, str]:
    """Line and column counted from 1, and what is wrong there, with the corrected text where a repair was found."""
    mark = getattr(error, "problem_mark", None)
    return (mark.line + 1, mark.column + 1, str(getattr(error, "problem", error))) if mark else (1, 1, str(error))
