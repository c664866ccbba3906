"""The settings of a GitLab source."""

import re
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from relay.api import base
from relay.budget import Budget, account_of, hourly
from relay.discovery import Selection, selection
from relay.sources.base import SourceSettings, names

_API = "/api/v4"
_NAME = re.compile(r"(?!\.+$)[^\s/?#%*!\\]+")
_ALLOWED, _ALLOWED_ANONYMOUS = 2000 * 60, 500 * 60
"""Requests an hour that gitlab.com allows a user, and an address without a token: 2,000 and 500 a minute, as it
documents. Other servers have limits of their own, which their administrators set."""


class GitLabSettings(SourceSettings):
    """`url` is where people look at the forge, or its API's base; gitlab.com without one.

    `token` is one of a person, project or group with the scope read_api, or of OAuth; public projects need none.
    """

    url: str = "https://gitlab.com"
    token: SecretStr | None = None
    repositories: tuple[str, ...] = ()
    users: Annotated[tuple[str, ...], names(_NAME, "a user")] = ()
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _site(cls, url: str) -> str:
        return base(url, "https://gitlab.com").removesuffix(_API).rstrip("/")

    @field_validator("repositories")
    @classmethod
    def _readable(cls, items: tuple[str, ...]) -> tuple[str, ...]:
        selection(items, nested=True)
        return items

    @model_validator(mode="after")
    def _whole(self) -> "GitLabSettings":
        if not self.repositories and not self.users:
            raise ValueError("names nothing to poll; add repositories: [group/project] or users: [name]")
        return self

    @cached_property
    def selection(self) -> Selection:
        """What the repositories stand for."""
        return selection(self.repositories, nested=True)

    @property
    def api(self) -> str:
        """The base of the API."""
        return f"{self.url}{_API}"

    @property
    def budget(self) -> Budget | None:
        """What gitlab.com allows; None elsewhere."""
        host = urlsplit(self.url).hostname or ""
        if host != "gitlab.com":
            return None
        secret = self.token.get_secret_value() if self.token else None
        return Budget(account_of(host, secret), _ALLOWED if secret else _ALLOWED_ANONYMOUS)

    def asked(self, every: float) -> float:
        """The requests an hour for what is named, without what patterns stand for and without what is included."""
        return (len(self.selection.named) + len(self.users)) * 3600 / every

    def advice(self, every: float) -> str | None:
        """That gitlab.com allows fewer requests an hour."""
        asked, allowed = self.asked(every), self.budget.requests if self.budget else None
        if allowed is None or asked <= allowed:
            return None
        fits = ceil(every * asked / allowed)
        return f"asks {asked:,.0f} times an hour, and gitlab.com allows {allowed:,}; every: {fits}s fits"

    def cost(self, every: float) -> str | None:
        """One request for each feed; what `include` asks for is not known here, and comes on top."""
        said = hourly(self.asked(every), self.budget.requests if self.budget else None)
        return f"{said}, and one more each time for each project of a pattern" if self.selection.owners else said
