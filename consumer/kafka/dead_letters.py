"""Dead letters: the original record, whole, with the reason and the way back to its origin in headers.

The topic is `<topic>.dead-letters`; it is kept by `admin.ensure_topics` with room for 4 MB values.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer, errors
from opentelemetry.trace import SpanKind

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.kafka.connection import connect
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.kafka.producer import Header, durable_producer
from consumer.model.episode import Rejected
from consumer.model.events import DeadLetterHeaders
from consumer.model.instants import iso
from consumer.model.work import Record
from consumer.settings import KafkaSettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.propagation import trace_id_of, within

_LOGGER = logging.getLogger(__name__)
_DETAIL_CHARS = 2_000
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

    D1: `send` returns only when all in-sync replicas have the record.
    D2: key, value and original headers are kept byte for byte; ours come after them. Exceptions, told in `detail`:
    a value that even the dead-letter topic refuses is left out, for it is still at its origin; and a record with
    neither key nor value gets an empty key, since the client sends no other.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._producer: AIOKafkaProducer | None = None

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
            WorldFault: Kafka is down, or the dead-letter topic is missing or closed to us.
        """
        try:
            await self._send(record, verdict, trace, record.value)
        except EpisodeFault as fault:
            size = len(record.value or b"")
            _LOGGER.warning(
                "dead letter kept without its value, which the topic refuses",
                extra={"topic": record.topic, "partition": record.partition, "offset": record.offset, "bytes": size},
            )
            told = Rejected(
                group_id=verdict.group_id,
                reason=verdict.reason,
                detail=f"value of {size} bytes left out ({fault.reason}), still at its origin; {verdict.detail}",
                stage=verdict.stage,
                attempts=verdict.attempts,
                family=verdict.family,
            )
            await self._send(record, told, trace, None)

    async def _send(self, record: Record, verdict: Rejected, trace: Mapping[str, str], value: bytes | None) -> None:
        """Send one dead letter and wait for it."""
        topic = self._settings.dead_letter_topic
        key = b"" if record.key is None and value is None else record.key
        attributes = {
            names.MESSAGING_SYSTEM: "kafka",
            names.MESSAGING_DESTINATION: topic,
            names.MESSAGING_OPERATION_NAME: "send",
            names.MESSAGING_OPERATION_TYPE: "send",
            names.OUTCOME_DETAIL: verdict.reason,
        }
        with (
            within(trace),
            client_call(names.send(topic), attributes, metric=names.MESSAGING_DURATION, kind=SpanKind.PRODUCER),
        ):
            try:
                producer = await self._connected()
                with translated(f"send to {topic}"):
                    await producer.send_and_wait(
                        topic, value=value, key=key, headers=[*record.headers, *self._headers(record, verdict, trace)]
                    )
            except UserError as error:
                # A missing or closed topic is mended outside, and the record must not be lost meanwhile.
                raise WorldFault(DEPENDENCY, f"dead letters: {error}") from error
            except WorldFault as fault:
                if isinstance(fault.__cause__, _SPENT):
                    await self.aclose()
                raise

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

    def _headers(self, record: Record, verdict: Rejected, trace: Mapping[str, str]) -> list[Header]:
        """Return our headers, by the names of the contract."""
        model = DeadLetterHeaders(
            reason=verdict.reason,
            detail=verdict.detail[:_DETAIL_CHARS],
            family=verdict.family,
            stage=verdict.stage,
            attempts=str(verdict.attempts),
            failed_at=iso(self._clock.now()),
            origin_topic=record.topic,
            origin_partition=str(record.partition),
            origin_offset=str(record.offset),
            origin_timestamp=str(record.timestamp_ms),
            trace_id=trace_id_of(trace),
        )
        # Text that came from broken bytes may hold lone surrogates.
        return [(name, text.encode(errors="replace")) for name, text in model.model_dump(by_alias=True).items()]
