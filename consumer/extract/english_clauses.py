"""What an English clause says by its form: whether it is stated as a fact, denied, over, when, and of what. Pure.

Works on spaCy tokens (dependencies of the ClearNLP scheme that the English pipeline was trained on).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from consumer.extract.english_dates import DateMention
from consumer.extract.english_relations import HEDGES, MODALS, STATES, UNASSERTED
from consumer.model.knowledge import Polarity

_NEGATIVE = frozenset({"neg"})
_DENIALS = frozenset({"no", "not", "n't", "never", "hardly"})
_CONDITIONS = frozenset({"if", "whether", "unless", "lest"})
_NOBODY = frozenset({"no", "neither", "nobody", "none"})
_ANY_MORE = frozenset({"anymore", "more", "longer"})
_PRESENT = frozenset({"VBP", "VBZ", "VBG"})
_UNITS = "week|month|year|spring|summer|autumn|fall|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_FUTURE = re.compile(
    rf"\b(?:tomorrow|soon|next (?:{_UNITS})|later this (?:{_UNITS})"
    r"|in (?:a|an|one|two|three|\d+) (?:day|week|month|year)s?)\b",
    re.IGNORECASE,
)
_MAX_DEPTH = 4
_NOT_IN_FRONT = 10
"""Characters from a `not` to the date it denies: `not since 2019`."""


def dates_between(
    dates: list[DateMention], sentence_start: int, verb_at: int, next_verb_at: int, *, is_first: bool
) -> list[DateMention]:
    """Return the dates that belong to one verb: those behind it, and before the first verb those ahead of all."""
    return [
        date
        for date in dates
        if verb_at <= sentence_start + date.start < next_verb_at or (is_first and sentence_start + date.start < verb_at)
    ]


def targets(lemma: str, child: Any) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield what a verb acts on through one of its children: (lemma, preposition) and the token."""
    if child.dep_ == "dobj":
        yield from (((lemma, ""), target) for target in (child, *child.conjuncts))
    elif child.dep_ in {"prep", "agent"} and not _is_denied(child):
        yield from (((lemma, child.lower_), target) for target in objects(child))
    elif child.dep_ == "advmod" or child.lower_ == "married":
        action = "marry" if child.lower_ == "married" else lemma
        for preposition in child.children:
            if preposition.dep_ == "prep":
                yield from (((action, preposition.lower_), target) for target in objects(preposition))


def is_definite(noun: Any) -> bool:
    """Whether `the` stands before the noun."""
    return any(child.dep_ == "det" and child.lower_ == "the" for child in noun.children)


def objects(preposition: Any) -> Iterator[Any]:
    """Yield what a preposition governs, joined nouns included."""
    for child in preposition.children:
        if child.dep_ == "pobj" and not _is_denied(child):
            yield child
            yield from (joined for joined in child.conjuncts if not _is_denied(joined))


def _is_denied(word: Any) -> bool:
    """Whether `not` stands right before: `in Bergen, not in Oslo`, `in Bergen, not Oslo`."""
    return bool(word.i > 0 and word.nbor(-1).lower_ == "not")


def is_former(noun: Any) -> bool:
    """Whether the noun names what somebody is no more: `former director`."""
    return any(child.lower_ in {"former", "previous", "erstwhile"} for child in noun.children)


def is_used_to(verb: Any) -> bool:
    """Whether `verb` is what somebody used to do: told as over."""
    return bool(verb.dep_ == "xcomp" and verb.head.lower_ == "used" and verb.head.tag_ == "VBD")


def is_past_state(verb: Any, dates: Sequence[DateMention]) -> bool:
    """Whether `verb` tells in the simple past, and without a date, of a state that could have gone on: `lived in`."""
    has_auxiliary = any(child.dep_ in {"aux", "auxpass"} for child in verb.children)
    return bool(verb.tag_ == "VBD" and verb.lemma_.lower() in STATES and not has_auxiliary and not dates)


def negation(verb: Any, dates: Sequence[DateMention] = ()) -> str:
    """Return `not`, `no longer` or nothing, by the adverbs of the verb and of its complement (`no longer married`).

    `not … any more` is `no longer`; `nobody`, `neither … nor` and `no …` in front are `not`. A `not` in front of a
    wrong date, among the `dates` of the sentence, denies that date alone.
    """
    own = [*verb.children, *(word for child in verb.children if child.dep_ == "acomp" for word in child.children)]
    start = verb.sent.start_char
    of_dates = [start + date.start for date in dates if date.role == "wrong"]
    denials = {
        word.lower_
        for word in own
        if (word.dep_ in _NEGATIVE or word.lower_ in _DENIALS)
        and not any(0 <= at - word.idx <= _NOT_IN_FRONT for at in of_dates)
    }
    for word in own:
        if word.lower_ == "longer" and (denials or any(below.lower_ in _DENIALS for below in word.children)):
            return "no longer"
        if denials and word.lower_ in _ANY_MORE and (word.lower_ == "anymore" or word.nbor(-1).lower_ == "any"):
            return "no longer"
    return "not" if denials or _is_about_nobody(verb) else ""


def _is_about_nobody(verb: Any) -> bool:
    subjects = [child for child in verb.children if child.dep_ in {"nsubj", "nsubjpass"}]
    return any(
        word.lower_ in _NOBODY
        for subject in subjects
        for word in (subject, *(child for child in subject.children if child.dep_ in {"det", "preconj", "cc", "neg"}))
    )


def is_asserted(verb: Any) -> bool:
    """Whether the clause of `verb` is stated as a fact.

    No modal, no condition, nobody's mere thought, no order, no rumour, and nothing that is still to come.
    """
    clauses = (verb, *(child for child in verb.children if child.dep_ == "advcl"))
    is_conditional = any(
        child.dep_ == "mark" and child.lower_ in _CONDITIONS for clause in clauses for child in clause.children
    )
    is_intended = verb.lower_ == "going" and any(child.dep_ == "xcomp" for child in verb.children)
    if is_conditional or is_intended or _has_modal(verb) or _is_hedged(verb) or _is_to_come(verb):
        return False
    governed, is_ordered = verb, False
    for _ in range(_MAX_DEPTH):
        if governed.dep_ not in {"ccomp", "xcomp", "advcl", "conj", "pcomp"} or governed.head is governed:
            break
        governor = governed.head
        is_content = governed.dep_ in {"ccomp", "xcomp"}
        if is_content and (governor.lemma_.lower() in UNASSERTED or negation(governor) == "not"):
            return False
        if _has_modal(governor):
            return False
        is_ordered = is_ordered or is_content
        if is_ordered and _is_order(governor):
            return False
        governed = governor
    return True


def _is_hedged(verb: Any) -> bool:
    return any(child.lower_ in HEDGES for child in verb.children)


def _is_to_come(verb: Any) -> bool:
    """Whether a present tense stands beside a time to come: `moves next week`, `is moving soon`."""
    return verb.tag_ in _PRESENT and _FUTURE.search(verb.sent.text) is not None


def _is_order(verb: Any) -> bool:
    """Whether `verb` is an imperative: what it asks to be said is not said."""
    return verb.tag_ == "VB" and not any(
        child.dep_ in {"nsubj", "nsubjpass", "aux", "auxpass"} for child in verb.children
    )


def _has_modal(verb: Any) -> bool:
    return any(child.dep_ in {"aux", "auxpass"} and child.lower_ in MODALS for child in verb.children)


def interval(dates: Sequence[DateMention], polarity: Polarity) -> tuple[datetime | None, datetime | None]:
    """Return start and end that the dates of a sentence give a fact; more than it takes say nothing."""
    since = [d.at for d in dates if d.role == "since"]
    until = [d.at for d in dates if d.role == "until"]
    at = [d.at for d in dates if d.role == "at"]
    if polarity is Polarity.ENDS:
        ended = at or until or since
        return None, ended[0] if len(ended) == 1 else None
    start = since or at
    valid_at = start[0] if len(start) == 1 else None
    invalid_at = until[0] if len(until) == 1 else None
    if valid_at is not None and invalid_at is not None and invalid_at <= valid_at:
        return None, None
    return valid_at, invalid_at


def correction(
    dates: Sequence[DateMention], valid_at: datetime | None, invalid_at: datetime | None, polarity: Polarity
) -> datetime | None:
    """Return the date that the right one of a sentence stands in place of; None where there is no right one."""
    right = invalid_at if polarity is Polarity.ENDS else valid_at
    wrong = {d.at for d in dates if d.role == "wrong"} - {right}
    return next(iter(wrong)) if right is not None and len(wrong) == 1 else None
