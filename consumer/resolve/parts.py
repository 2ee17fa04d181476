"""A name taken apart: its core, and around it what writers add or leave out. Pure.

    Senator  John F. Kennedy  Jr.     Müller & Söhne  GmbH & Co. KG     Anna Berg  née Holm     Mercury (planet)
    office   core             jr      core            gmbh co kg        core       born         core    qualifier

The parts do not depend on the entity's type, which may be learnt later; what they are worth does (`judge`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from consumer.resolve.keys import exact_key, plain
from consumer.resolve.letters import has_diacritics, without_diacritics
from consumer.resolve.words import (
    ABBREVIATIONS,
    COURTESY,
    DEGREES,
    GENERATIONS,
    LEGAL_FORMS,
    NUMBER_WORDS,
    OFFICES,
    ORDINAL,
    ORDINAL_WORDS,
    WEAK_FORMS,
    roman_value,
)

_QUALIFIER = re.compile(r"(?P<outer>.*\S)\s*[(\[](?P<inner>[^()\[\]]+)[)\]]\Z")
_BORN = re.compile(r"(?<=\s)(?:née|nee|né|geb\.|geborene|z domu|born)\s+(?P<born>\S.*)\Z")
_BORN_INNER = re.compile(r"(?:née|nee|né|geb\.?|geborene|z domu|born)\s+(?P<born>\S.*)\Z", re.IGNORECASE)
_RUN = re.compile(r"\b[^\W\d_](?:\.\s?|\s)(?:[^\W\d_](?:\.\s?|\s))*[^\W\d_](?:\.|\b)(?=\s)")
_DIGIT = re.compile(r"\d")
_INVERTED_WORDS = 3
"""Most words on either side of the comma of `Kennedy, John F.`"""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one name, all as exact keys. `number` in the core is `#3` for a cardinal, `#3rd` for an ordinal."""

    exact: str
    core: tuple[str, ...]
    legal: tuple[str, ...] = ()
    is_weak_legal: bool = False
    generation: str = ""
    office: str = ""
    has_courtesy: bool = False
    had_article: bool = False
    is_inverted: bool = False
    qualifier: str = ""
    born: tuple[str, ...] = ()
    runs: frozenset[str] = frozenset()
    """Words that are several initials written together: `jf` of J. F. Kennedy, but not the name Jo."""

    @property
    def compact(self) -> str:
        """The core without white space."""
        return "".join(self.core)

    @property
    def is_plain_ascii(self) -> bool:
        """Whether its Latin letters bear no marks."""
        return not has_diacritics(self.compact)


@lru_cache(maxsize=16_384)
def parts_of(name: str) -> Parts:
    """Return the parts of `name`."""
    exact = exact_key(name)
    text = plain(name)
    qualifier, born = "", ""
    if found := _QUALIFIER.match(text):
        inner = found["inner"].strip()
        maiden = _BORN_INNER.match(inner)
        text = found["outer"]
        born, qualifier = (maiden["born"], "") if maiden else ("", exact_key(inner))
    if found := _BORN.search(text):
        born, text = found["born"], text[: found.start()].rstrip(" ,")
    text, tail, is_inverted = _comma_order(text)
    words = [*exact_key(text).split(), *tail]
    words, legal = _legal_form(words)
    office, has_courtesy, generation = "", False, ""
    if not legal:  # General Motors Company holds no office
        words, office, has_courtesy = _leading_titles(words)
        words, generation = _trailing(words)
    words, had_article = _article(words)
    return Parts(
        exact=exact,
        core=tuple(_canonical(word, index, words) for index, word in enumerate(words)),
        legal=tuple(sorted(legal)),
        is_weak_legal=bool(legal) and all(word in WEAK_FORMS for word in legal),
        generation=generation,
        office=office,
        has_courtesy=has_courtesy,
        had_article=had_article,
        is_inverted=is_inverted,
        qualifier=qualifier,
        born=tuple(exact_key(born).split()) if born else (),
        runs=frozenset(exact_key(found) for found in _RUN.findall(text)),
    )


def _comma_order(text: str) -> tuple[str, list[str], bool]:
    """Return the name in reading order, words that stood behind commas as suffixes, and whether it was turned."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    tail: list[str] = []
    while len(pieces) > 1 and all(_is_suffix(word) for word in exact_key(pieces[-1]).split()):
        tail = [*exact_key(pieces.pop()).split(), *tail]
    names = [exact_key(piece).split() for piece in pieces]
    is_name = len(pieces) == 2 and all(  # noqa: PLR2004 - what stands before and behind one comma
        0 < len(words) <= _INVERTED_WORDS and not any(_DIGIT.search(word) for word in words) for words in names
    )
    if is_name:
        return f"{pieces[1]} {pieces[0]}", tail, True
    return ", ".join(pieces), tail, False


def _is_suffix(word: str) -> bool:
    return word in GENERATIONS or word in DEGREES or word in LEGAL_FORMS or (roman_value(word) or 0) > 1


def _leading_titles(words: list[str]) -> tuple[list[str], str, bool]:
    """Return words without titles, as long as two words remain; the office, and whether there was a courtesy title."""
    office, has_courtesy = "", False
    while len(words) > 2 and (words[0] in COURTESY or words[0] in OFFICES):  # noqa: PLR2004 - a name of two words
        office = OFFICES.get(words[0], office)
        has_courtesy = has_courtesy or words[0] in COURTESY
        words = words[1:]
    return words, office, has_courtesy


def _trailing(words: list[str]) -> tuple[list[str], str]:
    """Return words without degrees and generation (Jr., Sr.; numbers stay in the core), as long as two remain."""
    generation = ""
    while len(words) > 2 and (words[-1] in DEGREES or words[-1] in GENERATIONS):  # noqa: PLR2004 - a name of two words
        generation = GENERATIONS.get(words[-1], generation)
        words = words[:-1]
    return words, generation


def _legal_form(words: list[str]) -> tuple[list[str], list[str]]:
    """Return words without the legal form at either end, and the form; a name that is nothing else keeps it."""
    legal: list[str] = []
    while len(words) > 1 and words[-1] in LEGAL_FORMS and not _DIGIT.search(words[-2]):
        legal.append(LEGAL_FORMS[words[-1]] or words[-1])
        words = words[:-1]
        if legal and len(words) > 1 and words[-1] == "and":
            words = words[:-1]
    if len(words) > 1 and words[0] in LEGAL_FORMS and not words[0].isascii():
        legal.append(words[0])
        words = words[1:]
    return _joined_form(words, legal)


def _joined_form(words: list[str], legal: list[str]) -> tuple[list[str], list[str]]:
    """Return the same, with a legal form that East Asian names carry without white space."""
    for form in LEGAL_FORMS:
        if form.isascii() or not words:
            continue
        if words[-1].endswith(form) and len(words[-1]) > len(form) + 1:
            return [*words[:-1], words[-1][: -len(form)]], [*legal, form]
        if words[0].startswith(form) and len(words[0]) > len(form) + 1:
            return [words[0][len(form) :], *words[1:]], [*legal, form]
    return words, legal


def _article(words: list[str]) -> tuple[list[str], bool]:
    return (words[1:], True) if len(words) > 1 and words[0] == "the" else (words, False)


def _canonical(word: str, index: int, words: list[str]) -> str:
    """Return a word as all its spellings are: numbers as digits, abbreviations written out."""
    is_last = index == len(words) - 1
    number = _number(word, index, is_last=is_last)
    if number:
        return number
    if word == "st":
        return "street" if is_last and index else "saint"
    return ABBREVIATIONS.get(word, word) if len(words) > 1 else word


def _number(word: str, index: int, *, is_last: bool) -> str:
    """Return `#3` for 3, three and III, `#3th` for 3rd and third; empty for another word.

    The first word is a number only in digits with their ending: One and Seven are names too. An ordinal that ends a
    name of three words is a generation, as its Roman numeral is: William Gates 3rd.
    """
    if word in ORDINAL_WORDS:
        return f"#{ORDINAL_WORDS[word]}th"
    if found := ORDINAL.match(word):
        return f"#{int(found[1])}" + ("" if is_last and index > 1 else "th")
    if not index:
        return ""
    if word in NUMBER_WORDS:
        return f"#{NUMBER_WORDS[word]}"
    value = roman_value(word) if word != "xi" and (len(word) > 1 or is_last) else None
    is_number = word.isascii() and word.isdigit()
    return f"#{word if is_number else value}" if is_number or value is not None else ""


def initials_of(words: tuple[str, ...]) -> str:
    """Return the first letters of the words, without diacritics; words like `of` and `and` are left out."""
    return "".join(without_diacritics(word)[:1] for word in words if word not in _SMALL)


def is_acronym_of(short: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether the one word of `short` is the first letters of `words`."""
    return len(short) == 1 and len(words) > 1 and len(short[0]) > 1 and short[0] == initials_of(words)


_SMALL = frozenset({"of", "and", "the", "for", "de", "la", "du", "des", "und", "für", "in"})
