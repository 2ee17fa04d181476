"""What English verbs and nouns mean as relations: names, exclusive sides, types of the ends. Tables, pure lookups."""

from __future__ import annotations

from dataclasses import dataclass

from consumer.extract.words import words
from consumer.model.knowledge import Exclusive, Polarity, relation_name


@dataclass(frozen=True, slots=True)
class Meaning:
    """A relation with its exclusive side, whether it ends, and the types that it tells of its ends ("" none)."""

    relation: str
    exclusive: Exclusive = Exclusive.NONE
    polarity: Polarity = Polarity.ASSERTS
    subject_type: str = ""
    object_type: str = ""


_WORKS = Meaning("WORKS_AT", Exclusive.SUBJECT, subject_type="Person", object_type="Organization")
_WORKED = Meaning("WORKS_AT", Exclusive.SUBJECT, Polarity.ENDS, "Person", "Organization")
_JOINED = Meaning("WORKS_AT", Exclusive.SUBJECT, subject_type="Person")
_BASED = Meaning("LOCATED_IN", object_type="Place")
_LIVES = Meaning("LIVES_IN", Exclusive.SUBJECT, subject_type="Person", object_type="Place")
_LIVED = Meaning("LIVES_IN", Exclusive.SUBJECT, Polarity.ENDS, "Person", "Place")
_BORN = Meaning("BORN_IN", Exclusive.SUBJECT, subject_type="Person", object_type="Place")
_MARRIED = Meaning("MARRIED_TO", Exclusive.BOTH, subject_type="Person", object_type="Person")

_VERBS: dict[tuple[str, str], Meaning] = {
    ("work", "at"): _WORKS,
    ("work", "for"): _WORKS,
    ("join", ""): _JOINED,
    ("start", "at"): _JOINED,
    ("resign", "from"): _WORKED,
    ("retire", "from"): _WORKED,
    ("live", "in"): _LIVES,
    ("reside", "in"): _LIVES,
    ("move", "to"): _LIVES,
    ("move", "from"): _LIVED,
    ("move away", "from"): _LIVED,
    ("base", "in"): _BASED,
    ("locate", "in"): _BASED,
    ("headquarter", "in"): _BASED,
    ("bear", "in"): _BORN,
    ("marry", ""): _MARRIED,
    ("marry", "to"): _MARRIED,
    ("divorce", ""): Meaning("MARRIED_TO", Exclusive.BOTH, Polarity.ENDS, "Person", "Person"),
    ("study", "at"): Meaning("STUDIES_AT", subject_type="Person", object_type="Organization"),
    ("found", ""): Meaning("FOUNDED", object_type="Organization"),
    ("write", ""): Meaning("WROTE", subject_type="Person"),
    ("die", "in"): Meaning("DIED_IN", Exclusive.SUBJECT, subject_type="Person", object_type="Place"),
}
_LEFT_ORGANIZATION = _WORKED

OFFICES = words(
    "president chair chairman chairwoman chairperson ceo cto cfo director head king queen mayor governor minister "
    "chancellor captain commander secretary treasurer principal dean pope emperor speaker leader owner"
)
"""Nouns of which a body has one at a time: `the mayor of Bonn`."""

KIN = words(
    "wife husband mother father sister brother son daughter aunt uncle cousin friend boss colleague neighbor neighbour "
    "grandmother grandfather niece nephew partner girlfriend boyfriend fiance fiancee teacher student"
)
"""Nouns that relate two people: `Ada's sister`."""

UNASSERTED = words(
    "think believe hope guess suppose wonder doubt wish want imagine dream assume suspect fear expect ask consider "
    "seem pretend plan fail refuse decline deny try attempt intend promise agree offer threaten"
)
"""Verbs whose clause is somebody's thought, or was never done: no fact."""

HEDGES = words(
    "allegedly supposedly reportedly apparently presumably probably perhaps maybe possibly hopefully almost nearly"
)
"""Adverbs that leave open whether something is so, or say that it nearly was."""

STATES = words("live reside work study")
"""Verbs of a state: told in the simple past without a date, it is over."""

TOGETHER = words("marry divorce")
"""Verbs that two subjects without an object do to each other."""

BECOMING = words("be become remain")
"""Verbs that join a subject to a noun: `X became the N of Y`."""

HIRING = {"employ": _WORKS, "hire": _JOINED}
"""Passives with a name of their own: `X is employed by Y`."""

MODALS = words("would could might may should must shall will 'll 'd wo ca can ought")
"""Auxiliaries of what is not, or not yet, the case."""

EMPTY_VERBS = words(
    "have do get say tell ask think know want need let mean guess hope thank look seem feel sound make take give keep "
    "see hear put go come try"
)
"""Verbs that say too little to relate somebody to a common noun by themselves."""


ENDING_VERBS = frozenset({"step", "step down", "resign", "retire", "quit", "abdicate"})
"""Verbs that end the role named behind their `as`."""


_TELLING_PREPOSITIONS = frozenset({"", "to", "for", "at", "on", "in"})


def says_enough(lemma: str, preposition: str) -> bool:
    """Whether a verb relates somebody to a common noun in a way worth keeping: `went to`, not `looked with`."""
    if lemma in EMPTY_VERBS or lemma == "be":
        return (lemma, preposition) == ("go", "to")
    return preposition in _TELLING_PREPOSITIONS


def verb_meaning(lemma: str, preposition: str, object_type: str) -> Meaning:
    """Return what `lemma` with `preposition` ("" for a direct object) means; unknown ones name themselves."""
    if (lemma, preposition) in {("leave", ""), ("quit", "")} and object_type in {"Organization", "Entity"}:
        return _LEFT_ORGANIZATION
    known = _VERBS.get((lemma, preposition))
    return known or Meaning(relation_name(f"{lemma} {preposition}"))


def noun_meaning(noun: str, *, is_definite: bool) -> Meaning:
    """Return what `X is (the) noun of Y` means; of an office there is one holder."""
    if noun in OFFICES:
        exclusive = Exclusive.OBJECT if is_definite else Exclusive.NONE
        return Meaning(relation_name(f"{noun} of"), exclusive, subject_type="Person")
    if noun in KIN:
        return Meaning(relation_name(f"{noun} of"), subject_type="Person")
    return Meaning(relation_name(f"{noun} of"))
