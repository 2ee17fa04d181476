"""Where plain text, Markdown, quoted mail and chats may be cut: between blocks rather than between sentences. Pure.

A code fence, a list item, a run of quoted lines, a table row and what one speaker says are blocks: never cut when they
fit in a chunk. A heading, and a line that ends in a colon, stays with what follows it; a table's head with its first
row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from consumer.model.sentences import sentence_ends
from consumer.pipeline.chunking_cuts import Places

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r"[ \t>]{0,12}(`{3,}(?=[^`\n]*$)|~{3,})", re.MULTILINE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+•‣]|\d{1,9}[.)])[ \t]+\S")
_ROW = re.compile(r"[ \t]*\|")
_TABLE_RULE = re.compile(r"[ \t]*\|[\s:|-]*-[\s:|-]*\Z")
_QUOTE = re.compile(r"[ \t]*>")
_INDENT = re.compile(r"[ \t]")
_SPEAKER = re.compile(r"[ \t]*([^\s:：][^:：\n]{0,79})[:：](?![/\\:\d])")
_MAX_SPEAKER_WORDS = 8
_CHAT_SHARE = 0.5
_SENTENCE_STOPS = '.!?…。！？।۔؟"”』」)'
_WRAPPED_CHARS = range(40, 101)

_HEADING_COST, _BLOCK, _PARAGRAPH, _ROWS = 0.0, 0.1, 0.1, 0.3
_FULL_LINE, _LINE_COST, _SENTENCE, _WRAPPED, _UNDER_HEADING = 0.25, 0.45, 0.5, 0.8, 1.0
_CODE_BLANK, _CODE_LINE = 0.3, 0.4


class _Kind(Enum):
    """What a block is; all but prose stay whole when they fit."""

    PROSE = "prose"
    HEADING = "heading"
    FENCE = "fence"
    ITEM = "item"
    ROW = "row"
    QUOTE = "quote"
    SPEECH = "speech"


_OPENINGS = ((_Kind.HEADING, _HEADING), (_Kind.ROW, _ROW), (_Kind.QUOTE, _QUOTE), (_Kind.ITEM, _ITEM))


@dataclass(slots=True)
class _Block:
    """A run of lines, what it costs to cut before it, and the cuts inside it."""

    kind: _Kind
    start: int
    penalty: float
    end: int = 0
    inner: list[tuple[int, float]] = field(default_factory=list)


def text_places(text: str, sums: NDArray[np.int32], limit: int, *, is_chat: bool) -> Places:
    """Return where `text` may be cut into parts of weight `limit` at most; `sums` are the weights of `text[:i]`."""
    found: list[tuple[int, float]] = []
    whole: list[tuple[int, int]] = []
    for block in _blocks(text, is_chat=is_chat):
        found.append((block.start, block.penalty))
        if block.kind is not _Kind.PROSE and int(sums[block.end] - sums[block.start]) <= limit:
            whole.append((block.start, block.end))
            continue
        found += block.inner
        if block.kind is not _Kind.FENCE:
            found += [(at, _SENTENCE) for at in sentence_ends(text, block.start, block.end)]
    return Places.of(found, whole, len(text))


def is_chat(text: str) -> bool:
    """Return whether most lines of `text` open with a speaker, and there are several speakers."""
    lines = [line for line in text.split("\n") if line.strip()]
    speakers = [name for line in lines if (name := speaker_of(line)) is not None]
    return len(speakers) >= _CHAT_SHARE * len(lines) and len(set(speakers)) > 1


def speaker_of(line: str) -> str | None:
    """Return who speaks in a line `name: text` of a chat, or None."""
    match = _SPEAKER.match(line)
    if match is None or len(match[1].split()) > _MAX_SPEAKER_WORDS or not any(map(str.isalpha, match[1])):
        return None
    return match[1].strip()


def speakers(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each speech of a chat begins, and who speaks."""
    for match in _LINE.finditer(text):
        name = speaker_of(match[0])
        if name is not None:
            yield match.start(), name


def headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield place, level (1 to 6) and line of each Markdown heading of `text` that is not in a code fence."""
    fence = ""
    for match in _LINE.finditer(text):
        line = match[0]
        fence, is_code = _fence_after(line, fence)
        if not is_code and (heading := _HEADING.match(line)) is not None:
            yield match.start(), len(heading[1]), line.strip()


def _fence_after(line: str, fence: str) -> tuple[str, bool]:
    """Return the open fence after `line`, if any, and whether the line is code or a fence."""
    opening = _FENCE.match(line)
    if not fence:
        return (opening[1], True) if opening is not None else ("", False)
    closes = opening is not None and opening[1].startswith(fence) and not line[opening.end() :].strip()
    return ("" if closes else fence), True


def _blocks(text: str, *, is_chat: bool) -> Iterator[_Block]:
    """Yield the blocks of `text`; they touch, and together they are all of it."""
    block = _Block(_Kind.PROSE, 0, 0.0)
    fence, before, is_blank_before = "", "", False
    for match in _LINE.finditer(text):
        line, at = match[0], match.start()
        if not line.strip():
            is_blank_before = True
            continue
        was_code = bool(fence)
        fence, is_code = _fence_after(line, fence)
        if was_code:
            block.inner.append((at, _CODE_BLANK if is_blank_before else _CODE_LINE))
        else:
            kind = _Kind.FENCE if is_code else _kind(line, block.kind, is_chat=is_chat, is_after_blank=is_blank_before)
            if kind is None or (kind is block.kind and kind is _Kind.QUOTE):
                block.inner.append((at, _line_penalty(before, is_blank_before=is_blank_before)))
            else:
                block.end = at
                yield block
                block = _Block(kind, at, _penalty(kind, block, before, line, is_blank_before=is_blank_before))
        before, is_blank_before = line, False
    block.end = len(text)
    yield block


def _kind(line: str, current: _Kind, *, is_chat: bool, is_after_blank: bool) -> _Kind | None:
    """Return what begins at `line`, or None when it goes on with the current block."""
    if is_chat:
        return _Kind.SPEECH if speaker_of(line) is not None else None
    for kind, opening in _OPENINGS:
        if opening.match(line):
            return kind
    if current is _Kind.ITEM and (_INDENT.match(line) or not is_after_blank):
        return None
    return None if current is _Kind.PROSE and not is_after_blank else _Kind.PROSE


def _penalty(kind: _Kind, previous: _Block, before: str, line: str, *, is_blank_before: bool) -> float:
    """Return what it costs to cut between the lines `before` and `line`, where a block of `kind` begins."""
    is_in_head = _TABLE_RULE.match(line) or _TABLE_RULE.match(before)
    if previous.kind is _Kind.HEADING or is_in_head or _leads_in(before):
        return _UNDER_HEADING
    if kind is _Kind.HEADING:
        return _HEADING_COST
    if kind is _Kind.ROW:
        return _ROWS if previous.kind is _Kind.ROW else _BLOCK
    if kind is _Kind.ITEM:
        return _ROWS if _INDENT.match(line) else _BLOCK + 0.1 * (not is_blank_before)
    return _PARAGRAPH if is_blank_before or kind is not _Kind.PROSE else _FULL_LINE


def _line_penalty(before: str, *, is_blank_before: bool) -> float:
    """Return what it costs to cut inside a block after the line `before`: much in prose that is wrapped."""
    line = before.rstrip()
    if _leads_in(line):
        return _UNDER_HEADING
    if is_blank_before:
        return _PARAGRAPH
    if line.endswith(tuple(_SENTENCE_STOPS)):
        return _FULL_LINE
    return _WRAPPED if len(line) in _WRAPPED_CHARS else _LINE_COST


def _leads_in(line: str) -> bool:
    """Return whether `line` announces what follows it, as in "for example:"."""
    return line.rstrip().endswith((":", "："))
