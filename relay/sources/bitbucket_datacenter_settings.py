"""What rules.yaml says of a Bitbucket Data Center server: where it is, who asks, and which repositories. Pure."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from relay.api import base
from relay.budget import hourly
from relay.discovery import Selection, selection
from relay.git.address import Login
from relay.sources.base import Selected, SourceSettings, check_login, login_headers

REST = "/rest/api/1.0"
IDLE = 2
"""Requests that a repository costs while nothing happens in it: its pull requests, and its pushes."""


class BitbucketDatacenterSettings(SourceSettings):
    """`url` is the server's address, with or without /rest/api/1.0; it has no default, since everybody has their own.

    `token` is an HTTP access token of a user, project or repository. Repositories are `PROJ/slug` and `~user/slug`.
    """

    url: str
    token: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    repositories: Selected = ()
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _base(cls, url: str) -> str:
        url = base(url, "https://bitbucket.example.com", "token, or username and password")
        if f".{urlsplit(url).hostname}".endswith(".bitbucket.org"):
            raise ValueError("is Bitbucket Cloud, which is kind: bitbucket; this kind is for a server of one's own")
        return url.removesuffix("/latest").removesuffix("/1.0").removesuffix("/rest/api")

    @model_validator(mode="after")
    def _whole(self) -> "BitbucketDatacenterSettings":
        if not (self.wanted.named or self.wanted.owners):
            raise ValueError("names nothing to poll; add repositories: [PROJ/slug] or [PROJ/*]")
        check_login(self.token, self.username, self.password)
        return self

    @property
    def wanted(self) -> Selection:
        """What the list of repositories stands for."""
        return selection(self.repositories)

    @property
    def headers(self) -> dict[str, str]:
        """What a request says of who asks; nothing where the repositories are public."""
        return login_headers(self.token, self.username, self.password)

    @property
    def login(self) -> Login | None:
        """The same for git."""
        secret = self.token or self.password
        return Login(self.username, secret) if secret else None

    def cost(self, every: float) -> str | None:
        """Two requests for each repository; a server limits them only if its administrator says so."""
        patterns = ", and what the repositories of patterns add" if self.wanted.owners else ""
        return hourly(len(self.wanted.named) * IDLE * 3600 / every, None) + patterns
