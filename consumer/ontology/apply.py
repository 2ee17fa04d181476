"""What an ontology makes of knowledge: types by their declared names, exclusivity, attributes; strict mode. Pure.

O1: applied again, nothing changes.
O2: in strict mode every entity has a declared type or none, every fact a declared relation between ends of allowed
    types, every attribute is declared for its type.
O3: the order of mentions and facts changes nothing but the order of what is returned.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeAlias

from consumer.model.ids import name_key
from consumer.model.knowledge import DEFAULT_TYPE, Assertion, Exclusive, Knowledge, Mention, Scalar
from consumer.ontology.attributes import coerced
from consumer.ontology.model import Ontology, RelationType, folded


class Deviation(StrEnum):
    """How knowledge can differ from its ontology; each is counted."""

    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_RELATION = "unknown-relation"
    WRONG_END = "wrong-end"
    UNDECLARED_ATTRIBUTE = "undeclared-attribute"
    BAD_ATTRIBUTE = "bad-attribute"


Counts: TypeAlias = Counter[Deviation]


def apply(ontology: Ontology, knowledge: Knowledge) -> tuple[Knowledge, Counts]:
    """Return `knowledge` as `ontology` has it, and how often it differed.

    In strict mode facts of undeclared relations or with wrong ends, and undeclared attributes, are left out;
    otherwise they stay and are counted all the same.
    """
    counts: Counts = Counter()
    mentions = tuple(_mention(ontology, mention, counts) for mention in knowledge.mentions)
    types: defaultdict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        types[name_key(mention.name)].add(mention.type)
    assertions: dict[Assertion, None] = {}
    for assertion in knowledge.assertions:
        kept = _assertion(ontology, assertion, types, counts)
        if kept is not None:
            assertions.setdefault(kept)
    return Knowledge(mentions, tuple(assertions)), counts


def with_exclusivity(ontology: Ontology, given: Knowledge) -> Knowledge:
    """Return given facts as they are, but where one does not say on which side it is exclusive, its relation says."""
    return Knowledge(given.mentions, tuple(_exclusive_by_relation(ontology, one) for one in given.assertions))


def _exclusive_by_relation(ontology: Ontology, assertion: Assertion) -> Assertion:
    declared = ontology.relation_types.get(assertion.relation)
    if declared is None:
        return assertion
    says = declared.exclusive is not None and assertion.exclusive is Exclusive.NONE
    exclusive = declared.exclusive if says and declared.exclusive is not None else assertion.exclusive
    return replace(assertion, exclusive=exclusive, symmetric=declared.symmetric)


def _mention(ontology: Ontology, mention: Mention, counts: Counts) -> Mention:
    declared = ontology.entity_type(mention.type)
    if declared is None and mention.type != DEFAULT_TYPE:
        counts[Deviation.UNKNOWN_TYPE] += 1
    type_name = declared or (DEFAULT_TYPE if mention.type == DEFAULT_TYPE else ontology.fallback.entity_type)
    return replace(mention, type=type_name, attributes=_attributes(ontology, type_name, mention.attributes, counts))


def _attributes(
    ontology: Ontology, type_name: str, attributes: Mapping[str, Scalar], counts: Counts
) -> dict[str, Scalar]:
    """Return the attributes under their declared names, exact spellings before others, as their types want them."""
    specs = ontology.attributes_of(type_name)
    by_folded_name = {folded(name): name for name in specs}
    kept: dict[str, Scalar] = {}
    for key in sorted(attributes, key=lambda key: (key not in specs, key)):
        name = key if key in specs else by_folded_name.get(folded(key))
        if name is None:
            counts[Deviation.UNDECLARED_ATTRIBUTE] += 1
            if not ontology.strict:
                kept.setdefault(key, attributes[key])
            continue
        value = coerced(attributes[key], specs[name].type)
        if value is None:
            counts[Deviation.BAD_ATTRIBUTE] += 1
        else:
            kept.setdefault(name, value)
    return kept


def _assertion(
    ontology: Ontology, assertion: Assertion, types: Mapping[str, Iterable[str]], counts: Counts
) -> Assertion | None:
    """Return the fact as its relation has it, None when strict mode leaves it out."""
    relation, is_turned = ontology.relation_in_other_words(assertion.relation)
    if is_turned:
        assertion = assertion.turned()
    if relation is None:
        counts[Deviation.UNKNOWN_RELATION] += 1
        if ontology.strict:
            return None
        relation = ontology.fallback.relation_type
        if relation is None:
            return assertion
    declared = ontology.relation_types[relation]
    named = replace(assertion, relation=relation, is_declared=True, symmetric=declared.symmetric)
    fact = _in_order(declared, named)
    if not _has_allowed_ends(ontology, declared, fact, types):
        counts[Deviation.WRONG_END] += 1
        if ontology.strict:
            return None
    return fact if declared.exclusive is None else replace(fact, exclusive=declared.exclusive)


def _in_order(declared: RelationType, fact: Assertion) -> Assertion:
    """Return a fact that holds both ways with its ends in one order, so that both tellings are one fact."""
    if not declared.symmetric or name_key(fact.subject) <= name_key(fact.object):
        return fact
    return fact.turned()


def _has_allowed_ends(
    ontology: Ontology, declared: RelationType, fact: Assertion, types: Mapping[str, Iterable[str]]
) -> bool:
    ends = ((declared.subject, fact.subject), (declared.object, fact.object))
    return all(
        any(ontology.allows(allowed, one) for one in types.get(name_key(name), ()) or (DEFAULT_TYPE,))
        for allowed, name in ends
    )
