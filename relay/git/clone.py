"""A bare clone of commits alone, which serves to tell what a push brought, and can be rebuilt at any time.

It is fetched shallow, and without files where the server can leave them out. A shallow history may hide that a commit
which looks new was there before, behind the cut: it is then deepened until the answer is sure, in the end to all
commits.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from relay.errors import FeedGarbled, FeedUnavailable
from relay.git.address import Address, Login
from relay.git.process import Output, environment, failure, is_local, local_config, run
from relay.git.refs import raw

_ASK_FOR = 60.0
_FETCH_FOR = 300.0
_MOST = 64 * 1024 * 1024
_MOST_LOG = 8 * 1024 * 1024
_BRANCHES = b"+refs/heads/*:refs/heads/*\n"
EVERYTHING = 2**31 - 1
"""The depth that git takes for no limit."""
_DEEPER = ("--deepen=200", "--deepen=2000", "--unshallow")


class Damaged(FeedUnavailable):
    """The clone cannot be used: it is to be removed and made anew."""


class Clone:
    """The clone of one address below `home`, and the address itself, as long as one poll lasts."""

    def __init__(self, home: Path, address: Address, login: Login | None, ca: Path | None) -> None:
        name = digest(address.key)
        self.address = address
        self.folder = home.absolute() / f"{name}.git"
        self.config = home.absolute() / f"{name}.config"
        self._environment = environment(os.environ, self.folder, self.config, address, address.login or login, ca)
        self._deeper: Iterator[str] = iter(_DEEPER)

    async def refs(self) -> bytes:
        """Every branch and tag, as `git ls-remote` prints them: one request, and no clone needed."""
        arguments = ("--heads", "--tags", "--refs", "--", "origin")
        return await self._ask(*arguments) or await self._ask_again(*arguments)

    async def _ask_again(self, *arguments: str) -> bytes:
        """An empty answer once more, watched: git takes any web page for an old server that has no refs."""
        output = await self._answer(arguments, {"GIT_TRACE_PACKET": "1"})
        if "packet:" not in output.errors and self.address.origin:
            raise FeedGarbled(f"{self.address.key}: the server answers with something that is not git; a login page?")
        return output.out

    async def head(self) -> bytes:
        """Where the default branch is, as `git ls-remote` prints it."""
        return await self._ask("--symref", "--", "origin", "HEAD")

    async def _ask(self, *arguments: str) -> bytes:
        return (await self._answer(arguments, {})).out

    async def _answer(self, arguments: Sequence[str], variables: Mapping[str, str]) -> Output:
        self._configure()
        outside = self._environment | {"GIT_DIR": str(self.folder / "none")}  # a damaged clone must not be looked at
        output = await run(("ls-remote", *arguments), {**outside, **variables}, deadline=_ASK_FOR, most=_MOST)
        if not output.worked:
            raise failure(self.address.key, output.errors)
        return output

    def _configure(self) -> None:
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.config.write_text(local_config(self.address.path) if self.address.path else "", encoding="utf-8")

    def remove(self) -> None:
        """Forget what was fetched."""
        shutil.rmtree(self.folder, ignore_errors=True)

    async def fetch(self, hashes: Iterable[str], tags: Sequence[str] = (), depth: int = EVERYTHING) -> None:
        """Fetch all branches, and the tags named; `depth` says how much of the past a new clone gets.

        `hashes` say which of git's two formats the repository has.
        """
        new = not (self.folder / "HEAD").exists()
        if new:
            kind = "sha256" if max(map(len, hashes), default=40) > 40 else "sha1"
            await self._local("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
        wanted = b"".join(b"+%s:%s\n" % (raw(tag), raw(tag)) for tag in tags)
        await self._fetch(_BRANCHES + wanted, *([f"--depth={depth}"] if new else []))

    async def fetch_lost(self, hashes: Iterable[str]) -> None:
        """Ask for commits that no ref has any more; many servers still give them."""
        for hash_ in hashes:
            await self._transfer(hash_.encode() + b"\n")

    async def _fetch(self, refs: bytes, *options: str) -> None:
        output = await self._transfer(refs, "--prune", *options)
        if not output.worked:
            raise self._trouble(output)

    async def _transfer(self, refs: bytes, *options: str) -> Output:
        quiet = ("--quiet", "--no-tags", "--force", "--no-write-fetch-head", "--no-recurse-submodules")
        arguments = ("fetch", *quiet, "--update-shallow", "--filter=tree:0", *options, "--stdin", "--", "origin")
        return await run(arguments, self._environment, stdin=refs, deadline=_FETCH_FOR, most=_MOST)

    def _trouble(self, output: Output) -> Exception:
        found = failure(self.address.key, output.errors)
        return Damaged(str(found)) if is_local(output.errors) else found

    async def _local(self, *arguments: str, stdin: bytes = b"") -> bytes:
        output = await run(arguments, self._environment, stdin=stdin, deadline=_FETCH_FOR, most=_MOST)
        if not output.worked:
            raise Damaged(str(failure(self.address.key, output.errors)))
        return output.out

    async def commits(self, include: Iterable[str], exclude: Iterable[str] = (), *options: str) -> list[str]:
        """The hashes reachable from `include` and not from `exclude`, newest first; what the clone lacks is passed over.

        `--missing` keeps git from asking the server for each of those.
        """
        lines = [*include, *(f"^{hash_}" for hash_ in exclude)]
        order = ("--date-order", "--missing=allow-any", "--ignore-missing", "--stdin")
        out = await self._local("rev-list", *order, *options, stdin=_lines(lines))
        return out.decode().split()

    async def present(self, hashes: Iterable[str]) -> set[str]:
        """Those of the commits that the clone has."""
        return set(await self.commits(hashes, (), "--no-walk=unsorted"))

    async def is_exact(self, new: str, exclude: Iterable[str], base: str | None) -> bool:
        """Whether `commits(new, exclude)` is the truth although the history is cut.

        It is when nothing listed reaches the cut, and everything that it stands on (the frontier) lies above the whole
        cut of `base`, the tip that it grew from: a commit behind the cut cannot stand on one above it.
        """
        if not (self.folder / "shallow").exists():
            return True
        listed = await self.commits([new], exclude, "--boundary")
        frontier = [line[1:] for line in listed if line.startswith("-")]
        if len(frontier) == len(listed):
            return True
        if not base or not frontier or await self.commits([new], exclude, "--max-parents=0"):
            return False
        return not await self.commits([base], await self._shared(frontier), "--max-parents=0")

    async def _shared(self, hashes: Sequence[str]) -> list[str]:
        """The newest commits that all of these stand on."""
        output = await run(
            ("merge-base", "--octopus", "--all", *hashes), self._environment, deadline=_FETCH_FOR, most=_MOST
        )
        return output.out.decode().split()

    async def deepen(self) -> bool:
        """Fetch more of the past; False when there is no more."""
        option = next(self._deeper, None)
        if option is None or not (self.folder / "shallow").exists():
            return False
        await self._fetch(_BRANCHES, option)
        return True

    async def log(self, hashes: Iterable[str]) -> bytes:
        """Hash, author, committer's time and message of commits, each field ended by NUL; cut after 8 MiB."""
        plain = ("--no-walk=unsorted", "--no-mailmap", "--no-notes", "--no-show-signature", "--encoding=UTF-8")
        arguments = ("log", "-z", *plain, "--format=tformat:%H%x00%an%x00%ct%x00%B", "--stdin")
        output = await run(arguments, self._environment, stdin=_lines(hashes), deadline=_FETCH_FOR, most=_MOST_LOG)
        if output.whole and output.status:
            raise self._trouble(output)
        return output.out

    async def taggers(self) -> bytes:
        """Hash, tagger and time of each tag in the clone, each field ended by NUL."""
        fields = "%(objectname)%00%(taggername)%00%(taggerdate:unix)%00"
        return await self._local("for-each-ref", f"--format={fields}", "refs/tags/")


def digest(key: str) -> str:
    """The short name of a feed in ids and folders: 16 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _lines(hashes: Iterable[str]) -> bytes:
    return "".join(f"{hash_}\n" for hash_ in hashes).encode()
