"""Where a git repository lies, and what its address alone tells: owner, slug, web pages, where a login may go. Pure.

An address is checked before git sees it: git takes one that begins with `-` for an option, and one like `ext::…` for a
command to run.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pydantic import SecretStr

from relay.events import Repository

_SCHEMES = ("file", "git", "http", "https", "ssh")


@dataclass(frozen=True)
class Login:
    """What is given to the server that asks for it, and to no other; without a user name it is a token sent as Bearer.

    Bitbucket Data Center takes the tokens of projects and repositories in no other way.
    """

    username: str | None
    password: SecretStr


@dataclass(frozen=True)
class Site:
    """The web pages of a known host, below a repository's own page."""

    commit: str
    compare: str
    branch: str
    tag: str


_SITES = {
    "github.com": Site("/commit/{new}", "/compare/{old}...{new}", "/tree/{name}", "/releases/tag/{name}"),
    "gitlab.com": Site("/-/commit/{new}", "/-/compare/{old}...{new}", "/-/tree/{name}", "/-/tags/{name}"),
    "bitbucket.org": Site("/commits/{new}", "/branches/compare/{new}..{old}", "/branch/{name}", "/src/{name}"),
    "codeberg.org": Site("/commit/{new}", "/compare/{old}...{new}", "/src/branch/{name}", "/src/tag/{name}"),
}


@dataclass(frozen=True)
class Address:
    """A checked address: `key` as configured but without a password, `url` as git is given it.

    `origin` is scheme, host and port of an http or https address, `path` the folder of a local one, `host` the name of
    another; each None elsewhere.
    """

    key: str
    url: str
    names: tuple[str, ...]
    origin: str | None = None
    path: str | None = None
    host: str | None = None
    login: Login | None = field(default=None, repr=False)

    @property
    def web(self) -> str | None:
        """The repository's page, on a host whose pages are known."""
        return f"https://{self.host}/{quote('/'.join(self.names))}" if self.host in _SITES else None

    @property
    def repository(self) -> Repository:
        """Named by the last two parts of the address; a lone part has no owner."""
        owner = self.names[-2] if len(self.names) > 1 else None
        return Repository(owner=owner, slug=self.names[-1], name=self.names[-1], url=self.web)

    def page(self, kind: str, *, name: str = "", old: str = "", new: str = "") -> str | None:
        """A web page of the repository (a field of Site), or None where the host's are not known."""
        if self.host not in _SITES:
            return None
        below: str = getattr(_SITES[self.host], kind)
        return f"{self.web}{below.format(name=quote(name), old=old, new=new)}"


def address(text: str) -> Address:
    """The address that a text is; a relative path counts from the current folder. Raises ValueError, never with it."""
    if not text.strip() or not text.isprintable():
        raise ValueError("is empty or holds control characters")
    if text.startswith("-"):
        raise ValueError("begins with '-', which git would take for an option; write ./-name for a folder of that name")
    if re.match(r"\w+::", text):
        raise ValueError(
            "names a program to run (word::); only paths, https, http, ssh, git and file addresses are read"
        )
    if "://" in text:
        return _of_url(text)
    remote = re.match(r"(?:[^/:@]+@)?(?P<host>[^/:@]+|\[[^]/]+\]):(?P<path>.+)", text)
    return _of_ssh(text, remote["host"], remote["path"]) if remote else _of_path(text)


def _of_url(text: str) -> Address:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a well-formed address") from None
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"has a scheme that is not one of {', '.join(_SCHEMES)}")
    if parts.scheme == "file":
        return Address(text, text, _names(unquote(parts.path)), path=unquote(parts.path))
    if not host or host.startswith("-"):
        raise ValueError("names no host")
    bare = _without_login(parts)
    web = parts.scheme in ("http", "https")
    return Address(
        key=bare,
        url=bare,
        names=_names(unquote(parts.path)),
        origin=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if web else None,
        host=None if port else host,
        login=_login(parts) if web else None,
    )


def _without_login(parts: SplitResult) -> str:
    """The address without what is secret in it; the user of an ssh address is needed, and no secret."""
    user = f"{parts.username}@" if parts.scheme == "ssh" and parts.username else ""
    return parts._replace(netloc=user + parts.netloc.rpartition("@")[2]).geturl()


def _login(parts: SplitResult) -> Login | None:
    """The login in an address; a lone name before the host is how tokens are written there."""
    if parts.password is not None:
        return Login(unquote(parts.username or ""), SecretStr(unquote(parts.password)))
    return Login(TOKEN_USER, SecretStr(unquote(parts.username))) if parts.username else None


TOKEN_USER = "x-token-auth"  # noqa: S105 - a user name, and no secret
"""The user name that goes with a token: Bitbucket asks for this one, the others take any."""


def _of_ssh(text: str, host: str, path: str) -> Address:
    if host.startswith("-"):
        raise ValueError("names no host")
    return Address(text, text, _names(path), host=host.lower())


def _of_path(text: str) -> Address:
    try:
        path = str(Path(text).expanduser().resolve())
    except RuntimeError:
        raise ValueError("begins with the home of a user that does not exist") from None
    return Address(text, path, _names(path), path=path)


def _names(path: str) -> tuple[str, ...]:
    parts = [part for part in path.split("/") if part not in ("", ".", "~", ".git")]
    if not parts:
        raise ValueError("names no repository")
    return (*parts[:-1], parts[-1].removesuffix(".git"))
