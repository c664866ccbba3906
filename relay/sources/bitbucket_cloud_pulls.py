"""Pull requests: what their activity and their list, read one after the other, mean together. Pure.

Each tells what the other lacks: the activity knows when and who, the list the state that is true, who closed it and
who approves. Both make the same ids, so what both tell is told once. Decisions:

- A pull request opened more than a day before the last visit and never listed before is old: its opening is no news,
  nor is its end, unless the activity says that it just came.
- The activity has an entry for the opening itself; one dated within 2 seconds of it is dropped.
- An approval is withdrawn when an open pull request no longer shows it; nothing says when, or whether a push reset it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from relay.cursor import digest
from relay.events import Event
from relay.fields import Fields
from relay.sources.bitbucket_cloud_account import Read
from relay.sources.bitbucket_cloud_activity import Activity, Entry, activity
from relay.sources.bitbucket_cloud_cursor import OPEN, Known, Pull
from relay.sources.bitbucket_cloud_entries import CLOSED, Teller, actor_of, person, stamp

_ITS_OWN = timedelta(seconds=2)
_SAME_LIKE = timedelta(minutes=1)
_OLD = timedelta(days=1)
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class Told:
    """What a visit brought, and what is known after it; `unread` are the keys of what could not be read."""

    events: tuple[Event, ...]
    known: Known
    gap: str | None
    warnings: tuple[str, ...]
    unread: tuple[str, ...] = ()


def tell(teller: Teller, before: Known | None, after: Known, read_: Read, listed: Read) -> Told:
    """What a visit brought: `after` is `before` with its place and times set anew; None is first sight."""
    happened = activity(read_, before)
    pulls = {pull.whole("id"): pull for pull in listed.values if pull.whole("id") is not None and pull.text("state")}
    telling = _Telling(teller, before, happened, {id: pull for id, pull in pulls.items() if id is not None})
    telling.tell()
    lost = [f"unread:{digest(pull.value)}" for pull in listed.values if pull.whole("id") not in pulls]
    unread = [why for key, why in happened.unread.items() if before is None or key not in before.seen.ids]
    warnings = (
        *(f"an entry of the activity cannot be read: {why}" for why in unread),
        *(["a pull request without id or state was passed over"] if lost else []),
    )
    gap = happened.gap or (None if listed.whole else "more pull requests changed than were read")
    ids = [*telling.events, *telling.passed, *happened.keys, *lost]
    since = after.since if before or read_.ended else min((entry.at for entry in happened.entries), default=None)
    high = _high(after, happened, listed, teller.now)
    kept = replace(after, high=high, since=since, seen=after.seen.after(ids))
    left = (*happened.unread, *lost)
    return Told(tuple(telling.events.values()), kept.with_pulls(telling.after), gap, warnings, left)


def _high(known: Known, happened: Activity, listed: Read, now: datetime) -> datetime | None:
    """The newest time of anything read; a date more than 5 minutes ahead counts for nothing."""
    times = [entry.at for entry in happened.entries]
    times += [at for pull in listed.values if (at := pull.time("updated_on"))]
    return max((at for at in (*times, known.high) if at and at <= now + _AHEAD), default=None)


@dataclass
class _Telling:
    """One visit: `events` by their key, `passed` are keys that must not be told later, `after` what is known then."""

    teller: Teller
    before: Known | None
    happened: Activity
    listed: Mapping[int, Fields]
    events: dict[str, Event] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    after: dict[str, Pull] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen = frozenset(self.before.seen.ids) if self.before else frozenset()
        self.known = self.before.pulls if self.before else {}

    def tell(self) -> None:
        for number, pull in self.listed.items():
            self._listed(number, pull)
        for entry in self.happened.news:
            self._entry(entry)
            if entry.kind == "approval" and entry.number not in self.listed:
                self._remember(entry)

    def _remember(self, entry: Entry) -> None:
        """Keep an approval of a pull request that the list does not show, as it need not have changed by that."""
        number = str(entry.number)
        known = self.after.get(number) or self.known.get(number)
        if known and known.state == OPEN and entry.person:
            self.after[number] = replace(known, likes={**known.likes, entry.person: stamp(entry.body, "date") or ""})

    def _add(self, key: str, event: Event) -> None:
        if key not in self.seen:
            self.events.setdefault(key, event)

    def _listed(self, number: int, pull: Fields) -> None:
        known, state = self.known.get(str(number)), pull.text("state") or ""
        closings = self._closings(known, pull)
        now = Pull(state, closings)
        if (known is None or not known.listed) and self._is_news(pull):
            self._add(f"pr:{number}:created", self.teller.created(pull))
        if state in CLOSED:
            self._ended(number, pull, known, now)
        else:
            now = replace(now, likes=self._approved(number, pull, known))
        self.after[str(number)] = now

    def _closings(self, known: Pull | None, pull: Fields) -> int:
        """How often it had been closed: one that is open again, and moved since, was reopened."""
        if known is None:
            return 0
        high, at = self.before.high if self.before else None, pull.time("updated_on")
        moved = high is None or at is None or at > high
        return known.closings + (known.state != OPEN and pull.text("state") == OPEN and moved)

    def _is_news(self, pull: Fields) -> bool:
        created_at = pull.time("created_on")
        if self.before is None or self.before.high is None or created_at is None:
            return True
        return created_at >= self.before.high - _OLD

    def _ended(self, number: int, pull: Fields, known: Pull | None, now: Pull) -> None:
        state = pull.text("state")
        entries = [entry for entry in self.happened.entries if entry.number == number and entry.closes]
        entry = next((entry for entry in entries if entry.body.text("state") == state), None)
        key = f"pr:{number}:{CLOSED[state or ''][1]}{now.suffix}"
        fresh = known.state == OPEN if known else self._is_news(pull) or entry in self.happened.news
        if not fresh:
            self.passed.append(key)
            return
        at = entry.at if entry else pull.time("updated_on")
        self._add(key, self.teller.closed(pull, now.suffix, at, () if entry else ("occurred_at",)))

    def _approved(self, number: int, pull: Fields, known: Pull | None) -> Mapping[str, str]:
        """Who approves it since when; tells what the activity did not, and who does no more."""
        claimed = dict(known.likes) if known else {}
        for entry in reversed(self.happened.news):
            if entry.number == number and entry.kind == "approval" and entry.person:
                claimed[entry.person] = stamp(entry.body, "date") or ""
        if not isinstance(pull.at("participants").value, list):
            return claimed
        people = {who: one for one in pull.items("participants") if (who := person(one.at("user")))}
        likes = {who: one for who, one in people.items() if one.flag("approved")}
        for who in claimed.keys() - likes.keys():
            self._unliked(number, pull, people.get(who, Fields(None)), who, claimed[who])
        since = {who: claimed.get(who) or stamp(one, "participated_on") or "" for who, one in likes.items()}
        if known:
            for who in since.keys() - claimed.keys():
                self._liked(number, pull, likes[who], who, since[who])
        return since

    def _unliked(self, number: int, pull: Fields, participant: Fields, who: str, since: str) -> None:
        key = f"pr:{number}:unlike:{who}:{since}"
        self._add(key, self.teller.pull("pullrequest_unlike", key, pull, actor=actor_of(participant.at("user"))))

    def _liked(self, number: int, pull: Fields, participant: Fields, who: str, since: str) -> None:
        key = f"pr:{number}:like:{who}:{since}"
        at, actor = participant.time("participated_on"), actor_of(participant.at("user"))
        self._add(key, self.teller.pull("pullrequest_like", key, pull, occurred_at=at, actor=actor))

    def _entry(self, entry: Entry) -> None:
        if entry.closes:
            self._closing(entry)
        elif not (self._opens(entry) or self._is_known_like(entry)):
            self._add(entry.key, self._happened(entry))

    def _opens(self, entry: Entry) -> bool:
        created_at = self.listed.get(entry.number, Fields(None)).time("created_on")
        return entry.kind == "update" and created_at is not None and abs(entry.at - created_at) <= _ITS_OWN

    def _is_known_like(self, entry: Entry) -> bool:
        """Whether it is an approval that the list told before the activity did, with a time a little different."""
        known = self.known.get(str(entry.number))
        since = Fields({"at": known.likes.get(entry.person or "")}).time("at") if known else None
        return entry.kind == "approval" and since is not None and abs(entry.at - since) <= _SAME_LIKE

    def _closing(self, entry: Entry) -> None:
        """An end that the list does not show; who closed it is then a guess."""
        number, state = str(entry.number), entry.body.text("state") or ""
        if self.listed.get(entry.number, Fields(None)).text("state") in CLOSED:
            return
        known = self.after.get(number) or self.known.get(number) or Pull(OPEN, listed=False)
        event = self.teller.closed(self._whole(entry), known.suffix, entry.at, ())
        if event.actor is None and (author := actor_of(entry.body.at("author"))):
            event = replace(event, actor=author, guessed=("actor",))
        self._add(f"pr:{number}:{CLOSED[state][1]}{known.suffix}", event)
        self.after[number] = Pull(state, known.closings, listed=known.listed)

    def _happened(self, entry: Entry) -> Event:
        pull = self._whole(entry)
        if entry.kind == "comment":
            return self.teller.commented("pullrequest_comment_created", entry.key, pull, entry.body, entry.at)
        types = {
            "update": "pullrequest_updated",
            "approval": "pullrequest_like",
            "changes_requested": "pullrequest_changes_requested",
        }
        actor = actor_of(entry.body.at("author" if entry.kind == "update" else "user"))
        type = types.get(entry.kind, entry.kind)
        return self.teller.pull(type, entry.key, pull, occurred_at=entry.at, actor=actor)

    def _whole(self, entry: Entry) -> Fields:
        """All that is told of the entry's pull request: as listed, and as the update itself has it."""
        objects: Sequence[Fields] = (entry.pull, self.listed.get(entry.number, Fields(None)))
        merged = {key: value for one in objects if isinstance(one.value, dict) for key, value in one.value.items()}
        return Fields(merged | (entry.body.value if entry.kind == "update" else {}))
