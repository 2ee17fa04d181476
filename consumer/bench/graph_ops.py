"""Graph questions, and the creation of a single node or edge, on a group of several thousand facts.

A node or an edge is created as the product creates it: one transaction with its episode, its provenance and its
bookkeeping, committed. The group is made for the run and removed.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consumer.bench.arithmetic import distribution
from consumer.bench.cases import figure, latency_figures
from consumer.bench.results import Baseline, Better, Case
from consumer.bench.search import write
from consumer.bench.search_data import SearchData
from consumer.bench.services import Progress
from consumer.bench.usual import USUAL
from consumer.errors import UserError
from consumer.graph import Neo4jGraphStore, apply_schema, connect
from consumer.graph.loading import unload_group
from consumer.model.episode import Embedded, Episode, LogPosition, Removal
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Assertion, Knowledge, Mention
from consumer.search.question_models import NeighbourQuestion, PathQuestion, TimelineQuestion
from consumer.search.questions import GraphQuestions
from consumer.settings import Neo4jSettings
from consumer.testing.hash_vectors import hash_vectors

SCENARIO = "graph"
_MODEL = "bench"
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_WARM_UP = 0.2
_TOGETHER = 100
_NODE, _EDGE = "one node created", "one edge created"
_NODES, _EDGES = (f"a node created, {_TOGETHER} a transaction", f"an edge created, {_TOGETHER} a transaction")
_USUAL = {
    "around an entity, two relations": "graph traversal",
    _NODE: "node creation",
    _EDGE: "edge creation",
    _NODES: "node creation",
    _EDGES: "edge creation",
}


@dataclass(frozen=True, slots=True)
class GraphLoad:
    """So many facts in the group, and so often each operation."""

    facts: int = 20_000
    operations: int = 200
    dimension: int = 384
    seed: int = 1


Operation = Callable[[int], Awaitable[object]]


async def measure_graph(settings: Neo4jSettings, load: GraphLoad, tell: Progress = lambda _what: None) -> list[Case]:
    """Return a case of each operation, one after the other, by one client.

    Raises:
        WorldFault: the database is down.
    """
    group_id = f"benchgraph{uuid.uuid4().hex[:8]}"
    async with aclosing(connect(settings)) as database:
        await apply_schema(database, load.dimension)
        data = SearchData(group_id, load.facts, load.dimension)
        tell(f"loading {load.facts} facts")
        store = Neo4jGraphStore(database)
        maker = _Maker(f"{group_id}w", load.dimension)
        try:
            await write(database, data)
            asking = _asking(GraphQuestions(database), data, load.seed)
            operations: dict[str, Operation] = {
                **asking,
                _NODE: lambda _number: store.write([maker.node()]),
                _EDGE: lambda _number: store.write([maker.edge()]),
                _NODES: lambda _number: store.write([maker.node() for _ in range(_TOGETHER)]),
                _EDGES: lambda _number: store.write([maker.edge() for _ in range(_TOGETHER)]),
            }
            await store.write(maker.ends())
            cases = []
            for name, operation in operations.items():
                tell(name)
                together = _TOGETHER if name in {_NODES, _EDGES} else 1
                spent = await timed(operation, max(5, load.operations // together))
                cases.append(_case(name, load, [each / together for each in spent]))
            return cases
        finally:
            tell("removing")
            await unload_group(database, group_id)
            await store.write(
                [Removal(maker.group_id, None, LogPosition(datetime(2090, 1, 1, tzinfo=UTC), 0, 1 << 40))]
            )


async def timed(operation: Operation, count: int) -> list[float]:
    """Return the seconds that each of `count` operations took, after some more to warm up."""
    spent = []
    for number in range(-max(5, int(count * _WARM_UP)), count):
        began = time.perf_counter()
        await operation(number)
        if number >= 0:
            spent.append(time.perf_counter() - began)
    return spent


def _case(name: str, load: GraphLoad, spent: list[float]) -> Case:
    usual = _USUAL.get(name)
    return Case(
        scenario=SCENARIO,
        variant=name,
        settings={"facts": str(load.facts), "operations": str(len(spent)), "dimension": str(load.dimension)},
        figures=(*latency_figures(spent), figure("operations/s", "1/s", len(spent) / sum(spent), Better.HIGHER)),
        distributions=(distribution("an operation", spent),),
        baselines=(Baseline(name="usual", figures=dict(USUAL[usual])),) if usual else (),
    )


def _asking(questions: GraphQuestions, data: SearchData, seed: int) -> dict[str, Operation]:
    rng = random.Random(f"graph:{seed}")  # noqa: S311 - the same questions each time
    group_id, uuids = data.group_id, data.uuids
    chosen = [(rng.choice(uuids), rng.choice(uuids)) for _ in range(500)]

    def of(number: int) -> tuple[str, str]:
        return chosen[number % len(chosen)]

    async def paths(number: int) -> object:
        source, target = of(number)
        try:
            return await questions.paths(PathQuestion(group_id, source, target))
        except UserError:  # the two are one
            return None

    return {
        "around an entity, one relation": lambda n: questions.neighbours(NeighbourQuestion(group_id, of(n)[0])),
        "around an entity, two relations": lambda n: questions.neighbours(
            NeighbourQuestion(group_id, of(n)[0], depth=2)
        ),
        "shortest paths between two": paths,
        "timeline of an entity": lambda n: questions.timeline(TimelineQuestion(group_id, of(n)[0])),
    }


class _Maker:
    """Makes episodes that bring one node, or one edge between two nodes that are there."""

    def __init__(self, group_id: str, dimension: int) -> None:
        self.group_id = group_id
        self._dimension = dimension
        self._told = 0

    def node(self) -> Embedded:
        """Return an episode that mentions somebody new and says nothing of them."""
        return self._told_of(Knowledge((Mention(f"Node {self._told}", "Person"),), ()))

    def ends(self) -> list[Embedded]:
        """Return the episodes that bring the ends of edges."""
        return [self._told_of(Knowledge((Mention(f"End {number}", "Person"),), ())) for number in range(100)]

    def edge(self) -> Embedded:
        """Return an episode that tells a fact of two ends that no other told."""
        one, other = f"End {self._told % 100}", f"End {(self._told * 7 + 1) % 100}"
        other = other if other != one else f"End {(self._told + 1) % 100}"
        said = Assertion(one, f"TOLD_{self._told}", other, f"{one} told {other} of {self._told}.", valid_at=_EPOCH)
        return self._told_of(Knowledge((Mention(one, "Person"), Mention(other, "Person")), (said,)))

    def _told_of(self, said: Knowledge) -> Embedded:
        number, self._told = self._told, self._told + 1
        at = _EPOCH + timedelta(seconds=number)
        content = " ".join([*(one.sentence for one in said.assertions), *(one.name for one in said.mentions)])
        episode = Episode(
            uuid=episode_uuid(self.group_id, str(number)),
            group_id=self.group_id,
            event_id=str(number),
            name=f"note {number}",
            source="text",
            source_description="bench",
            content=content,
            reference_time=at,
            position=LogPosition(at, 0, number),
        )
        texts = [*(one.name for one in said.mentions), *(one.sentence for one in said.assertions)]
        return Embedded(episode, said, dict(zip(texts, hash_vectors(texts, self._dimension), strict=True)), _MODEL)
