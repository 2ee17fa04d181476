"""The source: one poll task that never waits for the pipeline, and what a rebalance does.

Each rule of KAFKA's client that bites a slow consumer is answered here (docs/architecture.md lists them): fetches are
never cancelled, paused partitions are polled on, every assignment starts anew from the committed offset, a revoke
drains what was started and commits before it returns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError, WorldFault
from consumer.kafka.committer import Committer
from consumer.kafka.connection import client_options, connect
from consumer.kafka.faults import translated
from consumer.kafka.log_ends import LogEnds
from consumer.model.work import Record, TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import KafkaSettings
from consumer.telemetry.observed import PipelineTelemetry

logger = logging.getLogger(__name__)

STOP_TIMEOUT_S = 10.0
"""The client's own stop may hang (aiokafka 659, 773); after so many seconds we go without it."""


ASSIGN_ATTEMPTS = 4
"""Tries to learn where an assigned partition starts; then the pod ends, for without that it would sit idle."""


class KafkaSource(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
    """Feeds a pipeline from a topic as one member of a consumer group.

    K1: the poll task awaits nothing but the fetch; a full budget, an outage or a halt pauses partitions and polling
        goes on.
    K2: a fetch is never cancelled; stopping is a flag it looks at (a cancelled fetch blinds the client's watchdog).
    K3: records of an earlier assignment never reach a later one: each is stamped with its epoch.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        settings: KafkaSettings,
        context_span: int,
        telemetry: PipelineTelemetry,
        clock: Clock | None = None,
    ) -> None:
        """Store the collaborators; `context_span` offsets before the committed one are re-read as context."""
        self._pipeline = pipeline
        self._settings = settings
        self._context_span = context_span
        self._telemetry = telemetry
        self._clock = clock or SystemClock()
        self._client: AIOKafkaConsumer | None = None
        self._committer: Committer | None = None
        self._expected: dict[TopicPartition, int] = {}
        self._log_ends = LogEnds(pipeline.assignments, self._clock)
        self._paused: set[KafkaPartition] = set()
        self._fault: BaseException | None = None
        self._stopping = asyncio.Event()
        self._is_assigned = asyncio.Event()
        self.rebalances = 0

    @property
    def paused_partitions(self) -> int:
        """How many partitions are paused now."""
        return len(self._paused)

    def lag(self) -> dict[TopicPartition, int]:
        """Return records between the watermark and the log's end per owned partition (where the end is known)."""
        return self._log_ends.lag()

    @property
    def lag_age_s(self) -> float:
        """Seconds since the broker last told the log's ends; infinite when it has not yet."""
        return self._log_ends.age_s

    @property
    def has_joined(self) -> bool:
        """Whether the group has given us an assignment, which may be one of no partition."""
        return self._is_assigned.is_set()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    @property
    def member_id(self) -> str:
        """What the broker calls us in the consumer group; empty before we joined."""
        return "" if self._client is None else str(self._client._coordinator.member_id)  # noqa: SLF001 - told nowhere else

    def stop(self) -> None:
        """Ask `run` to take no more, drain, commit and return."""
        self._stopping.set()

    async def run(self) -> None:
        """Join the group and feed the pipeline until `stop`; then drain to the deadline, commit, leave the group.

        Raises:
            UserError: the broker refuses us or the topic is not there.
            WorldFault: no broker can be reached at the start.
        """
        settings = self._settings
        client = AIOKafkaConsumer(
            **client_options(settings),
            group_id=settings.consumer_group,
            enable_auto_commit=False,
            auto_offset_reset="none",  # we seek at each assignment; a position that is gone must be told, not passed
            isolation_level="read_committed",
            max_poll_interval_ms=settings.max_poll_interval_ms,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
            group_instance_id=settings.group_instance_id,
            rebalance_timeout_ms=settings.rebalance_timeout_ms,
            max_partition_fetch_bytes=settings.max_partition_fetch_bytes,
            partition_assignment_strategy=(_sticky_assignor(),),
        )
        self._client = client
        self._committer = committer = Committer(client, self._pipeline, settings, self._clock)
        await connect(client, settings)
        try:
            await self._require_topic(client)
            client.subscribe([settings.topic], listener=self)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._poll(client), name="poll")
                tasks.create_task(committer.run(self._stopping), name="commit")
                tasks.create_task(self._log_ends.watch(client, self._expected, self._stopping), name="log-ends")
            await self._give_up(self._pipeline.assignments.partitions)
        finally:
            await self._leave_group(client)

    async def is_drained(self) -> bool:
        """Return whether we have an assignment, all of it is written up to the log's end, and that is committed."""
        client, assignments = self._client, self._pipeline.assignments
        if client is None or not self._is_assigned.is_set():
            return False
        await self._log_ends.look(client, self._expected)
        return self._log_ends.is_reached() and not assignments.committable()

    # The poll task.

    async def _poll(self, client: AIOKafkaConsumer) -> None:
        settings = self._settings
        while not self._stopping.is_set():
            self._pause_or_resume(client)
            most = max(1, min(settings.fetch_max_records, self._pipeline.budget.room))
            try:
                with translated("fetch"):
                    batches = await client.getmany(timeout_ms=settings.poll_timeout_ms, max_records=most)
            except OffsetOutOfRangeError as gone:
                await self._pass_removed(client, list(gone.args[0]))
                continue
            except NoOffsetForPartitionError:
                # Raised for a partition just assigned, when the client looked before we sought.
                self._seek_to_expected(client)
                continue
            except WorldFault as fault:
                logger.warning("fetch failed, polling on: %s", fault)
                await self._clock.sleep(1.0)
                continue
            if self._fault is not None:
                raise self._fault
            for partition, messages in batches.items():
                self._take(client, partition, messages)

    def _take(self, client: AIOKafkaConsumer, partition: KafkaPartition, messages: Sequence[Any]) -> None:
        """Offer what was fetched; what the budget refuses is left with Kafka by seeking back."""
        own = TopicPartition(partition.topic, partition.partition)
        if self._pipeline.assignments.epoch_of(own) is None:
            return  # given up between the fetch and now
        expected = self._expected.get(own, 0)
        records = [_record(message) for message in messages if message.offset >= expected]
        if not records:
            return
        taken = self._pipeline.offer(records)
        if taken:
            self._expected[own] = records[taken - 1].offset + 1
        if taken < len(records):
            client.seek(partition, records[taken].offset)

    async def _pass_removed(self, client: AIOKafkaConsumer, partitions: list[KafkaPartition]) -> None:
        """Go on where the log begins now, and say what was removed from it before it was read."""
        begins, _ = await self._bounds(client, partitions)
        for partition in partitions:
            own = TopicPartition(partition.topic, partition.partition)
            self._tell_removed(own, self._expected.get(own, 0), begins[partition])
            self._expected[own] = begins[partition]
            client.seek(partition, begins[partition])

    def _seek_to_expected(self, client: AIOKafkaConsumer) -> None:
        for own, offset in self._expected.items():
            partition = KafkaPartition(*own)
            if partition in client.assignment():
                client.seek(partition, offset)

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

    def _pause_or_resume(self, client: AIOKafkaConsumer) -> None:
        """Hold the assigned partitions paused exactly while the pipeline says so."""
        assigned = set(client.assignment())
        self._paused &= assigned
        if self._pipeline.is_paused:
            if fresh := assigned - self._paused:
                client.pause(*fresh)
                self._paused |= fresh
        elif self._paused:
            client.resume(*self._paused)
            self._paused.clear()

    # Rebalance: the client calls these and swallows what they raise, so faults are kept for the poll task.

    async def on_partitions_revoked(self, revoked: Sequence[KafkaPartition]) -> None:
        """Drain what was started of the revoked partitions, commit, and own them no longer."""
        if not revoked:
            return
        self.rebalances += 1
        partitions = [TopicPartition(p.topic, p.partition) for p in revoked]
        try:
            await self._give_up(partitions)
        except Exception as error:  # noqa: BLE001 - kept for the poll task, which raises it
            self._fault = error

    async def on_partitions_assigned(self, assigned: Sequence[KafkaPartition]) -> None:
        """Start each partition anew: from its committed offset, with the context before it re-read."""
        try:
            await self._start(list(assigned))
        except Exception as error:  # noqa: BLE001 - kept for the poll task, which raises it
            self._fault = error
        self._is_assigned.set()

    async def _start(self, assigned: list[KafkaPartition]) -> None:
        client = self._client
        if client is None or not assigned:
            return
        self._paused.clear()  # a new assignment has no pause flags; the poll task sets them again
        self._log_ends.forget()
        begins, committed = await self._bounds(client, assigned)
        starts: dict[TopicPartition, int] = {}
        for partition in assigned:
            own = TopicPartition(partition.topic, partition.partition)
            stored = committed[partition]
            if stored is not None:
                self._tell_removed(own, stored, begins[partition])
            starts[own] = max(stored or 0, begins[partition])
            self._expected[own] = max(begins[partition], starts[own] - self._context_span)
            client.seek(partition, self._expected[own])
        self._pipeline.assign(starts)
        self._telemetry.rebalanced(self._settings.topic)

    async def _bounds(
        self, client: AIOKafkaConsumer, assigned: list[KafkaPartition]
    ) -> tuple[dict[KafkaPartition, int], dict[KafkaPartition, int | None]]:
        """Return where each partition's log begins and what the group has committed of it."""
        for attempt in range(1, ASSIGN_ATTEMPTS + 1):
            try:
                with translated("assign"):
                    begins = await client.beginning_offsets(assigned)
                    return begins, {partition: await client.committed(partition) for partition in assigned}
            except WorldFault as fault:
                if attempt == ASSIGN_ATTEMPTS:
                    raise
                logger.warning("assignment of %d partitions waits: %s", len(assigned), fault)
                await self._clock.sleep(float(attempt))
        raise AssertionError("unreachable")

    async def _give_up(self, partitions: list[TopicPartition]) -> None:
        """Drain to the deadline, commit, and own `partitions` no longer."""
        if not partitions:
            return
        began = self._clock.monotonic()
        is_drained = await self._pipeline.drain(partitions, self._settings.drain_deadline_s)
        self._telemetry.drained(self._settings.topic, self._clock.monotonic() - began)
        if not is_drained:
            logger.warning("drain deadline of %.0f s passed; the rest is discarded", self._settings.drain_deadline_s)
        if self._committer is not None:
            await self._committer.commit()
        self._pipeline.revoke(partitions)
        for partition in partitions:
            self._expected.pop(partition, None)

    async def _require_topic(self, client: AIOKafkaConsumer) -> None:
        with translated("topics"):
            topics = await client.topics()
        if self._settings.topic not in topics:
            raise UserError(
                f"topic {self._settings.topic!r} does not exist; `episodes publish --create-topic` makes it"
            )

    @staticmethod
    async def _leave_group(client: AIOKafkaConsumer) -> None:
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await client.stop()
        except TimeoutError:
            logger.warning("the Kafka client did not stop within %.0f s; going without it", STOP_TIMEOUT_S)


def _sticky_assignor() -> type[StickyPartitionAssignor]:
    """Return an assignor that moves few partitions; a class of its own, for the client keeps its state on the class."""
    return type("EpisodesStickyAssignor", (StickyPartitionAssignor,), {})


def _record(message: ConsumerRecord) -> Record:
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=message.timestamp,
        key=message.key,
        value=message.value,
        headers=tuple(message.headers),
    )
