"""Runs the stages of a pod without Kafka and Neo4j: records in, verdicts out, the real models' chain in between.

For what is decided before the write: how many calls, how full, how busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import islice

from consumer.app.build import build_embedder, build_extractor, build_ontologies
from consumer.clock import Clock, SystemClock
from consumer.model.work import Record, TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.ports import DeadLetterSink, GraphStore, prepare
from consumer.settings import Settings
from consumer.telemetry.observed import PipelineTelemetry
from consumer.testing.fake_sinks import FakeDeadLetterSink
from consumer.testing.null_store import NullStore

_OFFERED = 200
_PAUSE_S = 0.005


@dataclass(frozen=True, slots=True)
class Stages:
    """A pipeline that runs, and how records get into it."""

    pipeline: Pipeline
    clock: Clock

    @property
    def written(self) -> int:
        """Episodes that the store has taken so far."""
        return self.pipeline.outcomes["written"]

    async def feed(self, records: Iterable[Record], until: Callable[[], bool] = lambda: False) -> int:
        """Offer `records` as fast as they are taken, to the end or `until`; return how many were taken."""
        left = iter(records)
        waiting = list(islice(left, _OFFERED))
        taken = 0
        while waiting and not until():
            number = self.pipeline.offer(waiting) if not self.pipeline.budget.is_paused else 0
            taken += number
            waiting = [*waiting[number:], *islice(left, number)]
            await self.clock.sleep(0 if number else _PAUSE_S)
        return taken

    def give_up(self) -> None:
        """Let nothing more of what was taken go on: it leaves as it surfaces."""
        self.pipeline.assignments.abandon(self.pipeline.assignments.partitions)

    async def emptied(self) -> None:
        """Return when nothing is in flight."""
        while self.pipeline.budget.items:
            await self.clock.sleep(_PAUSE_S)


@asynccontextmanager
async def running_stages(
    settings: Settings,
    store: GraphStore | None = None,
    dead_letters: DeadLetterSink | None = None,
    partitions: Iterable[TopicPartition] = (TopicPartition("episodes", 0),),
) -> AsyncIterator[Stages]:
    """Run the stages with the models of `settings`; at the end what is in flight is let finish.

    Raises:
        UserError: an engine is not usable.
    """
    clock = SystemClock()
    async with AsyncExitStack() as closing:
        extractor = build_extractor(settings)
        closing.push_async_callback(extractor.aclose)
        embedder = build_embedder(settings)
        closing.push_async_callback(embedder.aclose)
        await prepare(extractor)
        pipeline = Pipeline(
            extractor=extractor,
            embedder=embedder,
            store=store or NullStore(),
            dead_letters=dead_letters or FakeDeadLetterSink(),
            settings=settings.pipeline,
            telemetry=PipelineTelemetry("bench"),
            extract_workers=settings.extract_workers,
            clock=clock,
            vocabulary=build_ontologies(settings),
            importance_threshold=settings.embedding.importance_threshold,
            embeds_episodes=settings.embedding.embeds_episodes,
        )
        pipeline.assign(dict.fromkeys(partitions, 0))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pipeline.run(), name="stages")
            try:
                yield Stages(pipeline, clock)
            finally:
                pipeline.close()
