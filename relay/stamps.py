"""Whether a file was changed: its name and what its folder says of it, without reading it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

Stamps = list[tuple[str, int, int] | None]


def stamps(paths: Sequence[Path]) -> Stamps:
    """What changes when a file does, or one in a folder; None for one that is not there."""
    return [_stamp(file) for path in paths for file in _files(path)]


def _files(path: Path) -> list[Path]:
    with suppress(OSError):  # a folder may go while it is listed
        if path.is_dir():
            return sorted(path.rglob("*"))
    return [path]


def _stamp(file: Path) -> tuple[str, int, int] | None:
    with suppress(OSError):
        found = file.stat()
        return str(file), found.st_mtime_ns, found.st_size
    return None
