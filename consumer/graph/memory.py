"""How much memory a Neo4j needs for a graph of a given size: page cache, heap, transactions, and the rest for indexes.

An estimate for choosing a machine, not a measurement: texts differ. The sizes of elements were measured on Neo4j
2026.08 (`tests/integration/graph/test_memory.py` holds them to the files of a real one). Pure, but for `counts`.

Source: Neo4j operations manual. "Memory configuration": page cache 1.2 x the store and its native indexes; heap initial
= max; 1 GB at least for the operating system. "Vector index memory configuration": an index of n vectors of d numbers
takes 1.1 x (4 d + 8 x 16) x n bytes, of which a quarter should stay in the system's memory; of stored vectors that are
not returned, the page cache needs a quarter.
"""

from __future__ import annotations

from dataclasses import dataclass

from consumer.graph.connection import Database

ENTITY_BYTES = 1_200
"""An entity with its name's node and their range indexes, without its vector."""

FACT_BYTES = 1_900
"""A fact with its assertion and their range indexes, without its vector."""

EPISODE_BYTES = 1_300
"""An episode with its own node of ours and their range indexes, without its text."""

MENTION_BYTES = 350
TEXT_BYTES = 2
"""Stored bytes of a byte of text: blocks are not full, and the bookkeeping quotes names and sentences."""

FULLTEXT_BYTES = 60
"""Of the full-text indexes, for each entity, fact and episode; and half the bytes of texts in each of two indexes."""

ARRAY_OVERHEAD = 128 / 120
"""A vector is stored as 32-bit floats in blocks of 128 bytes, 8 of which are a header."""

VECTORS_IN_CACHE = 0.25
INDEX_IN_MEMORY = 0.25
GROWTH = 1.2

MIN_HEAP_MB, MAX_HEAP_MB = 1_024, 16_384
MIN_CACHE_MB = 256
HEAP_PER_MILLION_MB = 512
"""More heap for more elements: larger groups to read at once, more of the planner's statistics, more at once."""

SYSTEM_MB = 1_024
TRANSACTIONS_OF_HEAP = 0.7
ONE_OF_TRANSACTIONS = 0.4
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class DataSize:
    """What a graph holds. `dimension` is the length of its vectors, 0 for none; `text_bytes` of an episode."""

    entities: int
    facts: int
    episodes: int
    dimension: int
    mentions: int | None = None
    text_bytes: int = 500

    @property
    def elements(self) -> int:
        """Entities, facts and episodes."""
        return self.entities + self.facts + self.episodes


@dataclass(frozen=True, slots=True)
class MemoryAdvice:
    """Sizes in MB (10^6 bytes), and the lines for neo4j.conf."""

    store_mb: int
    stored_vectors_mb: int
    vector_indexes_mb: int
    fulltext_indexes_mb: int
    page_cache_mb: int
    heap_mb: int
    transaction_max_mb: int
    transactions_total_mb: int
    index_memory_mb: int
    machine_mb: int

    @property
    def disk_mb(self) -> int:
        """Files of the database, without logs of transactions."""
        return self.store_mb + self.stored_vectors_mb + self.vector_indexes_mb + self.fulltext_indexes_mb

    @property
    def lines(self) -> tuple[str, ...]:
        """Settings for neo4j.conf, in the names of 2026.x."""
        return (
            f"server.memory.heap.initial_size={self.heap_mb}m",
            f"server.memory.heap.max_size={self.heap_mb}m",
            f"server.memory.pagecache.size={self.page_cache_mb}m",
            f"db.memory.transaction.max={self.transaction_max_mb}m",
            f"dbms.memory.transaction.total.max={self.transactions_total_mb}m",
        )


def memory_advice(size: DataSize) -> MemoryAdvice:
    """Return what a Neo4j that does nothing else needs for a graph of this size."""
    mentions = size.mentions if size.mentions is not None else 3 * size.episodes
    store = (
        size.entities * ENTITY_BYTES
        + size.facts * FACT_BYTES
        + size.episodes * (EPISODE_BYTES + TEXT_BYTES * size.text_bytes)
        + mentions * MENTION_BYTES
    )
    vectors = size.elements if size.dimension else 0
    stored_vectors = vectors * 4 * size.dimension * ARRAY_OVERHEAD
    vector_indexes = 1.1 * (4 * size.dimension + 8 * 16) * vectors
    fulltext = (size.elements + size.episodes) * FULLTEXT_BYTES + size.episodes * size.text_bytes
    page_cache = _rounded(max(MIN_CACHE_MB, GROWTH * (store + VECTORS_IN_CACHE * stored_vectors) / MB))
    heap = _rounded(min(MAX_HEAP_MB, max(MIN_HEAP_MB, MIN_HEAP_MB + HEAP_PER_MILLION_MB * size.elements / 1_000_000)))
    total = int(TRANSACTIONS_OF_HEAP * heap)
    index_memory = _rounded(INDEX_IN_MEMORY * (vector_indexes + fulltext) / MB)
    return MemoryAdvice(
        store_mb=_mb(store),
        stored_vectors_mb=_mb(stored_vectors),
        vector_indexes_mb=_mb(vector_indexes),
        fulltext_indexes_mb=_mb(fulltext),
        page_cache_mb=page_cache,
        heap_mb=heap,
        transaction_max_mb=int(ONE_OF_TRANSACTIONS * total),
        transactions_total_mb=total,
        index_memory_mb=index_memory,
        machine_mb=page_cache + heap + index_memory + SYSTEM_MB,
    )


def _mb(size: float) -> int:
    return -(-int(size) // MB)


def _rounded(megabytes: float) -> int:
    """Return the next multiple of 64."""
    return -(-int(megabytes) // 64) * 64


async def counts(database: Database) -> DataSize:
    """Return what the database holds, from its count store; the vectors' length is the most common of our groups.

    Raises:
        WorldFault: the database is down.
    """
    row = (await database.fetch("count_everything"))[0]
    return DataSize(
        entities=row["entities"],
        facts=row["facts"],
        episodes=row["episodes"],
        dimension=row["dimension"] or 0,
        mentions=row["mentions"],
        text_bytes=int(row["text_bytes"] or 0),
    )
