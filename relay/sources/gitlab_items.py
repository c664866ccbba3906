"""What stands in the lists that fill the gaps of GitLab's events: pull requests, issues, forks, releases, pipelines. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from relay.cursor import digest
from relay.events import Actor, Comment, Commit, Event
from relay.fields import Fields
from relay.sources.gitlab_changes import Item
from relay.sources.gitlab_cursor import Project
from relay.sources.gitlab_entries import about, person, said

_STATES: Mapping[str, str] = MappingProxyType({"opened": "open", "closed": "closed", "merged": "merged"})
_ENDS: Mapping[str, str] = MappingProxyType(
    {
        "success": "pipeline_succeeded",
        "failed": "pipeline_failed",
        "canceled": "pipeline_stopped",
    }
)
_REVIEWS: Mapping[str, str] = MappingProxyType(
    {
        "unapproved this merge request": "pullrequest_unlike",
        "requested changes": "pullrequest_changes_requested",
    }
)
_EDITED_AFTER = timedelta(seconds=1)
_COMPARED = ("title", "description", "draft", "target_branch", "sha", "due_date", "weight", "confidential")
_PEOPLE = ("assignees", "reviewers")


@dataclass(frozen=True)
class Reader:
    """Reads the lists of one project for one poll; of the types it could tell, those in `wanted` are."""

    source: str
    now: datetime
    project: Project
    wanted: frozenset[str]

    def _event(self, type: str, **fields: Any) -> Event | None:
        if type not in self.wanted:
            return None
        place = self.project.repository
        return Event(id="", type=type, source=self.source, seen_at=self.now, repository=place, **fields)

    def _changed(self, type: str, thing: Fields) -> Iterator[Item]:
        """A pull request or an issue, by all that people edit; who did and when is not told, only when it was touched."""
        number, touched_at = thing.name("iid"), thing.time("updated_at")
        if number:
            guessed = ("occurred_at",) if touched_at else ()
            event = self._event(type, **_known(thing), occurred_at=touched_at, guessed=guessed)
            yield Item(number, _looks(thing), event, thing.time("created_at"), touched_at)

    def merge_request(self, thing: Fields) -> Iterator[Item]:
        """A pull request."""
        return self._changed("pullrequest_updated", thing)

    def issue(self, thing: Fields) -> Iterator[Item]:
        """An issue."""
        return self._changed("issue_update", thing)

    def fork(self, thing: Fields) -> Iterator[Item]:
        """A fork; whose it is shows who made it, unless a group owns it."""
        key, created_at, namespace = thing.name("id"), thing.time("created_at"), thing.at("namespace")
        if key is None:
            return
        own = namespace.text("kind") == "user"
        actor = Actor(namespace.text("path"), namespace.text("name")) if own and namespace.text("path") else None
        event = self._event(
            "fork",
            occurred_at=created_at,
            actor=actor,
            title=thing.text("path_with_namespace"),
            url=thing.web("web_url"),
            guessed=("actor",) if actor else (),
        )
        yield Item(key, "", event, created_at, created_at)

    def release(self, thing: Fields) -> Iterator[Item]:
        """A release, once its day has come, and the files that are linked to it."""
        tag = thing.text("tag_name")
        if tag is None:
            return
        url = thing.web("_links", "self") or self.project.page("releases", tag)
        created_at, coming = thing.time("created_at"), thing.flag("upcoming_release")
        published = self._event(
            "release_published",
            occurred_at=thing.time("released_at") or created_at,
            actor=person(thing.at("author")),
            title=thing.text("name") or tag,
            url=url,
            comment=Comment(None, text, url) if (text := thing.text("description")) else None,
        )
        key = f"release {tag}"
        yield Item(key, "coming" if coming else "", None if coming else published, created_at)
        for link in thing.items("assets", "links"):
            if id := link.name("id"):
                address = link.web("direct_asset_url") or link.web("url")
                added = self._event("file_uploaded", title=link.text("name"), url=address)
                yield Item(f"link {id}", "", added, created_at, under=key)

    def pipeline(self, thing: Fields) -> Iterator[Item]:
        """A pipeline, as far as it has come."""
        number, status = thing.whole("id"), thing.text("status") or ""
        if number is None:
            return
        ref, hash, touched_at = thing.text("ref") or "", thing.text("sha"), thing.time("updated_at")
        event = self._event(
            _ENDS.get(status, ""),
            occurred_at=touched_at,
            actor=person(thing.at("user")),
            title=thing.text("name"),
            number=number,
            url=thing.web("web_url") or self.project.page("pipelines", number),
            branch=None if ref.startswith("refs/") else ref or None,
            commits=(Commit(hash, url=self.project.page("commit", hash)),) if hash else (),
        )
        yield Item(str(number), status, event, thing.time("created_at"), touched_at)

    def note(self, pull: Fields, note: Fields) -> Iterator[Event]:
        """What a note of a pull request says beyond being a comment: that one was edited, or what a reviewer did."""
        reviewed = _review(note) if note.flag("system") else None
        edited = not note.flag("system") and _is_edited(note)
        url = pull.web("web_url")
        event = self._event(
            reviewed or ("pullrequest_comment_updated" if edited else ""),
            **_known(pull),
            occurred_at=note.time("updated_at") or note.time("created_at"),
            actor=person(note.at("author")),
            comment=said(note, url) if edited else None,
            guessed=("actor",) if edited else (),
        )
        if event and (id := note.name("id")):
            key = digest(event.type, id, note.text("updated_at") if edited else None)
            yield replace(event, id=f"{self.project.id}:{key}")

    def star(self, type: str, key: str, actor: Actor | None, occurred_at: datetime | None) -> Event | None:
        """That somebody put up a star or took it down."""
        event = self._event(type, occurred_at=occurred_at, actor=actor, url=self.project.url)
        return replace(event, id=f"{self.project.id}:star:{digest(key)}") if event else None


def is_read(note: Fields) -> bool:
    """Whether a note says which it is and when it was written, and nothing that is not meant of all else."""
    times = [note.time(name) is not None or note.at(name).value is None for name in ("updated_at", "resolved_at")]
    is_clear = isinstance(note.at("system").value, bool | None) and all(times)
    return bool(is_clear and note.name("id") and note.time("created_at") and isinstance(note.at("body").value, str))


def _known(thing: Fields) -> dict[str, Any]:
    """What a pull request or an issue is, as fields of an event."""
    return {
        "title": thing.text("title"),
        "number": thing.whole("iid"),
        "url": thing.web("web_url"),
        "state": _STATES.get(thing.text("state") or ""),
        **about(thing),
    }


def _looks(thing: Fields) -> str:
    """What people edit, as a digest: GitLab touches things for many more reasons than edits."""
    people = [sorted(one.name("id") or "" for one in thing.items(key)) for key in _PEOPLE]
    fields = [thing.at(key).value for key in _COMPARED]
    return digest(fields, people, sorted(thing.texts("labels")), thing.name("milestone", "id"))


def _review(note: Fields) -> str | None:
    """What the words that GitLab itself notes mean."""
    words = (note.text("body") or "").strip().lower()
    return next((type for beginning, type in _REVIEWS.items() if words.startswith(beginning)), None)


def _is_edited(note: Fields) -> bool:
    """Whether a comment was edited: it is touched when its thread is resolved too."""
    made, touched, resolved = note.time("created_at"), note.time("updated_at"), note.time("resolved_at")
    if not made or not touched or touched - made <= _EDITED_AFTER:
        return False
    return resolved is None or abs(touched - resolved) > _EDITED_AFTER
