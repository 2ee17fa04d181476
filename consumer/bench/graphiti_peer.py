"""graphiti-core as it is installed, on our services: takes episodes in three ways, and its graph is read back.

Needs the extra `peers`. Its telemetry, which tells its maker of each start, is switched off.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from graphiti_core import Graphiti
from graphiti_core.driver.neo4j_driver import Neo4jDriver
from graphiti_core.edges import EntityEdge
from graphiti_core.embedder.openai import OpenAIEmbedder, OpenAIEmbedderConfig
from graphiti_core.errors import GroupsEdgesNotFoundError
from graphiti_core.llm_client.config import LLMConfig
from graphiti_core.llm_client.openai_generic_client import OpenAIGenericClient
from graphiti_core.nodes import EntityNode, EpisodeType
from graphiti_core.utils.bulk_utils import RawEpisode

from consumer.bench.search_peer import NoJudge
from consumer.settings import Neo4jSettings
from consumer.testing.generate import Event
from consumer.testing.gold import GoldFact
from consumer.testing.simulator import MODELS

DIMENSION = 1_024
"""Numbers in a vector, of its own choice."""


class Mode(StrEnum):
    """How it is given episodes."""

    SEQUENTIAL = "sequential"
    CONCURRENT = "concurrent"
    BULK = "bulk"


@dataclass(slots=True)
class Ingested:
    """What giving it episodes took: seconds, seconds of our CPU, and the episodes that it raised at, by error."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    failed: Counter[str] = field(default_factory=Counter)


class GraphitiPeer:
    """graphiti-core with a provider at `base_url`; `concurrency` is its SEMAPHORE_LIMIT. Close it with `aclose`."""

    def __init__(self, neo4j: Neo4jSettings, base_url: str, concurrency: int) -> None:
        os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"  # noqa: TID251 - its only switch: nothing leaves the machine
        logging.getLogger("graphiti_core").setLevel(logging.CRITICAL)  # what it raises is counted
        password = neo4j.password.get_secret_value() if neo4j.password else None
        chat, embedding = MODELS
        self._concurrency = concurrency
        self._driver = Neo4jDriver(neo4j.uri, neo4j.username if password else None, password)
        self._llm = OpenAIGenericClient(LLMConfig(api_key="simulator", base_url=base_url, model=chat, small_model=chat))
        self._embedder = OpenAIEmbedder(
            OpenAIEmbedderConfig(
                api_key="simulator", base_url=base_url, embedding_model=embedding, embedding_dim=DIMENSION
            )
        )
        self._graphiti = Graphiti(
            graph_driver=self._driver,
            llm_client=self._llm,
            embedder=self._embedder,
            cross_encoder=NoJudge(),
            max_coroutines=concurrency,
        )

    async def prepare(self) -> None:
        """Have its indexes in the database."""
        await self._graphiti.build_indices_and_constraints()

    async def ingest(
        self, events: Sequence[Event], mode: Mode, bulk: int, on_episodes: Callable[[int], None] = lambda _count: None
    ) -> Ingested:
        """Give it `events`, which are in log order; what it raises is counted, and the next one follows.

        Sequential: one after the other. Concurrent: the next as soon as one of so many is done. Bulk: so many of a
        group at once, one bulk after the other.
        """
        done = Ingested()
        began, cpu = time.perf_counter(), time.process_time()
        batches = _bulks(events, bulk) if mode is Mode.BULK else [[event] for event in events]
        left, count = iter(batches), 0

        async def work() -> None:
            nonlocal count
            for batch in left:
                try:
                    await (self._add_bulk(batch) if mode is Mode.BULK else self._add(batch[0]))
                except Exception as error:  # noqa: BLE001 - whatever it raises: its episodes are lost, as for its users
                    done.failed[type(error).__name__] += len(batch)
                count += len(batch)
                on_episodes(count)

        async with asyncio.TaskGroup() as tasks:
            for number in range(self._concurrency if mode is Mode.CONCURRENT else 1):
                tasks.create_task(work(), name=f"graphiti {number}")
        done.seconds, done.cpu_s = time.perf_counter() - began, time.process_time() - cpu
        return done

    async def graph(self, group_id: str) -> tuple[list[str], list[GoldFact]]:
        """Return the names of a group's nodes and its facts, as its own classes read them."""
        nodes = await EntityNode.get_by_group_ids(self._driver, [group_id])
        names = {node.uuid: node.name for node in nodes}
        try:
            edges: list[Any] = await EntityEdge.get_by_group_ids(self._driver, [group_id])
        except GroupsEdgesNotFoundError:
            edges = []
        facts = [
            GoldFact(names[e.source_node_uuid], e.name, names[e.target_node_uuid], e.valid_at, e.invalid_at)
            for e in edges
        ]
        return list(names.values()), facts

    async def aclose(self) -> None:
        """Close its connections."""
        await self._driver.close()
        await self._llm.client.close()
        await self._embedder.client.close()

    async def _add(self, event: Event) -> None:
        await self._graphiti.add_episode(
            name=event["name"],
            episode_body=event["content"],
            source_description="",
            reference_time=datetime.fromisoformat(event["reference_time"]),
            source=EpisodeType[event["source"]],
            group_id=event["group_id"],
        )

    async def _add_bulk(self, events: Sequence[Event]) -> None:
        raw = [
            RawEpisode(
                name=event["name"],
                content=event["content"],
                source_description="",
                reference_time=datetime.fromisoformat(event["reference_time"]),
                source=EpisodeType[event["source"]],
            )
            for event in events
        ]
        await self._graphiti.add_episode_bulk(raw, group_id=events[0]["group_id"])


def _bulks(events: Sequence[Event], size: int) -> list[list[Event]]:
    """Return the events of each group in order, `size` at once; a bulk stands where its last event does."""
    waiting, bulks = defaultdict[str, list[Event]](list), list[list[Event]]()
    for event in events:
        group = waiting[event["group_id"]]
        group.append(event)
        if len(group) == size:
            bulks.append(waiting.pop(event["group_id"]))
    return bulks + list(waiting.values())
