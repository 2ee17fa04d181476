"""Names of people: given names and a surname, compared name by name. Pure.

What is not known to be a person is read as one too: a name of two or more words without digits looks like it. The rules
ask for a surname in full and for one given name in full beside an initial, so that a company rarely meets them.
"""

from __future__ import annotations

from rapidfuzz.distance import OSA

from consumer.resolve.letters import without_diacritics
from consumer.resolve.parts import Parts, initials_of
from consumer.resolve.words import FULL_NAMES

_SUPPORT = 2
"""Names seen together with both that support an initial or a nickname."""

Finding = tuple[str, str, float]
"""Verdict (empty: nothing to say), reason, score."""

_NOTHING: Finding = ("", "", 0.0)


def is_like_a_person(parts: Parts) -> bool:
    """Whether the name can be given names and a surname."""
    return len(parts.core) > 1 and all(word.isalpha() for word in parts.core) and not (parts.legal or parts.had_article)


def surname(parts: Parts) -> str:
    """Return the last word, without diacritics."""
    return without_diacritics(parts.core[-1])


def maiden_form(parts: Parts) -> tuple[str, ...]:
    """Return the name before marriage: the given names and the birth name."""
    birth = parts.born
    return birth if len(birth) > 1 else (*parts.core[:-1], *birth)


def compare_persons(a: Parts, b: Parts, *, shared_context: int = 0) -> Finding:
    """Return what the given names say of two names with one surname."""
    if not (is_like_a_person(a) and is_like_a_person(b)) or surname(a) != surname(b):
        return _NOTHING
    if a.core[-1] != b.core[-1] and not (a.is_plain_ascii or b.is_plain_ascii):
        return _NOTHING
    mine, theirs = _given(a, b), _given(b, a)
    if len(mine) != len(theirs):
        return _of_other_length(mine, theirs)
    pairs = [_agreement(x, y) for x, y in zip(mine, theirs, strict=True)]
    if "no" in pairs:
        is_slip = any(OSA.distance(x, y) <= 1 for x, y in zip(mine, theirs, strict=True) if x != y)
        return ("unsure", "given name by a letter", 0.5) if is_slip else ("apart", "given names", 0.0)
    return _agreeing(pairs, has_context=shared_context >= _SUPPORT)


def _agreeing(pairs: list[str], *, has_context: bool) -> Finding:
    """Return what given names say of which none contradicts: one initial or nickname alone is not enough."""
    if "nickname" in pairs and len(set(pairs)) > 1:
        return "same", "nickname and middle name", 0.9
    if "full" in pairs:
        return "same", "middle initial", 0.92
    if pairs.count("initial") > 1:
        return "same", "initials", 0.9
    reason = "nickname" if "nickname" in pairs else "one initial"
    return ("same" if has_context else "unsure"), reason, 0.8


def _given(parts: Parts, other: Parts) -> tuple[str, ...]:
    """Return the given names; initials written together one by one, if the other name has a word for each."""
    found: list[str] = []
    wanted = initials_of(other.core[:-1])
    for word in parts.core[:-1]:
        is_run = word in parts.runs or (word == wanted and len(word) > 2)  # noqa: PLR2004 - JRR, but not Jo
        found += list(word) if is_run else [without_diacritics(word)]
    return tuple(found)


def _of_other_length(mine: tuple[str, ...], theirs: tuple[str, ...]) -> Finding:
    """A name that one has and the other has not may make them two people: John Kennedy, John Fitzgerald Kennedy."""
    if _agreement(mine[0], theirs[0]) == "no":
        return "apart", "given names", 0.0
    return "unsure", "middle name on one side", 0.7


def _agreement(one: str, other: str) -> str:
    """Return `full`, `nickname`, `initial` or `no`."""
    if one == other:
        return "full" if len(one) > 1 else "initial"
    if len(one) == 1 or len(other) == 1:
        return "initial" if one[:1] == other[:1] else "no"
    return "nickname" if FULL_NAMES.get(one, {one}) & FULL_NAMES.get(other, {other}) else "no"
