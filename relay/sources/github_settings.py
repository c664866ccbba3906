"""The settings of the github source, and what its polling costs.

GitHub does not count the 304 of an idle feed when it is asked with a token; without one it counts every request.
"""

import re
from math import ceil
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from relay.api import base
from relay.budget import HOUR, Budget, account_of, hourly
from relay.discovery import Selection, selection
from relay.sources.base import Selected, SourceSettings, names

GUARD = 600.0
"""Seconds after which an unchanged feed is read whole: GitHub has answered 304 for hours while events existed."""
_GUARDS = 1000  # requests an hour, of the 5,000 that a token may make, that this is to cost at most
_WITH_TOKEN, _WITHOUT = 5000, 60
_LOGINS = names(re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?"), "an account")


def guard_after(feeds: int) -> float:
    """The seconds after which so many unchanged feeds are read whole."""
    return max(GUARD, feeds * HOUR / _GUARDS)


class GitHubSettings(SourceSettings):
    """`url` is the API's base, of an Enterprise server `https://host/api/v3`.

    Of `organizations` the public events are polled, and the private ones that the token's user may see.
    """

    url: str = "https://api.github.com"
    token: SecretStr | None = None
    repositories: Selected = ()
    users: Annotated[tuple[str, ...], _LOGINS] = ()
    organizations: Annotated[tuple[str, ...], _LOGINS] = ()
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _base(cls, url: str) -> str:
        url = base(url, "https://api.github.com or https://github.example/api/v3")
        if urlsplit(url).hostname in ("github.com", "www.github.com"):
            raise ValueError("is the site for people; the API is https://api.github.com")
        return url

    @model_validator(mode="after")
    def _whole(self) -> "GitHubSettings":
        if not self.feeds:
            raise ValueError("names nothing to poll; add repositories:, users: or organizations:")
        return self

    @property
    def selection(self) -> Selection:
        """What `repositories` stands for."""
        return selection(self.repositories)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The keys of what is polled, as far as the file names it."""
        wanted = self.selection
        keys = (
            *(f"repositories/{name}" for name in wanted.named),
            *(f"owners/{name}" for name in wanted.owners),
            *(f"users/{name}" for name in self.users),
            *(f"organizations/{name}" for name in self.organizations),
        )
        return tuple(dict.fromkeys(keys))

    @property
    def budget(self) -> Budget:
        """What GitHub allows; an Enterprise server's administrator may allow more, or all."""
        secret = self.token.get_secret_value() if self.token else None
        return Budget(account_of(urlsplit(self.url).netloc, secret), _WITH_TOKEN if secret else _WITHOUT)

    def advice(self, every: float) -> str | None:
        """That requests without a token are few."""
        asked, feeds = len(self.feeds) * HOUR / every, len(self.feeds)
        if self.token or asked <= _WITHOUT:
            return None
        fits = f"every: {ceil(feeds * HOUR / _WITHOUT)}s fits"
        return f"asks {asked:.0f} times an hour, and GitHub allows {_WITHOUT} without a token; {fits}, or add a token"

    def cost(self, every: float) -> str | None:
        """With a token none but the guard against stale answers; patterns add as much for each repository."""
        each = HOUR / max(every, guard_after(len(self.feeds))) if self.token else HOUR / every
        more = ", and as many for each repository of a pattern" if self.selection.owners else ""
        return hourly(len(self.feeds) * each, self.budget.requests) + more
