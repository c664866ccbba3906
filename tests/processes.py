"""The real program as a process: started, listened to while it runs, stopped by signals."""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import IO, Self

PATIENCE = 60.0
"""Seconds after which a process that says nothing is taken to be broken."""


def wait_for(done: Callable[[], bool], seconds: float = PATIENCE, said: Callable[[], str] = str) -> None:
    """Return as soon as it is done; fail when it takes far too long."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"relay came to a standstill; it said:\n{said()}"
        time.sleep(0.005)


class Running:
    """A process that runs, in a `with` block; at the end of that it is killed if it still does.

    Whatever it said must not hold any of its `secrets`, nor a traceback.
    """

    secrets: tuple[str, ...] = ()

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Return as soon as it is done, or tell what the process said instead."""
        wait_for(done, said=lambda: self.said)

    def wait_until_told(self, words: str) -> None:
        """Return once these words stand in what the process said."""
        self.wait_for(lambda: words in self.said)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.send(number)
        return self.end()

    @property
    def said(self) -> str:
        """All that it has said so far."""
        raise NotImplementedError

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        raise NotImplementedError

    def end(self) -> int:
        """Its exit code, once it has ended by itself and all that it said was heard."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave nothing behind of one that has ended."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGKILL)
        said = self.said
        self.close()
        if kind is None:
            assert [] == [secret for secret in (*self.secrets, "Traceback") if secret in said]


class Process(Running):
    """`with Process(folder, "run") as relay:` runs `relay run`; `out` and `err` are what it has said so far.

    `module` is another program of this project's to run. `within` is a command that sets something up and becomes the
    one that follows.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        secrets: tuple[str, ...] = (),
        module: str = "relay",
        within: tuple[str, ...] = (),
        **environ: str,
    ) -> None:
        self.secrets = secrets
        self._process = subprocess.Popen(
            [*within, sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=_environment(environ) | {"PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._listeners = [_listening(self._process.stdout, self.out), _listening(self._process.stderr, self.err)]

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def said(self) -> str:
        return "".join((*self.out, *self.err))

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        code = self._process.wait(PATIENCE)
        for listener in self._listeners:
            listener.join()
        return code

    def close(self) -> None:
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()


class Forked(Running):
    """The same as a Process, less the start of Python and its imports, which are most of what a short life costs.

    It is forked from a process that did nothing but import relay. What it says goes to files in a folder beside its own.
    `given` is what it can read.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        secrets: tuple[str, ...] = (),
        module: str = "relay",
        given: str = "",
        **environ: str,
    ) -> None:
        self.secrets = secrets
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(_IMPORTED)
        self._streams = Path(tempfile.mkdtemp(prefix="streams", dir=folder.parent))
        (self._streams / "in").write_text(given, encoding="utf-8")
        become = (folder, self._streams, _environment(environ), module, arguments)
        self._process = forks.Process(target=_become, args=become)
        self._process.start()
        self._pid = self._process.pid or 0
        self._alone = Lock()
        self._code: int | None = None

    @property
    def out(self) -> str:
        """What it has told so far."""
        return self._heard("out")

    @property
    def err(self) -> str:
        """What it has complained of so far."""
        return self._heard("err")

    @property
    def said(self) -> str:
        return self.out + self.err

    def _heard(self, stream: str) -> str:
        path = self._streams / stream
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def send(self, number: signal.Signals) -> None:
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def end(self) -> int:
        with self._alone:  # multiprocessing lets one thread alone ask after a process
            if self._code is None:
                self._process.join(PATIENCE)
                self._code = self._process.exitcode
                assert self._code is not None, f"it does not end; it said:\n{self.said}"
                self._process.close()
            return self._code


_IMPORTED = [
    __name__,
    *("relay.cli", "relay.operate", "relay.sources.bitbucket_v1", "relay.destinations.webhook"),
    *("httpx_aiohttp", "aiohttp", "certifi", "typer._adapters", "sqlite3"),
    *("sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg"),
    "tests.frozen",
]


def _become(folder: Path, streams: Path, environ: dict[str, str], module: str, arguments: tuple[str, ...]) -> None:
    """Go on as another program, as `python -m` would start it."""
    os.chdir(folder)
    for number, name in ((1, "out"), (2, "err")):
        with (streams / name).open("wb") as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin = (streams / "in").open(encoding="utf-8")
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _environment(more: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    return inherited | {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"} | more


def _listening(stream: IO[str] | None, heard: list[str]) -> Thread:
    def listen() -> None:
        for line in stream or ():
            heard.append(line)  # noqa: PERF402 - each line when it comes

    thread = Thread(target=listen, daemon=True)
    thread.start()
    return thread
