"""Whether a file was changed: what its folder says of it, without reading it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

Stamps = list[tuple[int, int] | None]


def stamps(paths: Sequence[Path]) -> Stamps:
    """What changes when a file does, or one in a folder; None for one that is not there."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [_stamp(file) for file in files]


def _stamp(file: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = file.stat()
        return found.st_mtime_ns, found.st_size
    return None
