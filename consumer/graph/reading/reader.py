"""Everything that search asks of the graph, behind one door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from consumer.clock import Clock, SystemClock
from consumer.graph.connection import Database
from consumer.graph.cypher import body
from consumer.graph.cypher_tokens import statement
from consumer.graph.embedding_models import GroupModel, embedding_models
from consumer.graph.fact_reader import HeldFact
from consumer.graph.plans import explain
from consumer.graph.reading.details import features, group_states, shown
from consumer.graph.reading.filters import FactFilter
from consumer.graph.reading.found import Candidates, FactDetails, Features, GroupState, Shown, Step, What
from consumer.graph.reading.known import known_facts
from consumer.graph.reading.sizes import GroupSizes
from consumer.graph.reading.text_leg import by_text
from consumer.graph.reading.vector_leg import VectorLeg
from consumer.graph.reading.walk import distances, walk
from consumer.model.episode import Vector

EXACT_UP_TO = 300
"""Groups that together hold so many are compared one by one: as fast as the index, and exact."""

_WIDTH = 20
"""Episodes of one entity that count as behind it."""


class GraphReader:
    """Reads the graph for search; holds what it learnt of indexes and sizes, and no result."""

    def __init__(self, database: Database, clock: Clock | None = None, *, exact_up_to: int = EXACT_UP_TO) -> None:
        clock = clock or SystemClock()
        self._database = database
        self.vector_leg = VectorLeg(database, clock, GroupSizes(database, clock), exact_up_to)

    async def states(self, group_ids: Iterable[str]) -> Mapping[str, GroupState]:
        """Return version and model of each group that is known.

        Raises:
            WorldFault: the database is down.
        """
        return await group_states(self._database, group_ids)

    async def embedding_models(self, group_ids: Iterable[str]) -> dict[str, GroupModel]:
        """Return the model of each group that has vectors of ours.

        Raises:
            WorldFault: the database is down.
        """
        return await embedding_models(self._database, group_ids)

    async def by_text(self, what: What, text: str, wanted: FactFilter, limit: int) -> Candidates:
        """Return what holds words of `text`, best first.

        Raises:
            WorldFault: the database is down.
        """
        return await by_text(self._database, what, text, wanted, limit)

    async def by_vector(
        self,
        what: What,
        vector: Vector,
        wanted: FactFilter,
        limit: int,
        states: Mapping[str, GroupState] | None = None,
    ) -> Candidates:
        """Return what is nearest to `vector`, best first; scores are (1 + cosine) / 2.

        Raises:
            WorldFault: the database is down.
        """
        return await self.vector_leg.find(what, vector, wanted, limit, states or {})

    async def walk(self, starts: Sequence[str], wanted: FactFilter, depth: int) -> list[Step]:
        """Return the facts within `depth` steps of the entities `starts`, nearest first.

        Raises:
            WorldFault: the database is down.
        """
        return await walk(self._database, starts, wanted, depth)

    async def distances(
        self, center: str, targets: Iterable[str], group_ids: Sequence[str], depth: int
    ) -> dict[str, int]:
        """Return how many facts lie between `center` and each target, as far as it is at most `depth` away.

        Raises:
            WorldFault: the database is down.
        """
        return await distances(self._database, center, targets, group_ids, depth)

    async def episodes_behind(
        self, facts: Sequence[str], entities: Sequence[str], wanted: FactFilter
    ) -> dict[str, tuple[int, tuple[str, ...]]]:
        """Return by uuid of a fact or entity how many episodes tell of it, and the (latest) ones that count.

        Raises:
            WorldFault: the database is down.
        """
        values = wanted.of_episodes | {"facts": list(facts), "entities": list(entities), "width": _WIDTH}
        record = await self._database.ask("episodes_behind", values) or {"rows": []}
        return {uuid: (mentions, tuple(found)) for uuid, mentions, found in record["rows"]}

    async def neighbours(self, episodes: Sequence[str], wanted: FactFilter) -> dict[str, list[tuple[str, int]]]:
        """Return by episode the two before and after it that count, with their steps: in its saga, else in the log.

        Raises:
            WorldFault: the database is down.
        """
        record = await self._database.ask("neighbour_episodes", wanted.of_episodes | {"uuids": list(episodes)})
        found: dict[str, list[tuple[str, int]]] = {}
        for uuid, neighbour, steps in record["rows"] if record else ():
            found.setdefault(uuid, []).append((neighbour, steps))
        return found

    async def known(
        self, uuids: Sequence[str], group_ids: Sequence[str], wanted: FactFilter
    ) -> dict[str, list[HeldFact]]:
        """Return by uuid of a fact all facts of its triple as the log had told them by `wanted.known_by`.

        Raises:
            WorldFault: the database is down.
        """
        return {} if wanted.known_by is None else await known_facts(self._database, uuids, group_ids, wanted.known_by)

    async def features(self, what: What, uuids: Sequence[str], *, has_vectors: bool = False) -> dict[str, Features]:
        """Return what rerankers look at.

        Raises:
            WorldFault: the database is down.
        """
        return await features(self._database, what, uuids, has_vectors=has_vectors)

    async def shown(
        self, uuids: Mapping[What, Sequence[str]], group_ids: Sequence[str], state_ids: Sequence[str] = ()
    ) -> Shown:
        """Return what is shown of those that are (still) in the groups.

        Raises:
            WorldFault: the database is down.
        """
        return await shown(self._database, uuids, group_ids, state_ids)

    async def facts(self, uuids: Sequence[str], group_ids: Sequence[str]) -> Mapping[str, FactDetails]:
        """Return the details of facts, by uuid."""
        return (await self.shown({What.FACT: uuids}, group_ids)).facts

    async def plan(self, name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the database's plan of one of our queries, as plain data.

        Raises:
            WorldFault: the database is down.
        """
        found = await explain(self._database, statement(body(name)), values)
        return {"query": name, "root": asdict(found.root)}
