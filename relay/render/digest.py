"""What a digest tells, from its events alone: one entry per thing, not per event, in its repository.

Five commits, three comments and a merge of one pull request are one entry with the state it ended in. Texts are cut
and plain, not escaped: each destination's layout dresses them.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from relay.destinations.base import cut
from relay.event_types import VOCABULARY
from relay.events import Event, thing

MOST_ENTRIES = 60
MOST_BYTES = 72_000  # of entries as HTML: with head and foot below 80 KB, as Gmail clips a mail near 102 KB
_ENTRY_BYTES = 900  # the markup of one entry in the mail's layout, its address apart


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a digest: `state` is the word it ended in (Merged, Open, …), `line` what happened to it."""

    title: str
    url: str | None
    state: str | None
    line: str
    rank: int
    updates: int


@dataclass(frozen=True, slots=True)
class RepositoryGroup:
    """What happened in one repository; `more` things were left out, `also` counts what needs no entry of its own.

    `name` is None for what belongs to no repository.
    """

    name: str | None
    url: str | None
    updates: int
    entries: tuple[Entry, ...]
    also: str
    more: int = 0


def groups(events: Iterable[Event]) -> list[RepositoryGroup]:
    """The events by repository, alphabetically; within it what waits first: changes requested, open, …, the rest.

    At most 60 entries or 72,000 bytes of them as HTML, shared fairly between the repositories.
    """
    places: dict[tuple[str, str], list[Event]] = {}
    for event in sorted(events, key=lambda event: event.time):
        name = event.repository.full_name.lower() if event.repository else "\U0010ffff"
        places.setdefault((name, event.source if event.repository else ""), []).append(event)
    return _fitted([_group(places[place]) for place in sorted(places)])


def headline(events: Sequence[Event]) -> str:
    """How much there is: "14 updates in 2 repositories", "1 update in acme/site"."""
    places = {
        (event.source, event.repository.full_name.lower()): event.repository.full_name
        for event in events
        if event.repository
    }
    updates = count(len(events), "update")
    if not places:
        return updates
    return f"{updates} in {cut(next(iter(places.values())), 60) if len(places) == 1 else f'{len(places)} repositories'}"


def news(found: Sequence[RepositoryGroup]) -> str:
    """What waits first, in one line: "1 needs changes, 2 open, 1 merged. acme/site 9, acme/api 5."."""
    states = Counter(entry.state for group in found for entry in group.entries)
    reported = sum(entry.line.startswith("Reported") for group in found for entry in group.entries)
    needing = states["Changes requested"]
    counts = [f"{needing} {'needs' if needing == 1 else 'need'} changes"] if needing else []
    counts += [f"{states[word]} {word.lower()}" for word in _NEWS if states[word]]
    counts += [f"{count(reported, 'issue')} reported"] if reported else []
    busiest = sorted((group for group in found if group.name), key=lambda group: -group.updates)
    places = ", ".join(f"{group.name} {group.updates}" for group in busiest[:5])
    return " ".join(f"{part}." for part in (", ".join(counts), places) if part)


def count(number: int, noun: str) -> str:
    """The number and the right noun: 1 commit, 2 commits."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def in_words(type: str) -> str:
    """The name of an event type that relay has no words for, as words: "Milestone closed", "Sponsorship event"."""
    words = " ".join(_HUMP.sub(r" \1", cut(type, 60).replace("_", " ")).split())
    return words[:1].upper() + (words[1:].lower() if _HUMP.search(type) else words[1:])


_HUMP = re.compile(r"(?<=[a-z])([A-Z])")
_NEWS = ("Approved", "Open", "Draft", "Merged", "Closed", "Superseded")
_RANKS = {
    "Changes requested": 0,
    "Approved": 1,
    "Open": 1,
    "Draft": 2,
    "Merged": 4,
    "Closed": 5,
    "Superseded": 5,
}
_ABOUT_RANKS = {"pull request": 1, "issue": 3, "discussion": 3, "branch": 6, "commit": 6, "pipeline": 6, "wiki": 7}
_REST = 8
_ALSO = {
    "start_follow_repo": "new follower",
    "stop_follow_repo": "lost follower",
    "fork": "fork",
    "mq": "patch queue",
}
_COUNTED = {
    "issue_comment": "comment",
    "pullrequest_comment_created": "comment",
    "cset_comment_created": "comment",
    "pullrequest_comment_updated": "edited comment",
    "cset_comment_updated": "edited comment",
    "pullrequest_comment_deleted": "deleted comment",
    "cset_comment_deleted": "deleted comment",
    "start_follow_issue": "new follower",
    "stop_follow_issue": "lost follower",
    "start_follow_user": "new follower",
    "stop_follow_user": "lost follower",
}
_DONE = {
    "pullrequest_created": "opened",
    "pullrequest_updated": "updated",
    "pullrequest_fulfilled": "merged",
    "pullrequest_rejected": "closed",
    "pullrequest_superseded": "superseded",
    "pullrequest_like": "approved",
    "pullrequest_unlike": "approval withdrawn",
    "pullrequest_changes_requested": "changes requested",
    "report_issue": "reported",
    "issue_update": "updated",
    "wiki_created": "created",
    "wiki_updated": "edited",
    "wiki_deleted": "deleted",
    "file_uploaded": "uploaded",
    "create": "created",
    "delete": "deleted",
    "strip": "commits removed",
    "cset_like": "approved",
    "cset_unlike": "approval withdrawn",
    "team_access_gained_admin": "admin access gained",
    "team_access_gained_collab": "collaborator access gained",
    "team_lost_access": "access lost",
    "team_access_changed_admin": "admin access changed",
    "team_access_changed_collab": "collaborator access changed",
    "release_published": "published",
    "entry_published": "published",
    "repo_public": "made public",
    "repo_renamed": "renamed",
    "repo_transferred": "transferred",
    "discussion_created": "started",
    "pipeline_succeeded": "succeeded",
    "pipeline_failed": "failed",
    "pipeline_stopped": "stopped",
    "status_succeeded": "check passed",
    "status_failed": "check failed",
}
STATES = {  # the state that each type leaves its thing in
    "pullrequest_created": "Open",
    "pullrequest_updated": "Open",
    "pullrequest_unlike": "Open",
    "pullrequest_like": "Approved",
    "pullrequest_changes_requested": "Changes requested",
    "pullrequest_fulfilled": "Merged",
    "pullrequest_rejected": "Closed",
    "pullrequest_superseded": "Superseded",
    "report_issue": "Open",
    "pipeline_failed": "Failed",
}
_MADE_BY = {
    "Open": "opened",
    "Draft": "opened",
    "Approved": "approved",
    "Changes requested": "changes requested",
    "Merged": "merged",
    "Closed": "closed",
    "Superseded": "superseded",
}
_TITLES = {"wiki": "Wiki: ", "file": "File: ", "user": "User ", "team": "Team ", "repository": "Repository "}


def _about(event: Event) -> str:
    if event.type == "commit":
        return "branch"
    return VOCABULARY[event.type].about if event.type in VOCABULARY else event.type


def _key(event: Event) -> str:
    about = _about(event)
    if about == "branch":
        return f"branch/{event.branch}" if event.branch or event.commits else f"tag/{event.title}"
    if about == "pipeline":
        return f"pipeline/{event.branch}"
    return thing(event) or f"{about}/{event.title or event.id}"


def _group(events: list[Event]) -> RepositoryGroup:
    things: dict[str, list[Event]] = {}
    for event in events:
        if event.type not in _ALSO:
            things.setdefault(_key(event), []).append(event)
    newest_first = [_entry(things[key]) for key in sorted(things, key=lambda key: things[key][-1].time, reverse=True)]
    counts = Counter(_ALSO[event.type] for event in events if event.type in _ALSO)
    repository = events[-1].repository
    return RepositoryGroup(
        cut(repository.full_name, 100) if repository else None,
        repository.url if repository else None,
        len(events),
        tuple(sorted(newest_first, key=lambda entry: entry.rank)),
        ", ".join(count(number, noun) for noun, number in counts.items()),
    )


def _entry(events: list[Event]) -> Entry:
    about, state = _about(events[-1]), _state(events)
    line = _push_line(events) if about == "branch" else _line(events, state)
    rank = _RANKS[state] if state else _ABOUT_RANKS.get(about, _REST)
    return Entry(_title(about, events), _url(events), state, line, rank, len(events))


def _url(events: list[Event]) -> str | None:
    """Of the thing itself, not of one comment on it, where both are known."""
    of_thing = [event.url for event in events if event.comment is None and event.url]
    repository = events[-1].repository
    found = next(chain(reversed(of_thing), (event.url for event in reversed(events) if event.url)), None)
    return found or (repository.url if repository else None)


def _state(events: list[Event]) -> str | None:
    """The pull request's state after all of it: an update or a word by somebody undoes no decision."""
    state: str | None = None
    for event in events:
        if _about(event) != "pull request":
            continue
        said = (event.state or "").capitalize() if "state" not in event.guessed else ""
        if said in ("Merged", "Closed", "Superseded"):
            state = said
        elif event.type != "pullrequest_updated" or state is None or (said == "Open" and state not in _WAITING):
            state = STATES.get(event.type, state or (said if said == "Open" else None))
    drafts = [event.draft for event in events if event.draft is not None]
    return "Draft" if state == "Open" and drafts and drafts[-1] else state


_UNASKED = {
    name for name in VOCABULARY if name.startswith(("pipeline_", "status_"))
}  # started by somebody, done by none
_WAITING = ("Approved", "Changes requested")


def _title(about: str, events: list[Event]) -> str:
    titles = [event.title for event in events if event.title]
    title = cut(titles[-1], 120) if titles else ""
    if about in ("pull request", "issue", "discussion"):
        word = "" if about == "pull request" else f"{about.capitalize()} "
        number = events[-1].number
        return f"{word}{f'#{number} ' if number is not None else ''}{title}".strip() or f"A {about}"
    if about == "branch":
        return _push_title(events, title)
    if about == "commit" and events[-1].commits:
        commit = events[-1].commits[0]
        return f"Commit {commit.hash[:7]} {cut((commit.message or title).partition(chr(10))[0], 100)}".rstrip()
    if about == "pipeline":
        return f"Pipelines on {cut(events[-1].branch, 60)}" if events[-1].branch else "Pipelines"
    if about == "repository" and events[-1].repository:
        return f"Repository {cut(events[-1].repository.full_name, 100)}"
    words = _TITLES.get(about, f"{in_words(about)}: ")
    return f"{words}{title}" if title else words.strip(": ")


def _push_title(events: list[Event], title: str) -> str:
    known = {commit.hash for event in events for commit in event.commits}
    number = len(known) + sum(max(0, (event.total_commits or 0) - len(event.commits)) for event in events)
    branch = next((event.branch for event in reversed(events) if event.branch), None)
    if not number:
        return f"Branch {cut(branch, 60)}" if branch else f"Tag {title}" if title else "A branch"
    cut_short = "at least " if any("commits" in event.guessed for event in events) else ""
    told = f"{cut_short}{count(number, 'commit')}{f' to {cut(branch, 60)}' if branch else ''}"
    return told[0].upper() + told[1:]


def _push_line(events: list[Event]) -> str:
    did = [("commits removed" if event.type == "strip" else event.state or "", event) for event in events]
    parts = []
    for word in ("", *dict.fromkeys(word for word, _ in did if word)):
        people = _people([event for found, event in did if found == word])
        told = {"forced": "history rewritten"}.get(word, word)
        parts.append(" ".join(part for part in (told, people and f"by {people}") if part))
    return _sentence(parts)


def _line(events: list[Event], state: str | None) -> str:
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(_COUNTED.get(event.type) or _DONE.get(event.type, ""), []).append(event)
    made = by_type.pop(_MADE_BY.get(state or "", "\0"), [])
    first = [_made(state, made)] if state else []
    nouns = set(_COUNTED.values())
    counted = [count(len(found), noun) for noun, found in by_type.items() if noun in nouns]
    done = [_done(word, found) for word, found in by_type.items() if word not in nouns]
    parts = [*first, *counted, *done] if state else [*done, *counted]
    line = _sentence(parts)
    return line[:1].lower() + line[1:] if state else line


def _made(state: str | None, events: list[Event]) -> str:
    people = _people(events)
    target = next((event.target_branch for event in reversed(events) if event.target_branch), None)
    into = f"into {cut(target, 60)}" if state == "Merged" and target else ""
    told = " ".join(part for part in (into, people and f"by {people}") if part)
    return ", ".join(part for part in (told, "not merged" if state == "Closed" else "") if part)


def _done(word: str, events: list[Event]) -> str:
    names = _names(events)
    commits = len({commit.hash for event in events for commit in event.commits if word == "updated"})
    told = f"{count(commits, 'commit')} pushed" if commits else word
    times = f"{len(events)} times" if len(events) > max(1, len(names)) and not commits else ""
    by = f"by {_people(events)}" if names else ""
    return " ".join(part for part in (told, times, by) if part)


def _names(events: list[Event]) -> list[str]:
    known = (event.actor for event in events if "actor" not in event.guessed and event.type not in _UNASKED)
    return list(dict.fromkeys(cut(actor.display_name, 40) for actor in known if actor))


def _people(events: list[Event]) -> str:
    names = _names(events)
    return " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"


def _sentence(parts: Iterable[str]) -> str:
    line = "; ".join(part for part in parts if part)
    return line[:1].upper() + line[1:]


def _fitted(found: list[RepositoryGroup]) -> list[RepositoryGroup]:
    """Each repository in turn gives its next entry until the room is used up."""
    kept, room = [0] * len(found), MOST_BYTES
    for place, entry in _in_turn(found):
        room -= _ENTRY_BYTES + sum(
            len(html.escape(text).encode(errors="replace")) for text in (entry.title, entry.line, entry.url or "")
        )
        if room < 0 or sum(kept) == MOST_ENTRIES:
            break
        kept[place] += 1
    return [
        replace(group, entries=group.entries[:most], more=len(group.entries) - most)
        for group, most in zip(found, kept, strict=True)
    ]


def _in_turn(found: list[RepositoryGroup]) -> Iterator[tuple[int, Entry]]:
    for turn in range(max((len(group.entries) for group in found), default=0)):
        for place, group in enumerate(found):
            if turn < len(group.entries):
                yield place, group.entries[turn]
