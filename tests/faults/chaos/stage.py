"""One seed's stage: the world, its pods, its producer, its log; what a fault may reach."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.chaos import topic
from faults.chaos.pod import Fleet
from faults.chaos.producer import Producer
from faults.chaos.world import World
from plugins.end_to_end import Log, pod_environment

import consumer

ROOT = Path(consumer.__file__).parents[1]
"""Pods run the code that the test itself imports."""

TIGHT = {
    "KAFKA__METADATA_MAX_AGE_MS": "3000",
    "PIPELINE__RETRY_INITIAL_S": "0.2",
    "PIPELINE__RETRY_MAX_S": "2",
    "PIPELINE__BREAKER_PROBE_MAX_S": "2",
    "PIPELINE__BUDGET_ITEMS": "200",
    "PIPELINE__CONCURRENCY": "6",
    "LLM__TIMEOUT_S": "4",
    "EMBEDDING__TIMEOUT_S": "4",
    "NEO4J__TRANSACTION_TIMEOUT_S": "20",
    "NEO4J__ACQUISITION_TIMEOUT_S": "5",
}
"""Limits of pods under chaos: what takes minutes in production takes seconds here."""


@dataclass
class Stage:
    """What the faults of one seed act on."""

    world: World
    log: Log
    fleet: Fleet
    producer: Producer
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def later(self, act: Coroutine[Any, Any, None]) -> None:
        """Let `act` happen beside the schedule, which waits for nothing."""
        task = asyncio.create_task(act)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return when all that was begun beside the schedule is over."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def add_partitions(self, count: int) -> None:
        """Let the topic have `count` more partitions."""
        await topic.add_partitions(self.world, self.log, count)


def environment(world: World, log: Log) -> dict[str, str]:
    """Return the environment of pods that go through the proxies."""
    tight = {f"EPISODES_{name}": value for name, value in TIGHT.items()}
    through = {
        "EPISODES_KAFKA__BOOTSTRAP_SERVERS": world.kafka.address,
        "EPISODES_NEO4J__URI": f"bolt://{world.neo4j.address}",
        "OPENAI_BASE_URL": f"http://{world.llm.address}/v1",
    }
    return {**pod_environment(log), **tight, **through, "PYTHONPATH": str(ROOT)}
