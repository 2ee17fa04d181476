"""Where JSON may be cut, and how a part of it becomes JSON again that can be read by itself. Pure.

Cuts are behind commas, so that a key stays with its value; a value that fits in a chunk is never cut. A string longer
than a chunk is cut like text, but not inside an escape. The text between cuts is the raw text; `readable` puts the
enclosing brackets and keys around it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from consumer.model.sentences import sentence_ends
from consumer.pipeline.chunking_cuts import Places

_ESCAPED_LINES = re.compile(r"(?:\\r)?(?:\\n)+(?!\\n)")
_KEY = re.compile(r'"(?:[^"\\]|\\.)*"\s*:\s*\Z', re.DOTALL)
_IS_KEY = re.compile(r"\s*:")
_HALF_UNICODE = re.compile(r"\\u[0-9a-fA-F]{0,3}\Z")
_HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")  # its other half must follow
_BACKSLASHES = re.compile(r"\\+\Z")
_KEY_CHARS = 600
_LEAD_CHARS = 300
"""An enclosing object's plain members before the cut are told again when they are no longer: they say what it is."""

_DEPTH_COST, _MAX_DEPTH_COST = 0.1, 0.9
_LINES_COST, _SENTENCE_COST = 0.6, 0.8


class JsonText:
    """A JSON text with its values that are too large for one chunk."""

    def __init__(self, text: str, sums: NDArray[np.int32], limit: int) -> None:
        """Look at `text`, whose weights of `text[:i]` are `sums`.

        Raises:
            ValueError: brackets or quotes don't match.
        """
        self._text, self._sums = text, sums
        # Of equal length, so that places stay: then each quote that is left opens or closes a string.
        bare = text.replace("\\\\", "__").replace('\\"', "__")
        points = np.frombuffer(bare.encode("utf-32-le", "surrogatepass"), np.uint32)
        quotes = np.flatnonzero(points == ord('"'))
        if len(quotes) % 2:
            raise ValueError("a string does not end")
        is_outside = np.ones(len(points), np.bool_)
        is_outside[1:] = np.cumsum(points == ord('"'))[:-1] % 2 == 0
        is_open = is_outside & ((points == ord("[")) | (points == ord("{")))
        is_close = is_outside & ((points == ord("]")) | (points == ord("}")))
        self._commas = np.flatnonzero(is_outside & (points == ord(",")))
        self._depths = np.cumsum(is_open.astype(np.int32) - is_close.astype(np.int32))[self._commas]
        strings, _ = self._parted(np.stack([quotes[::2], quotes[1::2]], 1), limit)
        self._strings = [(start, end) for start, end in strings if not _IS_KEY.match(text, end + 1)]
        containers = np.array(list(_pairs(text, np.flatnonzero(is_open | is_close).tolist())), np.int64).reshape(-1, 2)
        self._starts: list[int] = sorted(containers[:, 0].tolist())
        self._large, fitting = self._parted(containers, limit)
        self._whole = _outermost(fitting)

    def _parted(self, spans: NDArray[np.int64], limit: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the values at `spans` that don't fit in a chunk from comma to comma, and those that do."""
        spans = spans[np.argsort(spans[:, 0])]
        edges = np.concatenate(([0], self._commas + 1, [len(self._text)]))
        number = np.searchsorted(self._commas, spans)
        is_large = self._sums[edges[number[:, 1] + 1]] - self._sums[edges[number[:, 0]]] > limit
        large, fitting = spans[is_large].tolist(), spans[~is_large].tolist()
        return [(start, end) for start, end in large], [(start, end) for start, end in fitting]

    def places(self) -> Places:
        """Return where the text may be cut."""
        costs = np.minimum(_DEPTH_COST * self._depths, _MAX_DEPTH_COST)
        found: list[tuple[int, float]] = list(zip((self._commas + 1).tolist(), costs.tolist(), strict=True))
        for start, end in self._strings:
            inner = [(match.end(), _LINES_COST) for match in _ESCAPED_LINES.finditer(self._text, start + 1, end)]
            inner += [(at, _SENTENCE_COST) for at in sentence_ends(self._text, start + 1, end)]
            found += [(at, cost) for at, cost in inner if self.may_cut(at)]
        return Places.of(found, self._whole, len(self._text))

    def may_cut(self, place: int) -> bool:
        """Return whether a cut at `place` parts only a string that is too long, and in it no escape."""
        if self._string_at(place) is None:
            return self._text[place - 1] == "," and bool(
                np.searchsorted(self._commas, place) > np.searchsorted(self._commas, place - 1)
            )
        before = self._text[max(place - 12, 0) : place]
        slashes = _BACKSLASHES.search(self._text[max(place - _KEY_CHARS, 0) : place])
        if slashes is not None and len(slashes[0]) % 2:
            return False
        return _HALF_UNICODE.search(before) is None and _HIGH_SURROGATE.search(before) is None

    def readable(self, start: int, end: int) -> str:
        """Return the part from cut `start` to cut `end` as JSON of its own, inside of what it stands in."""
        part = self._text[start:end]
        if self._string_at(end) is not None:
            part += '"'
        elif end < len(self._text):
            part = part.removesuffix(",")
        closing = "".join("]" if self._text[a] == "[" else "}" for a, _ in reversed(self._enclosing(end)))
        return self._opening(start) + part + closing

    def _opening(self, place: int) -> str:
        """Return the brackets and keys that `place` stands in, with an object's plain members before, if short."""
        enclosing = self._enclosing(place)
        string = self._string_at(place)
        inner = [*(start for start, _ in enclosing), place if string is None else string[0]]
        told = [self._lead(start, child) for start, child in pairwise(inner)]
        return "".join(told) + ("" if string is None else '"')

    def _lead(self, start: int, child: int) -> str:
        if self._text[start] == "[":
            return "["
        is_flat = bisect_left(self._starts, child) - bisect_left(self._starts, start) == 1
        if is_flat and child - start <= _LEAD_CHARS:
            return self._text[start:child]
        key = _KEY.search(self._text[max(start + 1, child - _KEY_CHARS) : child])
        return "{" + ("" if key is None else key[0])

    def _enclosing(self, place: int) -> list[tuple[int, int]]:
        """Return the containers that are open at `place`, the outermost first."""
        return [(start, end) for start, end in self._large if start < place < end]

    def _string_at(self, place: int) -> tuple[int, int] | None:
        """Return the string, no key, that is too long and that a cut at `place` would part."""
        number = bisect_left(self._strings, (place, 0)) - 1
        if number < 0 or place > self._strings[number][1]:
            return None
        return self._strings[number]


def _pairs(text: str, brackets: list[int]) -> Iterator[tuple[int, int]]:
    """Yield where each container starts and ends.

    Raises:
        ValueError: brackets don't match.
    """
    stack: list[int] = []
    for place in brackets:
        if text[place] in "[{":
            stack.append(place)
            continue
        if not stack or text[stack[-1]] + text[place] not in {"[]", "{}"}:
            raise ValueError(f"a bracket without its other at {place}")
        yield stack.pop(), place + 1
    if stack:
        raise ValueError(f"a bracket without its other at {stack[-1]}")


def _outermost(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return those of the nested `spans` that are in no other."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
