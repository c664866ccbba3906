"""The names that a type's template may use about its event: what is known, cut to length, and the usual turns of phrase.

What is absent stays absent: a phrase without its data is empty, so that words and punctuation drop out together. The
lengths are those that phones, subject lines and Slack leave room for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from relay.destinations.base import Dialect, Safe, cut
from relay.events import Actor, Comment, Commit, Event, Repository
from relay.render import digest

NAME, TITLE, BRANCH, PATH, PLACE, COMMIT_LINE = 40, 120, 60, 60, 80, 100
LISTED = 10  # labels, reviewers
COMMITS = {"compact": 5, "normal": 5, "full": 15}
QUOTE = {"compact": (300, 4), "normal": (300, 4), "full": (1500, 15)}
_SAID = {"open": "Open", "merged": "Merged", "closed": "Closed", "superseded": "Superseded"}


@dataclass(frozen=True, slots=True)
class ListedCommit:
    """A commit as it is listed; `by` is its author in brackets, empty where that is the actor."""

    hash: Safe
    line: str
    by: str


def status(event: Event) -> str:
    """The state of a pull request or issue in a word, by its type and what the forge said; empty when only guessed."""
    if "state" in event.guessed:
        return ""
    word = digest.STATES.get(event.type, "")
    if event.type in ("pullrequest_updated", "pullrequest_unlike", "issue_update"):
        word = _SAID.get(event.state or "", word)
    return "Draft" if word == "Open" and event.draft else word


def short_hash(commit: Commit) -> str:
    """The hash as people say it: its first seven characters."""
    return cut(commit.hash[:7], 7)


def first_line(commit: Commit) -> str:
    """What a commit says in its first line."""
    return cut((commit.message or "").lstrip()[: 8 * COMMIT_LINE].partition("\n")[0], COMMIT_LINE)


def shortened(text: str, characters: int, lines: int) -> str:
    """Somebody's words, at most so many characters and lines, blank lines left out, cut visibly."""
    kept = [line for line in text[: 8 * characters].splitlines() if line.strip()]
    short = "\n".join(kept[:lines])
    if len(short) > characters:
        return f"{short[: characters - 1].rstrip()}…"
    return f"{short} …" if len(kept) > lines or len(text) > 8 * characters else short


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    rest = len(names) - LISTED
    return (*(cut(name, NAME) for name in names[:LISTED]), *((f"and {rest} more",) if rest > 0 else ()))


class Phrases:
    """The phrases about one event in one dialect.

    `manner` says how much of its place the sentence names: "full" ends in the repository, "bare" leaves that to the
    layout, "reply" stands in the thread of its thing and repeats neither that nor its title, "under" stands beneath a
    heading that names the thing. `leads_to` is where links lead that name no address of their own; it is asked only
    when one is made.
    """

    def __init__(
        self, event: Event, dialect: Dialect, detail: str, manner: str, leads_to: Callable[[], str | None]
    ) -> None:
        self.event = event
        self.names_place = False
        self._dialect = dialect
        self.detail = detail if detail in COMMITS else "normal"
        self._manner = manner
        self._leads_to = leads_to
        self.title = cut(event.title, TITLE) if event.title else None

    def named(self, asked: frozenset[str] | None = None) -> dict[str, Any]:
        """What those of the names stand for that are names here; without any, all of them."""
        return {name: get(self) for name, get in _known(asked)}

    @property
    def branch(self) -> str | None:
        """The branch, cut."""
        return cut(self.event.branch, BRANCH) if self.event.branch else None

    @property
    def target_branch(self) -> str | None:
        """The branch merged into, cut."""
        return cut(self.event.target_branch, BRANCH) if self.event.target_branch else None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, each cut, and how many were left out."""
        return _names(self.event.labels)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Who is asked to review, each name cut, and how many were left out."""
        return _names(self.event.reviewers)

    @property
    def who(self) -> Safe | str:
        """Who did it, to start a sentence with; empty when that is not known for sure."""
        return "" if "actor" in self.event.guessed else self.person()

    @property
    def hash(self) -> str:
        """The newest commit's short hash."""
        return short_hash(self.event.commits[0]) if self.event.commits else ""

    @property
    def subject(self) -> str:
        """What the newest commit says in its first line."""
        return first_line(self.event.commits[0]) if self.event.commits else ""

    def person(self, name: str | None = None) -> Safe | str:
        """A name that stands out, the actor's without one; empty when there is none."""
        if name is None:
            name = self.event.actor.display_name if self.event.actor else ""
        short = cut(name, NAME)
        return self._dialect.strong(short) if short else ""

    def link(self, text: str, url: str | None = None) -> Safe:
        """The text, leading to the address, or without one to where the event's message leads."""
        return self._dialect.link(text, url or self._leads_to())

    def quote(self, text: str | None) -> Safe | str:
        """Somebody's words, as much of them as the detail asks for."""
        short = shortened(text or "", *QUOTE[self.detail])
        return self._dialect.quote(short) if short else ""

    def thing(self, noun: str, title: str | None = None) -> Safe:
        """What it happened to, as a link: "pull request #42", "commit 4f2a91c", "an issue"; with its title if given.

        In the thread of that thing it is "this", or the file that a comment stands beside.
        """
        if self._manner == "reply":
            return self._this(noun)
        if self._manner == "under":
            return Safe(self._dialect.escape(f"this {noun}"))
        name = self._name(noun)
        return self.link(f"{name}: {title}" if title else name)

    def capital_thing(self, noun: str) -> Safe | str:
        """The same at the start of a sentence."""
        if self._manner in ("reply", "under"):
            return "This" if self._manner == "reply" else f"This {noun}"
        name = self._name(noun)
        return self.link(name[0].upper() + name[1:])

    def _name(self, noun: str) -> str:
        event = self.event
        if noun == "commit" and event.commits:
            return f"commit {short_hash(event.commits[0])}"
        if noun != "commit" and event.number is not None:
            return f"{noun} #{event.number}"
        return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"

    def _this(self, noun: str) -> Safe:
        comment = self.event.comment
        if comment is None:
            return Safe("this")
        return self.link(self._dialect.code(cut(comment.path, PATH, end=True)) if comment.path else f"this {noun}")

    def tail(self, title: str | None = None) -> Safe | str:
        """What follows the sentence: a colon and the title, and the repository in brackets, as far as known."""
        title = title or self.title
        if self._manner in ("reply", "under"):
            return ""
        return Safe(f": {self._dialect.escape(title)}{self.place()}") if title else self.place()

    def place(self) -> Safe | str:
        """The repository in brackets, after a space; empty where the layout names it."""
        repository = self.event.repository
        if repository is None or self._manner != "full":
            return ""
        self.names_place = True
        return Safe(f" ({self._dialect.escape(cut(repository.full_name, PLACE))})")

    def repo(self) -> Safe | str:
        """The repository's name as a link, for sentences that are about it; empty when not known."""
        self.names_place = True
        repository = self.event.repository
        return self.link(cut(repository.full_name, PLACE), repository.url) if repository else ""

    def count(self) -> str:
        """How many commits: "1 commit", "at least 20 commits" where the forge cut its list; empty without a list."""
        number = self._commits()
        at_least = "at least " if self._more_unknown() else ""
        return f"{at_least}{digest.count(number, 'commit')}" if number else ""

    def _commits(self) -> int:
        return max(len(self.event.commits), self.event.total_commits or 0)

    def _more_unknown(self) -> bool:
        return "commits" in self.event.guessed and self.event.total_commits is None

    def listed(self) -> Iterator[ListedCommit]:
        """The newest commits, as many as the detail asks for."""
        actor = self.event.actor if "actor" not in self.event.guessed else None
        for commit in self.event.commits[: COMMITS[self.detail]]:
            author = cut(commit.author or "", NAME)
            foreign = author and not (actor and commit.author in (actor.name, actor.username))
            short = self._dialect.code(short_hash(commit))
            yield ListedCommit(
                self._dialect.link(short, commit.url), first_line(commit), f" ({author})" if foreign else ""
            )

    def more(self) -> str:
        """What was not listed: "and 12 more", "and more" where nobody counted; empty when that is all."""
        rest = self._commits() - min(len(self.event.commits), COMMITS[self.detail])
        if self._more_unknown():
            return f"and at least {rest} more" if rest else "and more"
        return f"and {rest} more" if rest and self.event.commits else ""

    def branches(self) -> Safe | str:
        """From which branch into which: "`feature/dark` into `main`", or the one that is known."""
        source, target = self.event.branch, self.event.target_branch
        into = f"into {self._branch(target)}" if target else ""
        return Safe(" ".join(part for part in (self._branch(source) if source else "", into) if part))

    def _branch(self, name: str) -> Safe:
        return self._dialect.code(cut(name, BRANCH))

    def path(self) -> Safe | str:
        """The file that the comment stands beside, with the end kept of a long one."""
        comment = self.event.comment
        return self._dialect.code(cut(comment.path, PATH, end=True)) if comment and comment.path else ""

    def type_in_words(self) -> str:
        """An unknown type's name as words: "Milestone closed", "Sponsorship event"."""
        return digest.in_words(self.event.type)


def first_url(*places: str | Actor | Comment | Repository | tuple[Commit, ...] | None) -> str:
    """The first address among these: an address, or what has one; empty when none has. For the block `link`."""
    for place in places:
        first = (place[0] if place else None) if isinstance(place, tuple) else place
        url = first if isinstance(first, str) else first.url if first else None
        if url:
            return url
    return ""


_FIELDS = "type actor repository url number state commits comment draft guessed"
_OWN = "event title branch target_branch detail who hash subject person link quote thing tail place repo count listed"
NAMES: Mapping[str, Callable[[Phrases], Any]] = {
    **{name: attrgetter(f"event.{name}") for name in _FIELDS.split()},
    **{name: attrgetter(name) for name in f"{_OWN} labels reviewers more branches path type_in_words".split()},
    "Thing": attrgetter("capital_thing"),
    "first_url": lambda _: first_url,
}


@lru_cache(maxsize=1024)
def _known(asked: frozenset[str] | None) -> tuple[tuple[str, Callable[[Phrases], Any]], ...]:
    """Those of the names that are names here, with what they stand for; a block asks for the same ones each time."""
    return tuple((name, NAMES[name]) for name in (NAMES if asked is None else asked) if name in NAMES)
