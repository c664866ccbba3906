"""What `check --online` finds out about a GitLab source."""

from datetime import datetime
from urllib.parse import quote, urlsplit

from relay.api import Api
from relay.budget import hourly
from relay.errors import FeedError
from relay.fields import Fields
from relay.finding import Finding
from relay.sources.base import tried
from relay.sources.gitlab_feed import ask_card
from relay.sources.gitlab_groups import count
from relay.sources.gitlab_settings import GitLabSettings

_ENOUGH = frozenset({"api", "read_api"})


class Check:
    """The questions of one check; none of them raises anything. `lists` are read of each project beside its events."""

    def __init__(self, api: Api, settings: GitLabSettings, lists: int, now: datetime) -> None:
        self._api, self._settings, self._lists, self._now = api, settings, lists, now
        self._projects = len(settings.selection.named)

    async def token(self) -> list[Finding]:
        """What the token may do and until when; of a token of OAuth GitLab does not say it, old servers of none.

        One that is not taken at all shows at the first feed.
        """
        if not self._settings.token:
            return [Finding("no token: public projects alone can be read")]
        try:
            told = Fields((await self._api.get("personal_access_tokens/self", self._now)).json)
        except FeedError:
            return []
        scopes = told.texts("scopes")
        ends = f", expires on {told.text('expires_at')}" if told.text("expires_at") else ""
        if not _ENOUGH.intersection(scopes):
            return [Finding(f"the token has the scopes {', '.join(scopes) or 'none'}; it needs read_api", fine=False)]
        return [Finding(f"the token may read: {', '.join(scopes)}{ends}")]

    async def feeds(self) -> list[Finding]:
        """Whether the projects, groups and users answer; the first 20 of the projects."""
        chosen = self._settings.selection
        found = [*await tried(chosen.named, self._project)]
        found += [await self._group(owner) for owner in chosen.owners]
        return found + [await self._user(name) for name in self._settings.users]

    async def _project(self, name: str) -> Finding:
        try:
            project = await ask_card(self._api, name, self._now)
        except FeedError as error:
            return Finding(str(error), fine=False)
        moved = f", which is {project.path} now" if project.path.casefold() != name.casefold() else ""
        return Finding(f"{name}{moved}: can be read")

    async def _group(self, owner: str) -> Finding:
        try:
            number = await count(self._api, owner, self._settings.selection, self._now)
        except FeedError as error:
            return Finding(str(error), fine=False)
        self._projects += number
        return Finding(f"{owner}: the patterns stand for {number} projects", fine=number > 0)

    async def _user(self, name: str) -> Finding:
        try:
            await self._api.get(f"users/{quote(name)}/events", self._now, {"per_page": 1})
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{name}: events can be read")

    def pace(self, every: float) -> Finding:
        """What the interval costs, patterns included once they were counted."""
        budget = self._settings.budget
        asked = (self._projects * (1 + self._lists) + len(self._settings.users)) * 3600 / every
        fine = budget is None or asked <= budget.requests
        return Finding(
            f"{urlsplit(self._settings.url).hostname}: {hourly(asked, budget.requests if budget else None)}", fine
        )
