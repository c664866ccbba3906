"""Real forges as processes on this machine: started in a test's folder, and gone with all their children at its end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import pytest

PATIENCE = 40.0
_FOLDERS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_QUIET = {
    "HGENCODING": "utf-8",
    "HGRCPATH": "",
    "HGDEMANDIMPORT": "disable",  # or hgweb answers 500 when two first requests import at the same time
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LANG": "C.UTF-8",
}


def program(name: str) -> str:
    """Where a program of the system is; skips the test where it is not installed."""
    return shutil.which(name, path=_FOLDERS) or pytest.skip(f"needs {name}")


def installed(path: str) -> Path:
    """A file that a package of the system brings; skips the test where it is not installed."""
    return Path(path) if Path(path).is_file() else pytest.skip(f"needs {path}")


def run(*command: str | Path, at: Path | None = None, within: float = 60.0) -> str:
    """What a command prints; whatever it needs to say about failing is in the error."""
    done = subprocess.run(
        command, cwd=at, env=os.environ | _QUIET, capture_output=True, text=True, timeout=within, check=False
    )
    assert 0 == done.returncode, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Daemon:
    """`with Daemon(port, command…):` runs a server until the end, and its children no longer; `log` is what it says."""

    def __init__(self, port: int, *command: str | Path, log: Path) -> None:
        self._port, self._command, self._log = port, command, log

    def __enter__(self) -> "Daemon":
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                self._command,
                env=os.environ | _QUIET,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def _wait(self) -> None:
        """Return when it listens."""
        end = time.monotonic() + PATIENCE
        while not _listens(self._port):
            alive = self._process.poll() is None and time.monotonic() < end
            assert alive, f"{self._command[0]} does not listen:\n{self._log.read_text(errors='replace')}"
            time.sleep(0.02)

    def _end(self) -> None:
        """End the process and its children: they are a group of their own."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(2)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        self._process.wait(PATIENCE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def environment(folder: Path, *packages: str) -> Path:
    """A Python of its own with packages from the index of this machine; skips the test where that cannot be reached."""
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    make = [uv, "venv", "-q", folder] if uv else [sys.executable, "-m", "venv", folder]
    install = [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    for command in (make, [*install, *packages]):
        _or_skip(command, f"{' '.join(packages)} cannot be installed here")
    return python


def node_packages(kept: Path, *packages: str) -> Path:
    """The node_modules with packages from the registry of this machine, which are kept in a folder from run to run.

    Skips the test where the registry cannot be reached.
    """
    folder = kept / "-".join(packages).replace("/", "-")
    if not folder.exists():
        made = Path(tempfile.mkdtemp(dir=kept))
        quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0")
        _or_skip(
            [program("npm"), "install", *quietly, "--prefix", str(made), *packages],
            f"{' '.join(packages)} cannot be installed here",
        )
        with suppress(OSError):  # another worker was quicker
            made.rename(folder)
    return folder / "node_modules"


def _or_skip(command: Sequence[str | Path], reason: str) -> None:
    try:
        run(*command, within=90)
    except (AssertionError, OSError, subprocess.TimeoutExpired):
        pytest.skip(reason)


def repository(folder: Path) -> tuple[Path, Path]:
    """An empty bare git repository, and a clone of it to push from."""
    bare, clone = folder / "site.git", folder / "work"
    git = program("git")
    run(git, "init", "-q", "--bare", "-b", "main", bare)
    run(git, "clone", "-q", bare, clone)
    return bare, clone


def push(clone: Path, *messages: str, author: str = "Zoë Ärger <zoe@example.test>") -> list[str]:
    """Commit with these messages and push; the new hashes, oldest first."""
    git, hashes = program("git"), []
    name, _, mail = author.rstrip(">").partition(" <")
    who = ("-c", f"user.name={name}", "-c", f"user.email={mail}")
    for message in messages:
        run(git, *who, "commit", "-q", "--allow-empty", "-m", message, at=clone)
        hashes.append(run(git, "rev-parse", "HEAD", at=clone))
    run(git, "push", "-q", "origin", "HEAD:main", at=clone)
    return hashes
