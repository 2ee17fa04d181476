"""A pod's answers to the health endpoint, and the task that looks whether it is stuck.

Numbers and states only, for anybody who can reach the port: no content, no setting but names of topic and group.
"""

from __future__ import annotations

import logging
import os
from typing import Any

import consumer
from consumer.clock import Clock
from consumer.health.loop_stall import LoopWatcher
from consumer.health.vitals import Verdict, Vitals
from consumer.health.watchdog import LOOK_EVERY_S, STARTING, Watchdog, readiness
from consumer.kafka.source import KafkaSource
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import Settings
from consumer.telemetry.held_memory import held
from consumer.telemetry.logs import scrub
from consumer.telemetry.model_use import model_use
from consumer.telemetry.observed import PipelineTelemetry

logger = logging.getLogger(__name__)

_ERROR_CHARS = 200


class PodHealth:
    """Answers `starting` until `attach`; from then on what pipeline and source say."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Store the settings; the watchdog's limit is one of them."""
        self._settings = settings
        self._clock = clock
        self._began = clock.monotonic()
        self._watchdog = Watchdog(settings.health.stuck_after_s)
        self._pod: _Pod | None = None
        self._is_stuck = False

    def attach(
        self,
        pipeline: Pipeline,
        source: KafkaSource,
        telemetry: PipelineTelemetry,
        loop: LoopWatcher,
        engines: dict[str, str],
    ) -> None:
        """Take what was built; `engines` names extractor and embedder."""
        self._pod = _Pod(pipeline, source, telemetry, loop, engines)

    def live(self) -> Verdict:
        """Return whether the pod lives, and log when that changes."""
        if self._pod is None:
            return Verdict(ok=True, why=STARTING.why)
        verdict = self._watchdog.look(self._pod.vitals(), self._clock.monotonic())
        if self._is_stuck is verdict.ok:
            self._is_stuck = not verdict.ok
            if self._is_stuck:
                logger.error("%s", verdict.why)
            else:
                logger.warning("no longer stuck: %s", verdict.why)
        return verdict

    def ready(self) -> Verdict:
        """Return whether the pod takes part in its consumer group."""
        return STARTING if self._pod is None else readiness(self._pod.vitals())

    async def watch(self) -> None:
        """Look every second, so that a pod that nobody probes tells in its log that it is stuck."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            self.live()

    def statistics(self) -> dict[str, Any]:
        """Return where the pod stands; docs/operations.md explains the fields."""
        kafka = self._settings.kafka
        statistics: dict[str, Any] = {
            "version": consumer.__version__,
            "uptime_s": round(self._clock.monotonic() - self._began, 1),
            "state": "starting",
            "topic": kafka.topic,
            "consumer_group": kafka.consumer_group,
            "rss_bytes": rss_bytes(),
        }
        return statistics if self._pod is None else statistics | self._pod.statistics()


class _Pod:
    """What there is to see of a pod that was built."""

    def __init__(
        self,
        pipeline: Pipeline,
        source: KafkaSource,
        telemetry: PipelineTelemetry,
        loop: LoopWatcher,
        engines: dict[str, str],
    ) -> None:
        self._pipeline = pipeline
        self._source = source
        self._telemetry = telemetry
        self._loop = loop
        self._engines = engines

    def vitals(self) -> Vitals:
        """Return what the watchdog looks at."""
        pipeline, source = self._pipeline, self._source
        assignments = pipeline.assignments
        stages = pipeline.view()
        finished = sum(pipeline.outcomes.values())
        return Vitals(
            has_joined=source.has_joined,
            partitions=len(assignments.partitions),
            lag=sum(source.lag().values()),
            lag_age_s=source.lag_age_s,
            progress=(
                *(stage.done for stage in stages),
                finished,
                finished + pipeline.budget.items,  # admitted
                sum(assignments.next_offsets().values()),
                sum(assignments.committed_offsets().values()),
                # In which assignment: a new one has a new epoch.
                *(assignments.epoch_of(partition) or 0 for partition in assignments.partitions),
                source.rebalances,
                # A call that fails and is tried again is answered, if with no: its breaker opens soon enough.
                sum(self._telemetry.retries.values()),
            ),
            in_flight=tuple((stage.name, stage.in_flight + stage.queued) for stage in stages),
            oldest_age_s=pipeline.oldest_age_s,
            is_paused=source.paused_partitions > 0,
            waits_for=tuple(pipeline.breakers.waiting),
            halted=pipeline.halted,
            is_stopping=source.is_stopping,
        )

    def statistics(self) -> dict[str, Any]:
        """Return the part of /statz that a pod has once it was built."""
        pipeline, source, telemetry = self._pipeline, self._source, self._telemetry
        budget = pipeline.budget
        return {
            "state": self._state(),
            "member_id": source.member_id,
            "engines": self._engines,
            "partitions": self._partitions(),
            "paused_partitions": source.paused_partitions,
            "stages": [
                {
                    "name": stage.name,
                    "done": stage.done,
                    "in_flight": stage.in_flight,
                    "queued": stage.queued,
                    "queued_bytes": stage.queued_bytes,
                    "workers": stage.workers,
                    "busy_s": round(stage.busy_s, 3),
                }
                for stage in pipeline.view()
            ],
            "resequencer_buffered": pipeline.waiting_in_order,
            "in_flight": {
                "items": budget.items,
                "bytes": budget.bytes,
                "peak_items": budget.peak_items,
                "peak_bytes": budget.peak_bytes,
                "budget_items": budget.max_items,
                "budget_bytes": budget.max_bytes,
                "oldest_age_s": round(pipeline.oldest_age_s, 3),
            },
            "models": model_use(),
            "memory": _memory(),
            "outcomes": {str(outcome): count for outcome, count in sorted(pipeline.outcomes.items())},
            "retries": dict(sorted(telemetry.retries.items())),
            "breakers": {
                view.dependency: {
                    "state": str(view.state),
                    "since_s": round(view.since_s, 1),
                    "failures": view.failures,
                    "last_error": scrub(view.last_error)[:_ERROR_CHARS],
                }
                for view in pipeline.breakers.view()
            },
            "halted": pipeline.halted,
            "rebalances": source.rebalances,
            "last_drain_s": None if telemetry.last_drain_s is None else round(telemetry.last_drain_s, 3),
            "loop_stalls": self._loop.stalls,
        }

    def _state(self) -> str:
        if self._source.is_stopping:
            return "stopping"
        if self._pipeline.halted:
            return "halted"
        return "running" if self._source.has_joined else "starting"

    def _partitions(self) -> list[dict[str, int | None]]:
        """Return where each assigned partition is; `lag` is null until the broker has told the log's end."""
        assignments = self._pipeline.assignments
        committed, lag = assignments.committed_offsets(), self._source.lag()
        return [
            {
                "partition": partition.partition,
                "next_offset": next_offset,
                "committed": committed[partition],
                "lag": lag.get(partition),
            }
            for partition, next_offset in sorted(assignments.next_offsets().items())
        ]


def _memory() -> dict[str, Any]:
    """Return what is held on purpose, at most, and by whom."""
    parts = held()
    return {
        "held_bytes": sum(part.used for part in parts.values()),
        "limit_bytes": sum(part.limit for part in parts.values()),
        "parts": {holder: part.used for holder, part in parts.items()},
    }


def rss_bytes() -> int | None:
    """Return the process's resident memory, or None where the system has no /proc."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - read each time, no path to keep
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
