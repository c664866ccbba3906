"""What a reader of a model forge's list can know, by its entries' hidden identities, and whether relay told that.

This is facts about lists, not relay's way to read them: an entry that a poll shows for the first time can be told
apart if it was listed during the whole poll, something known stands below it (or so little is known that there was
nothing else), and every earlier entry that looks like it is shown beside it, or stood too far below to have come up.
Such an entry must be told by that very poll. What cannot be told apart may be told or not; but of no content more than
there were entries. What looked like more than it was is excused: what pages of a moving list show twice, or can be put
together in several ways, and an entry that came up past more than a reader can follow.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import dropwhile, pairwise, takewhile

from tests.model_forge import Asked, Entry

REACH = 10
"""Known entries past which an event may come late, or change its place."""
FAR = REACH + 3
"""Known entries below which a missing twin stood too far down to have come up, whatever moved besides."""
JOIN = 3
"""Entries that a page must repeat of the one before to be its continuation, if it is asked to repeat so many."""


@dataclass(frozen=True)
class Told:
    """What a poll told, oldest first, and whether it said that events may be missing."""

    contents: Sequence[int]
    gap: bool


class Seen:
    """What the pages of one poll showed, by identity: `read` is what they held, `steady` what was listed all along.

    `ground` is all that was ever recorded, where it stood, and `known` what earlier polls had shown.
    """

    def __init__(self, asked: Sequence[Asked], ground: Sequence[Entry], known: frozenset[Entry]) -> None:
        begun = max(index for index, one in enumerate(asked) if one.start == 0)
        last = asked[begun:]  # a list that was torn is read anew from its beginning
        self.lists = [one.whole for number, one in enumerate(last) if not number or one.whole != last[number - 1].whole]
        self.ground, self.known = ground, known
        self.read = {entry for one in last for entry in one.page}
        self.steady = set(last[0].whole).intersection(*self.lists)
        self.walk = joined(last)
        orders = [[entry for entry in whole if entry in self.steady] for whole in self.lists]
        self.is_ordered = all(order == orders[0] for order in orders)
        self.places = {entry: place for place, entry in enumerate(last[-1].whole)}
        self._familiar = {entry.content for entry in known}

    @cached_property
    def _alike(self) -> Counter[int]:
        return Counter(entry.content for entry in self.ground)

    @property
    def ambiguous(self) -> set[int]:
        """The contents of which the pages show what could have been more entries, or fewer, than they did.

        One that moved down between two pages stands on both, as two would that look alike.
        """
        if self.walk is None:
            return {entry.content for entry in self.read}
        return {entry.content for entry, times in Counter(self.walk).items() if times > 1}

    @property
    def is_all_new(self) -> bool:
        """Whether nothing that was read looks like anything known."""
        return self._familiar.isdisjoint(entry.content for entry in self.read)

    def shows(self, entry: Entry) -> bool:
        """Whether it was read, and stayed."""
        return entry in self.read and entry in self.steady

    def is_in_reach(self, entry: Entry) -> bool:
        """Whether so little that looks known stands above it that a reader must get there."""
        lists = [whole[: whole.index(entry)] for whole in self.lists]
        return all(sum(above.content in self._familiar for above in those) <= REACH for those in lists)

    def has_known_below(self, entry: Entry) -> bool:
        """Whether something known was read that stands below it and all that looks like it, all along."""
        lists = [takewhile(lambda one: one.content != entry.content, reversed(whole)) for whole in self.lists]
        return all(any(map(self.is_plainly_known, those)) for those in lists)

    def was_far_below(self, twin: Entry, entry: Entry) -> bool:
        """Whether so much that is known stands between them that the twin cannot have come up."""
        top, bottom = self.ground.index(entry), self.ground.index(twin)
        return sum(self.shows(one) and one in self.known for one in self.ground[top:bottom]) > FAR

    def is_old(self, entry: Entry) -> bool:
        """Whether it stands below everything known, right under much that cannot be taken for anything else, all along."""
        return self.shows(entry) and all(self._is_old_in(whole, entry) for whole in self.lists)

    def _is_old_in(self, whole: Sequence[Entry], entry: Entry) -> bool:
        place = whole.index(entry)
        if any(below.content in self._familiar for below in whole[place:]):
            return False
        above = [*dropwhile(lambda one: one not in self.known, reversed(whole[:place]))][:FAR]
        return len(above) == FAR and all(map(self.is_plainly_known, above))

    def shows_too_little(self) -> bool:
        """Whether nothing that is known is shown, or of much so little that it may be there by chance."""
        return self.longest_known_run() < (JOIN if len(self.known) > REACH else 1)

    def longest_known_run(self) -> int:
        """The most entries next to each other that are known and can be taken for nothing else."""
        longest = run = 0
        for entry in self.places:
            run = run + 1 if self.is_plainly_known(entry) else 0
            longest = max(longest, run)
        return longest

    def is_plainly_known(self, entry: Entry) -> bool:
        """Whether it is known, was read, and looks like nothing else that ever was."""
        return entry in self.known and self.is_alone(entry) and self.shows(entry)

    def is_alone(self, entry: Entry) -> bool:
        """Whether nothing else ever looked like it."""
        return self._alike[entry.content] == 1


def joined(asked: Sequence[Asked]) -> Sequence[Entry] | None:
    """The walk that the pages make, if they can be put together in one way only; else None.

    A list that stood still is asked for where its pages join. One that moved is joined where contents agree, and entries
    that look alike may agree elsewhere.
    """
    if all(one.whole == asked[0].whole for one in asked):
        return asked[0].whole[: max(one.start + len(one.page) for one in asked)]
    walk = list(asked[0].page)
    for before, one in pairwise(asked):
        least = max(1, min(JOIN, len(before.page) - 1))
        sizes = range(least, min(len(walk), len(one.page)) + 1)
        joins = [size for size in sizes if _look_alike(walk[-size:], one.page[:size])]
        right = [size for size in joins if walk[-size:] == list(one.page[:size])]
        if joins != right:
            return None
        walk += one.page[right[0] if right else 0 :]
    return walk


def _look_alike(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    return [entry.content for entry in one] == [entry.content for entry in other]


@dataclass
class Oracle:
    """Judges the polls of one feed, each by what it was shown and what it told; `complaints` is what was wrong.

    `history`: what stood there at first sight is not to be told.
    """

    history: bool
    complaints: list[str] = field(default_factory=list)
    decided: int = 0
    undecided: int = 0
    doubtful: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._polls: list[Seen] = []
        self._known: set[Entry] = set()
        self._shown: Counter[int] = Counter()
        self._told: Counter[int] = Counter()
        self._is_first = True

    def judge(self, asked: Sequence[Asked], ground: Sequence[Entry], told: Told) -> None:
        """Judge one poll that worked. `ground` is all that was ever recorded, where it stood."""
        seen = Seen(asked, tuple(ground), frozenset(self._known))
        self.doubtful |= seen.ambiguous
        if seen.walk is not None and not (self._is_first and self.history):
            self._judge_new(seen, told)
        self._judge_order(seen, told)
        self._judge_gap(seen, told)
        self._judge_count(seen, told)
        self._polls.append(seen)
        self._known |= seen.read
        self._is_first = False

    def _judge_new(self, seen: Seen, told: Told) -> None:
        """What can be told apart must be told, what is old must not."""
        counts, new = Counter(told.contents), seen.read - seen.known
        sure = Counter(entry.content for entry in seen.steady - seen.known if self._is_sure(seen, entry))
        self.decided += sum(sure.values())
        self.undecided += len(new) - sum(sure.values())
        self._complain_if("lost", dict(sure - counts))
        old = [one.content for one in new if counts[one.content] and seen.is_alone(one) and seen.is_old(one)]
        self._complain_if("told although it was old", old)

    def _is_sure(self, seen: Seen, entry: Entry) -> bool:
        if entry.content in self.doubtful or not seen.is_in_reach(entry):
            return False
        few = len(seen.known) <= REACH and (entry in seen.read or not seen.known)
        anchored = few or seen.has_known_below(entry) or seen.is_all_new
        twins = [] if seen.is_alone(entry) else [twin for twin in seen.known if twin.content == entry.content]
        return anchored and all(seen.shows(twin) or seen.was_far_below(twin, entry) for twin in twins)

    def _judge_order(self, seen: Seen, told: Told) -> None:
        """What is told together is told in the order of the list, oldest first."""
        places = {
            entry.content: place
            for entry, place in seen.places.items()
            if seen.is_alone(entry) and entry in seen.steady
        }
        order = [places[content] for content in told.contents if content in places and seen.is_ordered]
        self._complain_if("told in another order", told.contents if order != sorted(order, reverse=True) else ())

    def _judge_gap(self, seen: Seen, told: Told) -> None:
        if told.gap and (not seen.known or seen.longest_known_run() >= FAR):
            self.complaints.append("a gap was told")
        if seen.known and seen.read and seen.is_all_new and not told.gap:
            self.complaints.append("a gap was not told")

    def _judge_count(self, seen: Seen, told: Told) -> None:
        """Of no content more is told than was shown; history counts as told."""
        new = Counter(entry.content for entry in seen.read - seen.known)
        self._shown += new + Counter(entry.content for entry in seen.read & seen.known if self._came_up(seen, entry))
        self._told += Counter(told.contents) + (new if self._is_first and self.history else Counter())
        many = {content for content in told.contents if self._told[content] > self._shown[content]}
        self._complain_if("told twice", sorted(many - self.doubtful))

    def _came_up(self, seen: Seen, entry: Entry) -> bool:
        """Whether it passed so many, vanished ones among them, that it looks like another one.

        Those are what stood above it when it was read last, and what filled the lists since then that did not show it,
        nor enough of what was known to say where it would have stood.
        """
        last = max(number for number, earlier in enumerate(self._polls) if entry in earlier.read)
        then = self._polls[last]
        above = {one for one in then.ground[: then.ground.index(entry)] if one in then.known or one in then.read}
        above.update(*(since.read for since in self._polls[last + 1 :] if since.shows_too_little()))
        return len(above.intersection(seen.ground[seen.ground.index(entry) :])) > REACH

    def _complain_if(self, what: str, which: object) -> None:
        if which:
            self.complaints.append(f"{what}: {which}")
