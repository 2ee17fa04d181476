"""The temporal knowledge graph in Neo4j: writing, reading, schema, digest. The only package that knows Neo4j."""

from consumer.graph.connection import Database, QueryTimes, connect, query_times
from consumer.graph.digest import digest, digest_lines
from consumer.graph.embedding_models import GroupModel, ModelUse, embedding_models, models_in_use
from consumer.graph.fact_reader import HeldFact
from consumer.graph.likeness import Element, Portrait, group_ids, portrait
from consumer.graph.migrations import apply_schema, check_schema, migrate
from consumer.graph.reading.filters import FactFilter
from consumer.graph.reading.found import (
    Candidate,
    Candidates,
    CommunityDetails,
    EntityDetails,
    EpisodeDetails,
    EpisodeExcerpt,
    FactDetails,
    Features,
    GroupState,
    Method,
    Shown,
    Step,
    What,
)
from consumer.graph.reading.reader import GraphReader
from consumer.graph.reembed import Holding, Reembedding, Switched, groups_to_move
from consumer.graph.reembed_places import Place
from consumer.graph.schema_compare import SchemaReport
from consumer.graph.statistics import Statistics, statistics
from consumer.graph.store import Neo4jGraphStore

__all__ = [
    "Candidate",
    "Candidates",
    "CommunityDetails",
    "Database",
    "Element",
    "EntityDetails",
    "EpisodeDetails",
    "EpisodeExcerpt",
    "FactDetails",
    "FactFilter",
    "Features",
    "GraphReader",
    "GroupModel",
    "GroupState",
    "HeldFact",
    "Holding",
    "Method",
    "ModelUse",
    "Neo4jGraphStore",
    "Place",
    "Portrait",
    "QueryTimes",
    "Reembedding",
    "SchemaReport",
    "Shown",
    "Statistics",
    "Step",
    "Switched",
    "What",
    "apply_schema",
    "check_schema",
    "connect",
    "digest",
    "digest_lines",
    "embedding_models",
    "group_ids",
    "groups_to_move",
    "migrate",
    "models_in_use",
    "portrait",
    "query_times",
    "statistics",
]
