"""`episodes doctor --memory`: how much memory Neo4j needs, and the lines of its configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, replace

from consumer.cli.output import note, print_json, print_line
from consumer.errors import UserError
from consumer.graph import connect
from consumer.graph.memory import DataSize, MemoryAdvice, counts, memory_advice
from consumer.settings import Settings

COUNTED = ("entities", "facts", "episodes")
DEFAULT_DIMENSION = 1_024
"""Of Graphiti's and our default embedding model."""


def tell_memory(given: Mapping[str, int], *, as_json: bool) -> None:
    """Print the advice for the counts `given`, the others read from the graph.

    Raises:
        UserError: the graph is empty, so that there is nothing to count.
        WorldFault: the database is down.
    """
    size = data_size(given)
    advice = memory_advice(size)
    if as_json:
        print_json({"size": asdict(size), **asdict(advice), "disk_mb": advice.disk_mb, "settings": list(advice.lines)})
        return
    note(
        f"for {size.entities:,} entities, {size.facts:,} facts and {size.episodes:,} episodes of {size.text_bytes:,} "
        f"characters, vectors of {size.dimension:,} numbers"
    )
    for line in told(advice):
        note(line)
    for line in advice.lines:
        print_line(line)


def data_size(given: Mapping[str, int]) -> DataSize:
    """Return the size to advise on.

    Raises:
        UserError: nothing is given and the graph is empty.
        WorldFault: the database is down.
    """
    if all(name in given for name in COUNTED):
        return DataSize(given["entities"], given["facts"], given["episodes"], given.get("dimension", DEFAULT_DIMENSION))
    size = replace(asyncio.run(_count()), **given)
    if not size.elements:
        raise UserError("the graph is empty: give --entities, --facts and --episodes")
    return size


async def _count() -> DataSize:
    async with aclosing(connect(Settings().neo4j)) as database:
        return await counts(database)


def told(advice: MemoryAdvice) -> tuple[str, ...]:
    """Return the sums behind the settings, in lines."""
    system = advice.machine_mb - advice.page_cache_mb - advice.heap_mb
    vectors = f"vectors {advice.stored_vectors_mb:,} and their indexes {advice.vector_indexes_mb:,}"
    rows = (
        ("files", advice.disk_mb, f"graph {advice.store_mb:,}, {vectors}, full-text {advice.fulltext_indexes_mb:,}"),
        (
            "page cache",
            advice.page_cache_mb,
            "1.2 times the graph with its range indexes, and a quarter of the vectors",
        ),
        ("heap", advice.heap_mb, f"of which transactions may take {advice.transactions_total_mb:,}"),
        ("system", system, f"1,024, and {advice.index_memory_mb:,} for a quarter of vector and full-text indexes"),
        ("machine", advice.machine_mb, "if it does nothing else"),
    )
    return tuple(f"{name:<10} {size:>9,} MB   {why}" for name, size, why in rows)
