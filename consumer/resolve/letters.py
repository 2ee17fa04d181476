"""Letters of a name: scripts, diacritics, and the digits that no rule may overlook. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_OTHER_SCRIPTS = str.maketrans({"ё": "е", "ٱ": "ا", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": None})
"""Letters outside Latin that writers leave to the reader: ё for е, alef with its hamza."""

_DIGRAPHS = re.compile(r"(?<=[aou])e|(?<=a)a")
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")


@lru_cache(maxsize=16_384)
def script(char: str) -> str:
    """Return the script of a letter by its Unicode name, e.g. `LATIN`, `CJK`."""
    return unicodedata.name(char, "?").split(" ", 1)[0].split("-", 1)[0]


def foreign_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words with a letter outside the Latin script, as their writers may leave them."""
    return tuple(unmarked(word) for word in words if any(char.isalpha() and script(char) != "LATIN" for char in word))


def unmarked(word: str) -> str:
    """Return a word outside Latin without vowel signs that may be left out (Arabic, Hebrew), and ё as е."""
    text = unicodedata.normalize("NFC", word).translate(_OTHER_SCRIPTS)
    kept = (char for char in text if not (unicodedata.category(char) == "Mn" and script(char) in {"ARABIC", "HEBREW"}))
    return "".join(kept)


def without_diacritics(text: str) -> str:
    """Return Latin letters without their marks: Müller is muller. Letters of other scripts keep theirs."""
    decomposed = unicodedata.normalize("NFD", text.translate(_SPECIAL))
    kept: list[str] = []
    base = ""
    for char in decomposed:
        if unicodedata.category(char) == "Mn":
            if base and script(base) == "LATIN":
                continue
        else:
            base = char
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def as_digraphs(text: str) -> str:
    """Return the text with umlauts written as two letters: Müller is mueller."""
    return without_diacritics(text.translate(_UMLAUTS))


def has_diacritics(text: str) -> bool:
    """Whether a Latin letter of the text bears a mark, or is one that ASCII lacks."""
    return without_diacritics(text) != text


def collapsed(text: str) -> str:
    """Return a form in which both ways of leaving out diacritics are equal: Müller, Muller, Mueller."""
    return _DIGRAPHS.sub("", without_diacritics(text))


def digits(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return all numbers of the words in order; those that words or Roman numerals spell come as digits too."""
    return tuple(found for word in words for found in _DIGITS.findall(word))


def ordinals(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ordinals among canonical words (`#3th`): the third is not three."""
    return tuple(word for word in words if word[0] == "#" and word.endswith("th"))
