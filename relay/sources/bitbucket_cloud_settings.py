"""What rules.yaml says of a Bitbucket Cloud account: its credentials and the repositories to follow. Pure.

App passwords ended in July 2026. What is left: an API token with the account's e-mail, an access token of a
repository, project or workspace alone, or an OAuth consumer's id and secret.
"""

from datetime import timedelta
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from relay.api import base
from relay.budget import Budget, account_of, hourly
from relay.discovery import Selection, selection
from relay.sources.base import Selected, SourceSettings

API = "https://api.bitbucket.org/2.0"
SITE = "https://bitbucket.org"
ALLOWED = 1000
"""Requests an hour that Atlassian allows an account for repository data; git has 60,000 of its own."""
ANONYMOUS = 60
_SWEEP_AFTER = timedelta(minutes=30)
_SWEEPS_TAKE = 0.4  # of the hourly budget, at most
_SWEEP_COST = 2  # requests of a visit that finds nothing: the activity, and the pull requests themselves


class BitbucketSettings(SourceSettings):
    """`url` is the API's base, with or without /2.0; git and OAuth are on bitbucket.org, or else on the url's own host."""

    url: str = API
    email: str | None = None
    token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    repositories: Selected = ()
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _base(cls, url: str) -> str:
        return base(url, API, "email and token").removesuffix("/2.0") + "/2.0"

    @model_validator(mode="after")
    def _whole(self) -> "BitbucketSettings":
        if not (self.wanted.named or self.wanted.owners):
            raise ValueError("names nothing to poll; add repositories: [workspace/slug] or [workspace/*]")
        if self.email and not self.token:
            raise ValueError("has email: without token:; an API token goes with it")
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("client_id and client_secret belong together")
        if self.token and self.client_id:
            raise ValueError("takes either a token or client_id and client_secret")
        return self

    @property
    def wanted(self) -> Selection:
        """What the list of repositories stands for."""
        return selection(self.repositories)

    @property
    def site(self) -> str:
        """Where git and OAuth answer: bitbucket.org, or a proxy's or mock's own host."""
        parts = urlsplit(self.url)
        return SITE if parts.hostname == "api.bitbucket.org" else f"{parts.scheme}://{parts.netloc}"

    @property
    def allowed(self) -> int:
        """The requests an hour that Bitbucket allows these credentials."""
        return ALLOWED if self.token or self.client_id else ANONYMOUS

    @property
    def budget(self) -> Budget:
        """What these credentials may ask, shared by all sources that have them."""
        secret = self.token or self.client_secret
        whole = f"{self.email or self.client_id or ''}:{secret.get_secret_value()}" if secret else None
        return Budget(account_of(urlsplit(self.url).netloc, whole), self.allowed)

    @property
    def workspaces(self) -> tuple[str, ...]:
        """Every workspace that is listed once a cycle."""
        owners = [*self.wanted.owners, *(name.partition("/")[0] for name in self.wanted.named)]
        return tuple({owner.casefold(): owner for owner in owners}.values())

    def cost(self, every: float) -> str | None:
        """One request for each workspace, and two a sweep for each repository that is named."""
        patterns = ", and what the repositories of patterns add" if self.wanted.owners else ""
        return hourly(self.asks(every, len(self.wanted.named)), self.allowed) + patterns

    def asks(self, every: float, repositories: int) -> float:
        """The requests an hour that polling so many repositories means while nothing happens in them."""
        sweep_after = max(self.sweep_after(repositories).total_seconds(), every)
        return len(self.workspaces) * 3600 / every + repositories * _SWEEP_COST * 3600 / sweep_after

    def sweep_after(self, repositories: int) -> timedelta:
        """When a repository is visited though the workspace's listing shows no change, where there are so many.

        The sixth of cycles of five minutes, in time and not in cycles, so that it holds for `run --once` and costs the
        same however short `every` is.
        """
        return max(_SWEEP_AFTER, timedelta(hours=repositories * _SWEEP_COST / (_SWEEPS_TAKE * self.allowed)))

    def advice(self, every: float) -> str | None:
        """That Bitbucket allows fewer requests an hour than these repositories mean; patterns are not counted."""
        named = len(self.wanted.named)
        if self.asks(every, named) <= self.allowed:
            return None
        fits = next((so for so in range(ceil(every), 86400, 30) if self.asks(so, named) <= self.allowed), 86400)
        return (
            f"asks {self.asks(every, named):,.0f} times an hour, and {urlsplit(self.url).hostname} allows "
            f"{self.allowed:,}; every: {ceil(fits / 60)}m fits"
        )
