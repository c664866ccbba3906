"""One activity of Gitea or Forgejo as events, whatever it holds. Pure.

What stands in `content` is not specified: it is what Gitea's services/feed/notifier.go writes, `index|text` for issues
and pull requests, and the JSON of a push. Decisions:

- The uid is a fingerprint and not the forge's own id, because the same happening is recorded once for each watcher, and
  is listed under another id in the feed of its repository, its actor and its organisation.
- Gitea tells a new branch twice: by an entry without content, and by a push that advertises its newest ten commits,
  though none of them may be new. The two become one event; its commits are those that the default branch lacks, which
  costs a request (`Entry.place_of_detail`), and none where that is not known.
- Nobody is the actor of what a mirror fetched: Gitea names the owner of the mirror.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from json import loads
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from relay.cursor import digest
from relay.fields import Fields
from relay.http import readable

SAME_MOMENT = timedelta(seconds=10)
_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_NAME = re.compile(r"(?!\.+/)[\w.-]+/(?!\.+$)[\w.-]+", re.ASCII)
_RANGE = re.compile(r".*/compare/([0-9a-f]{7,64})\.{2,3}([0-9a-f]{7,64})")
_NUMBERED = re.compile(r"(\d{1,18})\|(.*)", re.DOTALL | re.ASCII)


class Kind(NamedTuple):
    """What an op_type means: our type, the state it leads to, and where its number leads."""

    type: str
    state: str | None = None
    list: str | None = None


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "create_repo": Kind("create"),
        "rename_repo": Kind("repo_renamed"),
        "transfer_repo": Kind("repo_transferred"),
        "star_repo": Kind("start_follow_repo"),
        "watch_repo": Kind("start_follow_repo"),
        "commit_repo": Kind("pushed"),
        "push_tag": Kind("pushed", "created"),
        "delete_branch": Kind("pushed", "deleted"),
        "delete_tag": Kind("pushed", "deleted"),
        "mirror_sync_push": Kind("pushed"),
        "mirror_sync_create": Kind("pushed", "created"),
        "mirror_sync_delete": Kind("pushed", "deleted"),
        "publish_release": Kind("release_published"),
        "create_issue": Kind("report_issue", "open", "issues"),
        "close_issue": Kind("issue_update", "closed", "issues"),
        "reopen_issue": Kind("issue_update", "open", "issues"),
        "comment_issue": Kind("issue_comment", None, "issues"),
        "create_pull_request": Kind("pullrequest_created", "open", "pulls"),
        "merge_pull_request": Kind("pullrequest_fulfilled", "merged", "pulls"),
        "auto_merge_pull_request": Kind("pullrequest_fulfilled", "merged", "pulls"),
        "close_pull_request": Kind("pullrequest_rejected", "closed", "pulls"),
        "reopen_pull_request": Kind("pullrequest_updated", "open", "pulls"),
        "pull_request_ready_for_review": Kind("pullrequest_updated", "open", "pulls"),
        "comment_pull": Kind("pullrequest_comment_created", None, "pulls"),
        "approve_pull_request": Kind("pullrequest_like", None, "pulls"),
        "reject_pull_request": Kind("pullrequest_changes_requested", None, "pulls"),
        "pull_review_dismissed": Kind("pullrequest_unlike", None, "pulls"),
    }
)


@dataclass(frozen=True)
class Home:
    """The repository that a feed is about: its name now, and the forge's id, None until that is known."""

    name: str
    id: int | None = None

    @property
    def place(self) -> str:
        """Its address below the API's."""
        return f"repos/{quote(self.name)}"


@dataclass(frozen=True)
class Entry:
    """One activity. `id` grows with the forge's clock; `problem` says why it could not be read, and is None else."""

    raw: Fields
    uid: str
    id: int | None = None
    at: datetime | None = None
    home: Home | None = None
    problem: str | None = None

    @property
    def op(self) -> str:
        """What happened, in the forge's word."""
        return self.raw.text("op_type") or ""

    @property
    def kind(self) -> Kind:
        """What happened, in ours; a word that is not known stays as it is."""
        return KINDS.get(self.op) or Kind(self.op)

    @property
    def content(self) -> str:
        """What the forge wrote about it."""
        return self.raw.text("content") or ""

    @property
    def branch(self) -> str | None:
        """The branch that it is about; a tag is none."""
        ref = self.raw.text("ref_name") or ""
        return None if self.tag else ref.removeprefix(_HEADS) or None

    @property
    def tag(self) -> str | None:
        """The tag that it is about."""
        ref = self.raw.text("ref_name") or ""
        is_tag = ref.startswith(_TAGS) or self.op in ("push_tag", "delete_tag", "publish_release")
        return ref.removeprefix(_TAGS) or None if is_tag else None

    @cached_property
    def push(self) -> Fields:
        """The JSON of a push, or nothing."""
        if not self.content.startswith("{"):
            return Fields(None)
        try:
            return Fields(loads(self.content))
        except (ValueError, RecursionError):
            return Fields(None)

    @property
    def range(self) -> tuple[str, str] | None:
        """The hashes that a push led from and to."""
        match = _RANGE.fullmatch(self.push.text("CompareURL") or "")
        return (match[1], match[2]) if match else None

    @property
    def only_creates(self) -> bool:
        """Whether it says no more than that a branch was created."""
        return self.op == "mirror_sync_create" or (self.op == "commit_repo" and not self.content)

    @property
    def creates(self) -> bool:
        """Whether it says that a branch is new; a push does by leading from the hash of zeros."""
        return self.only_creates or (self.tag is None and self.range is not None and not self.range[0].strip("0"))

    @property
    def numbered(self) -> tuple[int, str] | None:
        """The number of the issue or pull request, and the text beside it."""
        match = _NUMBERED.fullmatch(self.content)
        return (int(match[1]), match[2]) if match else None

    @property
    def place_of_detail(self) -> str | None:
        """Where the forge tells what is missing here: title, labels, branches, or which commits of a branch are new."""
        if self.home is None:
            return None
        if self.kind.list and self.numbered:
            return f"{self.home.place}/{self.kind.list}/{self.numbered[0]}"
        default = self.raw.text("repo", "default_branch")
        if self.op == "commit_repo" and self.creates and self.range and default and default != self.branch:
            return f"{self.home.place}/compare/{quote(default)}...{self.range[1]}"
        return None


def read(raw: Fields, home: Home | None) -> Entry:
    """The entry, of `home` where it does not say itself of which repository."""
    if not raw.text("op_type"):
        problem = f"an activity says nothing of what happened: {readable(repr(raw.value), 100)}"
        return Entry(raw, f"unread:{digest(str(raw.value))}", problem=problem)
    at, home = raw.time("created"), home_of(raw.at("repo"), raw.whole("repo_id")) or home
    actor = raw.whole("act_user", "id") or raw.whole("act_user_id") or raw.text("act_user", "login")
    print_ = digest(
        raw.text("op_type"),
        raw.text("ref_name"),
        raw.text("content"),
        actor,
        at and at.isoformat(),
        raw.whole("comment_id"),
    )
    place = (home.id or digest(home.name)) if home else 0
    id = raw.whole("id")
    return Entry(raw, f"{place}:{print_}", id if id and id > 0 else None, at, home)


def home_of(raw: Fields, id: int | None = None) -> Home | None:
    """The repository that the forge describes; None without a name that can be asked for."""
    name = raw.text("full_name") or f"{raw.text('owner', 'login') or ''}/{raw.text('name') or ''}"
    return Home(name, raw.whole("id") or id) if _NAME.fullmatch(name) else None


def pairs(entries: Sequence[Entry]) -> dict[str, Entry]:
    """The push that tells the rest of each entry that only says that a branch was created, by the uid of the latter."""
    pushes: dict[tuple[Home | None, str | None], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.op in ("commit_repo", "mirror_sync_push") and not entry.only_creates:
            pushes[entry.home, entry.branch].append(entry)
    found = {}
    for entry in entries:
        if entry.only_creates and (push := _nearest(entry, pushes[entry.home, entry.branch])):
            found[entry.uid] = push
    return found


def _nearest(entry: Entry, pushes: Iterable[Entry]) -> Entry | None:
    if entry.at is None:
        return None
    spans = [(abs(push.at - entry.at), push) for push in pushes if push.at]
    return min(
        (pair for pair in spans if pair[0] <= SAME_MOMENT), key=lambda pair: pair[0], default=(SAME_MOMENT, None)
    )[1]
