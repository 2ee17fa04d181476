"""The source: one poll task that never waits for the pipeline.

Each rule of Kafka's client that bites a slow consumer is answered here and in `ownership` (docs/architecture.md lists
them): fetches are never cancelled, paused partitions are polled on, and a client that cannot go on is replaced.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError, WorldFault
from consumer.kafka import odd_headers
from consumer.kafka.committer import Committer
from consumer.kafka.connection import client_options, connect
from consumer.kafka.faults import translated
from consumer.kafka.log_ends import LogEnds, is_set_within
from consumer.kafka.membership import client_id, member_id
from consumer.kafka.ownership import Ownership
from consumer.model.work import Record, TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import KafkaSettings
from consumer.telemetry.observed import PipelineTelemetry

logger = logging.getLogger(__name__)

STOP_TIMEOUT_S = 10.0
"""The client's own stop may hang (aiokafka 659, 773); after so many seconds we go without it."""

FENCE_LOOK_S = 0.2
"""How often we look whether another member has taken our static name."""

MAX_BROKEN_CLIENTS = 5
"""Clients in a row that gave up before they had an assignment; then the pod ends."""


class KafkaSource:
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
        self._log_ends = LogEnds(pipeline.assignments, self._clock)
        self._client: AIOKafkaConsumer | None = None
        self._ownership: Ownership | None = None
        self._stopping = asyncio.Event()
        self._earlier_rebalances = 0
        self.paused_partitions = 0
        """How many partitions are paused now."""

    @property
    def has_joined(self) -> bool:
        """Whether the group has given us an assignment, be it of no partition."""
        return self._ownership is not None and self._ownership.is_assigned

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    @property
    def rebalances(self) -> int:
        """How often partitions were taken from us."""
        return self._earlier_rebalances + (self._ownership.rebalances if self._ownership is not None else 0)

    def lag(self) -> dict[TopicPartition, int]:
        """Return records between the watermark and the log's end per owned partition (where the end is known)."""
        return self._log_ends.lag()

    @property
    def lag_age_s(self) -> float:
        """Seconds since the broker last told where the log ends; infinite before the first time."""
        return self._log_ends.age_s

    @property
    def member_id(self) -> str:
        """Our name in the consumer group as the broker gave it, e.g. `episodes-9f3c…`; empty before we joined."""
        return member_id(self._client)

    def stop(self) -> None:
        """Ask `run` to take no more, drain, commit and return."""
        self._stopping.set()

    async def run(self) -> None:
        """Join the group and feed the pipeline until `stop`; then drain to the deadline, commit, leave the group.

        A client that gives up for good (a heartbeat or coordination task of it ended) is replaced by a new one.

        Raises:
            UserError: the broker refuses us, the topic is not there, or another member has our name.
            WorldFault: no broker can be reached at the start.
        """
        broken = 0
        while True:
            try:
                await self._session()
            except WorldFault as fault:
                if self.is_stopping:
                    return
                if not broken:
                    raise
                logger.warning("the new Kafka client waits: %s", fault)
                await self._clock.sleep(1.0)
            except BaseExceptionGroup as group:
                was_assigned = self.has_joined
                broken = 1 if was_assigned else broken + 1
                if not _is_broken_client(group) or broken > MAX_BROKEN_CLIENTS or self.is_stopping:
                    raise
                logger.warning("the Kafka client gave up, a new one takes its place: %r", group.exceptions[0])
                await self._clock.sleep(1.0)
            else:
                return

    async def _session(self) -> None:
        """Feed the pipeline through one client, until `stop` or until the client can't go on."""
        settings = self._settings
        client = AIOKafkaConsumer(
            **client_options(settings) | {"client_id": client_id(settings)},
            group_id=settings.consumer_group,
            group_instance_id=settings.group_instance_id,
            enable_auto_commit=False,
            auto_offset_reset="none",  # we seek at each assignment; a position that is gone must be told, not passed
            isolation_level="read_committed",
            max_poll_interval_ms=settings.max_poll_interval_ms,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
            rebalance_timeout_ms=settings.rebalance_timeout_ms,
            max_partition_fetch_bytes=settings.max_partition_fetch_bytes,
            partition_assignment_strategy=(_sticky_assignor(),),
        )
        committer = Committer(client, self._pipeline, settings, self._clock)
        ownership = self._own(client, committer)
        try:
            await connect(client, settings)
            await self._require_topic(client)
            client.subscribe([settings.topic], listener=ownership)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._poll(client, ownership), name="poll")
                    tasks.create_task(committer.run(self._stopping), name="commit")
                    tasks.create_task(self._end_when_fenced(ownership), name="fence")
                    tasks.create_task(self._log_ends.watch(client, ownership.expected, self._stopping), name="log-ends")
            except asyncio.CancelledError:
                self._pipeline.revoke(self._pipeline.assignments.partitions)  # at once: nothing more is waited for
                raise
            finally:
                await ownership.give_up(self._pipeline.assignments.partitions, settings.drain_deadline_s)
        finally:
            await self._leave_group(client)

    def _own(self, client: AIOKafkaConsumer, committer: Committer) -> Ownership:
        self._earlier_rebalances = self.rebalances
        self._client = client
        self._ownership = Ownership(
            client,
            committer,
            self._pipeline,
            self._settings,
            context_span=self._context_span,
            log_ends=self._log_ends,
            telemetry=self._telemetry,
            clock=self._clock,
        )
        return self._ownership

    async def is_drained(self) -> bool:
        """Return whether we have an assignment, all of it is written up to the log's end, and that is committed."""
        client, ownership, assignments = self._client, self._ownership, self._pipeline.assignments
        if client is None or ownership is None or not ownership.is_assigned:
            return False
        await self._log_ends.look(client, ownership.expected)
        return self._log_ends.is_reached() and not assignments.committable()

    async def _poll(self, client: AIOKafkaConsumer, ownership: Ownership) -> None:
        settings = self._settings
        while not self._stopping.is_set():
            self._pause_or_resume(client)
            self._pipeline.remind()
            most = max(1, min(settings.fetch_max_records, self._pipeline.budget.room))
            began_ns = self._telemetry.now_ns()
            try:
                with translated("fetch"):
                    batches = await client.getmany(timeout_ms=settings.poll_timeout_ms, max_records=most)
            except OffsetOutOfRangeError as gone:
                await ownership.pass_removed(list(gone.args[0]))
                continue
            except NoOffsetForPartitionError:
                # Raised for a partition just assigned, when the client looked before we sought.
                ownership.seek_to_expected()
                continue
            except UnicodeDecodeError as error:
                if odd_headers.are_readable():
                    raise
                logger.warning("a record has a header name that is not UTF-8, reading again: %s", error)
                odd_headers.read()
                ownership.seek_to_expected()
                continue
            except WorldFault as fault:
                logger.warning("fetch failed, polling on: %s", fault)
                await self._clock.sleep(1.0)
                continue
            if ownership.fault is not None:
                raise ownership.fault
            for partition, messages in batches.items():
                self._take(client, ownership, partition, messages)
            if batches:
                self._telemetry.polled(settings.topic, began_ns, sum(map(len, batches.values())))

    def _take(
        self, client: AIOKafkaConsumer, ownership: Ownership, partition: KafkaPartition, messages: Sequence[Any]
    ) -> None:
        """Offer what was fetched; what the budget refuses is left with Kafka by seeking back."""
        own = TopicPartition(partition.topic, partition.partition)
        if self._pipeline.assignments.epoch_of(own) is None:
            return  # given up between the fetch and now
        expected = ownership.expected.get(own, 0)
        records = [_record(message) for message in messages if message.offset >= expected]
        if not records:
            return
        taken = self._pipeline.offer(records)
        if taken:
            ownership.expected[own] = records[taken - 1].offset + 1
        if taken < len(records):
            client.seek(partition, records[taken].offset)

    def _pause_or_resume(self, client: AIOKafkaConsumer) -> None:
        """Hold those partitions paused that the pipeline says (a new assignment has no flags)."""
        held = {KafkaPartition(*partition) for partition in self._pipeline.held} & client.assignment()
        paused = client.paused()
        if fresh := held - paused:
            client.pause(*fresh)
        if freed := paused - held:
            client.resume(*freed)
        self.paused_partitions = len(held)

    async def _end_when_fenced(self, ownership: Ownership) -> None:
        """Raise when another member has taken our static name: a fetch would wait for an assignment that never comes.

        Raises:
            UserError: it has.
        """
        while not await is_set_within(self._stopping, FENCE_LOOK_S):
            if ownership.is_fenced and ownership.fault is not None:
                raise ownership.fault

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
        except KafkaError as error:
            logger.warning("the Kafka client stopped with an error: %r", error)


def _is_broken_client(group: BaseExceptionGroup[BaseException]) -> bool:
    """Whether all that ended the session are errors of the client that no table knows."""
    _, others = group.split(KafkaError)
    return others is None


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
