"""The real program as a process: started, listened to while it runs, stopped by signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO

PATIENCE = 60.0
"""Seconds after which a process that says nothing is taken to be broken."""


class Process:
    """`with Process(folder, "run") as relay:` runs `relay run`; `out` and `err` are what it has said so far.

    `module` is another program of this project's to run. At the end it is killed if it still runs; whatever it said must
    not hold any of `secrets`, nor a traceback. `within` is a command that sets something up and becomes the one that
    follows.
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
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
        inherited["PYTHONPATH"] = str(Path(__file__).parents[1])
        self._secrets = secrets
        self._process = subprocess.Popen(
            [*within, sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=inherited | {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"} | environ,
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
        """All of it."""
        return "".join((*self.out, *self.err))

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Return as soon as it is done, or tell what the process said instead."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, f"nothing happened; the process said:\n{self.said}"
            time.sleep(0.02)

    def wait_until_told(self, words: str) -> None:
        """Return once these words stand in what the process said."""
        self.wait_for(lambda: words in self.said)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.send(number)
        return self.end()

    def end(self) -> int:
        """Its exit code, once it has ended by itself and all that it said was heard."""
        code = self._process.wait(PATIENCE)
        for listener in self._listeners:
            listener.join()
        return code

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self.end()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        if kind is None:
            assert [] == [secret for secret in (*self._secrets, "Traceback") if secret in self.said]


def _listening(stream: IO[str] | None, heard: list[str]) -> Thread:
    def listen() -> None:
        for line in stream or ():
            heard.append(line)  # noqa: PERF402 - each line when it comes

    thread = Thread(target=listen, daemon=True)
    thread.start()
    return thread
