"""Whether two names mean the same thing, by rules alone. Pure, symmetric, and sure before it says `SAME`.

Evidence is weighed for precision: a wrong merge mixes the facts of two things and is seen late, a missed one leaves a
duplicate that anybody can merge. Order of the rules: what keeps names apart (kinds, digits, ordinals and numerals,
Jr. and Sr., qualifiers, legal forms, scripts), then what makes them one (exact key, folded parts, spacing, diacritics,
given names), then what is only worth asking somebody (`UNSURE`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from consumer.model.knowledge import DEFAULT_TYPE
from consumer.resolve.kinds import Kind, are_apart, kind_of
from consumer.resolve.letters import as_digraphs, digits, foreign_words, ordinals, without_diacritics
from consumer.resolve.parts import Parts, is_acronym_of, parts_of
from consumer.resolve.persons import compare_persons, maiden_form

ASK_SCORE = 85.0
"""rapidfuzz's token-set ratio from which two names are worth asking about."""

_SHORT = 5
"""Fewer letters than this are no evidence when white space or a mark is folded."""

_LONG_WORD = 8
"""From this length on, two letters changed over are a slip of the pen and not another word."""


class Verdict(StrEnum):
    """What the rules say of a pair."""

    SAME = "same"
    UNSURE = "unsure"
    UNLIKE = "unlike"
    APART = "apart"
    """Known to be two things: also keeps them out of one entity that a third name would make."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the rule it comes from, and its score from 0 to 1 (of `SAME` and `UNSURE`)."""

    verdict: Verdict
    reason: str
    score: float = 0.0


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """A name as written, and the type of what bears it; `Entity` when it is not known."""

    name: str
    type: str = DEFAULT_TYPE


@lru_cache(maxsize=16_384)
def judge(one: Named, other: Named, *, shared_context: int = 0) -> Judgement:
    """Return what the rules say of two names.

    `shared_context`: how many other names both were seen together with; two or more support an initial or a nickname.
    The write has no such evidence and gives none (docs/decisions/0011).
    """
    first, second = sorted((one, other))
    a, b = parts_of(first.name), parts_of(second.name)
    types = first.type, second.type
    if are_apart(kind_of(first.type), kind_of(second.type)):
        return Judgement(Verdict.APART, "kinds")
    if a.exact == b.exact:
        return Judgement(Verdict.SAME, "exact", 1.0)
    return _kept_apart(a, b) or _made_one(a, b, types, shared_context) or _worth_asking(a, b)


def _kept_apart(a: Parts, b: Parts) -> Judgement | None:
    """What no likeness outweighs."""
    rules = {
        "digits": digits(a.core) != digits(b.core),
        "ordinals": ordinals(a.core) != ordinals(b.core),
        "generation": _differ(a.generation, b.generation),
        "qualifier": _differ(a.qualifier, b.qualifier),
        "maiden name": _differ(a.born, b.born),
        "legal form": a.core == b.core and _differ(a.legal, b.legal),
    }
    reason = next((reason for reason, holds in rules.items() if holds), "")
    return Judgement(Verdict.APART, reason) if reason else _scripts(a, b)


def _differ(one: str | tuple[str, ...], other: str | tuple[str, ...]) -> bool:
    """Whether both say something, and not the same."""
    return bool(one and other and one != other)


def _scripts(a: Parts, b: Parts) -> Judgement | None:
    """Words outside Latin must be the same; a name in one script and one in another may be the same thing."""
    mine, theirs = foreign_words(a.core), foreign_words(b.core)
    if "".join(mine) == "".join(theirs):
        return None
    if mine and theirs:
        ratio = fuzz.ratio("".join(mine), "".join(theirs))
        is_part = "".join(mine) in "".join(theirs) or "".join(theirs) in "".join(mine)
        if is_part or ratio >= ASK_SCORE:
            return Judgement(Verdict.UNSURE, "other letters", ratio / 100)
        return Judgement(Verdict.APART if ratio else Verdict.UNLIKE, "other letters")
    return Judgement(Verdict.UNLIKE, "another script")


def _made_one(a: Parts, b: Parts, types: tuple[str, str], shared_context: int) -> Judgement | None:
    """What makes two names one, the strongest evidence first."""
    kinds = kind_of(types[0]), kind_of(types[1])
    doubt = _doubt(a, b, types)
    found = _folded(a, b, kinds) or _explained(a, b) or _slip(a, b)
    if found is None and not {Kind.PLACE, Kind.ORGANISATION, Kind.THING} & set(kinds):
        verdict, reason, score = compare_persons(a, b, shared_context=shared_context)
        found = Judgement(Verdict(verdict), reason, score) if verdict else None
    if found is not None and found.verdict is Verdict.SAME and doubt:
        return Judgement(Verdict.UNSURE, doubt, found.score)
    return found


def _doubt(a: Parts, b: Parts, types: tuple[str, str]) -> str:
    """Return why a likeness of the cores is not enough; empty when it is."""
    known = {kind_of(label) for label in types} - {Kind.OTHER}
    is_legal_on_one_side = bool(a.legal) != bool(b.legal)
    stated = a if a.legal else b
    is_word = stated.is_weak_legal or len(stated.compact) < _SHORT - 1
    is_one_type = types[0] == types[1] != DEFAULT_TYPE
    is_bare_article = a.had_article != b.had_article and len(a.core) == 1 and len(a.compact) < _LONG_WORD
    rules = {
        "generation on one side": bool(a.generation) != bool(b.generation),
        "qualifier on one side": bool(a.qualifier) != bool(b.qualifier) and not _defines(a, b),
        "two offices": _differ(a.office, b.office),
        "legal form of no organisation": is_legal_on_one_side and known - {Kind.ORGANISATION},
        "legal form that may be a word": is_legal_on_one_side and is_word and Kind.ORGANISATION not in known,
        "article on one side": is_bare_article and not is_one_type,
        "comma": a.is_inverted != b.is_inverted and known - {Kind.PERSON},
    }
    return next((reason for reason, holds in rules.items() if holds), "")


def _folded(a: Parts, b: Parts, kinds: tuple[Kind, Kind]) -> Judgement | None:
    """Cores that are equal, but for white space or diacritics."""
    if a.core == b.core:
        return Judgement(Verdict.SAME, "parts", 0.98)
    if _compact(a) == _compact(b):
        is_enough = len(_compact(a)) >= _SHORT or any(char.isdigit() for char in a.compact)
        return Judgement(Verdict.SAME if is_enough else Verdict.UNSURE, "spacing", 0.95)
    if not _equal_without_marks(_compact(a), _compact(b)):
        return None
    if not (a.is_plain_ascii or b.is_plain_ascii):
        return Judgement(Verdict.APART, "diacritics on both sides")
    is_enough = len(a.compact) > _SHORT or len(a.core) > 1 or kinds[0] is kinds[1] is Kind.PLACE
    return Judgement(Verdict.SAME if is_enough else Verdict.UNSURE, "diacritics", 0.93)


def _compact(parts: Parts) -> str:
    """Return the core in one piece; letters outside Latin as their writers may leave them."""
    return "".join(foreign_words((word,))[0] if foreign_words((word,)) else word for word in parts.core).replace(
        "#", ""
    )


def _equal_without_marks(one: str, other: str) -> bool:
    return bool({without_diacritics(one), as_digraphs(one)} & {without_diacritics(other), as_digraphs(other)})


def _explained(a: Parts, b: Parts) -> Judgement | None:
    """One name explains the other: IBM (International Business Machines), Anna Berg née Holm."""
    if _defines(a, b):
        return Judgement(Verdict.SAME, "explained", 0.95)
    for full, other in ((a, b), (b, a)):
        if full.born and not other.born and other.core == maiden_form(full):
            return Judgement(Verdict.SAME, "maiden name", 0.9)
    return None


def _defines(a: Parts, b: Parts) -> bool:
    """Whether one has the other as its qualifier, and the two are an acronym and its words."""
    for full, other in ((a, b), (b, a)):
        if full.qualifier and not other.qualifier:
            inner = parts_of(full.qualifier).core
            is_acronym = is_acronym_of(full.core, inner) or is_acronym_of(inner, full.core)
            if is_acronym and other.core in {inner, full.core}:
                return True
    return False


def _slip(a: Parts, b: Parts) -> Judgement | None:
    """Two letters of one long Latin word changed over; every other word is the same."""
    if len(a.core) != len(b.core):
        return None
    differing = [(x, y) for x, y in zip(a.core, b.core, strict=True) if x != y]
    if len(differing) != 1:
        return None
    x, y = differing[0]
    is_long = min(len(x), len(y)) >= _LONG_WORD and x.isalpha() and x[0] == y[0] and not foreign_words((x, y))
    if is_long and sorted(x) == sorted(y) and OSA.distance(x, y) == 1:
        return Judgement(Verdict.SAME, "letters changed over", 0.9)
    return None


def _worth_asking(a: Parts, b: Parts) -> Judgement:
    """What stays: likely enough to ask about, or nothing."""
    if is_acronym_of(a.core, b.core) or is_acronym_of(b.core, a.core):
        return Judgement(Verdict.UNSURE, "acronym", 0.6)
    if a.born != b.born and set(a.core) & set(b.core):
        return Judgement(Verdict.UNSURE, "maiden name", 0.5)
    score = fuzz.token_set_ratio(" ".join(a.core), " ".join(b.core))
    if score >= ASK_SCORE:
        return Judgement(Verdict.UNSURE, "similar", score / 100)
    return Judgement(Verdict.UNLIKE, "unlike")
