"""Dead letters: the original record, whole, with the reason and the way back to its origin in headers.

The topic is `<topic>.dead-letters`. What it does not take in one record is kept in parts. Not here: reading them
(`dead_letter_log`) and the form of headers and parts (`dead_letter_headers`, `dead_letter_parts`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer, errors
from opentelemetry.trace import SpanKind

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.kafka.connection import connect
from consumer.kafka.dead_letter_headers import Header, letter_headers, part_headers
from consumer.kafka.dead_letter_parts import Whole, whole
from consumer.kafka.dead_letter_topic import most_bytes
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.kafka.producer import MAX_REQUEST_BYTES, durable_producer
from consumer.model.episode import Rejected
from consumer.model.work import Record
from consumer.settings import KafkaSettings
from consumer.telemetry import names
from consumer.telemetry.calls import AttributeValue, client_call, count, error_type
from consumer.telemetry.propagation import within

_LOGGER = logging.getLogger(__name__)
UNTOLD_PART_BYTES = 900_000
"""Size of parts when the broker does not say what the topic takes: below the default limit of brokers."""
_LEAST_PART_BYTES = 256
_OVERHEAD_BYTES = 1_024
"""Above what a batch of one record adds to its key, value and headers."""
_MOST_KEY_BYTES = 1_024
"""A longer key is in the parts only: they must fit however long it is."""
_SPENT = (
    errors.OutOfOrderSequenceNumber,
    errors.UnknownProducerId,
    errors.InvalidProducerEpoch,
    errors.ProducerFenced,
    errors.ProducerClosed,
)
"""After these an idempotent producer sends nothing more; a new one is needed."""


class KafkaDeadLetters:
    """Implements `ports.DeadLetterSink` on Kafka.

    D1: `send` returns only when all in-sync replicas have the record, or all of its parts.
    D2: key, value and original headers are kept byte for byte, whatever they are; ours come after them.
    D3: parts of one letter are in one partition. A crash may leave some of them; the next attempt sends all again.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._producer: AIOKafkaProducer | None = None
        self._turn = asyncio.Lock()
        """One letter at a time: after a refusal the producer is replaced, under nobody else's hands."""

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            WorldFault: no broker answers.
            UserError: the broker refuses us.
        """
        await self._connected()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self.aclose()

    async def aclose(self) -> None:
        """Disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def send(self, record: Record, verdict: Rejected, trace: Mapping[str, str]) -> None:
        """Return when the dead letter is durable.

        Raises:
            WorldFault: Kafka is down, or the dead-letter topic is missing, closed to us or takes next to nothing.
        """
        topic = self._settings.dead_letter_topic
        attributes = {
            names.MESSAGING_SYSTEM: "kafka",
            names.MESSAGING_DESTINATION: topic,
            names.MESSAGING_OPERATION_NAME: "send",
            names.MESSAGING_OPERATION_TYPE: "send",
            names.OUTCOME_DETAIL: verdict.reason,
        }
        ours = letter_headers(record, verdict, trace, self._clock.now())
        with (
            within(trace, is_ours=True),
            client_call(names.send(topic), attributes, metric=names.MESSAGING_DURATION, kind=SpanKind.PRODUCER),
            _counted(attributes),
        ):
            async with self._turn:
                try:
                    if not await self._sent_whole(record, ours):
                        await self._send_parts(record, ours)
                except UserError as error:
                    # A missing or closed topic is mended outside, and the record must not be lost meanwhile.
                    raise WorldFault(DEPENDENCY, f"dead letters: {error}") from error

    async def _sent_whole(self, record: Record, ours: Sequence[Header]) -> bool:
        """Send the letter as one record, or say that it can't be one: too large, or without key and value."""
        if record.key is None and record.value is None:
            return False  # the client sends no such record
        try:
            await self._put(record.key, record.value, [*record.headers, *ours])
        except EpisodeFault:
            return False
        return True

    async def _send_parts(self, record: Record, ours: Sequence[Header]) -> None:
        """Send the letter in parts that the topic takes, in order, each when the one before is durable."""
        content = whole(record)
        limit = await most_bytes(self._settings)
        headers_size = _size([*ours, *part_headers(record, 0, len(content.body), len(content.body), content.sha256)])
        room = min(limit or UNTOLD_PART_BYTES, MAX_REQUEST_BYTES) - headers_size - _MOST_KEY_BYTES - _OVERHEAD_BYTES
        while room >= _LEAST_PART_BYTES:
            count = content.count(room)
            try:
                await self._send_all(record, content, count, ours)
            except EpisodeFault:
                room //= 2  # the topic takes less than it says, or less than most
                continue
            _LOGGER.info(
                "dead letter kept in parts",
                extra={
                    "topic": record.topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "bytes": len(content.body),
                    "parts": count,
                },
            )
            return
        topic = self._settings.dead_letter_topic
        raise WorldFault(
            DEPENDENCY,
            f"dead letters: {topic} takes no records of {headers_size + _OVERHEAD_BYTES} bytes; raise its "
            "max.message.bytes",
        )

    async def _send_all(self, record: Record, content: Whole, count: int, ours: Sequence[Header]) -> None:
        """Send `count` parts to the partition that the first one gets."""
        key = record.key if len(record.key or b"") <= _MOST_KEY_BYTES else None
        partition: int | None = None
        for index, part in enumerate(content.parts(count)):
            about = part_headers(record, index, count, len(content.body), content.sha256)
            partition = await self._put(key, part, [*ours, *about], partition)

    async def _put(
        self, key: bytes | None, value: bytes | None, headers: list[Header], partition: int | None = None
    ) -> int:
        """Send one record, wait until it is durable and return its partition.

        Raises:
            EpisodeFault: the topic refuses it for its size.
            WorldFault: Kafka is down.
            UserError: the topic is missing or closed to us.
        """
        topic = self._settings.dead_letter_topic
        try:
            producer = await self._connected()
            with translated(f"send to {topic}"):
                sent = await producer.send_and_wait(topic, value=value, key=key, headers=headers, partition=partition)
        except EpisodeFault:
            # The refused batch took sequence numbers with it: the broker would refuse the next one too.
            await self.aclose()
            raise
        except WorldFault as fault:
            if isinstance(fault.__cause__, _SPENT):
                await self.aclose()
            raise
        return int(sent.partition)

    async def _connected(self) -> AIOKafkaProducer:
        """Return the producer, connected; a new one when there is none."""
        if self._producer is None:
            producer = durable_producer(self._settings)
            try:
                await connect(producer, self._settings)
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer


@contextmanager
def _counted(attributes: Mapping[str, AttributeValue]) -> Iterator[None]:
    """Count the letter that is sent inside, or that could not be."""
    try:
        yield
    except BaseException as error:
        count(names.MESSAGING_SENT, {**attributes, names.ERROR_TYPE: error_type(error)})
        raise
    count(names.MESSAGING_SENT, attributes)


def _size(headers: Sequence[Header]) -> int:
    """Return the bytes of headers."""
    return sum(len(name.encode()) + len(value or b"") + 10 for name, value in headers)
