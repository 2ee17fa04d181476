"""Publishing events: idempotent, in order per group, traced, with a bounded number of records on the way.

Not here: what an event must look like (model.events), and dead letters, which keep a record as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from opentelemetry.trace import SpanKind

from consumer.errors import UserError
from consumer.kafka.connection import client_options, connect
from consumer.kafka.faults import fault, translated
from consumer.settings import KafkaSettings
from consumer.telemetry import names
from consumer.telemetry.propagation import TRACE_HEADERS, PendingCall

MAX_REQUEST_BYTES = 5_242_880
"""Above the broker's own limit, which then decides; the client's default of 1 MiB would decide before it."""
MAX_BATCH_BYTES = 131_072
_LINGER_MS = 5

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a record went."""

    partition: int
    offset: int


def durable_producer(
    settings: KafkaSettings, *, max_request_bytes: int = MAX_REQUEST_BYTES, **options: Any
) -> AIOKafkaProducer:
    """Return an unstarted producer that acknowledges when all in-sync replicas have the record, and never doubles it.

    Must be called in a running event loop. A record over `max_request_bytes` is refused before it is sent. `options`
    are further ones of the client (transactions).
    """
    return AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=True,
        max_request_size=max_request_bytes,
        max_batch_size=MAX_BATCH_BYTES,
        linger_ms=_LINGER_MS,
        **options,
    )


class Publisher:
    """Sends events to one topic; `async with` connects and, at the end, waits for what is on the way.

    P1: at most `max_in_flight` records are unacknowledged; `send` waits for room.
    P2: records of one group arrive in the order in which they were sent.
    P3: after a failed record nothing more is sent: the next `send` or `flush` raises what happened to it.
    P4: `delivered` and `delivered_bytes` (of values) count what is durable.
    """

    def __init__(self, settings: KafkaSettings, *, topic: str | None = None, max_in_flight: int = 1_000) -> None:
        self._settings = settings
        self._topic = topic or settings.topic
        self._room = asyncio.Semaphore(max_in_flight)
        self._on_the_way: set[asyncio.Future[Any]] = set()
        self._failure: Exception | None = None
        self._producer: AIOKafkaProducer | None = None
        self.delivered = 0
        self.delivered_bytes = 0
        self.failed = 0

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            WorldFault: no broker answers.
            UserError: the broker refuses us, or the topic is not there.
        """
        self._producer = durable_producer(self._settings)
        try:
            await connect(self._producer, self._settings)
            await self._require_topic(self._producer)
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is on the way and disconnect; raises the failure of a record unless another error leaves."""
        if self._producer is not None:
            await self._producer.stop()
        if error is None and self._failure is not None:
            raise self._failure

    async def send(
        self,
        group_id: str,
        value: bytes | None,
        *,
        headers: Sequence[Header] = (),
        timestamp_ms: int | None = None,
    ) -> asyncio.Future[Delivery]:
        """Hand one record over and return the future of its delivery, which need not be awaited.

        The record's key is `group_id`. A `traceparent` header is added unless `headers` has one. `timestamp_ms`
        (milliseconds since 1970) is the log time; now, when absent.

        Raises:
            EpisodeFault: this or an earlier record is too large for the broker.
            WorldFault: the broker is away; `delivered` says how many records are safe.
        """
        self._raise_failure()
        await self._room.acquire()
        delivered: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        call = self._call(group_id, value)
        try:
            with translated(f"send to {self._topic}"):
                sent = await self._started.send(
                    self._topic,
                    value=value,
                    key=group_id.encode(),
                    headers=_with_trace(headers, call),
                    timestamp_ms=timestamp_ms,
                )
        except BaseException as error:
            self._room.release()
            call.end(error)
            if isinstance(error, Exception):
                self.failed += 1
            raise
        size = len(value or b"")
        self._on_the_way.add(sent)
        sent.add_done_callback(lambda done: self._settle(done, delivered, call, size))
        return delivered

    async def flush(self) -> None:
        """Return when everything that was sent is durable.

        Raises:
            EpisodeFault: a record is too large for the broker.
            WorldFault: the broker is away; `delivered` says how many records are safe.
        """
        if self._on_the_way:
            await asyncio.wait(set(self._on_the_way))
            await asyncio.sleep(0)  # the callbacks that count run after the futures are done
        self._raise_failure()

    @property
    def in_flight(self) -> int:
        """Records handed over and not acknowledged."""
        return len(self._on_the_way)

    @property
    def _started(self) -> AIOKafkaProducer:
        """Return the connected producer."""
        if self._producer is None:
            raise RuntimeError("Publisher is used outside `async with`")
        return self._producer

    def _call(self, group_id: str, value: bytes | None) -> PendingCall:
        """Open the `send` span of one record."""
        return PendingCall(
            names.send(self._topic),
            {
                names.MESSAGING_SYSTEM: "kafka",
                names.MESSAGING_DESTINATION: self._topic,
                names.MESSAGING_OPERATION_NAME: "send",
                names.MESSAGING_OPERATION_TYPE: "send",
                names.MESSAGING_KEY: group_id,
                names.MESSAGING_BODY_SIZE: len(value or b""),
            },
            kind=SpanKind.PRODUCER,
            histogram=names.MESSAGING_DURATION,
            counter=names.MESSAGING_SENT,
        )

    def _settle(
        self, sent: asyncio.Future[Any], delivered: asyncio.Future[Delivery], call: PendingCall, size: int
    ) -> None:
        """Count one acknowledged or failed record and tell who waits for it."""
        self._on_the_way.discard(sent)
        self._room.release()
        error = asyncio.CancelledError() if sent.cancelled() else sent.exception()
        if error is None:
            self.delivered += 1
            self.delivered_bytes += size
            metadata = sent.result()
            call.end(
                found={
                    names.MESSAGING_PARTITION: str(metadata.partition),
                    names.MESSAGING_OFFSET: metadata.offset,
                }
            )
            if not delivered.done():
                delivered.set_result(Delivery(metadata.partition, metadata.offset))
            return
        self.failed += 1
        family = fault(error, f"send to {self._topic}") or error
        call.end(family)
        if isinstance(family, Exception):
            self._failure = self._failure or family
            if not delivered.done():
                delivered.set_exception(family)
                delivered.exception()  # it is told by the next send or flush too: no "never retrieved" warning
        else:
            delivered.cancel()

    def _raise_failure(self) -> None:
        """Raise what happened to the first failed record (P3)."""
        if self._failure is not None:
            raise self._failure

    async def _require_topic(self, producer: AIOKafkaProducer) -> None:
        """Raise UserError at once when the topic is not there; the client would wait for it."""
        with translated("topics"):
            metadata = await producer.client.fetch_all_metadata()
        if self._topic not in metadata.topics():
            raise UserError(f"topic {self._topic!r} does not exist; `episodes publish --create-topic` makes it")


def _with_trace(headers: Sequence[Header], call: PendingCall) -> list[Header]:
    """Return `headers` with the trace of the `send` span, unless they carry one."""
    if any(name == TRACE_HEADERS[0] for name, _ in headers):
        return list(headers)
    return [*headers, *((name, text.encode()) for name, text in call.carrier.items())]
