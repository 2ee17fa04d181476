"""What the database must have before the first write: constraints and indexes, as data. Pure.

Graphiti's own index names, so that its `build_indices_and_constraints` finds them there: unique constraints where it
has uuid indexes, full-text indexes with a folding analyser, range indexes as they are. Beside them vector indexes,
which Graphiti lacks, and what our bookkeeping labels need.
Source: graphiti-core 0.31.2, graph_queries.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ANALYZER = "standard-folding"
"""Finds Müller by Muller and strasse by Straße, and keeps CJK and Arabic; `english` would stem them wrongly."""


HNSW_M = 8
HNSW_EF_CONSTRUCTION = 40
"""How many neighbours a vector has in the index, and how many are looked at to find them.

The server's defaults (16, 100) make a vector three times as dear, and it is put into the index again whenever the
index merges: the greater half of all CPU of a write. For what they find less, see docs/decisions/0018.
"""


class Kind(StrEnum):
    """What an element is, in the words of SHOW INDEXES and SHOW CONSTRAINTS."""

    UNIQUE = "UNIQUENESS"
    RANGE = "RANGE"
    FULLTEXT = "FULLTEXT"
    VECTOR = "VECTOR"


@dataclass(frozen=True, slots=True)
class Element:
    """One constraint or index. `filters` are the extra properties of a vector index (Neo4j 2026.01 and later)."""

    name: str
    kind: Kind
    target: str
    properties: tuple[str, ...]
    is_relationship: bool = False
    dimension: int = 0
    filters: tuple[str, ...] = ()
    analyzer: str = ANALYZER

    @property
    def _pattern(self) -> str:
        return f"()-[x:{self.target}]-()" if self.is_relationship else f"(x:{self.target})"

    @property
    def _fields(self) -> str:
        return ", ".join(f"x.{name}" for name in self.properties)

    @property
    def statement(self) -> str:
        """The Cypher that creates it; all names are constants of this module, the dimension is a number."""
        pattern, fields = self._pattern, self._fields
        match self.kind:
            case Kind.UNIQUE:
                return f"CREATE CONSTRAINT {self.name} IF NOT EXISTS FOR {pattern} REQUIRE ({fields}) IS UNIQUE"
            case Kind.RANGE:
                return f"CREATE INDEX {self.name} IF NOT EXISTS FOR {pattern} ON ({fields})"
            case Kind.FULLTEXT:
                return (
                    f"CREATE FULLTEXT INDEX {self.name} IF NOT EXISTS FOR {pattern} ON EACH [{fields}] "
                    f"OPTIONS {{indexConfig: {{`fulltext.analyzer`: '{self.analyzer}'}}}}"
                )
            case Kind.VECTOR:
                filters = f" WITH [{', '.join(f'x.{name}' for name in self.filters)}]" if self.filters else ""
                version = "CYPHER 25 " if self.filters else ""
                return (
                    f"{version}CREATE VECTOR INDEX {self.name} IF NOT EXISTS FOR {pattern} ON {fields}{filters} "
                    f"OPTIONS {{indexConfig: {{`vector.dimensions`: {self.dimension}, "
                    f"`vector.similarity_function`: 'cosine', `vector.hnsw.m`: {HNSW_M}, "
                    f"`vector.hnsw.ef_construction`: {HNSW_EF_CONSTRUCTION}}}}}"
                )

    @property
    def plain_statement(self) -> str:
        """The Cypher that creates a plain index in place of a unique constraint: what Graphiti would have."""
        return f"CREATE INDEX {self.name} IF NOT EXISTS FOR {self._pattern} ON ({self._fields})"

    @property
    def drop_statement(self) -> str:
        """The Cypher that takes away an index of its name, but no constraint."""
        return f"DROP INDEX {self.name} IF EXISTS"

    @property
    def duplicates_query(self) -> str:
        """The Cypher that finds values held twice: how many, how many elements hold them, and $limit of them.

        Bound to one property that an index of Graphiti's has; without any index it reads all that have the label.
        """
        x = f"x.{self.properties[0]}"
        arrow = self._pattern.replace("]-()", "]->()")
        return (
            f"MATCH {arrow} WHERE {x} IS NOT NULL WITH {x} AS value, count(*) AS times WHERE times > 1 "
            "WITH value, times ORDER BY value RETURN [{values: count(value), elements: coalesce(sum(times), 0), "
            "examples: collect(value)[..$limit]}] AS rows"
        )


def _unique(name: str, target: str, field: str = "uuid", *, rel: bool = False) -> Element:
    return Element(name, Kind.UNIQUE, target, (field,), rel)


def _range(name: str, target: str, *fields: str, rel: bool = False) -> Element:
    return Element(name, Kind.RANGE, target, fields, rel)


GRAPHITI: tuple[Element, ...] = (
    _unique("entity_uuid", "Entity"),
    _unique("episode_uuid", "Episodic"),
    _unique("community_uuid", "Community"),
    _unique("saga_uuid", "Saga"),
    _unique("relation_uuid", "RELATES_TO", rel=True),
    _unique("mention_uuid", "MENTIONS", rel=True),
    _unique("has_member_uuid", "HAS_MEMBER", rel=True),
    _unique("has_episode_uuid", "HAS_EPISODE", rel=True),
    _unique("next_episode_uuid", "NEXT_EPISODE", rel=True),
    _range("entity_group_id", "Entity", "group_id"),
    _range("episode_group_id", "Episodic", "group_id"),
    _range("community_group_id", "Community", "group_id"),
    _range("saga_group_id", "Saga", "group_id"),
    _range("relation_group_id", "RELATES_TO", "group_id", rel=True),
    _range("mention_group_id", "MENTIONS", "group_id", rel=True),
    _range("has_episode_group_id", "HAS_EPISODE", "group_id", rel=True),
    _range("next_episode_group_id", "NEXT_EPISODE", "group_id", rel=True),
    _range("name_entity_index", "Entity", "name"),
    _range("created_at_entity_index", "Entity", "created_at"),
    _range("saga_name", "Saga", "name"),
    _range("created_at_episodic_index", "Episodic", "created_at"),
    _range("valid_at_episodic_index", "Episodic", "valid_at"),
    _range("name_edge_index", "RELATES_TO", "name", rel=True),
    _range("created_at_edge_index", "RELATES_TO", "created_at", rel=True),
    _range("expired_at_edge_index", "RELATES_TO", "expired_at", rel=True),
    _range("valid_at_edge_index", "RELATES_TO", "valid_at", rel=True),
    _range("invalid_at_edge_index", "RELATES_TO", "invalid_at", rel=True),
    Element("episode_content", Kind.FULLTEXT, "Episodic", ("content", "source", "source_description", "group_id")),
    Element("node_name_and_summary", Kind.FULLTEXT, "Entity", ("name", "summary", "group_id")),
    Element("community_name", Kind.FULLTEXT, "Community", ("name", "group_id")),
    Element("edge_name_and_fact", Kind.FULLTEXT, "RELATES_TO", ("name", "fact", "group_id"), is_relationship=True),
)

BOOKKEEPING: tuple[Element, ...] = (
    _unique("consumer_schema_name", "ConsumerSchema", "name"),
    _unique("consumer_group_id", "ConsumerGroup", "group_id"),
    _unique("consumer_episode_uuid", "ConsumerEpisode"),
    _range("consumer_episode_position", "ConsumerEpisode", "group_id", "position"),
    _range("consumer_episode_saga", "ConsumerEpisode", "saga_place"),
    _unique("consumer_name_uuid", "ConsumerName"),
    _unique("consumer_vector_place", "ConsumerVector", "place"),
    _range("consumer_vector_group", "ConsumerVector", "group_id", "kind"),
    _range("consumer_vector_uuid", "ConsumerVector", "uuid"),
    _range("consumer_name_alias", "ConsumerName", "alias_of"),
    _range("consumer_name_form", "ConsumerName", "block_form"),
    _range("consumer_name_person", "ConsumerName", "block_person"),
    _range("consumer_name_other", "ConsumerName", "block_other"),
    _unique("consumer_decision_uuid", "ConsumerDecision"),
    _range("consumer_decision_group", "ConsumerDecision", "group_id"),
    Element("consumer_episode_english", Kind.FULLTEXT, "Episodic", ("content", "group_id"), analyzer="english"),
    _range("consumer_assertion_triple", "ConsumerAssertion", "triple"),
    _range("consumer_assertion_subject", "ConsumerAssertion", "subject_side"),
    _range("consumer_assertion_object", "ConsumerAssertion", "object_side"),
    _range("consumer_assertion_exclusive_subject", "ConsumerAssertion", "exclusive_subject"),
    _range("consumer_assertion_exclusive_object", "ConsumerAssertion", "exclusive_object"),
)


def vectors(dimension: int, *, with_filters: bool) -> tuple[Element, ...]:
    """Return the vector indexes for vectors of `dimension`."""
    entity_filters = ("group_id",) if with_filters else ()
    fact_filters = ("group_id", "invalid_at") if with_filters else ()
    return (
        Element("entity_name_vector", Kind.VECTOR, "Entity", ("name_embedding",), False, dimension, entity_filters),
        Element(
            "community_name_vector", Kind.VECTOR, "Community", ("name_embedding",), False, dimension, entity_filters
        ),
        Element("fact_vector", Kind.VECTOR, "RELATES_TO", ("fact_embedding",), True, dimension, fact_filters),
        Element(
            "consumer_episode_vector",
            Kind.VECTOR,
            "ConsumerEpisode",
            ("content_embedding",),
            False,
            dimension,
            entity_filters,
        ),
    )


def elements(dimension: int | None, *, with_filters: bool) -> tuple[Element, ...]:
    """Return all that must be there; without a `dimension` no vector index."""
    return (*GRAPHITI, *BOOKKEEPING, *(vectors(dimension, with_filters=with_filters) if dimension else ()))
