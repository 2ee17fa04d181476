"""How right an answer to a golden case is, field by field. Pure.

J1 Names are one by `name_key`, an accepted alias counts as the name; whatever is no entity of the case is itself.
J2 A fact is found when its triple is: a relation by its own name, by the vocabulary's or the case's other names, or
   turned round where the vocabulary has an inverse. Each expected fact is found once; a second telling is wrong.
J3 Dates (that of a correction too), polarity and exclusive side are judged on found facts only. A date is right within
   the span that the case gives; one where the case has none is wrong.
J4 Polarity asks whether it is over: an end that is not after the reference time says so as `ends` does.
J5 What the case allows (`may_…`) is neither right nor wrong; everything else that is said and not expected is wrong.
J6 What the case forbids counts for itself: right when it is not said, wrong when it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from consumer.bench.tally import Tally
from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Knowledge, Polarity, relation_name
from consumer.testing.golden_case import (
    ANYTHING,
    ExpectedFact,
    ForbiddenFact,
    GoldenCase,
    RelationWords,
    Vocabulary,
    span_of,
)

FIELDS = ("entity", "type", "fact", "valid_at", "invalid_at", "instead_of", "polarity", "exclusive", "forbidden")
"""Fields in the order of reports."""

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class CaseScore:
    """The tallies of one case by field, and in words what was not right."""

    case: GoldenCase
    tallies: dict[str, Tally]
    problems: tuple[str, ...] = ()


def score_case(case: GoldenCase, said: Knowledge, vocabulary: Vocabulary | None = None) -> CaseScore:
    """Return how right `said` is as the answer to `case`."""
    return _Judge(case, vocabulary or Vocabulary()).score(said)


@dataclass(slots=True)
class _Judge:
    """Judges one answer to one case."""

    case: GoldenCase
    vocabulary: Vocabulary
    names: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in (*self.case.entities, *self.case.may_entities):
            for name in (one.name, *one.also):
                self.names[name_key(name)] = one.name

    def score(self, said: Knowledge) -> CaseScore:
        """Return the tallies and problems of `said`."""
        tallies = self._entities(said)
        found, unexpected = self._paired(said.assertions)
        tallies["fact"] = Tally(len(found), len(unexpected), len(self.case.facts) - len(found))
        self.problems += [f"missed {_shown(self._triple(one))}" for one in self._not_in(found)]
        self.problems += [f"wrong {_shown(self._said(one))}" for one in unexpected]
        for name in FIELDS[FIELDS.index("valid_at") : FIELDS.index("forbidden")]:
            tallies[name] = Tally()
        for expected, one in found:
            self._details(expected, one, tallies)
        tallies["forbidden"] = self._forbidden(said, unexpected)
        return CaseScore(self.case, tallies, tuple(self.problems))

    def _name(self, name: str) -> str:
        return self.names.get(name_key(name), name_key(name))

    def _entities(self, said: Knowledge) -> dict[str, Tally]:
        expected = {one.name: one for one in self.case.entities}
        allowed = {one.name for one in self.case.may_entities}
        found: set[str] = set()
        wrong = types_right = types_wrong = 0
        for mention in said.mentions:
            name = self._name(mention.name)
            if name in allowed:
                continue
            if name not in expected or name in found:
                wrong += 1
                self.problems.append(f"wrong entity {mention.name}")
                continue
            found.add(name)
            right = expected[name]
            if right.type == "Entity":
                continue
            if mention.type in {right.type, *right.types, *self.vocabulary.types.get(right.type, ())}:
                types_right += 1
            else:
                types_wrong += 1
                self.problems.append(f"{mention.name} is {mention.type}, not {right.type}")
        self.problems += [f"missed entity {name}" for name in expected if name not in found]
        return {
            "entity": Tally(len(found), wrong, len(expected) - len(found)),
            "type": Tally(types_right, types_wrong, types_wrong),
        }

    def _paired(self, assertions: Iterable[Assertion]) -> tuple[list[tuple[ExpectedFact, Assertion]], list[Assertion]]:
        """Return expected facts with what tells them, best tellings first, and what is neither expected nor allowed."""
        left = list(assertions)
        pairs = [
            (self._likeness(expected, one), -place, number)
            for place, expected in enumerate(self.case.facts)
            for number, one in enumerate(left)
            if self._tells(one, expected)
        ]
        paired: dict[int, int] = {}
        for _, place, number in sorted(pairs, reverse=True):
            if -place not in paired and number not in paired.values():
                paired[-place] = number
        found = [(self.case.facts[place], left[number]) for place, number in sorted(paired.items())]
        rest = [one for number, one in enumerate(left) if number not in paired.values()]
        return found, [one for one in rest if not any(self._tells(one, allowed) for allowed in self.case.may_facts)]

    def _not_in(self, found: list[tuple[ExpectedFact, Assertion]]) -> list[ExpectedFact]:
        there = Counter(id(expected) for expected, _ in found)
        return [expected for expected in self.case.facts if not there[id(expected)]]

    def _likeness(self, expected: ExpectedFact, one: Assertion) -> int:
        """Return how many details of a telling are right: which of two tellings of one triple is meant."""
        return (
            self._is_date_right(expected.valid_at, one.valid_at)
            + self._is_date_right(expected.invalid_at, one.invalid_at)
            + (self._is_over(expected) == self._says_over(one))
        )

    def _tells(self, one: Assertion, expected: ExpectedFact) -> bool:
        """Whether an assertion has the triple of `expected` (J2)."""
        told = self._said(one)
        subject, relation, target = self._triple(expected)
        if self._is_relation(told, relation, (subject, target), expected.also):
            return True
        return any(
            told == (self._name(one), relation_name(other), self._name(two)) for one, other, two in expected.instead
        )

    def _is_relation(self, told: Triple, relation: str, ends: tuple[str, str], also: Iterable[str]) -> bool:
        words = self.vocabulary.relations.get(relation, RelationWords())
        forwards = {relation, *words.also, *map(relation_name, also)}
        backwards = forwards if words.symmetric else set(words.inverse)
        subject, said, target = told
        is_forwards = (subject, target) == ends and said in forwards
        return is_forwards or ((target, subject) == ends and said in backwards)

    def _details(self, expected: ExpectedFact, one: Assertion, tallies: dict[str, Tally]) -> None:
        shown = _shown(self._triple(expected))
        for name, right, told in (
            ("valid_at", expected.valid_at, one.valid_at),
            ("invalid_at", expected.invalid_at, one.invalid_at),
            ("instead_of", expected.instead_of, one.instead_of),
        ):
            is_right = self._is_date_right(right, told)
            tallies[name] += Tally(
                int(is_right and right is not None),
                int(not is_right and told is not None),
                int(not is_right and right is not None),
            )
            if not is_right:
                self.problems.append(f"{shown}: {name} {told} is not {right}")
        self._judged("polarity", shown, tallies, is_right=self._is_over(expected) == self._says_over(one))
        if expected.exclusive is not None:
            self._judged("exclusive", shown, tallies, is_right=expected.exclusive is one.exclusive)

    def _judged(self, name: str, shown: str, tallies: dict[str, Tally], *, is_right: bool) -> None:
        tallies[name] += Tally(1) if is_right else Tally(0, 1, 1)
        if not is_right:
            self.problems.append(f"{shown}: wrong {name}")

    def _is_date_right(self, right: str | None, told: datetime | None) -> bool:
        if right is None or told is None:
            return right is None and told is None
        return told in span_of(right, self.case.zone)

    def _is_over(self, expected: ExpectedFact) -> bool:
        ended = None if expected.invalid_at is None else span_of(expected.invalid_at, self.case.zone).start
        return self._over(expected.polarity, ended)

    def _says_over(self, one: Assertion) -> bool:
        return self._over(one.polarity, one.invalid_at)

    def _over(self, polarity: Polarity, ended: datetime | None) -> bool:
        return polarity is Polarity.ENDS or (ended is not None and ended <= self.case.reference_time)

    def _forbidden(self, said: Knowledge, unexpected: Iterable[Assertion]) -> Tally:
        names = {self._name(mention.name) for mention in said.mentions}
        told = [self._said(one) for one in unexpected]
        wrong = [f"forbidden entity {name}" for name in self.case.not_entities if self._name(name) in names]
        wrong += [
            f"forbidden {forbidden.subject} {forbidden.relation} {forbidden.object}"
            for forbidden in self.case.not_facts
            if any(self._is_forbidden(triple, forbidden) for triple in told)
        ]
        self.problems += wrong
        return Tally(len(self.case.not_entities) + len(self.case.not_facts) - len(wrong), len(wrong), len(wrong))

    def _is_forbidden(self, told: Triple, forbidden: ForbiddenFact) -> bool:
        """Whether `told` is what must not be said; with any relation, also the other way round."""
        subject, _, target = told
        wanted = [ANYTHING if end == ANYTHING else self._name(end) for end in (forbidden.subject, forbidden.object)]
        for ends in ((subject, target), (target, subject)):
            one, other = (end if want == ANYTHING else want for want, end in zip(wanted, ends, strict=True))
            if forbidden.relation == ANYTHING:
                if (one, other) == ends:
                    return True
            elif self._is_relation(told, relation_name(forbidden.relation), (one, other), ()):
                return True
        return False

    def _triple(self, fact: ExpectedFact) -> Triple:
        return self._name(fact.subject), relation_name(fact.relation), self._name(fact.object)

    def _said(self, one: Assertion) -> Triple:
        return self._name(one.subject), relation_name(one.relation), self._name(one.object)


def _shown(triple: Triple) -> str:
    return " ".join(triple)
