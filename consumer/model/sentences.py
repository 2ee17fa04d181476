"""Where prose may be cut: after sentences of any script, else between words, else between graphemes. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_CLOSING = "\"'»”’)\\]」』）】〉》"
_SENTENCE_END = re.compile(
    rf"[.!?…]+[{_CLOSING}]*(?=\s)[^\S\n]*\n?"  # scripts with spaces
    rf"|[؟۔।॥።։။។៕]+[{_CLOSING}]*[^\S\n]*\n?"  # Arabic, Urdu, Hindi, Amharic, Armenian, Burmese, Khmer
    rf"|[。！？｡]+[{_CLOSING}]*[^\S\n]*\n?"  # Chinese, Japanese
)
_WORD_END = re.compile(r"\s+|[、，；：،؛]+\s*")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]*\Z")
_LOOK_BACK = 24
_ABBREVIATIONS = re.compile(
    r"mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|cf|nos?|vol|figs?|al|approx|dept|est|inc|ltd|co|corp|gen|col|capt|lt"
    r"|sgt|sen|rep|gov|rev|hon|ave|blvd|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|u\.s|u\.k|a\.m|p\.m|ca"
    r"|bzw|z\.b|d\.h|u\.a|evtl|ggf|hr|fr|nr|str|tel|sra|srta|uds?|av|mme|mlle|ул|им|т\.е",
    re.IGNORECASE,
)
"""What a full stop behind does not end the sentence: English, and the commonest of German, Spanish, French, Russian."""

_VIRAMAS = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2")
_ZWJ = "\u200d"
_SARA_AM = frozenset("\u0e33\u0eb3")


def sentence_ends(text: str, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Yield, rising, where the next sentence begins within `text[start:end]`; spaces stay with the sentence before.

    No end: an abbreviation, an initial, a number of a list, a decimal, or a mark before a small letter ("What?" he
    said).
    """
    stop = len(text) if end is None else end
    for match in _SENTENCE_END.finditer(text, start, stop):
        at = match.end()
        if at >= stop or text[at].islower() or not is_grapheme_start(text, at):
            continue
        if text[match.start()] == "." and _is_abbreviation(text, match.start(), start):
            continue
        yield at


def _is_abbreviation(text: str, stop: int, start: int) -> bool:
    if text.startswith("..", stop):
        return False
    found = _LAST_WORD.search(text[max(start, stop - _LOOK_BACK) : stop])
    word = "" if found is None else found[0]
    if len(word) == 1:
        return word.isupper()  # an initial; a single small letter or digit ends a sentence ("section 3.")
    return _ABBREVIATIONS.fullmatch(word) is not None


def word_cut(text: str, start: int, target: int, end: int) -> int | None:
    """Return the cut between words that is nearest to `target` in the outer half of `text[start:end]`, or None."""
    lowest = start + max((target - start) // 2, 1)
    best: int | None = None
    for match in _WORD_END.finditer(text, lowest, end):
        if match.end() >= end and match.end() < len(text):
            break  # the run of spaces may go on beyond the window
        if not is_grapheme_start(text, match.end()):
            continue
        if best is not None and abs(best - target) <= abs(match.end() - target):
            break
        best = match.end()
    return best


def is_grapheme_start(text: str, at: int, since: int = 0) -> bool:
    """Return whether a cut at `at` parts no grapheme: an approximation of UAX #29 that never cuts where it would not.

    `since` is a cut before, from which on pairs of flag letters are counted.

    Source: Unicode Standard Annex #29, rules GB3 to GB13.
    """
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before in "\r\n" or (before.isascii() and after.isascii()):
        return not (before == "\r" and after == "\n")
    return not (
        _ZWJ in {before, after}
        or _extends(after)
        or (before in _VIRAMAS and unicodedata.category(after) == "Lo")
        or (_is_jamo(before) and "\u1100" <= after <= "\u11ff")
        or (_is_flag_letter(after) and _flag_letters_before(text, at, since) % 2)
    )


def _extends(char: str) -> bool:
    """Return whether `char` belongs to the one before it: a combining mark, a skin tone, part of a flag."""
    is_mark = unicodedata.category(char)[0] == "M" or char in _SARA_AM
    return is_mark or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _is_jamo(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_letters_before(text: str, at: int, since: int) -> int:
    first = at
    while first > since and _is_flag_letter(text[first - 1]):
        first -= 1
    return at - first
