"""Where a feed lies, and what its address alone tells: the repository, the branch, and what must not be shown. Pure.

The key of a feed is its address without login and secrets, so that a new token is no new feed.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from relay.events import Repository

_SECRET = re.compile(
    r"(?:[\w-]*(?:token|secret|signature|passw(?:or)?d|pwd|credential|auth)[\w-]*|(?:[\w-]*[_-])?key|apikey|sig)=", re.I
)
_BRANCH = re.compile(r"(?P<base>.*?)(?:/-)?/(?:commits|(?:rss|atom)/branch)/(?P<branch>.+)")
_BELOW = re.compile(
    r"(?P<base>.*?)(?:/-)?/(?:releases|tags|issues|merge_requests|wiki|activity|timeline|news|feed|index|log|rss|atom"
    r"|(?:atom|rss)-\w+|log/rss|refs/rss|repository/.*)"
)
_ENDING = re.compile(r"\.(?:atom|rss|xml|rdf)$")
_MOUNTS = frozenset({"projects", "cgit", "gitweb", "hg", "trac"})


@dataclass(frozen=True)
class Address:
    """A checked address of a feed: `key` as it may be shown, `url` as it is asked, both without a login."""

    key: str
    url: str
    repository: Repository
    branch: str | None = None
    login: tuple[str, str] | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def origin(self) -> str:
        """Scheme, host and port: where credentials may go."""
        return origin(self.url)


def origin(url: str) -> str:
    """Scheme, host and port of an address as it has them, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def address(text: str) -> Address:
    """The address that a text is. Raises ValueError, never with the text."""
    if not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("is not an address: it holds blanks, backslashes or control characters")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a well-formed address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(
            "must be the address of an Atom or RSS feed, like https://trac.example.org/timeline?format=rss"
        )
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
    repository, branch = _place(plain)
    return Address(
        key=bare(plain.geturl()),
        url=plain.geturl(),
        repository=repository,
        branch=branch,
        login=(unquote(parts.username), unquote(parts.password or "")) if parts.username else None,
        secrets=_secrets(plain.query, parts.password or ""),
    )


def bare(url: str) -> str:
    """An address without its login and the parts of its query that are secret."""
    parts = urlsplit(url)
    pairs = re.split(r"([&;])", parts.query)
    kept = [(mark, pair) for mark, pair in zip(["", *pairs[1::2]], pairs[0::2], strict=True) if not _SECRET.match(pair)]
    query = "".join(mark + pair for mark, pair in kept).lstrip("&;")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query).geturl()


def _secrets(query: str, password: str) -> tuple[str, ...]:
    pairs = [pair for pair in re.split(r"[&;]", query) if _SECRET.match(pair)]
    found = [password, *(pair.partition("=")[2] for pair in pairs)]
    return tuple(dict.fromkeys(form for secret in found for form in (secret, unquote(secret)) if form))


def _place(parts: SplitResult) -> tuple[Repository, str | None]:
    """The repository that the address names and, of a branch's feed, the branch."""
    asked = _query(parts.query)
    branch = asked.get("h", "").removeprefix("refs/heads/") or None
    page = f"{parts.scheme}://{parts.netloc}"
    if "p" in asked and asked.get("a") in ("atom", "rss"):  # gitweb
        return _repository(asked["p"], f"{page}{parts.path}?p={asked['p']}", parts), branch
    path = _ENDING.sub("", parts.path.rstrip("/"))
    found = _BRANCH.fullmatch(path)
    if found:
        return _repository(found["base"], page + found["base"], parts), unquote(found["branch"])
    found = _BELOW.fullmatch(path)
    base = found["base"] if found else path
    return _repository(base, page + base, parts), branch


def _query(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in re.split(r"[&;]", query))
    return {name: unquote(value) for name, _, value in pairs}


def _repository(path: str, page: str, parts: SplitResult) -> Repository:
    """Named by the last two parts of its path; without any by the host."""
    names = [name for name in unquote(path).split("/") if name not in ("", ".", "..", ".git", "-")]
    slug = names[-1].removesuffix(".git") if names else parts.netloc
    owner = names[-2] if len(names) > 1 and names[-2] not in _MOUNTS else None
    return Repository(owner=owner, slug=slug or parts.netloc, name=slug or None, url=page)
