"""What stands where in a text: prose, tables, code, and mail of somebody else. Pure.

Y1 Code in fences and comments in angle brackets state nothing and are left out.
Y2 A table, drawn with bars or comma-separated with a header whose words are known, is a list of records.
Y3 Lines behind `>` and what follows a forwarded message's header are somebody else's: "I" there is whom the line
   before names, or nobody.
Y4 Everything else is prose of the speaker, in order.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consumer.extract.record_keys import role_of

MAX_CELL_CHARS = 80
_FENCED = re.compile(r"^(```|~~~)[^\n]*\n.*?(?:^\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_QUOTED = re.compile(r"^\s{0,3}>+ ?")
_WROTE = re.compile(
    r"^(?:.*,\s*)?(?P<who>[^\s,<>:][^,<>:\n]{1,60}?)(?:\s*<[^>\n]*>)?\s+"
    r"(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|написал|написала)\s*:\s*$"
)
_FORWARDED = re.compile(r"^\s*-{2,}\s*(?:Forwarded|Original) message\s*-{2,}\s*$", re.IGNORECASE)
_FROM = re.compile(r"^From:\s*(?P<who>[^<\n]{2,60}?)\s*(?:<[^>\n]*>)?\s*$")
_HEADER = re.compile(r"^(?:From|To|Cc|Date|Sent|Subject):")
_FEWEST_CELLS = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text: prose of a speaker (None: nobody known), or the rows of a table."""

    text: str = ""
    speaker: str | None = None
    rows: tuple[dict[str, str], ...] = ()


def parts_of(text: str, speaker: str | None) -> Iterator[Part]:
    """Yield the parts of `text`, which `speaker` says, in order; code is left out."""
    lines = _COMMENT.sub(" ", _FENCED.sub("\n", text)).split("\n")
    gathered: list[str] = []
    who: str | None = None
    is_quoted = False
    at = 0
    while at < len(lines):
        line = lines[at]
        rows, length = _table(lines, at)
        now_quoted = _QUOTED.match(line) is not None
        if rows or now_quoted != is_quoted or _FORWARDED.match(line):
            named = _WROTE.match(gathered[-1]) if gathered and now_quoted else None
            if named is not None:
                gathered.pop()
            yield from _prose(gathered, who if is_quoted else speaker)
            gathered = []
            who = named["who"].strip() if named is not None else None
            is_quoted = now_quoted
        if rows:
            yield Part(rows=rows, speaker=speaker)
            at += length
        elif _FORWARDED.match(line):
            yield _forwarded(lines[at + 1 :])
            return
        else:
            gathered.append(_QUOTED.sub("", line))
            at += 1
    yield from _prose(gathered, who if is_quoted else speaker)


def _prose(lines: Sequence[str], speaker: str | None) -> Iterator[Part]:
    text = "\n".join(lines)
    if text.strip():
        yield Part(text, speaker)


def _forwarded(lines: Sequence[str]) -> Part:
    """Return a forwarded message without its header."""
    who = next((match["who"] for line in lines if (match := _FROM.match(line))), None)
    return Part("\n".join(line for line in lines if not _HEADER.match(line)), who)


def _table(lines: Sequence[str], at: int) -> tuple[tuple[dict[str, str], ...], int]:
    """Return the rows of the table that begins at a line, and how many lines it has; none when there is no table."""
    if "|" in lines[at] and at + 1 < len(lines) and "|" in lines[at + 1] and _RULE.match(lines[at + 1]):
        cells, first = _barred, at + 2
    elif "," in lines[at]:
        cells, first = _separated, at + 1
    else:
        return (), 0
    keys = cells(lines[at])
    if len(keys) < _FEWEST_CELLS or not all(keys) or (cells is _separated and not _is_header(keys)):
        return (), 0
    rows = []
    for line in lines[first:]:
        values = cells(line)
        if len(values) != len(keys) or any(len(value) > MAX_CELL_CHARS for value in values):
            break
        rows.append(dict(zip(keys, values, strict=True)))
    return tuple(rows), first - at + len(rows)


def _barred(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []


def _separated(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])] if "," in line else []
    except csv.Error:
        return []


def _is_header(keys: Sequence[str]) -> bool:
    """Whether comma-separated words name columns: one word each, and most of them known from records."""
    known = sum(bool(role_of(key, keys).rank) for key in keys)
    return all(" " not in key for key in keys) and 2 * known >= len(keys) and known >= _FEWEST_CELLS
