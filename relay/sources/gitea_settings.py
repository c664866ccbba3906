"""The settings of a Gitea or Forgejo source."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import SecretStr, field_validator, model_validator

from relay.api import base
from relay.budget import hourly
from relay.discovery import Selection, selection
from relay.sources.base import Selected, SourceSettings, names

_API = "/api/v1"
_NAMES = names(re.compile(r"(?!\.+$)[^\s/?#%*!\\]+"), "a user or organization")


class GiteaSettings(SourceSettings):
    """`url` is where people look at the forge, or its API's base; Codeberg's without one."""

    url: str = "https://codeberg.org"
    token: SecretStr | None = None
    repositories: Selected = ()
    users: Annotated[tuple[str, ...], _NAMES] = ()
    organizations: Annotated[tuple[str, ...], _NAMES] = ()
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _site(cls, url: str) -> str:
        return base(url, "https://codeberg.org").removesuffix(_API)

    @model_validator(mode="after")
    def _whole(self) -> "GiteaSettings":
        if not self.repositories and not self.users and not self.organizations:
            raise ValueError(
                "names nothing to poll; add repositories: [owner/slug], users: [name] or organizations: [name]"
            )
        return self

    @cached_property
    def selection(self) -> Selection:
        """What the repositories stand for."""
        return selection(self.repositories)

    @property
    def api(self) -> str:
        """The base of the API."""
        return f"{self.url}{_API}"

    def cost(self, every: float) -> str | None:
        """One request for each feed; servers have no limit that is known."""
        named = len(self.selection.named) + len(self.users) + len(self.organizations)
        more = ", and one more each time for each repository of a pattern" if self.selection.owners else ""
        return hourly(named * 3600 / every) + more
