"""Which entries of a feed are which event type: a table of patterns, whose first that fits decides. Pure.

A pattern is a glob over a category of the entry, or, written `title:…`, `link:…`, `id:…` or `feed:…`, over its title, its
address, its id or the address of the feed. The rows of the settings stand before these.
"""

import re
from collections.abc import Iterable, Mapping

from relay.event_types import VOCABULARY
from relay.globs import Globs
from relay.sources.feed_reading import Entry
from relay.suggest import event_type

OTHER = "entry_published"
"""What an entry is that no pattern knows."""

_HASH = "?" * 40
_DEFAULTS = {
    # Trac, by its categories
    "newticket": "report_issue",
    "closedticket": "issue_update",
    "reopenedticket": "issue_update",
    "editedticket": "issue_update",
    "batchmodify": "issue_update",
    "link:*/wiki/*?version=1": "wiki_created",
    "wiki": "wiki_updated",
    "changeset": "commit",
    # feeds that list one kind of thing
    "feed:*/tags.atom*": "pushed",
    "feed:*/tags.rss*": "pushed",
    "feed:*/-/tags*": "pushed",
    "feed:*/???-tags": "pushed",
    "feed:*/????-tags": "pushed",
    "feed:*/refs/rss.xml": "pushed",
    "id:*#branch-*": "pushed",
    "id:*#bookmark-*": "pushed",
    "feed:*/releases.atom*": "release_published",
    "feed:*/releases.rss*": "release_published",
    # commits: cgit, hgweb, gitweb, GitHub, then by the page of a commit
    "id:urn:sha1:*": "commit",
    "id:*#changeset-*": "commit",
    "link:*a=commitdiff;h=*": "commit",
    "link:*/wiki/*": "wiki_updated",
    "id:*:Grit::Commit/*": "commit",
    "link:*/commit/*": "commit",
    f"link:*/commits/{_HASH}": "commit",
    "link:*/changeset/*": "commit",
    "link:*/rev/*": "commit",
    "link:*/repository/*revisions/*": "commit",
    # activities of GitLab, GitHub and Gitea, which only their titles tell apart
    "id:tag:*": OTHER,
    "id:*: http*": OTHER,
    "link:*/issues/*#change-*": "issue_update",
    "link:*/issues/*": "report_issue",
    "link:*/merge_requests/*": "pullrequest_created",
}
GIVEN = frozenset(_DEFAULTS.values()) | {OTHER}
_FIELDS = ("category", "title", "link", "id", "feed")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,60}")


def check(patterns: Mapping[str, str]) -> None:
    """Raises ValueError for a pattern or an event type that cannot be meant."""
    for pattern, type in patterns.items():
        if not _split(pattern)[1]:
            raise ValueError(f"has an empty pattern {pattern!r}; write a category, or title:…, link:…, id:… or feed:…")
        if not is_type(type):
            raise ValueError(f"{type!r} is no event type; they are written like wiki_updated")
        if type not in VOCABULARY and (meant := event_type(type)):
            raise ValueError(f"no event type is called {type!r}; did you mean {meant!r}?")


def is_type(name: str) -> bool:
    """Whether it is written like an event type."""
    return _TYPE.fullmatch(name) is not None


def _split(pattern: str) -> tuple[str, str]:
    field, colon, glob = pattern.partition(":")
    return (field, glob.strip()) if colon and field in _FIELDS else ("category", pattern)


class Types:
    """The table of a source: its own patterns, then those that every feed has."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        rows = [*patterns.items(), *_DEFAULTS.items()]
        self._rows = [(*_split(pattern), type) for pattern, type in rows]
        self._globs = {glob: Globs((glob,)) for _, glob, _ in self._rows}

    def of(self, entry: Entry, title: str, feed: str) -> str:
        """The event type of an entry, whose title is given as text."""
        texts: Mapping[str, Iterable[str]] = {
            "category": entry.categories or ("",),
            "title": (title,),
            "link": (entry.link or "",),
            "id": (entry.id or "",),
            "feed": (feed,),
        }
        fitting = (type for field, glob, type in self._rows if self._globs[glob].match_any(texts[field]))
        return next(fitting, OTHER)
