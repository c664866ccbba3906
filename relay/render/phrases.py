"""The names that a type's template may use about its event: what is known, cut to length, and the usual turns of phrase.

What is absent stays absent: a phrase without its data is empty, so that words and punctuation drop out together. The
lengths are those that phones, subject lines and Slack leave room for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from relay.destinations.base import Dialect, Safe, cut
from relay.events import Actor, Comment, Commit, Event, Repository

NAME, TITLE, BRANCH, PATH, PLACE, COMMIT_LINE = 40, 120, 60, 60, 80, 100
COMMITS = {"compact": 5, "normal": 5, "full": 15}
QUOTE = {"compact": (300, 4), "normal": (300, 4), "full": (1500, 15)}
_STATES = {
    "pullrequest_created": "Open",
    "pullrequest_updated": "Open",
    "pullrequest_unlike": "Open",
    "pullrequest_like": "Approved",
    "pullrequest_changes_requested": "Changes requested",
    "pullrequest_fulfilled": "Merged",
    "pullrequest_rejected": "Closed",
    "pullrequest_superseded": "Superseded",
    "report_issue": "Open",
}
_SAID = {"open": "Open", "merged": "Merged", "closed": "Closed", "superseded": "Superseded"}


@dataclass(frozen=True, slots=True)
class ListedCommit:
    """A commit as it is listed; `by` is its author in brackets, empty where that is the actor."""

    hash: Safe
    line: str
    by: str


def status(event: Event) -> str:
    """The state of a pull request or issue in a word, by its type and what the forge said; empty when not known."""
    word = _STATES.get(event.type, "")
    if event.type in ("pullrequest_updated", "pullrequest_unlike", "issue_update"):
        word = _SAID.get(event.state or "", word)
    return "Draft" if word == "Open" and event.draft else word


def count_of(number: int, noun: str) -> str:
    """The number and the right noun: 1 commit, 2 commits."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
        self._detail = detail if detail in COMMITS else "normal"
        self._manner = manner
        self._leads_to = leads_to
        self._title = cut(event.title, TITLE) if event.title else None

    def names(self) -> dict[str, Any]:
        """The event's own fields, which are always defined, and the phrases."""
        event = self.event
        return {
            "event": event,
            "type": event.type,
            "actor": event.actor,
            "repository": event.repository,
            "title": self._title,
            "url": event.url,
            "number": event.number,
            "state": event.state,
            "branch": cut(event.branch, BRANCH) if event.branch else None,
            "target_branch": cut(event.target_branch, BRANCH) if event.target_branch else None,
            "commits": event.commits,
            "comment": event.comment,
            "labels": event.labels,
            "draft": event.draft,
            "reviewers": event.reviewers,
            "guessed": event.guessed,
            "detail": self._detail,
            "who": "" if "actor" in event.guessed else self.person(),
            "hash": cut(event.commits[0].hash[:7], 7) if event.commits else "",
            "subject": first_line(event.commits[0]) if event.commits else "",
            "person": self.person,
            "link": self.link,
            "quote": self.quote,
            "thing": self.thing,
            "Thing": self.capital_thing,
            "tail": self.tail,
            "place": self.place,
            "repo": self.repo,
            "count": self.count,
            "listed": self.listed,
            "more": self.more,
            "branches": self.branches,
            "path": self.path,
            "first_url": first_url,
            "type_in_words": self.type_in_words,
        }

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
        short = shortened(text or "", *QUOTE[self._detail])
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
            return f"commit {cut(event.commits[0].hash[:7], 7)}"
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
        title = title or self._title
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
        return f"{at_least}{count_of(number, 'commit')}" if number else ""

    def _commits(self) -> int:
        return max(len(self.event.commits), self.event.total_commits or 0)

    def _more_unknown(self) -> bool:
        return "commits" in self.event.guessed and self.event.total_commits is None

    def listed(self) -> Iterator[ListedCommit]:
        """The newest commits, as many as the detail asks for."""
        actor = self.event.actor if "actor" not in self.event.guessed else None
        for commit in self.event.commits[: COMMITS[self._detail]]:
            author = cut(commit.author or "", NAME)
            foreign = author and not (actor and commit.author in (actor.name, actor.username))
            short = self._dialect.code(cut(commit.hash[:7], 7))
            yield ListedCommit(
                self._dialect.link(short, commit.url), first_line(commit), f" ({author})" if foreign else ""
            )

    def more(self) -> str:
        """What was not listed: "and 12 more", "and more" where nobody counted; empty when that is all."""
        rest = self._commits() - min(len(self.event.commits), COMMITS[self._detail])
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
        """An unknown type's name as words: "Release published"."""
        words = cut(self.event.type, BRANCH).replace("_", " ").strip()
        return words[:1].upper() + words[1:]


def first_url(*places: str | Actor | Comment | Repository | tuple[Commit, ...] | None) -> str:
    """The first address among these: an address, or what has one; empty when none has. For the block `link`."""
    for place in places:
        first = (place[0] if place else None) if isinstance(place, tuple) else place
        url = first if isinstance(first, str) else first.url if first else None
        if url:
            return url
    return ""
