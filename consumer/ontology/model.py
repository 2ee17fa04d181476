"""The ontology file as models: entity types with attributes, relation types with ends and exclusivity, mappings.

`schemas/ontology.schema.json` is made from these. Lookups are by name, by case and by alias.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from consumer.model.knowledge import DEFAULT_TYPE, Exclusive
from consumer.model.relations import usual_relation
from consumer.ontology import checks
from consumer.ontology.mapping_model import Mapping

_NOT_WORD = re.compile(r"[\W_]+")


class _Part(BaseModel):
    """What all parts share: unknown keys are refused, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, coerce_numbers_to_str=True)


class AttributeType(StrEnum):
    """What an attribute's value is; a date is stored as ISO 8601 text."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


class AttributeSpec(_Part):
    """An attribute that entities of a type may have."""

    type: AttributeType = AttributeType.TEXT
    """What its value must be; what can't be read as such is left out and counted."""
    description: str = ""
    """What it means, for the model."""


class EntityType(_Part):
    """A kind of thing."""

    description: str = ""
    """What belongs to it, for the model."""
    parent: str | None = None
    """The type it is a kind of: it has the parent's attributes and fits wherever the parent does."""
    aliases: tuple[str, ...] = ()
    """Other names that are read as this one."""
    attributes: dict[str, AttributeSpec] = Field(default_factory=dict)
    """By name."""


class RelationType(_Part):
    """A kind of fact."""

    description: str = ""
    """When it holds, for the model."""
    aliases: tuple[str, ...] = ()
    """Other names that are read as this one."""
    subject: tuple[str, ...] = ()
    """Types its subject may have; empty: any."""
    object: tuple[str, ...] = ()
    """Types its object may have; empty: any."""
    exclusive: Exclusive | None = None
    """On which side only one can hold at a time; absent: what the model or the event says."""
    symmetric: bool = False
    """Whether it holds both ways (married to): both orders are then one fact."""


class Fallback(_Part):
    """What becomes of what is not declared, outside strict mode."""

    entity_type: str = DEFAULT_TYPE
    """Type of entities whose own type is not declared."""
    relation_type: str | None = None
    """Relation of facts whose own is not declared; absent: they keep theirs."""


class Ontology(_Part):
    """A registered set of entity and relation types, which an event names in its field `ontology`."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]
    """What events call it."""
    version: str = "1"
    """Raised by its author with each change; part of what is logged and cached."""
    description: str = ""
    """What it is for."""
    strict: bool = False
    """Whether facts and attributes that are not declared are left out."""
    entity_types: dict[str, EntityType] = Field(default_factory=dict)
    """By name, in the order in which the model is told."""
    relation_types: dict[str, RelationType] = Field(default_factory=dict)
    """By name, in the order in which the model is told."""
    fallback: Fallback = Fallback()
    """For what is not declared."""
    mappings: tuple[Mapping, ...] = ()
    """Kinds of JSON record that become entities and facts without a model; the first that fits is used."""

    @model_validator(mode="after")
    def _fits_together(self) -> Ontology:
        """Refuse names that are no labels, and references to what is not declared; all problems at once."""
        problems = checks.problems_of(self)
        if problems:
            raise PydanticCustomError("ontology", "{first}", {"first": problems[0].message, "problems": problems})
        return self

    @classmethod
    def from_models(
        cls,
        name: str,
        entities: Iterable[type[BaseModel]],
        relations: MappingOf[str, RelationType] | None = None,
        *,
        version: str = "1",
        strict: bool = False,
    ) -> Ontology:
        """Return the ontology whose entity types are pydantic models: docstring, fields and base class count.

        Raises:
            ValueError: a name is no label, a field is no text, number, boolean or date, or a type is not declared.
        """
        from consumer.ontology.from_models import entity_types  # noqa: PLC0415 - it builds what is declared here

        return cls(
            name=name,
            version=version,
            strict=strict,
            entity_types=entity_types(tuple(entities)),
            relation_types=dict(relations or {}),
        )

    def text(self) -> str:
        """Return the ontology as it can stand in a JSON file."""
        return self.model_dump_json(indent=2, exclude_defaults=True) + "\n"

    def entity_type(self, label: str) -> str | None:
        """Return the declared type that `label` names, by case or alias too; None when there is none."""
        return label if label in self.entity_types else self._entity_names.get(folded(label))

    def relation_type(self, relation: str) -> str | None:
        """Return the declared relation that `relation` names, by case or alias too; None when there is none."""
        return relation if relation in self.relation_types else self._relation_names.get(folded(relation))

    def relation_in_other_words(self, relation: str) -> tuple[str | None, bool]:
        """Return the declared relation that `relation` says, in other words too, and whether its ends are turned.

        None when there is none, or when those words say more than one declared relation.
        """
        named = self.relation_type(relation)
        if named is not None:
            return named, False
        usual = usual_relation(relation)
        declared, is_turned = self._usual_relations.get(usual.name, (None, False))
        return (None, False) if declared is None else (declared, usual.is_turned != is_turned)

    def attributes_of(self, type_name: str) -> dict[str, AttributeSpec]:
        """Return the attributes of a type, its ancestors' first; none of a type that is not declared."""
        return self._attributes.get(type_name, {})

    def ancestry(self, type_name: str) -> tuple[str, ...]:
        """Return a type and what it is a kind of, nearest first."""
        line = [type_name]
        while line[-1] in self.entity_types and (parent := self.entity_types[line[-1]].parent) is not None:
            line.append(parent)
        return tuple(line)

    def allows(self, allowed: Iterable[str], type_name: str) -> bool:
        """Whether an end of `type_name` is among the `allowed` types; none named means any."""
        wanted = set(allowed)
        return not wanted or not wanted.isdisjoint(self.ancestry(type_name))

    @cached_property
    def _entity_names(self) -> dict[str, str]:
        return _by_folded_name({name: one.aliases for name, one in self.entity_types.items()})

    @cached_property
    def _relation_names(self) -> dict[str, str]:
        return _by_folded_name({name: one.aliases for name, one in self.relation_types.items()})

    @cached_property
    def _usual_relations(self) -> dict[str, tuple[str | None, bool]]:
        """Declared relations by the usual name of theirs, and whether that has their ends turned; None where two do."""
        found: dict[str, tuple[str | None, bool]] = {}
        for name in self.relation_types:
            usual = usual_relation(name)
            found[usual.name] = (None, False) if usual.name in found else (name, usual.is_turned)
        return found

    @cached_property
    def _attributes(self) -> dict[str, dict[str, AttributeSpec]]:
        return {
            name: {
                key: spec
                for ancestor in reversed(self.ancestry(name))
                for key, spec in self.entity_types[ancestor].attributes.items()
            }
            for name in self.entity_types
        }


def folded(name: str) -> str:
    """Return the key under which two spellings are the same name: without case, spaces, hyphens and underscores."""
    return _NOT_WORD.sub("", name).casefold()


def _by_folded_name(aliases: MappingOf[str, Iterable[str]]) -> dict[str, str]:
    """Return name by folded spelling; a declared name beats an alias."""
    found = {folded(name): name for name in aliases}
    for name, others in aliases.items():
        for other in others:
            found.setdefault(folded(other), name)
    return found
