"""Where the files are that relay ships beside its code: the templates and the example rules.

They lie outside the package, where people find them. The wheel carries them as `relay/_shipped/`; a clone and an
editable install run from the clone, where they stand beside the package.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FOLDER = _PACKAGE / "_shipped" if (_PACKAGE / "_shipped").is_dir() else _PACKAGE.parent


def templates() -> Path:
    """The folder of the shipped templates: the last place that is searched."""
    return _FOLDER / "templates"


def rules() -> Path:
    """The shipped rules.yaml: a working example, and what `relay demo` runs."""
    return _FOLDER / "rules.yaml"
