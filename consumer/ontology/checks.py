"""What an ontology must keep beside its schema: names that are labels, references to what is declared. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer.model.knowledge import DEFAULT_TYPE, RESERVED_LABELS, Exclusive, is_type_label, relation_name, type_label
from consumer.ontology.expressions import LITERAL_FREE

if TYPE_CHECKING:
    from consumer.ontology.model import Ontology

_ATTRIBUTE = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class Misfit:
    """One problem: the path of keys to it, and what to do."""

    path: tuple[str | int, ...]
    message: str


def problems_of(ontology: Ontology) -> list[Misfit]:
    """Return all that does not fit together, in the order of the file."""
    return [
        *_entity_types(ontology),
        *_relation_types(ontology),
        *_fallback(ontology),
        *_mappings(ontology),
    ]


def _entity_types(ontology: Ontology) -> Iterator[Misfit]:
    for name, one in ontology.entity_types.items():
        at = ("entity_types", name)
        if name in RESERVED_LABELS:
            yield Misfit(at, f"{name} says what a node is in the graph; name the type otherwise")
        elif not is_type_label(name) or type_label(name) != name:
            yield Misfit(at, f"{name!r} is no label; write {type_label(name)!r}, letters, digits and _ only")
        for key in one.attributes:
            if _ATTRIBUTE.match(key) is None:
                yield Misfit((*at, "attributes", key), f"{key!r} is no name; use letters, digits and _")
        if one.parent is not None and one.parent not in ontology.entity_types:
            yield Misfit((*at, "parent"), f"type {one.parent!r} is not declared; declare it under entity_types")
        elif _is_its_own_ancestor(ontology, name):
            yield Misfit((*at, "parent"), f"{name} is its own ancestor; take one parent out")


def _is_its_own_ancestor(ontology: Ontology, name: str) -> bool:
    seen: set[str] = set()
    parent = ontology.entity_types[name].parent
    while parent in ontology.entity_types and parent not in seen:
        if parent == name:
            return True
        seen.add(parent)
        parent = ontology.entity_types[parent].parent
    return False


def _relation_types(ontology: Ontology) -> Iterator[Misfit]:
    for name, one in ontology.relation_types.items():
        at = ("relation_types", name)
        if relation_name(name) != name:
            yield Misfit(at, f"{name!r} is no relation name; write {relation_name(name)!r}")
        for side, types in (("subject", one.subject), ("object", one.object)):
            for index, type_name in enumerate(types):
                if type_name not in ontology.entity_types:
                    yield Misfit((*at, side, index), f"type {type_name!r} is not declared under entity_types")
        if one.symmetric and one.exclusive in {Exclusive.SUBJECT, Exclusive.OBJECT}:
            yield Misfit((*at, "exclusive"), "a symmetric relation is exclusive on both sides or none")
        if one.symmetric and set(one.subject) != set(one.object):
            yield Misfit((*at, "object"), "a symmetric relation has the same types on both sides")


def _fallback(ontology: Ontology) -> Iterator[Misfit]:
    entity_type, relation = ontology.fallback.entity_type, ontology.fallback.relation_type
    if entity_type not in {DEFAULT_TYPE, *ontology.entity_types}:
        yield Misfit(("fallback", "entity_type"), f"type {entity_type!r} is not declared under entity_types")
    if relation is not None and relation not in ontology.relation_types:
        yield Misfit(("fallback", "relation_type"), f"relation {relation!r} is not declared under relation_types")


def _mappings(ontology: Ontology) -> Iterator[Misfit]:
    for number, mapping in enumerate(ontology.mappings):
        at = ("mappings", number)
        if not mapping.entities and not mapping.facts:
            yield Misfit(at, "the mapping has neither entities nor facts; add some or take it out")
        for index, entity in enumerate(mapping.entities):
            if not entity.type.startswith(LITERAL_FREE) and entity.type not in ontology.entity_types:
                yield Misfit((*at, "entities", index, "type"), f"type {entity.type!r} is not declared")
        for index, fact in enumerate(mapping.facts):
            if not fact.relation.startswith(LITERAL_FREE) and fact.relation not in ontology.relation_types:
                yield Misfit((*at, "facts", index, "relation"), f"relation {fact.relation!r} is not declared")
