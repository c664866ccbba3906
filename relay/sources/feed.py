"""Any Atom or RSS feed: Trac, hgweb, cgit, gitweb, Redmine, and what the large forges offer without an account.

The last resort for a forge that has no other way. Decisions:

- What was seen is decided by ids alone, longer than a feed lists them: entries slide out and back in, and dates are
  wrong. An id that stands twice on one page lies, and its entries are told apart by title and link.
- A request is conditional where the server answers that well: a strong ETag is believed at once, any other validator,
  and that of a feed with flaws, when it came twice with the same body, since hgweb's counts seconds, cgit's is the time
  of day, and what was damaged on its way is not what the server means. Otherwise the
  digest of the body says that nothing is new. An idle poll is one request.
- A commit is an event of its own, not derived from a push, and once for all feeds of a repository.
- Credentials go to one host: a source whose feeds lie on several may have none.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from relay.api import failure, validator
from relay.budget import Budget, hourly
from relay.cursor import damaged, digest_of
from relay.errors import FeedError, FeedGarbled, FeedUnavailable, HttpError
from relay.events import Event, Repository
from relay.fields import Fields
from relay.finding import Finding
from relay.http import Response
from relay.redact import remember
from relay.seen import Seen, from_json
from relay.sources.base import Found, Gives, Page, SourceSettings, Start, Tools, basic, check_login
from relay.sources.feed_address import Address, address
from relay.sources.feed_events import Named, Teller, named
from relay.sources.feed_reading import Document, read
from relay.sources.feed_types import GIVEN, Types, check

_GAP = "none of its {} entries was seen before; others may have come and gone unseen"

Place = Annotated[Address, BeforeValidator(address)]


class FeedSettings(SourceSettings):
    """`url` for one feed, `feeds` for several.

    `repository` is the owner/slug that all of them are about, where their addresses do not tell. `types` says which
    entries are which event type: `newticket: report_issue`, or `"title:Release *": release_published`.
    """

    takes_addresses: ClassVar[bool] = True

    url: Place | None = None
    feeds: tuple[Place, ...] = ()
    repository: str | None = None
    types: Mapping[str, str] = Field(default_factory=dict)
    username: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    ca: Path | None = None

    @field_validator("types")
    @classmethod
    def _meant(cls, types: Mapping[str, str]) -> Mapping[str, str]:
        check(types)
        return types

    @field_validator("repository")
    @classmethod
    def _owner_and_slug(cls, name: str | None) -> str | None:
        if name is not None and not all(name.split("/")):
            raise ValueError("is not owner/slug, or a slug alone")
        return name

    @model_validator(mode="after")
    def _fits(self) -> "FeedSettings":
        keys = [place.key for place in self.places]
        if not keys:
            raise ValueError("needs url: (one feed) or feeds: (a list of addresses)")
        if twice := next((key for key, times in Counter(keys).items() if times > 1), None):
            raise ValueError(f"lists {twice} twice")
        check_login(self.token, self.username, self.password)
        if (self.token or self.username) and len({place.origin for place in self.places}) > 1:
            raise ValueError("has credentials and feeds on several hosts; make a source for each host")
        return self

    @property
    def gives(self) -> frozenset[str]:
        """What its table says."""
        return frozenset(self.types.values())

    def cost(self, every: float) -> str | None:
        """One request for each feed."""
        return hourly(len(self.places) * 3600 / every)

    @classmethod
    def of_target(cls, target: str, given: Mapping[str, str]) -> dict[str, Any]:
        """One feed, by its address; what it takes to read it stands in there."""
        return {"url": target}

    @property
    def places(self) -> tuple[Address, ...]:
        """Every feed of the source."""
        return (*([self.url] if self.url else []), *self.feeds)


@dataclass(frozen=True)
class _Cursor:
    """What was seen of a feed. `most` is the longest list that it ever was: a shorter one leaves nothing out.

    `sure` tells whether `etag` and `modified` may be sent.
    """

    seen: Seen
    body: str
    most: int
    etag: str | None
    modified: str | None
    sure: bool

    def to_json(self) -> dict[str, Any]:
        own = {"body": self.body, "most": self.most, "etag": self.etag, "modified": self.modified, "sure": self.sure}
        return {"ids": list(self.seen.ids)} | own


def _cursor(value: Any) -> _Cursor:
    fields = Fields(value)
    body, most, sure = fields.text("body"), fields.whole("most"), fields.flag("sure")
    if body is None or most is None or sure is None:
        raise damaged()
    return _Cursor(from_json(fields.at("ids").value), body, most, fields.text("etag"), fields.text("modified"), sure)


class Feed:
    """Polls feeds; the key of each is its address as configured, without login and secrets."""

    Settings: ClassVar[type[SourceSettings]] = FeedSettings
    coverage: ClassVar[Mapping[str, Gives]] = MappingProxyType(dict.fromkeys(sorted(GIVEN), "direct"))
    budget: Budget | None = None

    def __init__(self, name: str, settings: FeedSettings, start: Start, tools: Tools) -> None:
        self._name, self._settings, self._start, self._http = name, settings, start, tools.http
        self._places = {place.key: place for place in settings.places}
        self._types = Types(settings.types)
        remember(secret for place in settings.places for secret in place.secrets)

    def feeds(self) -> tuple[str, ...]:
        """The addresses, without login and secrets."""
        return tuple(self._places)

    async def poll(self, feed: str, cursor: Any, now: datetime) -> Page:
        """The entries that were never seen, in one request. Raises FeedError."""
        response = await self._ask(self._places[feed], None if cursor is None else _cursor(cursor), now)
        return await asyncio.to_thread(self.parse, feed, response, cursor, now)

    def parse(self, feed: str, response: Response, cursor: Any, now: datetime) -> Page:
        """What an answer of 200 or 304 says that the cursor does not know. Pure; raises FeedError."""
        known = None if cursor is None else _cursor(cursor)
        if known and (response.status == 304 or digest_of(response.body) == known.body):
            return Page(_believed(known, response, cursor))
        document = read(response)
        listed = [one for entry in document.entries if (one := named(entry, document.own))]
        names = _names(listed)
        seen = known.seen if known else Seen()
        news, unknown = seen.news(names), seen.missed([one.plain for one in listed])
        most = max(known.most if known else 0, len(listed))
        after = seen.after(name for one in listed for name in (one.plain, one.full))
        events = self._events(feed, dict(zip(names, listed, strict=True)), news, document.generator, now)
        etag, modified, sure = _validators(response)
        warnings = _warnings(document, len(document.entries) - len(listed))
        return Page(
            _Cursor(after, digest_of(response.body), most, etag, modified, sure and not warnings).to_json(),
            _found(events, None if known else self._start, now),
            _GAP.format(len(listed)) if unknown and len(listed) == most else None,
            warnings=warnings if news else (),
        )

    def _events(
        self, feed: str, entries: Mapping[str, Named], news: Sequence[str], generator: str, now: datetime
    ) -> list[Event]:
        """The events of what is new, in the order of the list."""
        place = self._places[feed]
        teller = Teller(self._name, place, self._repository(place), self._types, now)
        return [teller.event(entries[name].entry, name, generator) for name in news]

    async def check(self, every: float, now: datetime) -> tuple[Finding, ...]:
        """Whether each feed answers with one, and what it seems to be about."""
        return tuple([await self._reach(place, now) for place in self._places.values()])

    async def _reach(self, place: Address, now: datetime) -> Finding:
        try:
            document = read(await self._ask(place, None, now))
        except FeedError as error:
            return Finding(str(error), fine=False)
        return Finding(f"{place.key}: {len(document.entries)} entries, told as {self._repository(place).full_name}")

    async def _ask(self, place: Address, known: _Cursor | None, now: datetime) -> Response:
        headers = {"accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.8"}
        headers |= _login(self._settings, place) | (_conditions(known) if known else {})
        try:
            response = await self._http.request("GET", place.url, headers=headers, follow=True, ca=self._settings.ca)
        except HttpError as error:
            raise FeedUnavailable(str(error)) from error
        if response.status == 304 and known is None:
            raise FeedGarbled(f"{place.key} answered 304 to a request that had no condition")
        if response.status not in (200, 304):
            raise failure(response, now)
        return response

    def _repository(self, place: Address) -> Repository:
        if self._settings.repository is None:
            return place.repository
        owner, _, slug = self._settings.repository.rpartition("/")
        return Repository(owner=owner or None, slug=slug, name=slug, url=place.repository.url)


def _login(settings: FeedSettings, place: Address) -> dict[str, str]:
    if settings.token:
        return {"authorization": f"Bearer {settings.token.get_secret_value()}"}
    login = place.login
    if settings.username and settings.password:
        login = settings.username, settings.password.get_secret_value()
    return {"authorization": basic(*login)} if login else {}


def _conditions(known: _Cursor) -> dict[str, str]:
    if known.sure and known.etag:
        return {"if-none-match": known.etag}
    return {"if-modified-since": known.modified} if known.sure and known.modified else {}


def _validators(response: Response) -> tuple[str | None, str | None, bool]:
    """ETag and Last-Modified as far as a header can carry them back, and whether they are believed at once."""
    etag, modified = (validator(response.headers, name) for name in ("etag", "last-modified"))
    return etag, modified, etag is not None and not etag.startswith("W/")


def _believed(known: _Cursor, response: Response, cursor: Any) -> Any:
    """The cursor after an answer that says nothing new: its validators are believed when they came with it again."""
    if response.status == 304 or known.sure or not (known.etag or known.modified):
        return cursor
    same = _validators(response)[:2] == (known.etag, known.modified)
    return replace(known, sure=True).to_json() if same else cursor


def _names(listed: Sequence[Named]) -> list[str]:
    """What each entry is known by: its plain name, unless the page has other entries of that name."""
    different = {one.full: one.plain for one in listed}
    times = Counter(different.values())
    return [one.plain if times[one.plain] == 1 else one.full for one in listed]


def _found(events: Sequence[Event], start: Start | None, now: datetime) -> tuple[Found, ...]:
    """The events of a list, oldest first: by time, and where that is the same by their places, from the last one up.

    `start` is for first sight: what it does not ask for is history.
    """
    found = [Found(event, _is_history(event, place, start, now)) for place, event in enumerate(events, 1)]
    upwards = found[::-1]
    return tuple(sorted(upwards, key=lambda found: found.event.time))


def _is_history(event: Event, place: int, start: Start | None, now: datetime) -> bool:
    """`place` is the event's place in the list, from 1; dates, which may be wrong, decide only where a span is asked."""
    if start is None or start.kind == "all":
        return False
    if start.kind == "since":
        return event.time < now - timedelta(seconds=min(start.seconds, now.timestamp()))
    return place > start.count


def _warnings(document: Document, nameless: int) -> tuple[str, ...]:
    flaw = [f"is not well-formed XML ({document.flaw}); read as far as it goes"] if document.flaw else []
    lost = [f"entries without id, link, title and date were passed over: {nameless}"] if nameless else []
    return (*flaw, *lost)
