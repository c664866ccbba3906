"""GitLab, at gitlab.com or anywhere else: the events of projects, of whole groups, and of people.

The list of events is the one thing that an idle poll asks for. The decisions that go with it stand in the modules
beside this one: what is new in the list in `gitlab_walk`, what an entry means in `gitlab_entries`, what else is asked
about news in `gitlab_feed`, and what costs a request each time, so that `include` must ask for it, in `gitlab_lists`.
Projects are kept by their id, which outlives every rename and transfer. A token goes out as Bearer, which GitLab takes
of every kind that it issues.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from relay.api import Api
from relay.budget import Budget
from relay.fields import Fields
from relay.finding import Finding
from relay.sources.base import Gives, Page, SourceSettings, Start, Tools, told
from relay.sources.gitlab_check import Check
from relay.sources.gitlab_cursor import Memory, from_json
from relay.sources.gitlab_feed import Feed, ask_card
from relay.sources.gitlab_groups import listing
from relay.sources.gitlab_items import Reader
from relay.sources.gitlab_lists import INCLUDED, Lists, lists_of
from relay.sources.gitlab_settings import GitLabSettings

_ALL = Start("all")


class GitLab:
    """An account on a GitLab server; a feed is a project, a user, or what patterns stand for in a group."""

    Settings: ClassVar[type[SourceSettings]] = GitLabSettings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType(
        {
            "pushed": "direct",
            "commit": "direct",
            "create": "direct",
            "delete": "snapshot",
            "repo_renamed": "snapshot",
            "repo_transferred": "snapshot",
            "repo_public": "snapshot",
            "report_issue": "direct",
            "issue_update": "partly",
            "issue_comment": "direct",
            "wiki_created": "direct",
            "wiki_updated": "direct",
            "wiki_deleted": "direct",
            "pullrequest_created": "direct",
            "pullrequest_fulfilled": "direct",
            "pullrequest_rejected": "direct",
            "pullrequest_like": "direct",
            "pullrequest_comment_created": "direct",
            "cset_comment_created": "direct",
            "team_access_gained_collab": "direct",
            "team_lost_access": "direct",
            "pullrequest_updated": "partly",
            **dict.fromkeys(sorted(INCLUDED - {"issue_update", "pullrequest_updated"}), "include"),
        }
    )

    def __init__(self, name: str, settings: GitLabSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start = name, settings, start
        self.budget: Budget | None = settings.budget
        self._included = tools.include & INCLUDED
        token = settings.token.get_secret_value() if settings.token else None
        login = {"authorization": f"Bearer {token}"} if token else {}
        self._api = Api(tools.http, settings.api, login, tools.meter, settings.ca)

    def feeds(self) -> tuple[str, ...]:
        """`repositories/group/project`, `groups/name` for patterns, and `users/name`."""
        chosen = self._settings.selection
        return (
            *(f"repositories/{name}" for name in chosen.named),
            *(f"groups/{owner}" for owner in chosen.owners),
            *(f"users/{name}" for name in dict.fromkeys(self._settings.users)),
        )

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """What is new in a feed since `cursor`, oldest first; one request where nothing is. Raises a FeedError."""
        kind, _, name = feed.partition("/")
        if kind == "groups":
            return await listing(self._api, self._name, name, self._settings.selection, cursor, now)
        known, start = await self._known(kind, name, cursor, now)
        place = f"projects/{known.id}/events" if known.id else f"users/{quote(name)}/events"
        memory, page = await Feed(self._api, self._name, place, now, start).poll(known)
        if known.id and self._included:
            memory, page = await self._filled(memory, page, start, now)
        return replace(page, cursor=cursor if memory is known and not start else memory.to_json())

    async def _filled(self, memory: Memory, page: Page, start: Start | None, now: datetime) -> tuple[Memory, Page]:
        """Memory and page with what the lists tell that `include` asks for."""
        id = memory.id or ""
        card = memory.projects.get(id) or await ask_card(self._api, id, now)
        whole = start is not None and start.kind == "all"
        lists = Lists(self._api, Reader(self._name, now, card, self._included), memory.lists, whole=whole)
        events = [found.event for found in page.found]
        await lists.read(events)
        if lists.states != memory.lists or id not in memory.projects:
            memory = replace(memory, lists=lists.states, projects={**memory.projects, id: card})
        found = told([*events, *lists.events], start, now) if lists.events else page.found
        return memory, replace(page, found=found, warnings=(*page.warnings, *lists.warnings))

    async def _known(self, kind: str, name: str, cursor: Any, now: datetime) -> tuple[Memory, Start | None]:
        """What was read of a feed so far and, at first sight alone, what is wanted of its history."""
        begin = Fields(cursor)
        if id := begin.text("begin"):
            return Memory(id), _ALL if begin.flag("whole") else self._start
        if cursor is not None:
            return from_json(cursor), None
        if kind == "users":
            return Memory(), self._start
        card = await ask_card(self._api, name, now)
        return Memory(card.id, {card.id: card}), self._start

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """What the token may do, whether each feed answers, and what the interval costs."""
        reached = Check(self._api, self._settings, lists_of(self._included), now)
        return (*await reached.token(), *await reached.feeds(), reached.pace(every))
