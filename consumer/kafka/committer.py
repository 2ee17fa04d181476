"""The one that commits: explicit offsets, one commit at a time, after the graph write.

Kafka's committed offset is the only authority on where to start; this module is the only one that moves it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from consumer.clock import Clock
from consumer.errors import AssignmentLost, WorldFault
from consumer.kafka.faults import translated
from consumer.model.work import TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import KafkaSettings
from consumer.telemetry import names
from consumer.telemetry.calls import error_type, measure

logger = logging.getLogger(__name__)


class Committer:
    """Commits the pipeline's watermarks: every `commit_interval_s`, earlier after `commit_every_records`.

    C1: what is committed is never ahead of what is written (`Assignments.committable`).
    C2: one commit at a time, each under `commit_timeout_s` (the client itself would retry for ever).
    """

    def __init__(self, client: AIOKafkaConsumer, pipeline: Pipeline, settings: KafkaSettings, clock: Clock) -> None:
        """Store the collaborators; nothing is started."""
        self._client = client
        self._pipeline = pipeline
        self._settings = settings
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self.commits = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Commit whenever it is due, until `stop` is set; the last commit is the caller's (`commit`)."""
        due = self._clock.monotonic() + self._settings.commit_interval_s
        while not stop.is_set():
            await self._clock.sleep(min(0.05, self._settings.commit_interval_s))
            offsets = self._pipeline.assignments.committable()
            if not offsets:
                continue
            ahead = self._pipeline.assignments.uncommitted()
            if ahead >= self._settings.commit_every_records or self._clock.monotonic() >= due:
                await self.commit()
                due = self._clock.monotonic() + self._settings.commit_interval_s

    async def commit(self) -> bool:
        """Commit what is committable now; return whether Kafka has it.

        A commit that fails is no loss: the graph write is idempotent and the next commit covers it. Off assignment
        or fenced, nothing is done: the new owner reads from the last commit.
        """
        async with self._one_at_a_time:
            offsets = self._pipeline.assignments.committable()
            if not offsets:
                return True
            try:
                async with asyncio.timeout(self._settings.commit_timeout_s):
                    await self._send(offsets)
            except (AssignmentLost, WorldFault, TimeoutError) as fault:
                logger.warning("commit of %d partitions failed: %s", len(offsets), str(fault) or "timeout")
                return False
            self.commits += 1
            self._pipeline.committed(offsets)
            return True

    async def _send(self, offsets: Mapping[TopicPartition, int]) -> None:
        told = {
            names.MESSAGING_SYSTEM: "kafka",
            names.MESSAGING_DESTINATION: self._settings.topic,
            names.MESSAGING_OPERATION_NAME: "commit",
        }
        began = self._clock.monotonic()
        try:
            with translated("commit"):
                await self._client.commit({KafkaPartition(*partition): offset for partition, offset in offsets.items()})
        except BaseException as error:
            told[names.ERROR_TYPE] = error_type(error)
            raise
        finally:
            measure(names.MESSAGING_DURATION, self._clock.monotonic() - began, told)
