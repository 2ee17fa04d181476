"""One run of a replay in Kafka: copies and the offsets that they came from are committed in one transaction.

The offsets are those of a consumer group that nobody joins, named after the run; what was ordered is kept with them. So
a run that was cut off at any moment goes on behind its last transaction, and readers of committed records (our pods)
never see a copy twice. Not here: which records, and when (the use case in `app`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer, errors
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.structs import OffsetAndMetadata

from consumer.clock import Clock
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.kafka.admin import admin_client, coordinator_of
from consumer.kafka.connection import connect
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.kafka.producer import durable_producer
from consumer.model.replay import Order, Stretch, order_text, read_order
from consumer.model.work import Record
from consumer.settings import KafkaSettings

logger = logging.getLogger(__name__)

TOGETHER_S = 0.5
"""A transaction stays open so long at most: other readers of its partitions wait for its end."""
_TOGETHER_RECORDS = 5_000
_TOGETHER_BYTES = 8_000_000
_MOST_REQUEST_BYTES = 100_000_000
"""Above any record that was read; the broker decides."""
_TRANSACTION_TIMEOUT_MS = 15_000
"""When the broker gives up the transaction of a process that died, if the run does not go on before."""
_COMMIT_DEADLINE_S = 60.0
_SETTLED_S = 0.3
_ABORT_DEADLINE_S = 10.0
_MOST_ORDER_BYTES = 4_000
"""The broker keeps 4,096 with an offset, unless `offset.metadata.max.bytes` is another."""


def consumer_group(run_id: str) -> str:
    """Return the name under which the offsets of a run are kept; also its transactional id."""
    return f"episodes-replay-{run_id}"


async def stored_run(settings: KafkaSettings, run_id: str) -> tuple[Order, dict[int, Stretch]] | None:
    """Return what a run was ordered to do and how far it is, None when there is no such run (any more).

    Raises:
        WorldFault: no broker answers.
        UserError: the broker refuses us, or somebody else's offsets are kept under that name.
    """
    group = consumer_group(run_id)
    async with admin_client(settings) as admin:
        coordinator = await coordinator_of(admin, group)
        with translated(f"offsets of group {group}"):
            found: Mapping[Any, Any] = await admin.list_consumer_group_offsets(group, coordinator)
    stretches: dict[int, Stretch] = {}
    order: Order | None = None
    for partition, stored in found.items():
        try:
            order, stretches[partition.partition] = read_order(stored.metadata or "", stored.offset)
        except ValueError as error:
            raise UserError(f"consumer group {group} is not that of a replay: {error}") from error
    return None if order is None else (order, stretches)


async def settled_run(settings: KafkaSettings, run_id: str) -> tuple[Order, dict[int, Stretch]] | None:
    """Return what `stored_run` does, of a run that no other process can move any more.

    The broker ends the last transaction of an earlier process before it lets a new one in, but may show its offsets a
    moment later; so they are read until they stay the same.

    Raises:
        WorldFault: no broker answers.
    """
    before = await stored_run(settings, run_id)
    while True:
        await asyncio.sleep(_SETTLED_S)
        found = await stored_run(settings, run_id)
        if found == before:
            return found
        before = found


class ReplayRun:
    """Publishes copies to the order's target; `async with` connects, and ends any earlier process of the same run.

    T1: a copy is seen by readers of committed records exactly when its original is behind the run's offsets.
    T2: copies arrive in the order in which they were added, each partition's.
    T3: what was not committed when the block ends is given up.
    """

    def __init__(self, settings: KafkaSettings, run_id: str, order: Order, clock: Clock) -> None:
        self._settings = settings
        self._run_id = run_id
        self._order = order
        self._clock = clock
        self._producer: AIOKafkaProducer | None = None
        self._sent: list[tuple[Record, asyncio.Future[Any]]] = []
        self._sent_bytes = 0
        self._begun_at: float | None = None
        self.committed = 0
        """Copies that are committed."""

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            WorldFault: no broker answers.
            UserError: the broker refuses us.
        """
        name = consumer_group(self._run_id)
        producer = durable_producer(
            self._settings,
            max_request_bytes=_MOST_REQUEST_BYTES,
            transactional_id=name,
            transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
        )
        try:
            with _told(name):
                await connect(producer, self._settings)
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up what is not committed, and disconnect."""
        if self._begun_at is not None:
            await self._give_up()
        if self._producer is not None:
            # A fenced producer's sender raises what commit has told already.
            try:
                await self._producer.stop()
            except errors.KafkaError:
                if error is None:
                    raise

    @property
    def is_open(self) -> bool:
        """Whether copies were added that are not committed."""
        return self._begun_at is not None

    @property
    def is_full(self) -> bool:
        """Whether enough came together to be committed, or the first of it has waited long enough."""
        return self._begun_at is not None and (
            len(self._sent) >= _TOGETHER_RECORDS
            or self._sent_bytes >= _TOGETHER_BYTES
            or self._clock.monotonic() - self._begun_at >= TOGETHER_S
        )

    async def add(self, copy: Record, partition: int | None) -> None:
        """Send a copy to `partition` of the target, to that of its key when None.

        Raises:
            WorldFault: the broker is away.
            UserError: the target does not take it.
        """
        await self._begin()
        with _told(consumer_group(self._run_id)), _refusal(self._order.target, copy):
            sent = await self._started.send(
                self._order.target,
                key=copy.key,
                value=copy.value,
                headers=list(copy.headers),
                timestamp_ms=copy.timestamp_ms,
                partition=partition,
            )
        self._sent.append((copy, sent))
        self._sent_bytes += copy.size

    async def commit(self, stretches: Mapping[int, Stretch]) -> None:
        """Return when all that was added is committed, and `stretches` with it.

        Raises:
            WorldFault: the broker is away: it may or may not be committed, and the run's offsets say which.
            UserError: the target does not take one of the copies, or another process goes on with this run.
        """
        name = consumer_group(self._run_id)
        offsets = {
            KafkaPartition(self._order.source, number): OffsetAndMetadata(stretch.at, self._text(stretch))
            for number, stretch in stretches.items()
        }
        await self._begin()
        sent = self._sent
        with _told(name):
            try:
                async with asyncio.timeout(_COMMIT_DEADLINE_S):
                    await self._started.send_offsets_to_transaction(offsets, name)
                    if sent:
                        await asyncio.wait([future for _, future in sent])
                    for copy, future in sent:
                        with _refusal(self._order.target, copy):
                            future.result()
                    await self._started.commit_transaction()
            except TimeoutError:
                raise WorldFault(DEPENDENCY, f"a transaction is not committed in {_COMMIT_DEADLINE_S:g} s") from None
        self.committed += len(sent)
        self._sent, self._sent_bytes, self._begun_at = [], 0, None

    async def _begin(self) -> None:
        if self._begun_at is None:
            with _told(consumer_group(self._run_id)):
                await self._started.begin_transaction()
            self._begun_at = self._clock.monotonic()

    async def _give_up(self) -> None:
        """Abort the open transaction; without a broker its timeout does."""
        for _, future in self._sent:
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with asyncio.timeout(_ABORT_DEADLINE_S):
                await self._started.abort_transaction()
        except (TimeoutError, errors.KafkaError, AssertionError) as error:
            # The client asserts that a transaction it could not end can be aborted; a fenced one can't.
            logger.info("transaction of run %s is left to its timeout: %r", self._run_id, error)

    def _text(self, stretch: Stretch) -> str:
        text = order_text(self._order, stretch)
        if len(text.encode()) > _MOST_ORDER_BYTES:
            raise UserError(
                "so many --group names can't be kept with the run: name them by patterns (--group 'team-*'), or replay "
                "them in several runs",
                exit_code=2,
            )
        return text

    @property
    def _started(self) -> AIOKafkaProducer:
        """Return the connected producer."""
        if self._producer is None:
            raise RuntimeError("ReplayRun is used outside `async with`")
        return self._producer


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Raise the family of what the client raises inside, with what only transactions know."""
    try:
        with translated(f"transaction {name}"):
            yield
    except errors.ProducerFenced as error:
        raise UserError("another process goes on with this run, and this one has ended") from error
    except (errors.TransactionalIdAuthorizationFailed, errors.InvalidTxnState) as error:
        raise UserError(f"kafka: transaction {name}: {error}; the user needs Write and Describe on it") from error


@contextmanager
def _refusal(target: str, copy: Record) -> Iterator[None]:
    """Say which record the target does not take."""
    try:
        with translated(f"send to {target}"):
            yield
    except EpisodeFault as fault:
        place = f"{copy.topic}/{copy.partition}/{copy.offset}"
        raise UserError(
            f"{target} refuses the copy of {place} ({fault}): give it the limits of {copy.topic} "
            "(max.message.bytes, message.timestamp.*), and go on"
        ) from fault
