"""Which partitions are ours, and what a rebalance does to them.

Only the eager protocol is there: every rebalance takes all partitions away and gives them anew. A revoke drains what
was started and commits before it returns; an assignment starts from the committed offset, with the context before it
re-read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition

from consumer.clock import Clock
from consumer.errors import UserError, WorldFault
from consumer.kafka.committer import Committer
from consumer.kafka.faults import translated
from consumer.kafka.log_ends import LogEnds
from consumer.kafka.membership import has_lost_its_place, require_own_name
from consumer.model.work import TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import KafkaSettings
from consumer.telemetry.observed import PipelineTelemetry

logger = logging.getLogger(__name__)

ASSIGN_ATTEMPTS = 4
"""Tries to learn where an assigned partition starts; then the pod ends, for without that it would sit idle."""


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
    """What one client of the group owns, and how it takes and gives partitions.

    O1: what a callback raises is kept in `fault` for the poll task: the client logs and swallows it.
    O2: `expected` holds, per owned partition, the offset after the last admitted record.
    """

    def __init__(
        self,
        client: AIOKafkaConsumer,
        committer: Committer,
        pipeline: Pipeline,
        settings: KafkaSettings,
        *,
        context_span: int,
        log_ends: LogEnds,
        telemetry: PipelineTelemetry,
        clock: Clock,
    ) -> None:
        """Store the collaborators; `context_span` offsets before the committed one are re-read as context."""
        self._client = client
        self._committer = committer
        self._pipeline = pipeline
        self._settings = settings
        self._context_span = context_span
        self._log_ends = log_ends
        self._telemetry = telemetry
        self._clock = clock
        self._rebalance_began: float | None = None
        self.expected: dict[TopicPartition, int] = {}
        self.fault: BaseException | None = None
        self.is_fenced = False
        self.is_assigned = False
        self.rebalances = 0

    async def on_partitions_revoked(self, revoked: Sequence[KafkaPartition]) -> None:
        """Drain what was started of the revoked partitions, commit, and own them no longer."""
        self._rebalance_began = self._clock.monotonic()
        if not revoked:
            return
        self.rebalances += 1
        try:
            partitions = [TopicPartition(p.topic, p.partition) for p in revoked]
            await self.give_up(partitions, self._settings.rebalance_drain_s)
            await self._require_own_name()
        except Exception as error:  # noqa: BLE001 - kept for the poll task, which raises it
            self.fault = error

    async def on_partitions_assigned(self, assigned: Sequence[KafkaPartition]) -> None:
        """Start each partition anew: from its committed offset, with the context before it re-read."""
        try:
            await self._start(list(assigned))
        except Exception as error:  # noqa: BLE001 - kept for the poll task, which raises it
            self.fault = error
        self.is_assigned = True
        if self._rebalance_began is not None:
            took_s = self._clock.monotonic() - self._rebalance_began
            logger.info("rebalance took %.2f s: %d partitions are ours", took_s, len(assigned))

    async def _require_own_name(self) -> None:
        """Let a static member that another has replaced not join again: it would throw the other one out in turn."""
        if self._settings.group_instance_id is None or not has_lost_its_place(self._client):
            return
        try:
            await require_own_name(self._settings)
        except UserError as error:
            self.fault = error
            self.is_fenced = True
            # The client swallows any Exception and goes on to join; this ends its coordination instead.
            raise asyncio.CancelledError from error

    async def give_up(self, partitions: Sequence[TopicPartition], deadline_s: float) -> None:
        """Drain for at most `deadline_s`, commit, and own `partitions` no longer."""
        if not partitions:
            return
        began = self._clock.monotonic()
        is_drained = await self._pipeline.drain(partitions, deadline_s)
        drained_s = self._clock.monotonic() - began
        self._telemetry.drained(self._settings.topic, drained_s)
        if is_drained:
            logger.info("drained %d partitions in %.2f s", len(partitions), drained_s)
        else:
            logger.warning("drain deadline of %.1f s passed; the rest is discarded", deadline_s)
        if not has_lost_its_place(self._client):
            await self._committer.commit()  # from one the group knows no longer it would be refused, after a while
        self._pipeline.revoke(partitions)
        for partition in partitions:
            self.expected.pop(partition, None)

    async def pass_removed(self, partitions: Sequence[KafkaPartition]) -> None:
        """Go on where the log begins now, and say what was removed from it before it was read."""
        begins, _ = await self._bounds(list(partitions))
        for partition in partitions:
            own = TopicPartition(partition.topic, partition.partition)
            self._tell_removed(own, self.expected.get(own, 0), begins[partition])
            self.expected[own] = begins[partition]
            self._client.seek(partition, begins[partition])

    def seek_to_expected(self) -> None:
        """Fetch next what was not admitted yet."""
        for own, offset in self.expected.items():
            partition = KafkaPartition(*own)
            if partition in self._client.assignment():
                self._client.seek(partition, offset)

    async def _start(self, assigned: list[KafkaPartition]) -> None:
        self._log_ends.forget()
        self._telemetry.rebalanced(self._settings.topic)
        if not assigned:
            return
        begins, committed = await self._bounds(assigned)
        starts: dict[TopicPartition, int] = {}
        for partition in assigned:
            own = TopicPartition(partition.topic, partition.partition)
            stored = committed[partition]
            if stored is not None:
                self._tell_removed(own, stored, begins[partition])
            starts[own] = max(stored or 0, begins[partition])
            self.expected[own] = max(begins[partition], starts[own] - self._context_span)
            self._client.seek(partition, self.expected[own])
        self._pipeline.assign(starts)

    async def _bounds(
        self, partitions: list[KafkaPartition]
    ) -> tuple[dict[KafkaPartition, int], dict[KafkaPartition, int | None]]:
        """Return where each partition's log begins and what the group has committed of it."""
        for attempt in range(1, ASSIGN_ATTEMPTS + 1):
            try:
                with translated("assign"):
                    begins = await self._client.beginning_offsets(partitions)
                    return begins, {partition: await self._client.committed(partition) for partition in partitions}
            except WorldFault as fault:
                if attempt == ASSIGN_ATTEMPTS:
                    raise
                logger.warning("assignment of %d partitions waits: %s", len(partitions), fault)
                await self._clock.sleep(float(attempt))
        raise AssertionError("unreachable")

    def _tell_removed(self, partition: TopicPartition, expected: int, begin: int) -> None:
        lost = begin - expected
        if lost > 0:
            self._telemetry.unread_lost(partition.topic, lost)
            logger.error(
                "%d offsets (%d to %d) of %s[%d] were removed from the log before they were read; raise its retention",
                lost,
                expected,
                begin - 1,
                partition.topic,
                partition.partition,
            )
