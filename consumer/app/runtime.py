"""One pod: a source feeding a pipeline until it is told to stop.

Starting and stopping in the right order is all this module does; what is built is told in `consumer.app.build`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from consumer.app.build import build_embedder, build_extractor, build_ontologies, open_dead_letters, open_store
from consumer.app.patience import entered
from consumer.app.pod_health import PodHealth
from consumer.clock import SystemClock
from consumer.errors import UserError, WorldFault
from consumer.health.loop_stall import LoopWatcher
from consumer.health.server import HealthServer
from consumer.kafka.source import KafkaSource
from consumer.pipeline.breaker import State
from consumer.pipeline.supervisor import Pipeline, StageView
from consumer.ports import Embedder, Extractor, prepare
from consumer.settings import Settings
from consumer.telemetry import names
from consumer.telemetry.metrics import GaugeKey, Snapshot
from consumer.telemetry.observed import PipelineTelemetry

logger = logging.getLogger(__name__)

LEFTOVER_S = 2.0
"""How long a stopped pod lets stale works surface by themselves, in seconds."""

DRAINED_CHECK_S = 0.25
"""How often a run that ends with the topic looks whether it has, in seconds."""


_BREAKER_STATES = {State.CLOSED: 0, State.PROBING: 1, State.OPEN: 2}


@dataclass(frozen=True, slots=True)
class RuntimeView:
    """A pod at an instant, for a live view: stages in order, lag in records, outcomes so far."""

    stages: list[StageView]
    lag: int
    partitions: int
    in_flight: int
    in_flight_bytes: int
    peak_in_flight: int
    is_paused: bool
    outcomes: dict[str, int]


class Runtime:
    """A pipeline and its source. Built by `open_runtime`; `run` returns when stopped or drained."""

    def __init__(
        self,
        pipeline: Pipeline,
        source: KafkaSource,
        extractor: str,
        embedder: str,
        *,
        health: PodHealth,
        server: HealthServer | None = None,
    ) -> None:
        """Store what was built; `extractor` and `embedder` name the engines, `server` is there when a port is set."""
        self.pipeline = pipeline
        self.source = source
        self.extractor = extractor
        self.embedder = embedder
        self.health = health
        self.server = server

    def stop(self) -> None:
        """Ask for a graceful stop: drain to the deadline, commit, leave the group."""
        self.source.stop()

    async def run(self, *, until_drained: bool = False) -> None:
        """Consume until `stop`; with `until_drained`, also stop when all is written up to the log's end.

        Raises:
            UserError: something only the operator can mend (the first one met; others are logged).
            WorldFault: no broker at the start.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                pipeline = tasks.create_task(self.pipeline.run(), name="pipeline")
                watchers = [tasks.create_task(self.health.watch(), name="watchdog")]
                if until_drained:
                    watchers.append(tasks.create_task(self._stop_when_drained(), name="drained"))
                await self.source.run()
                self.pipeline.close()
                # What is left missed the drain deadline: it is stale, and its call may never end (a database or model
                # that is down). Cancelled, it is read again by whoever owns its partition next.
                await asyncio.wait([pipeline], timeout=LEFTOVER_S)
                pipeline.cancel()
                for watcher in watchers:
                    watcher.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from group

    def view(self) -> RuntimeView:
        """Return where everything is now."""
        budget = self.pipeline.budget
        return RuntimeView(
            stages=self.pipeline.view(),
            lag=sum(self.source.lag().values()),
            partitions=len(self.pipeline.assignments.partitions),
            in_flight=budget.items,
            in_flight_bytes=budget.bytes,
            peak_in_flight=budget.peak_items,
            is_paused=self.source.paused_partitions > 0,
            outcomes={str(outcome): count for outcome, count in self.pipeline.outcomes.items()},
        )

    async def _stop_when_drained(self) -> None:
        """Stop the source when the topic is drained.

        Raises:
            UserError: it never will be, for a burst of dead letters has halted intake.
        """
        while True:
            if self.pipeline.halted:
                raise UserError(
                    f"intake is halted: {self.pipeline.halted}; `episodes dead-letters list` shows them, and a new "
                    "start goes on behind them"
                )
            try:
                if await self.source.is_drained():
                    break
            except WorldFault as fault:
                logger.warning("cannot see whether the topic is drained: %s", fault)
            await asyncio.sleep(DRAINED_CHECK_S)
        self.source.stop()


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    extractor: Extractor | None = None,
    embedder: Embedder | None = None,
    metrics: Callable[[], bytes] | None = None,
    openmetrics: Callable[[], bytes] | None = None,
) -> AsyncIterator[Runtime]:
    """Build a pod from `settings` and close its clients at the end; engines that are passed in stay open.

    With a health port set, the endpoint answers from before anything is built until all is closed; `metrics` and
    `openmetrics` return what its /metrics shows, in those two forms.

    Raises:
        UserError: a setting or an engine is not usable, or the health port is taken.
        WorldFault: Neo4j or Kafka cannot be reached, for `startup_wait_s` seconds.
    """
    clock = SystemClock()
    async with AsyncExitStack() as closing:
        health = PodHealth(settings, clock)
        server = None
        if settings.health.port is not None:
            server = await closing.enter_async_context(HealthServer(settings.health, health, metrics, openmetrics))
        if extractor is None:
            extractor = build_extractor(settings)
            closing.push_async_callback(extractor.aclose)
            await prepare(extractor)
        if embedder is None:
            embedder = build_embedder(settings)
            closing.push_async_callback(embedder.aclose)
        wait_s = settings.startup_wait_s
        opened, store = await entered(partial(open_store, settings, embedder), wait_s, clock)
        closing.push_async_exit(opened)
        sink, dead_letters = await entered(partial(open_dead_letters, settings), wait_s, clock)
        closing.push_async_exit(sink)
        telemetry = PipelineTelemetry(settings.kafka.consumer_group, clock=clock)
        pipeline = Pipeline(
            extractor=extractor,
            embedder=embedder,
            store=store,
            dead_letters=dead_letters,
            settings=settings.pipeline,
            telemetry=telemetry,
            extract_workers=settings.extract_workers,
            clock=clock,
            vocabulary=build_ontologies(settings),
            importance_threshold=settings.embedding.importance_threshold,
            embeds_episodes=settings.embedding.embeds_episodes,
        )
        source = KafkaSource(pipeline, settings.kafka, settings.pipeline.context_span, telemetry, clock)
        telemetry.observe_gauges(_gauges(pipeline, source))
        # Last, for what is imported and loaded at the start holds the loop, and nobody waits for it then.
        loop = closing.enter_context(LoopWatcher(settings.health.stall_s, clock=clock))
        health.attach(pipeline, source, telemetry, loop, {"extractor": extractor.name, "embedder": embedder.model})
        yield Runtime(pipeline, source, extractor.name, embedder.model, health=health, server=server)


def _gauges(pipeline: Pipeline, source: KafkaSource) -> Snapshot:
    """Return the function that reads the gauges; it runs on the exporter's thread and only reads."""

    def read() -> dict[GaugeKey, float]:
        budget = pipeline.budget
        values: dict[GaugeKey, float] = {
            names.IN_FLIGHT: budget.items,
            names.IN_FLIGHT_BYTES: budget.bytes,
            names.OLDEST_IN_FLIGHT: pipeline.oldest_age_s,
            names.PAUSED: source.paused_partitions,
            names.BUFFERED: pipeline.waiting_in_order,
            names.ASSIGNED: len(pipeline.assignments.partitions),
            names.HALTED: int(bool(pipeline.halted)),
        }
        for breaker in pipeline.breakers.view():
            values[names.BREAKER_STATE, breaker.dependency] = _BREAKER_STATES[breaker.state]
        for stage in pipeline.view():
            values[names.QUEUE_DEPTH, stage.name] = stage.queued
            values[names.QUEUE_BYTES, stage.name] = stage.queued_bytes
            values[names.STAGE_WORKERS, stage.name] = stage.workers
            values[names.STAGE_BUSY, stage.name] = stage.busy_s
        for partition, lag in source.lag().items():
            values[names.LAG, partition.topic, str(partition.partition)] = lag
        return values

    return read


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first leaf of `group`; the others are logged."""
    leaves: list[BaseException] = []
    pending: list[BaseException] = [group]
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending[:0] = error.exceptions
        else:
            leaves.append(error)
    for other in leaves[1:]:
        logger.error("also failed: %r", other)
    return leaves[0]
