"""Runs git: never asks a question, ends in time, reads no more than it should, and knows nobody's configuration.

Secrets go to git in its environment alone: a credential helper, bound to one scheme, host and port, prints them when
that server asks. So they are in no command line, and no redirect takes them elsewhere.
"""

import asyncio
import contextlib
import os
import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.errors import FeedDenied, FeedError, FeedGone, FeedMissing, FeedUnavailable
from relay.git.address import Address, Login

_HELPER = r"""!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$RELAY_USERNAME" "$RELAY_PASSWORD"; }; f"""
_TAIL = 8192


@dataclass(frozen=True)
class Output:
    """What git printed; `whole` is False where it was stopped because it printed more than was asked for."""

    status: int
    out: bytes
    errors: str
    whole: bool

    @property
    def worked(self) -> bool:
        """Whether this is the whole of a success."""
        return self.status == 0 and self.whole


async def run(
    arguments: Sequence[str], environment: Mapping[str, str], *, stdin: bytes = b"", deadline: float, most: int
) -> Output:
    """What `git` printed, at most `most` bytes of it, within `deadline` seconds. Raises FeedUnavailable.

    git and what it started are a group of processes of their own, and all end when the deadline or the task does.
    """
    process = await _start(arguments, environment)
    try:
        async with asyncio.timeout(deadline):
            (out, whole), errors, _ = await asyncio.gather(_first(process, most), _last(process), _feed(process, stdin))
            status = await process.wait()
    except TimeoutError:
        raise FeedUnavailable(f"git {arguments[0]} took more than {deadline:g} s; it is tried again") from None
    finally:
        await _end(process)
    return Output(status, out, errors if whole else f"git {arguments[0]} printed more than {most:,} bytes", whole)


async def _start(arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Starts git, also where the task is cancelled meanwhile: asyncio would end git alone, and wait for its children."""
    starting = asyncio.create_task(_process(arguments, environment))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _end(await starting)
        raise


async def _process(arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            "git", *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, start_new_session=True
        )
    except FileNotFoundError:
        raise FeedUnavailable(
            "git is not installed, and sources of kind git need it: install it (apt install git, brew install git)"
        ) from None
    except OSError as error:
        raise FeedUnavailable(f"git cannot be started: {error.strerror}; it is tried again") from None


async def _first(process: Process, most: int) -> tuple[bytes, bool]:
    """What the process prints, and whether that was all; one that prints more is stopped, and read to its end."""
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    kept = bytearray()
    while chunk := await process.stdout.read(1 << 16):
        if len(kept) <= most:
            kept += chunk
            if len(kept) > most:
                _signal(process, signal.SIGTERM)
    return bytes(kept[:most]), len(kept) <= most


async def _last(process: Process) -> str:
    assert process.stderr is not None  # noqa: S101 - it was started with a pipe
    kept = b""
    while chunk := await process.stderr.read(1 << 16):
        kept = (kept + chunk)[-_TAIL:]
    return kept.decode(errors="replace")


async def _feed(process: Process, text: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(text)
        await process.stdin.drain()
    process.stdin.close()


async def _end(process: Process) -> None:
    """Ends the process group: politely first, so that git takes its lock files away.

    What it still prints is read and dropped: asyncio does not tell that a process has ended before its pipes have.
    """
    if process.returncode is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.gather(_first(process, 0), _last(process), process.wait()), 2)
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        await asyncio.gather(_first(process, 0), _last(process), process.wait())


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def environment(
    given: Mapping[str, str], folder: Path, config: Path, address: Address, login: Login | None, ca: Path | None
) -> dict[str, str]:
    """The environment of every git that reads an address into the clone in `folder`; `config` stands for the user's.

    From the environment that relay was given stay the path, proxies, the ssh agent and GIT_SSH_COMMAND.
    """
    kept = {name: value for name, value in given.items() if not name.startswith(("GIT_", "SSH_ASKPASS"))}
    fixed = {
        "GIT_DIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",  # set but empty: nothing is run, and SSH_ASKPASS is not looked at
        "GIT_SSH_COMMAND": given.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=10"),
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",  # or a history with holes makes git fetch, within which git fetches, without end
        "LC_ALL": "C",
    }
    return (
        kept
        | fixed
        | _trust(str(ca) if ca else given.get("SSL_CERT_FILE"))
        | _settings(address, login)
        | _secrets(login)
    )


def _trust(file: str | None) -> dict[str, str]:
    return {"GIT_SSL_CAINFO": file} if file else {}


def _secrets(login: Login | None) -> dict[str, str]:
    if not login or login.username is None:
        return {}
    return {"RELAY_USERNAME": login.username, "RELAY_PASSWORD": login.password.get_secret_value()}


def _settings(address: Address, login: Login | None) -> dict[str, str]:
    """git's configuration as environment variables, which overrule every file."""
    pairs = {
        "remote.origin.url": address.url,
        "gc.pruneExpire": "never",  # the cursor may still name what no ref does
        "gc.autoDetach": "false",
        "maintenance.autoDetach": "false",
    }
    if login and address.origin:
        pairs |= _credentials(address.origin, login)
    variables = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for index, (name, value) in enumerate(pairs.items()):
        variables |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": value}
    return variables


def _credentials(origin: str, login: Login) -> dict[str, str]:
    if login.username is None:
        return {f"http.{origin}.extraHeader": f"Authorization: Bearer {login.password.get_secret_value()}"}
    return {f"credential.{origin}.helper": _HELPER, "http.proactiveAuth": "basic"}


def local_config(path: str) -> str:
    """A git configuration for the program at the other end, where that runs on this machine too.

    It trusts the one folder that was configured, whoever owns it, and leaves out file contents when asked to.
    """
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    folders = "".join(f'directory = "{quoted}{end}"\n' for end in ("", "/.git"))
    return f"[safe]\n{folders}[uploadpack]\nallowFilter = true\n"


_DENIED = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied|access denied|not authorized"
    r"|returned error: 40[13]|host key verification failed|dubious ownership",
    re.I,
)
_MISSING = re.compile(
    r"repository\b.*\bnot found|not appear to be a git repo|returned error: 404|not a git repo|does not exist"
    r"|no such file|could not be found",
    re.I,
)
_GONE = re.compile(r"returned error: 410")
_NETWORK = re.compile(
    r"could not resolve|unable to access|connection|timed out|early eof|rpc failed|hung up|disconnect"
    r"|could not read from remote|couldn't find remote ref|unreachable",
    re.I,
)
_NOISE = ("warning: ", "fatal: Could not read from remote", "Please make sure you have", "and the repository exists")


def failure(key: str, errors: str) -> FeedError:
    """What git's complaint means for the feed."""
    text = f"{key}: {_complaint(errors)}"
    if _DENIED.search(errors):
        return FeedDenied(f"{text}; check the login (token, or username and password; for ssh the key)")
    if _MISSING.search(errors):
        return FeedMissing(f"{text}; check the address, and whether the login may see it")
    if _GONE.search(errors):
        return FeedGone(f"{text}; it was removed for good; take it out of rules.yaml")
    return FeedUnavailable(text)


def is_local(errors: str) -> bool:
    """Whether the trouble seems to lie in the clone and not at the other end."""
    return not (_DENIED.search(errors) or _NETWORK.search(errors))


def _complaint(errors: str) -> str:
    """git's last line that says something, fit for a terminal."""
    lines = [line.strip() for line in errors.splitlines() if line.strip() and not line.startswith(_NOISE)]
    line = lines[-1] if lines else "git failed and did not say why"
    return "".join(char if char.isprintable() else " " for char in line)[:300]
