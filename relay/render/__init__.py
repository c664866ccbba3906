"""Events and templates into a message: sandboxed, strict about undefined names, and never the end of a delivery.

Two steps. `templates/<event type>.j2` says what happened, as blocks in the dialect of the part that is written:
`title` (one line), `lines` (what was said or pushed), `facts` (small print) and `link` (an address). Then
`templates/<kind>/layout.j2` (one event), `<kind>/bundle.j2` (several) or `<kind>/notice.j2` dresses it, one block for each part of the
destination; `<kind>/<event type>.j2`, where there is one, replaces both. `default.j2` serves unknown types. Files and
blocks that a project does not have come from the shipped folder. (`facts` is a block more than the design's page has:
Slack and mail set small print apart from what was said.)

What fails is tried again from the shipped file, and at last becomes a line and its link made here, each time with a
warning to the log `relay.render`.

Names in a type's template, None or empty when absent: event type actor repository title number url branch
target_branch commits comment state labels draft reviewers guessed detail; `who` (the actor's name to start a sentence
with, empty when absent or guessed: then say it in the passive voice), `hash` and `subject` (the newest commit's short
hash and first line). Helpers: link(text[, url]) code(text) quote(text) strong(text) person([name]) cut(text, most) and
those of phrases.py: thing(noun[, title]) Thing(noun) tail([title]) place() repo() count() listed() more() branches()
path() first_url(…) type_in_words(). The filter `join` keeps markup and leaves out what is empty.

Names in `layout.j2`: all of those, and `words` (.title .title_without_place .reply .under .lines .facts .link
.names_place, in the part's dialect; .link is a plain address or None), `delivery`, `sentence` (plain), `reply` (a later
message about a thing already told), `status` (Merged, Open, …, or empty), `at` (the event's time in the configured
zone), `late_at` (the same if it leaves relay more than 15 minutes later, else None), `clock(moment)` ("at 09:14"), and
`payload` in JSON parts. Names in `bundle.j2`: delivery events groups headline news span since until detail clock
payload, and the helpers link code quote strong person cut; `groups` and what is in them are those of digest.py. Names
in `notice.j2`, for what relay itself has to say: delivery headline lines advice command after text since until detail
clock payload and the same helpers; `advice`, `command` and `after` are the sentence that says what repairs it, `text`
is all of it, and so is `sentence`. A dialect's own helpers come on top. A layout without blocks is the text of each part.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery, Dialect, Json, Message, Plain, Safe, address
from relay.errors import Problem
from relay.events import Event
from relay.render import check, digest
from relay.render.engine import Block, Shelf, Voice
from relay.render.notices import Said, said
from relay.render.payload import notice_payload, payload
from relay.render.phrases import status
from relay.render.words import Manner, Words

logger = logging.getLogger("relay.render")
LATE = timedelta(minutes=15)
_PLAIN = Plain()


def _warn(problem: Problem) -> None:
    logger.warning("%s; the shipped words are used instead", problem)


class Renderer:
    """Templates of a project and the shipped ones, compiled once.

    `folders`: the project's first, the shipped ones last. `timezone` is for the times in messages. `complain` hears of
    every template that fails; by default it is the log, which is told of each mistake once.
    """

    def __init__(
        self, folders: Sequence[Path], timezone: tzinfo = UTC, complain: Callable[[Problem], None] | None = None
    ) -> None:
        self.timezone = timezone
        self.complain: Callable[[Problem], None] = complain or lru_cache(maxsize=256)(_warn)
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._voices: dict[Dialect, Voice] = {}
        self._shelf = Shelf(self._folders)

    def hold(self) -> None:
        """Read all templates now: what is changed in their files later changes nothing here.

        The project's own are compiled at once, so that whoever complains hears of their mistakes.
        """
        self._shelf.hold()
        voice = self.voice(_PLAIN)
        for folder in self._folders[:-1]:
            voice.read_all(folder)

    def sentence(self, event: Event) -> str:
        """What happened, in one plain sentence: for summaries, logs and status."""
        return str(self.words(event, self.voice(_PLAIN), Manner(self.complain)).sentence("full"))

    def message(
        self,
        delivery: Delivery,
        kind: str,
        parts: Mapping[str, Dialect],
        detail: str = "normal",
        now: datetime | None = None,
        layout: str = "",
    ) -> Message:
        """The delivery in words, one for each part of the destination. Never raises: what fails is said more simply.

        The route's own `detail` wins over the destination's. Without `now` nothing is called late. `layout` names a
        template to use in place of the kind's.
        """
        telling = _Telling(self, delivery, kind, detail, now, layout)
        return Message(delivery, {name: telling.part(name, self.voice(dialect)) for name, dialect in parts.items()})

    def problems(self) -> list[Problem]:
        """What is wrong with the templates: every file read, and tried on samples of every type in every destination."""
        kinds = {kind: destination.parts for kind, destination in DESTINATIONS.items()}
        failures: list[Problem] = []
        trial = Renderer(self._folders, self.timezone, failures.append)
        known = frozenset({"payload"}).union(*(trial.names(delivery) for delivery in check.examples()))
        found = set(check.read(self._folders, kinds, known))
        check.rehearse(trial.message, kinds)
        first = {(problem.file, problem.line): problem for problem in reversed(failures)}
        told = {(problem.file, problem.line) for problem in found}
        return sorted(found.union(first[place] for place in first.keys() - told))

    def names(self, delivery: Delivery) -> frozenset[str]:
        """The names that a template may use for a delivery like this."""
        return frozenset(_Telling(self, delivery, "", "normal", None, "").values(self.voice(_PLAIN)))

    def voice(self, dialect: Dialect) -> Voice:
        """The templates in that dialect."""
        found = self._voices.get(dialect)
        if found is None:
            found = self._voices[dialect] = Voice(dialect, self._shelf, self.complain)
        return found

    def words(self, event: Event, voice: Voice, manner: Manner, template: str = "") -> Words:
        """What the event's template says in that voice; `template` names another one to ask first."""
        stem = event.type if event.type.isidentifier() and voice.has(event.type) else "default"
        names = (template, stem) if template else (stem,)

        def leads_to() -> str | None:
            plain = self.voice(_PLAIN)
            return address(Words(event, plain, plain.blocks(*names), leads_to, manner).say("link").strip())

        return Words(event, voice, voice.blocks(*names), leads_to, manner)


class _Telling:
    """One delivery on its way into the parts of one destination."""

    def __init__(
        self, renderer: Renderer, delivery: Delivery, kind: str, detail: str, now: datetime | None, layout: str
    ) -> None:
        options = delivery.options
        self.renderer = renderer
        self.delivery = delivery
        self.kind = kind
        self.manner = Manner(renderer.complain, str(options.get("detail") or detail), delivery.sample)
        self.template = str(options.get("template") or "").removesuffix(".j2")
        self.layout = layout.removesuffix(".j2")
        self.now = now
        self.bundled = len(delivery.events) > 1 or delivery.why == "digest"
        self.usual = "notice" if delivery.notice else "bundle" if self.bundled else "layout"
        for name in (self.template, self.layout):
            if name and not renderer.voice(_PLAIN).has(name):
                renderer.complain(Problem(f"{name}.j2", 0, 0, "there is no such template"))

    @property
    def event(self) -> Event:
        """The only event, or the first."""
        return self.delivery.events[0]

    @cached_property
    def said(self) -> Said | None:
        """The notice in plain words, if it is one."""
        notice = self.delivery.notice
        return said(notice, self._moment) if notice else None

    def part(self, name: str, voice: Voice) -> str:
        """The part's text from the first layout that can render it, else the sentence and its link."""
        for block in self._candidates(name, voice):
            try:
                if block.only == "payload" and isinstance(voice.dialect, Json):
                    return self.payload()
                return voice.finish(block.render(self.values(voice)))
            except Exception as error:  # noqa: BLE001 - whatever a template raises, the delivery goes on
                self.manner.complain(block.problem(error))
        return self._last_resort(voice)

    def values(self, voice: Voice) -> dict[str, Any]:
        """What the names in a layout stand for."""
        if self.said:
            return self._notice(self.said, voice)
        return self._bundle(voice) if self.bundled else self._single(voice)

    def _candidates(self, name: str, voice: Voice) -> tuple[Block, ...]:
        names = [self.layout] if self.layout else []
        if self.usual == "layout":
            own = f"{self.kind}/{self.event.type}"
            names += [own] if self.event.type.isidentifier() and voice.has(own) else []
        blocks = voice.blocks(*names, f"{self.kind}/{self.usual}")
        return (*blocks.get("", ()), *blocks.get(name, ()))

    def _last_resort(self, voice: Voice) -> str:
        if isinstance(voice.dialect, Json):
            return self.payload()
        if self.said:
            return voice.finish(voice.dialect.link(self.said.text, None))
        words = self.renderer.words(self.event, voice, self.manner, self.template)
        return voice.finish(voice.dialect.link(self.summary, words.link))

    @cached_property
    def summary(self) -> str:
        """What the whole delivery says, in one plain sentence."""
        if self.bundled or self.said:
            return self._headline()
        voice = self.renderer.voice(_PLAIN)
        return str(self.renderer.words(self.event, voice, self.manner, self.template).sentence("full"))

    def payload(self) -> str:
        """The body of a webhook."""
        if self.said and self.delivery.notice:
            return notice_payload(self.delivery, self.delivery.notice, self.summary, self.said.text)
        return payload(self.delivery, self.summary)

    def _headline(self) -> str:
        headline = self.said.headline if self.said else digest.headline(self.delivery.events)
        return f"{'Sample: ' if self.delivery.sample else ''}{headline}"

    def _notice(self, said: Said, voice: Voice) -> dict[str, Any]:
        notice = self.delivery.notice
        return {
            "headline": self._headline(),
            "lines": said.lines,
            "advice": said.advice,
            "command": said.command,
            "after": said.after,
            "text": said.text,
            "sentence": said.text,
            "since": self._local(notice.since) if notice else None,
            "until": self._local(notice.until) if notice else None,
            **self._common(voice),
        }

    def _single(self, voice: Voice) -> dict[str, Any]:
        words = self.renderer.words(self.event, voice, self.manner, self.template)
        return {
            **words.phrases("full").named(),
            "words": words,
            "sentence": self.summary,
            "status": status(self.event),
            "reply": self.delivery.reference is not None,
            "at": self.event.time.astimezone(self.renderer.timezone),
            "late_at": self._late_at(),
            **self._common(voice),
        }

    def _bundle(self, voice: Voice) -> dict[str, Any]:
        events = self.delivery.events
        times = sorted(event.time for event in events)
        since, until = self._local(self.delivery.since or times[0]), self._local(self.delivery.until or times[-1])
        groups = digest.groups(events)
        return {
            "events": events,
            "groups": groups,
            "headline": self._headline(),
            "news": digest.news(groups),
            "since": since,
            "until": until,
            "span": f"{_day_and_time(since)} to {self._moment(until)}",
            **self._common(voice),
        }

    def _common(self, voice: Voice) -> dict[str, Any]:
        names = {"delivery": self.delivery, "detail": self.manner.detail, "clock": self._clock}
        return {**names, "payload": Safe(self.payload())} if isinstance(voice.dialect, Json) else names

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.renderer.timezone)

    def _moment(self, moment: datetime) -> str:
        """A time as it is said in full: day, hour and zone."""
        local = self._local(moment)
        return f"{_day_and_time(local)} ({_zone(local)})"

    def _late_at(self) -> datetime | None:
        happened = self.event.occurred_at
        late = happened is not None and self.now is not None and self.now - happened > LATE
        return self._local(happened) if happened and late else None

    def _clock(self, moment: datetime) -> str:
        """Local time as it is said today, with its day on other days."""
        today = self.now is None or self._local(self.now).date() == moment.date()
        return f"at {moment:%H:%M}" if today else f"on {_day(moment)} at {moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b}"


def _day_and_time(moment: datetime) -> str:
    return f"{_day(moment)} {moment:%H:%M}"


def _zone(moment: datetime) -> str:
    return str(getattr(moment.tzinfo, "key", None) or moment.tzname() or "UTC")
