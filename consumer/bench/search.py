"""Measures search over a synthetic group: latency by leg and size, at once and alone, recall, starvation, a peer.

The group is made for the run under an id of its own and removed afterwards. The question's vector is given, so that
no model is part of what is measured.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from consumer.bench.search_data import SearchData
from consumer.graph import Database, FactFilter, GraphReader, Method, What, apply_schema, connect
from consumer.graph.loading import load_rows, unload_group
from consumer.search import Kind, Leg, Ranking, Reranker, Search, SearchRequest
from consumer.settings import Neo4jSettings
from consumer.testing.hash_vectors import hash_vectors

if TYPE_CHECKING:
    from consumer.bench.search_peer import GraphitiSearch

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = "hash"
RECALL_AT = 10
RECALL_QUESTIONS = 30
PEER_SEARCHES = 10
Progress = Callable[[str], None]

CONFIGURATIONS: Mapping[str, Mapping[str, Any]] = {
    "hybrid": {},
    "full text": {"legs": (Leg.FULL_TEXT,)},
    "vector": {"legs": (Leg.VECTOR,)},
    "full text + vector": {"legs": (Leg.FULL_TEXT, Leg.VECTOR)},
    "hybrid, all kinds": {"kinds": (Kind.FACT, Kind.ENTITY, Kind.EPISODE)},
    "hybrid, reranked": {"ranking": Ranking(reranker=Reranker.MMR)},
    "hybrid, as of": {"as_of": datetime(2022, 1, 1, tzinfo=UTC)},
}


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one configuration with so many clients at once."""

    name: str
    clients: int
    searches: int
    p50: float
    p95: float
    p99: float
    least: float


@dataclass(slots=True)
class SearchReport:
    """What was measured of one size."""

    facts: int
    dimension: int
    load_s: float = 0.0
    latencies: list[Latency] = field(default_factory=list)
    recall: float | None = None
    """Share of the exact nearest `RECALL_AT` that the index found; None where there is no index of the dimension."""
    starved: str = ""
    """Of the facts of a small group beside the large one: found of existing."""
    speedup: float | None = None
    """How many times as long the peer took for the same questions, median by median."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


class _GivenVectors:
    """An embedder that is never asked: each request has its vector."""

    def __init__(self, dimension: int) -> None:
        self.model = f"{MODEL}/{dimension}"
        self.dimension = dimension

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> NDArray[np.float32]:
        """Return the vectors of the texts."""
        del is_query
        return hash_vectors(texts, self.dimension)

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class SearchLoad:
    """What to measure: so many facts, searches of each configuration, and clients at once beside one alone."""

    neo4j: Neo4jSettings
    facts: int
    dimension: int = 384
    searches: int = 100
    clients: int = 16
    has_peer: bool = True


async def measure_search(load: SearchLoad, tell: Progress) -> SearchReport:
    """Return the report of one size.

    Raises:
        WorldFault: the database is down.
    """
    report = SearchReport(load.facts, load.dimension)
    async with aclosing(connect(load.neo4j)) as database, _group(database, load, report, tell) as data:
        questions = data.questions(max(min(load.searches, 200), 20))
        vectors = hash_vectors(questions, load.dimension)
        search = Search(GraphReader(database), _GivenVectors(load.dimension))
        plain = [
            SearchRequest(question, (data.group_id,), vector=vector)
            for question, vector in zip(questions, vectors, strict=True)
        ]
        for name, changes in CONFIGURATIONS.items():
            tell(name)
            asked = [replace(request, **changes) for request in plain]
            for at_once in dict.fromkeys((1, load.clients) if name == "hybrid" else (1,)):
                report.latencies.append(await timed(name, at_once, load.searches, asked, search.search))
        tell("recall")
        report.recall = await _recall(database, data.group_id, vectors[:RECALL_QUESTIONS])
        report.starved = await _starvation(database, data, load.dimension)
        if load.has_peer and (peer := _peer(load.neo4j, load.dimension)) is not None:
            tell("graphiti-core")
            async with aclosing(peer):
                theirs = await timed("graphiti-core search()", 1, PEER_SEARCHES, plain, peer.ask)
            # Ours once more, right beside theirs: on a shared machine nothing else compares.
            ours = await timed("hybrid, beside it", 1, load.searches, plain, search.search)
            report.latencies += [theirs, ours]
            report.speedup = theirs.p50 / ours.p50
    return report


async def timed(
    name: str,
    clients: int,
    searches: int,
    requests: Sequence[SearchRequest],
    ask: Callable[[SearchRequest], Awaitable[Any]],
) -> Latency:
    """Return how long `searches` took, asked by so many clients at once, after a tenth more to warm up."""
    spent: list[float] = []
    numbers = iter(range(-max(searches // 10, 3), searches))

    async def client() -> None:
        for number in numbers:
            begun = time.perf_counter()
            await ask(requests[number % len(requests)])
            if number >= 0:
                spent.append((time.perf_counter() - begun) * 1_000)

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(), name=f"client {number}")
    p50, p95, p99 = (float(each) for each in np.percentile(spent, [50, 95, 99]))
    return Latency(name, clients, len(spent), p50, p95, p99, min(spent))


@asynccontextmanager
async def _group(
    database: Database, load: SearchLoad, report: SearchReport, tell: Progress
) -> AsyncIterator[SearchData]:
    """Make the group, and leave room for a small one beside it whose id shares its words; remove both at the end."""
    await apply_schema(database, load.dimension)
    # One word, for graphiti-core's full-text search needs that of a group id.
    data = SearchData(f"benchsearch{uuid.uuid4().hex[:8]}", load.facts, load.dimension)
    begun = time.perf_counter()
    try:
        tell("loading")
        await write(database, data)
        report.load_s = time.perf_counter() - begun
        yield data
    finally:
        tell("removing")
        await unload_group(database, data.group_id)
        await unload_group(database, small_group(data))


async def write(database: Database, data: SearchData) -> None:
    """Return when the rows of `data` are in the graph."""
    model = {"group_id": data.group_id, "model": f"{MODEL}/{data.dimension}", "dimension": data.dimension}
    await load_rows(database, {"record_models": [model]})
    for part in data.entity_parts():
        vectors = [{"uuid": row["uuid"], "vector": row.pop("vector")} for row in part.entities]
        await load_rows(database, {"write_entities": part.entities, "write_name_vectors": vectors})
    for part in data.fact_parts():
        await load_rows(
            database, {"write_episodes": part.episodes, "write_facts": part.facts, "write_mentions": part.mentions}
        )


def small_group(data: SearchData) -> str:
    """Return the id of the group beside it."""
    return f"{data.group_id}-2"


async def _recall(database: Database, group_id: str, vectors: NDArray[np.float32]) -> float | None:
    """Return the share of the exact nearest that the vector leg finds by the index, as it filters in search."""
    by_index = GraphReader(database, exact_up_to=0)
    exactly = GraphReader(database)
    exactly.vector_leg.indexes, exactly.vector_leg.seen_at = {}, float("inf")
    wanted = FactFilter((group_id,), alive_at=NOW)
    found = expected = 0
    for vector in vectors:
        near = await by_index.by_vector(What.FACT, vector, wanted, 50, {})
        if near.method is Method.EXACT:
            return None
        truth = await exactly.by_vector(What.FACT, vector, wanted, RECALL_AT)
        expected += len(truth)
        found += len({one.uuid for one in near[:RECALL_AT]} & {one.uuid for one in truth})
    return found / expected if expected else None


async def _starvation(database: Database, data: SearchData, dimension: int) -> str:
    """Return how many of the facts of the small group each leg finds: `2 of 2 by full text, 2 of 2 by vector`."""
    few = SearchData(small_group(data), 2, dimension)
    await write(database, few)
    reader = GraphReader(database, exact_up_to=0)
    wanted = FactFilter((few.group_id,))
    question = few.questions(1)[0]
    vector = hash_vectors([question], dimension)[0]
    exists = len(await GraphReader(database).by_vector(What.FACT, vector, wanted, 10, {}))
    by_text = await reader.by_text(What.FACT, f"{question} has known works at", wanted, 10)
    by_vector = await reader.by_vector(What.FACT, vector, wanted, 10, {})
    return f"{len(by_text)} of {exists} by full text, {len(by_vector)} of {exists} by vector"


def _peer(settings: Neo4jSettings, dimension: int) -> GraphitiSearch | None:
    """Return graphiti-core's search over the same database where it is installed; models are never asked."""
    try:
        from consumer.bench.search_peer import GraphitiSearch  # noqa: PLC0415 - the extra `peers`
    except ImportError:
        return None
    return GraphitiSearch(settings, dimension)
