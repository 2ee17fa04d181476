"""Cuts the content of a large episode into ordered chunks at natural boundaries. Pure.

Nothing is dropped: the chunks' texts in order are the content. Paragraphs are preferred over sentences, these over
words, these over graphemes; what is a whole (a code fence, a list item, a JSON value, what one speaker says) is not
cut when it fits in a chunk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from consumer.model.token_estimate import QUARTERS, token_quarters
from consumer.pipeline import chunking_text
from consumer.pipeline.chunking_cuts import cuts
from consumer.pipeline.chunking_json import JsonText


@dataclass(frozen=True, slots=True)
class Chunk:
    """Part of a content: `text` is the content from `start` to `end`.

    `readable` is what to read it as: JSON with its enclosing brackets and keys, else `text`. `headings` are the
    Markdown headings it stands under, the outermost first. `speaker` is who speaks where it begins amid a speech of a
    chat, None elsewhere.
    """

    start: int
    end: int
    text: str
    readable: str
    headings: tuple[str, ...] = ()
    speaker: str | None = None


def chunk(content: str, source: str, limit: int) -> list[Chunk]:
    """Return `content` in chunks of at most `limit` tokens by estimate, and of like size.

    A grapheme that is larger is a chunk of its own. Linear in the length of `content`; the source `json` is cut as
    JSON when it is JSON, `message` as a chat when several speak.
    """
    sums = token_quarters(content)
    weight = limit * QUARTERS
    if int(sums[-1]) <= weight:
        return [Chunk(0, len(content), content, content)]
    if source == "json":
        try:
            json = JsonText(content, sums, weight)
        except ValueError:
            pass  # no JSON: cut as text
        else:
            spans = _spans(content, cuts(content, json.places(), sums, weight, json.may_cut))
            return [Chunk(start, end, content[start:end], json.readable(start, end)) for start, end in spans]
    is_chat = source == "message" and chunking_text.is_chat(content)
    places = chunking_text.text_places(content, sums, weight, is_chat=is_chat)
    starts = list(_spans(content, cuts(content, places, sums, weight)))
    return list(_chat_chunks(content, starts) if is_chat else _text_chunks(content, starts))


def _spans(content: str, places: Iterator[int]) -> Iterator[tuple[int, int]]:
    return pairwise([0, *places, len(content)])


def _chat_chunks(content: str, spans: list[tuple[int, int]]) -> Iterator[Chunk]:
    speeches = list(chunking_text.speakers(content))
    starts = [start for start, _ in speeches]
    for start, end in spans:
        number = bisect_right(starts, start) - 1
        speaker = None if number < 0 or starts[number] == start else speeches[number][1]
        yield Chunk(start, end, content[start:end], content[start:end], speaker=speaker)


def _text_chunks(content: str, spans: list[tuple[int, int]]) -> Iterator[Chunk]:
    found = list(chunking_text.headings(content))
    trail: list[tuple[int, str]] = []
    number = 0
    for start, end in spans:
        while number < len(found) and found[number][0] < start:
            _, level, line = found[number]
            trail = [*(one for one in trail if one[0] < level), (level, line)]
            number += 1
        yield Chunk(start, end, content[start:end], content[start:end], tuple(line for _, line in trail))
