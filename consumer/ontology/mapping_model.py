"""The `mappings` of an ontology file: how a JSON record becomes entities and facts without a model. Data only.

An expression sees the record (with `each`: one item of it), and beside its own fields `_record`, the whole record, and
`_event`, with `name`, `source_description`, `group_id` and `reference_time` of the event. An item that is no object is
`_value`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from consumer.model.knowledge import Exclusive
from consumer.ontology.expressions import Expression, Template, Word


class _Part(BaseModel):
    """What all parts of a file share: unknown keys are refused: a misspelt one would do nothing, unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class MappedEntity(_Part):
    """An entity that each record names; a list of names gives one entity each."""

    name: Expression
    """Name or names; where there is none the entity is left out."""
    type: Word
    """Declared type, or `=` and an expression."""
    summary: Template = ""
    """What is known of it: text with expressions in braces."""
    attributes: dict[str, Expression] = Field(default_factory=dict)
    """Attributes by name; what is absent or no text, number or boolean is left out."""


class MappedFact(_Part):
    """A fact that each record states; a list at either end gives one fact each."""

    when: Expression | None = None
    """The fact is stated only where this is truthy."""
    subject: Expression
    """Name or names."""
    relation: Word
    """Declared relation, or `=` and an expression."""
    object: Expression
    """Name or names."""
    sentence: Template = ""
    """The fact as a sentence, with expressions in braces; `{_subject}` and `{_object}` are its ends."""
    valid_at: Expression | None = None
    """Since when it is true: ISO 8601, in UTC when it has no zone. A value that is no date drops the fact."""
    invalid_at: Expression | None = None
    """Since when it is no longer true."""
    exclusive: Exclusive | None = None
    """On which side only one can hold; by default what the relation declares."""
    ends: Expression | None = None
    """Truthy: the record says that the fact is over (at `invalid_at`, else at the reference time)."""


class Mapping(_Part):
    """One kind of record."""

    name: str = Field(min_length=1)
    """Name of the mapping, for messages."""
    source_description: str | None = None
    """Only events with this source description."""
    when: Expression | None = None
    """Only records for which this is truthy."""
    each: Expression | None = None
    """Finds a list in the record: entities and facts are taken from each of its items."""
    entities: tuple[MappedEntity, ...] = ()
    """Entities with more than a name; ends of facts need not be listed."""
    facts: tuple[MappedFact, ...] = ()
    """Facts."""
