"""The events that entries of a feed mean. Pure.

What identifies an entry is its id, else its link, else its title with its date. Of an address only what comes after the
host counts where that host is the one that the server believes to be: hgweb asks reverse DNS for it, others a proxy.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from relay.cursor import digest
from relay.events import Actor, Comment, Commit, Event, Repository
from relay.redact import redact
from relay.sources.feed_address import Address, bare, origin
from relay.sources.feed_reading import Entry
from relay.sources.feed_text import MOST_TEXT, body_text, on_one_line, person, title_text
from relay.sources.feed_types import OTHER, Types, is_type
from relay.storable import clean

_AHEAD = timedelta(minutes=5)
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?:[0-9a-f]{24})?(?![0-9a-f])")
_SHORT_HASH = re.compile(r"/(?:rev|commits?|changeset|revisions)/(\w{1,64})(?:[/?#]|$)")
_NUMBER = re.compile(r"/(?:ticket|issues|merge_requests|pulls?)/(\d{1,15})(?!\w)")
_TRAC_TICKET = re.compile(r"[^#]{1,80}#\d+ \((.*)\) \S{1,40}")
_REDMINE_ISSUE = re.compile(r"[^#]{1,200}#\d+ \([^()]{1,80}\): (.+)")
_PAGE = re.compile(r"/wiki/([^?#]+?)(?:/[0-9a-f]{40})?(?:[?#]|$)")
_TAG = re.compile(r"/(?:tag|tags)/([^?#]+)")
_BRANCHES = re.compile(r"#(?:branch|bookmark)-")
_WHOLE = re.compile(r"\s*<pre[^<>]*>(.*?)</pre>", re.S)  # GitHub's and gitweb's content begins with the message
_HGWEB = re.compile(r">description</th>\s*<td[^<>]*>(.*?)</td>", re.S)
_LABELLED = re.compile(r"(?:[^\[\]]{1,200}\[[^\[\]]{1,100}\]|\w{1,40} \w{1,64}[^:]{0,100}): (.+)")  # Trac's, Redmine's
_OF_NUMBERED = ("report_issue", "issue_", "pullrequest_")
_TRAC_FILES = re.compile(r"<ul class=\"changes\">.*?</ul>", re.S)
_STATES = {"newticket": "open", "reopenedticket": "open", "closedticket": "closed"}
_GITEA = re.compile(r"(?:.*/)?\d+: https?:/")  # an activity's number and link, which feedparser takes for relative


@dataclass(frozen=True)
class Named:
    """An entry with what identifies it: `plain` by its id, `full` by its title and link too."""

    entry: Entry
    plain: str
    full: str


def named(entry: Entry, own: frozenset[str]) -> Named | None:
    """The entry with its names, or None where it has nothing to be known by."""
    id, link = _without_own(entry.id, own), _without_own(entry.link, own)
    by_date = f"{entry.title} {entry.at.isoformat() if entry.at else ''}".strip()
    name = id or link or by_date
    return Named(entry, digest(name), digest(name, entry.title, link)) if name else None


def _without_own(url: str | None, own: frozenset[str]) -> str:
    url = (url or "").strip()
    if not url.lower().startswith(("http:", "https:")):
        return url
    try:
        at = origin(url)
    except ValueError:
        return url
    return url[len(at) :] or "/" if at in own else url


@dataclass(frozen=True)
class Teller:
    """Makes the events of one feed; `source` is its name in the file."""

    source: str
    address: Address
    repository: Repository
    types: Types
    now: datetime

    def event(self, entry: Entry, name: str, generator: str) -> Event:
        """The event that an entry means; `name` identifies it in its feed, `generator` is what wrote that."""
        said = _title(entry, generator)
        type = self._type(entry, said, generator)
        hash_ = _hash(entry) if type == "commit" else None
        event = Event(
            id=f"{digest(self.repository.url)}:commit:{hash_}" if hash_ else f"{digest(self.address.key)}:{name}",
            type=type,
            source=self.source,
            occurred_at=entry.at if entry.at and entry.at <= self.now + _AHEAD else None,
            seen_at=self.now,
            repository=self.repository,
            actor=_actor(entry),
            title=said or None,
            url=self._link(entry.link),
        )
        if hash_:
            return self._commit(event, entry, hash_)
        if type == "pushed":
            return _pushed(event, entry)
        if type.startswith("wiki_"):
            return replace(event, title=_page(entry) or event.title)
        return _numbered(event, entry) if type.startswith(_OF_NUMBERED) else event

    def _type(self, entry: Entry, title: str, generator: str) -> str:
        """By the table; a category of Trac's that has no word, such as milestone, passes as it came."""
        type = self.types.of(entry, title, self.address.key)
        if type != OTHER or not generator.startswith("Trac"):
            return type
        return next((category for category in entry.categories if is_type(category)), OTHER)

    def _commit(self, event: Event, entry: Entry, hash_: str) -> Event:
        author = event.actor.display_name if event.actor else None
        commit = Commit(hash_, _message(entry, event.title or ""), author, event.url)
        return replace(event, title=None, commits=(commit,), branch=self.address.branch)

    def _link(self, link: str | None) -> str | None:
        """Where the entry leads: without secrets, and with the port that cgit and gitweb leave out behind a proxy."""
        if link is None:
            return None
        url = bare(link) if redact(link) != link else link
        parts, asked = urlsplit(url), urlsplit(self.address.url)
        if (parts.scheme, parts.netloc) == (asked.scheme, asked.hostname):
            url = parts._replace(netloc=asked.netloc).geturl()
        return clean(url)


def _title(entry: Entry, generator: str) -> str:
    """The title as text; gitweb and Trac send text whatever they call it, and Gitea's activities HTML that they do not."""
    gitea = _GITEA.match(entry.id or "") is not None
    return title_text(entry.title, html=gitea or (entry.title_is_html and not generator.startswith(("gitweb", "Trac"))))


def _actor(entry: Entry) -> Actor | None:
    name = person(entry.author)
    return Actor(username=None, name=name, url=entry.author_url, avatar_url=entry.avatar_url) if name else None


def _hash(entry: Entry) -> str | None:
    """The commit's hash, whole where it stands anywhere; Subversion's revision number is one too."""
    for text in (entry.id or "", entry.link or ""):
        if found := _HASH.search(text):
            return found[0]
    short = _SHORT_HASH.search(entry.link or "")
    return short[1] if short else None


def _message(entry: Entry, title: str) -> str:
    """The commit's message, whole where the feed holds it in a way that is known."""
    if not entry.body_is_html:
        return f"{title}\n\n{entry.body[:MOST_TEXT]}".strip()
    found = _HGWEB.search(entry.body) or _WHOLE.match(entry.body)
    if found:
        return body_text(found[1]) or title
    if "changeset" in entry.categories or "/revisions/" in (entry.link or ""):
        labelled = _LABELLED.fullmatch(title)
        return body_text(_TRAC_FILES.sub("", entry.body)) or (labelled[1] if labelled else title)
    return title


def _pushed(event: Event, entry: Entry) -> Event:
    """A tag that is listed now, or of hgweb's lists of branches and bookmarks one that stands elsewhere now."""
    if _BRANCHES.search(entry.id or ""):
        return replace(event, title=None, branch=event.title)
    found = _TAG.search(entry.link or "")
    return replace(event, title=unquote(found[1]) if found else event.title)


def _page(entry: Entry) -> str | None:
    found = _PAGE.search(entry.link or "")
    return clean(on_one_line(unquote(found[1]))) if found else None


def _numbered(event: Event, entry: Entry) -> Event:
    """An issue, ticket or pull request, or what was said of it."""
    link = entry.link or ""
    found, fragment = _NUMBER.search(link), link.partition("#")[2]
    form = _TRAC_TICKET if "/ticket/" in link else _REDMINE_ISSUE
    subject = form.fullmatch(event.title or "")
    said = body_text(entry.body) if entry.body_is_html else entry.body[:MOST_TEXT]
    return replace(
        event,
        title=subject[1] if subject else event.title,
        number=int(found[1]) if found else None,
        state=next((_STATES[category] for category in entry.categories if category in _STATES), None),
        comment=Comment(fragment, said, event.url) if fragment and said else None,
    )
