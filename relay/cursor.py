"""The last-seen cursor: what is new in a list that shifts, repeats and forgets.

For lists that are newest-recorded first, unsorted by time, with identical entries, deletions, late and swapped ones.
Everything here is pure and knows entries by their fingerprints alone, so a feed with ids passes those (`IDS`); reading
such a list page by page while it moves is `relay.walk`. Where nobody could decide (two histories, the same list),
unknown content is told and identical content is not: the reader has been told exactly that, while one stale answer
would repeat the whole page.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import blake2b
from itertools import pairwise
from json import JSONEncoder
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from relay.errors import FeedError

_json = JSONEncoder(sort_keys=True).encode  # `dumps` would make one at each call
DOUBT = "?"  # begins the fingerprint of an entry that lacks what such entries hold, and may be mended in its place
MEMORY = 300  # entries remembered: at least what the server keeps, or purges and stale answers bring old ones back

Remembered = tuple[str, int]  # a fingerprint and its occurrence, counted from 0 at the oldest remembered
Match = tuple[int, int]  # the same event: its index in the old list and in the new one; index 0 is the newest


@dataclass(frozen=True)
class Policy:
    """How a feed's fingerprints behave: how far an event may move or come late, counted in known events.

    `unique`: the fingerprint is the forge's own id, so a repeat is the same event wherever it stands.
    """

    reach: int = 10
    unique: bool = False


FINGERPRINTS = Policy()
IDS = Policy(unique=True)


@dataclass(frozen=True)
class Cursor:
    """What a feed's list looked like, events that vanished from it included, where they stood.

    `mark` is the digest of the first page's fingerprints and `body` of its raw text; both are None where an unchanged
    first page could hide something new. `walk` is the digest of all that was read last.
    """

    memory: tuple[Remembered, ...] = ()
    mark: str | None = None
    body: str | None = None
    walk: str | None = None

    def to_json(self) -> dict[str, Any]:
        """6 kB at 300 entries: a fingerprint alone is its first occurrence."""
        memory = [[fingerprint, n] if n else fingerprint for fingerprint, n in self.memory]
        return {"memory": memory, "mark": self.mark, "body": self.body, "walk": self.walk}


def from_json(value: Any) -> Cursor | None:
    """The cursor that `to_json` wrote, None at first sight; raises FeedError if it is anything else."""
    if value is None:
        return None
    try:
        memory = tuple(_remembered(entry) for entry in value["memory"])
        digests = [value[key] for key in ("mark", "body", "walk")]
    except (TypeError, KeyError, ValueError):
        raise damaged() from None
    if not all(isinstance(digest, str | None) for digest in digests):
        raise damaged()
    return Cursor(memory, *digests)


def _remembered(entry: Any) -> Remembered:
    fingerprint, n = (entry, 0) if isinstance(entry, str) else entry
    if not isinstance(fingerprint, str) or not isinstance(n, int):
        raise TypeError
    return fingerprint, n


def damaged() -> FeedError:
    """What a source says of a cursor that it cannot have written."""
    return FeedError(
        "what was last seen is damaged in the database; restore a backup, or rename the source to begin anew"
    )


def digest(*parts: object) -> str:
    """8 bytes in hex that stand for JSON values: a fingerprint, or a mark."""
    return digest_of(f"[{', '.join(map(_written, parts))}]".encode())


def _written(part: object) -> str:
    """A part as JSON; most are texts, for which an encoder takes longer to get ready than to write."""
    return _quoted(part) if isinstance(part, str) else _json(part)


def digest_of(body: bytes) -> str:
    """8 bytes in hex that stand for a page's raw text."""
    return blake2b(body, digest_size=8).hexdigest()


def occurrence_id(source: str, feed: str, fingerprint: str, n: int) -> str:
    """The id of the event that is occurrence `n` of a fingerprint in its feed.

    Reading again from the same saved cursor gives the same ids, also when the list moved meanwhile, which a poll
    number or a random id would not. The store takes the next `n` where memory forgot an older twin.
    """
    named = f"[{_quoted(source)}, {_quoted(feed)}, {_quoted(fingerprint)}, {n}]"
    return blake2b(named.encode(), digest_size=16).hexdigest()


def unchanged(cursor: Any, body: bytes) -> bool:
    """Whether the first page is byte for byte the one last seen: nothing is new, and nothing needs parsing."""
    return isinstance(cursor, Mapping) and cursor.get("body") == digest_of(body)


def overlap(old: Sequence[str], new: Sequence[str], reach: int) -> list[Match]:
    """The events that both lists show in the same order, ascending, with at most `reach` strangers between two.

    Matched from the bottom up, so that of equal events the topmost are the new ones, then each bound to the nearest
    in `old` going down: an ancient twin deep in memory would corrupt the order of what is remembered. Unless fewer match
    so, what has no twins is matched first.
    """
    twins = len(set(old)) < len(old) or len(set(new)) < len(new)
    ways = [_blocks_around(_once(old, new), old, new)] if twins else []
    ways.append(_blocks(old, new))
    return max((_longest(old, new, [j for _, j in way], reach) for way in ways), key=len)


def _longest(old: Sequence[str], new: Sequence[str], places: Sequence[int], reach: int) -> list[Match]:
    """The longest run of matches at these places of the new list, the deeper of equals."""
    runs: list[list[Match]] = [[]]
    i = -1
    for j in places:
        i = old.index(new[j], i + 1)
        if runs[-1] and j - runs[-1][-1][1] > reach + 1:
            runs.append([])
        runs[-1].append((i, j))
    return max(reversed(runs), key=len)


def _once(old: Sequence[str], new: Sequence[str]) -> dict[str, Match]:
    """What both lists show once, so that it can be no other event, and where."""
    before, after = Counter(old), Counter(new)
    places = {fingerprint: j for j, fingerprint in enumerate(new) if before[fingerprint] == after[fingerprint] == 1}
    return {fingerprint: (i, places[fingerprint]) for i, fingerprint in enumerate(old) if fingerprint in places}


def _blocks(old: Sequence[str], new: Sequence[str], only: Container[str] | None = None) -> list[Match]:
    """difflib's matching blocks of both lists read from the bottom, ascending; each holds something of `only`."""
    unlike = None if only is None else lambda fingerprint: fingerprint not in only
    matcher = SequenceMatcher(unlike, old[::-1], new[::-1], autojunk=False)
    return [
        (len(old) - a - offset, len(new) - b - offset)
        for a, b, size in reversed(matcher.get_matching_blocks())
        for offset in range(size, 0, -1)
    ]


def _blocks_around(once: Container[str], old: Sequence[str], new: Sequence[str]) -> list[Match]:
    """The same, those with something that has no twin first, then what fits between them."""
    matches: list[Match] = []
    sure = _blocks(old, new, once)
    for (i, j), (next_i, next_j) in pairwise([(-1, -1), *sure, (len(old), len(new))]):
        between = _blocks(old[i + 1 : next_i], new[j + 1 : next_j]) if next_j - j > 1 < next_i - i else []
        matches += [(i, j), *((i + 1 + a, j + 1 + b) for a, b in between)]
    return matches[1:]


def is_sure(known: Sequence[Match]) -> bool:
    """Whether three of the matches are neighbours in the new list: old events recorded again seldom are."""
    return any(c - a == 2 for (_, a), (_, c) in zip(known, known[2:], strict=False))


def enough(old: Sequence[str], new: Sequence[str], reach: int) -> bool:
    """Whether what was read shows where the new events end.

    A long overlap is not enough: a block pushed again at the top would pass for it, so it must begin near the top of
    memory and reach the last event read, or the end of memory with nothing known below it.
    """
    if len(set(old).intersection(new)) <= reach:
        return False
    known = overlap(old, new, reach)
    (first, _), (deepest, last) = known[0], known[-1]
    reaches = last == len(new) - 1 or (deepest >= len(old) - reach and set(old).isdisjoint(new[last + 1 :]))
    return len({old[i] for i, _ in known}) > reach and first < reach and reaches


@dataclass(frozen=True)
class Settled:
    """What a walk says beside a memory: `new` are indices in the walk with their occurrence, oldest first."""

    new: tuple[tuple[int, int], ...]
    memory: tuple[Remembered, ...]
    sure: bool
    gap: bool


def settle(memory: Sequence[Remembered], seen: Sequence[str], policy: Policy = FINGERPRINTS) -> Settled:
    """Which events of a walk are new, and what is remembered from now on.

    What was not seen before and stands above the deepest known event is new; below it, it is older than anything
    remembered, unless it stands where a doubtful entry stood and is that, mended. `gap`: new events may have scrolled
    past between the two.
    """
    old = [fingerprint for fingerprint, _ in memory]
    known = overlap(old, seen, policy.reach)
    sure, small = is_sure(known), len(memory) <= policy.reach
    same = _same(old, seen, known, policy)
    occurrences = _occurrences(memory, seen, same)
    deepest, last = known[-1] if known else (-1, -1)
    strangers = [j for j in reversed(range(len(seen))) if j not in same]
    used = set(same.values())
    mended = _doubtful(old, used, deepest, last)
    floor = _deepest(old, seen, same, last) if sure and not small else len(seen)
    new = tuple((j, occurrences[j]) for j in strangers if j < floor or j in mended)
    gap = bool(memory and seen) and not sure and (not known or (not small and any(j > last for j in strangers)))
    walk = [(seen[j], occurrences[j]) for j in range(len(seen))]
    places = _kept(known, same, policy.reach) if sure or small or len(known) > policy.reach else {}
    vanished = [None if i in used else entry for i, entry in enumerate(memory)]
    kept = _merged(vanished, walk, places, max(same) if sure and not small else len(seen) - 1)
    return Settled(new, tuple(kept[:MEMORY]), sure, gap)


def _deepest(old: Sequence[str], seen: Sequence[str], same: Mapping[int, int], last: int) -> int:
    """The deepest place in a walk of a known event: below the overlap, of those alone that can be no others.

    That is where a fingerprint was seen as often as it is remembered.
    """
    below = {seen[j] for j in same if j > last}
    plain = {fingerprint for fingerprint in below if old.count(fingerprint) == seen.count(fingerprint)}
    return max(j for j in {last, *same} if j <= last or seen[j] in plain)


def _doubtful(old: Sequence[str], used: set[int], deepest: int, last: int) -> set[int]:
    """The places in a walk, below its last known event, where doubtful entries stood that are not there any more."""
    below = range(deepest + 1, len(old))
    return {last + i - deepest for i in below if old[i].startswith(DOUBT) and i not in used}


def _same(old: Sequence[str], seen: Sequence[str], known: Sequence[Match], policy: Policy) -> dict[int, int]:
    """Index in the walk to index in memory of all that is not new: the overlap, and what moved beside it."""
    same = {j: i for i, j in known}
    used = {i for i, _ in known}
    left: dict[str, list[int]] = defaultdict(list)
    for i, fingerprint in enumerate(old):
        if i not in used:
            left[fingerprint].append(i)
    before, after = _ranks([i for i, _ in known]), _ranks([j for _, j in known])
    passed = _passed(known, {*_once(old, seen).values()} - {*known})
    for j in reversed(range(len(seen))):
        if j in same:
            continue
        places = [i for i in left[seen[j]] if policy.unique or before(i) - after(j) + passed(i, j) <= policy.reach]
        if places:
            same[j] = _nearest(places, before, after(j))
            left[seen[j]].remove(same[j])
    return same


def _passed(known: Sequence[Match], moved: Iterable[Match]) -> Callable[[int, int], int]:
    """How many more events than the ranks say a move from one place to another has passed, by those that `moved`.

    Ranks know nothing of events that moved within the overlap; and those that came up from below it together with this
    one, which they count, it has not passed.
    """
    deepest, last = known[-1] if known else (-1, -1)
    within = [(a, b) for a, b in moved if a < deepest and b < last]
    from_below = [(a, b) for a, b in moved if a > deepest and b < last]
    return lambda i, j: sum(a < i and j < b for a, b in within) - sum(a < i and b < j for a, b in from_below)


def _nearest(places: Sequence[int], rank: Callable[[int], int], wanted: int) -> int:
    return min(places, key=lambda place: abs(rank(place) - wanted))


def _ranks(known: list[int]) -> Callable[[int], int]:
    """Places compared between two lists: the number of known events above; beyond the last, every entry counts one."""
    last = known[-1] if known else -1
    return lambda index: bisect_left(known, index) + max(0, index - last - 1)


def _occurrences(memory: Sequence[Remembered], seen: Sequence[str], same: Mapping[int, int]) -> dict[int, int]:
    """The occurrence of every event of the walk: a known one keeps its own, strangers count on from the oldest."""
    following: dict[str, int] = defaultdict(int)
    for fingerprint, n in memory:
        following[fingerprint] = max(following[fingerprint], n + 1)
    given: dict[int, int] = {}
    for j in reversed(range(len(seen))):
        if j in same:
            given[j] = memory[same[j]][1]
        else:
            given[j] = following[seen[j]]
            following[seen[j]] += 1
    return given


def _kept(known: Sequence[Match], same: Mapping[int, int], reach: int) -> dict[int, int]:
    """Index in memory to index in the walk of what is known and gives what vanished its place.

    That is the overlap, and what is known beside it unless it moved below more than vanished from under it: if things
    come back as they were, the fewer should have to pass the others.
    """
    kept, used = {}, set(same.values())
    for j, i in same.items():
        below, passed = next((match for match in known if match[0] > i), (i + 1, j))
        vanished = sum(place not in used for place in range(i + 1, below))
        if j - passed <= min(vanished, reach):
            kept[i] = j
    return kept


def _merged(
    vanished: Sequence[Remembered | None], walk: Sequence[Remembered], kept: Mapping[int, int], lowest: int
) -> list[Remembered]:
    """The walk, and what vanished of memory below all that stood above it, so that it comes back without having to pass.

    Of it and of strangers in the same place the fewer come first, since moving down is always allowed. Without known
    ones it comes after the walk: a few matches that chance may have made would tear its order apart. What the walk
    shows below its `lowest` known one is older than all.
    """
    below: dict[int, list[Remembered]] = defaultdict(list)
    place, room = -1, MEMORY - len(walk)
    for i, entry in enumerate(vanished):
        place = max(place, kept.get(i, -1))
        if entry and room > 0:
            below[place].append(entry)
            room -= 1
    bounds = sorted({*kept.values(), lowest + 1, len(walk)})
    merged = [*walk[: bounds[0]], *below[-1]]
    for j, end in pairwise(bounds):
        strangers = walk[j + 1 : end]
        few, many = sorted((strangers, below[j]), key=len)
        merged += [walk[j], *few, *many]
    return merged
