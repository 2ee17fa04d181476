"""Which of the places where a text may be cut are taken, so that chunks are whole, within the limit and of like size.

Pure; linear, with compiled loops over the places. What the places are is known by `chunking_text` and `chunking_json`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consumer.model.sentences import is_grapheme_start, word_cut

_WORD_PENALTY = 1.3
"""Of a cut between words: worse than a sentence's unless the chunk would be tiny."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a text may be cut, and what each cut costs.

    `at` rises; `penalties` go from 0 (best) to about 1. `whole` are stretches that fit in a chunk and are never cut:
    starts and ends, rising and apart. No place is inside one.
    """

    at: NDArray[np.int64]
    penalties: NDArray[np.float64]
    whole: tuple[list[int], list[int]]

    @classmethod
    def of(cls, found: Iterable[tuple[int, float]], whole: Iterable[tuple[int, int]], size: int) -> Places:
        """Return the places `found` that are within a text of `size` and outside of what is whole."""
        pairs = sorted(found)
        spans = sorted(whole)
        at = np.array([place for place, _ in pairs], np.int64)
        penalties = np.array([penalty for _, penalty in pairs], np.float64)
        starts, ends = [start for start, _ in spans], [end for _, end in spans]
        keep = (at > 0) & (at < size)
        if spans and len(at):
            number = np.searchsorted(np.array(starts), at, "left") - 1  # the last that starts before the place
            keep &= (number < 0) | (at >= np.array(ends)[np.maximum(number, 0)])
        return cls(at[keep], penalties[keep], (starts, ends))

    def is_in_whole(self, place: int) -> bool:
        """Return whether `place` is inside of what is never cut."""
        number = bisect_right(self.whole[0], place) - 1
        return number >= 0 and self.whole[0][number] < place < self.whole[1][number]


def cuts(
    text: str,
    places: Places,
    sums: NDArray[np.int32],
    limit: int,
    may_cut: Callable[[int], bool] = lambda _place: True,
) -> Iterator[int]:
    """Yield, rising, where `text` is cut so that each part weighs at most `limit`, a grapheme longer than that aside.

    `sums` are the weights of `text[:i]`. A place costs its penalty and the square of how far it is, relatively, from
    the size all remaining chunks would have if they were equal. `may_cut` has the last word on a cut between words
    or graphemes.
    """

    def is_allowed(place: int) -> bool:
        return not places.is_in_whole(place) and may_cut(place)

    start, total = 0, int(sums[-1])
    while (rest := total - int(sums[start])) > limit:
        size = rest / -(-rest // limit)
        # A place sought as int64 would copy the sums to that type each time.
        last = int(np.searchsorted(sums, sums[start] + np.int32(limit), "right")) - 1
        best, cost = _best(places, sums, start, last, size)
        if best is None or cost > _WORD_PENALTY:
            target = int(np.searchsorted(sums, sums[start] + np.int32(size), "left"))
            best = _between_words(text, start, min(target, last), last, is_allowed) or best
        start = best or _first_allowed(text, start, last + 1, is_allowed)
        if start == len(text):
            return
        yield start


def _best(places: Places, sums: NDArray[np.int32], start: int, last: int, size: float) -> tuple[int | None, float]:
    first, stop = np.searchsorted(places.at, (start, last), "right")
    if first == stop:
        return None, 0.0
    at = places.at[first:stop]
    off = (sums[at] - sums[start]) / size - 1.0
    costs = places.penalties[first:stop] + off * off
    number = int(np.argmin(costs))
    return int(at[number]), float(costs[number])


def _between_words(text: str, start: int, target: int, last: int, is_allowed: Callable[[int], bool]) -> int | None:
    """Return a cut near `target` in `text[start + 1:last + 1]`, or None when it is all one."""
    near = word_cut(text, start, target, last) or target
    for at in range(min(near, last), start, -1):
        if is_allowed(at) and is_grapheme_start(text, at, start):
            return at
    return None


def _first_allowed(text: str, start: int, at: int, is_allowed: Callable[[int], bool]) -> int:
    while at < len(text) and not (is_allowed(at) and is_grapheme_start(text, at, start)):
        at += 1
    return at
