"""Registered sets of entity and relation types: the file format, its loading, and what they do to knowledge.

Pure but for reading the files. Nothing here calls a model or knows the pipeline.
"""

from __future__ import annotations

from consumer.ontology.apply import Deviation, apply, with_exclusivity
from consumer.ontology.model import AttributeSpec, AttributeType, EntityType, Ontology, RelationType
from consumer.ontology.registry import Ontologies

__all__ = [
    "AttributeSpec",
    "AttributeType",
    "Deviation",
    "EntityType",
    "Ontologies",
    "Ontology",
    "RelationType",
    "apply",
    "with_exclusivity",
]
