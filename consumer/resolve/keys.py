"""The exact key of a name: what is left when writing habits are folded away and nothing else. Pure.

NFKC, casefold, white space, apostrophes, dashes and most punctuation folded; no ASCII filter. Punctuation that tells
things apart stays: `C++` and `C#`, `.NET`, `3.1` and `31`, `-5`, `10:30`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from consumer.model.ids import name_key

_MARKS = str.maketrans("", "", "™®©℠℗")
"""Taken away before NFKC, which would make the letters TM of a trade mark."""

_APOSTROPHES = "'’‘ʼʻ`´＇′"
_DASHES = re.compile(r"[-‐‑‒–—―−_﹘﹣－]+")
_AFTER_LETTER = re.compile(rf"(?<=[^\W\d_])[{_APOSTROPHES}]")
_INNER_DOT = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
"""The dots of `U.S.A`: single letters on both sides."""
_TOKEN = re.compile(
    r"""
    -?\d+(?:[.,:/]\d+)*      # a number keeps the marks between its digits
    | \.?[^\W\d_]            # a letter, with a dot before it at the start of a word (.NET)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_KEPT = frozenset("#*@%§")
"""Punctuation that is part of a name: C#, A*, @alice."""


def plain(name: str) -> str:
    """Return `name` in NFKC, without marks of ownership, invisible characters and doubled white space; case stays."""
    text = unicodedata.normalize("NFKC", name.translate(_MARKS))
    return " ".join("".join(char for char in text if unicodedata.category(char) != "Cf").split())


@lru_cache(maxsize=16_384)
def exact_key(name: str) -> str:
    """Return the exact key of `name`; equal keys are the same name written otherwise.

    A name of nothing but folded punctuation keeps its `name_key`, so that `!!!` and `???` stay apart.
    """
    text = unicodedata.normalize("NFKC", plain(name).casefold())
    text = _AFTER_LETTER.sub("", text).replace("&", " and ")
    text = _INNER_DOT.sub("", text)
    text = _DASHES.sub(_dash, text)
    folded = "".join(_folded(match, text) for match in _TOKEN.finditer(text))
    return " ".join(_join_letters(folded.split())) or name_key(name)


def _dash(match: re.Match[str]) -> str:
    """Return white space for a dash, but a minus for one that begins a number."""
    text, start, end = match.string, match.start(), match.end()
    begins = start == 0 or text[start - 1].isspace()
    return "-" if begins and text[end : end + 1].isdigit() else " "


def _folded(match: re.Match[str], text: str) -> str:
    """Return one piece of the name, or white space for punctuation."""
    piece = match.group()
    if piece[0] == "." and len(piece) > 1:
        begins = match.start() == 0 or text[match.start() - 1].isspace()
        return piece if begins else f" {piece[1:]}"
    if piece[0] == "-" and len(piece) > 1:
        begins = match.start() == 0 or text[match.start() - 1].isspace()
        return piece if begins else f" {piece[1:]}"
    is_word = len(piece) > 1 or piece in _KEPT or unicodedata.category(piece)[0] in "LMNS"
    return piece if is_word else " "


def _join_letters(words: list[str]) -> list[str]:
    """Return words with runs of single Latin letters joined: `j r r tolkien` is `jrr tolkien`."""
    joined: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isascii() and word.isalpha():
            run += word
            continue
        if run:
            joined.append(run)
            run = ""
        joined.append(word)
    return [*joined, run] if run else joined
