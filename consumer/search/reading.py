"""What search needs of the graph, as a protocol; `graph.GraphReader` is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from consumer.graph import Candidates, FactFilter, Features, GroupState, HeldFact, Shown, Step, What
from consumer.model.episode import Vector


class Reader(Protocol):
    """Reads a graph within conditions; see `consumer.graph.reading.reader.GraphReader` for what each promises."""

    async def states(self, group_ids: Iterable[str]) -> Mapping[str, GroupState]:
        """Return version and model of each known group."""
        ...

    async def by_text(self, what: What, text: str, wanted: FactFilter, limit: int) -> Candidates:
        """Return what holds words of the text, best first."""
        ...

    async def by_vector(
        self,
        what: What,
        vector: Vector,
        wanted: FactFilter,
        limit: int,
        states: Mapping[str, GroupState] | None = None,
    ) -> Candidates:
        """Return the nearest, best first."""
        ...

    async def walk(self, starts: Sequence[str], wanted: FactFilter, depth: int) -> list[Step]:
        """Return the facts around entities, nearest first."""
        ...

    async def distances(
        self, center: str, targets: Iterable[str], group_ids: Sequence[str], depth: int
    ) -> Mapping[str, int]:
        """Return how many facts lie between the centre and each target within reach."""
        ...

    async def episodes_behind(
        self, facts: Sequence[str], entities: Sequence[str], wanted: FactFilter
    ) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """Return by uuid how many episodes tell of it, and those that count."""
        ...

    async def neighbours(self, episodes: Sequence[str], wanted: FactFilter) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return by episode the two before and the two after it that count, with the steps to them."""
        ...

    async def features(self, what: What, uuids: Sequence[str], *, has_vectors: bool = False) -> Mapping[str, Features]:
        """Return what rerankers look at."""
        ...

    async def known(
        self, uuids: Sequence[str], group_ids: Sequence[str], wanted: FactFilter
    ) -> Mapping[str, Sequence[HeldFact]]:
        """Return by fact what the log had told of its triple by `wanted.known_by`."""
        ...

    async def shown(
        self, uuids: Mapping[What, Sequence[str]], group_ids: Sequence[str], state_ids: Sequence[str] = ()
    ) -> Shown:
        """Return what is shown of those that are in the groups, and the state of groups right after."""
        ...

    async def plan(self, name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the database's plan of a query."""
        ...
