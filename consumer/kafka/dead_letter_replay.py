"""Publishing rejected records again: key, value, headers and timestamp as they were, and a note of where from.

The timestamp stays, since an event without `event_id` and `reference_time` takes its id from it. Not here: which
letters (the use case in `app`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from consumer.errors import EpisodeFault, UserError
from consumer.kafka.connection import connect
from consumer.kafka.dead_letter_topic import partitions_of
from consumer.kafka.faults import translated
from consumer.kafka.producer import durable_producer
from consumer.model.dead_letter import REPLAYED_FROM, DeadLetter
from consumer.model.work import Record
from consumer.settings import KafkaSettings

_MOST_REQUEST_BYTES = 100_000_000
"""Above any record that a dead letter was made of; the broker decides."""
_TOGETHER_RECORDS = 200
_TOGETHER_BYTES = 4_000_000
_LARGE_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Again:
    """A record to be published again, and the letter it comes from."""

    letter: DeadLetter
    record: Record


class Replayer:
    """Sends records to one topic; `async with` connects.

    L1: what `add` and `flush` count as sent is durable on all in-sync replicas.
    L2: records arrive in the order in which they were added; a record that may be refused for its size goes alone.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._partitions = 0
        self._producer: AIOKafkaProducer | None = None
        self._waiting: list[Again] = []
        self.sent: list[DeadLetter] = []
        self.refused: list[tuple[DeadLetter, str]] = []

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            WorldFault: no broker answers.
            UserError: the broker refuses us, or the topic is not there.
        """
        count = await partitions_of(self._settings, self._topic)
        if count is None:
            raise UserError(f"topic {self._topic!r} does not exist; `episodes publish --create-topic` makes it")
        self._partitions = count
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect; what was added and not flushed is not sent."""
        await self._disconnect()

    async def add(self, again: Again) -> None:
        """Take a record, and send what has come together when that is enough.

        Raises:
            WorldFault: the broker is away; `sent` says what is durable.
        """
        if again.record.size > _LARGE_BYTES:
            await self.flush()
        self._waiting.append(again)
        together = sum(each.record.size for each in self._waiting)
        if len(self._waiting) >= _TOGETHER_RECORDS or together > _TOGETHER_BYTES or again.record.size > _LARGE_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Send what waits and return when it is durable.

        Raises:
            WorldFault: the broker is away; `sent` says what is durable.
        """
        waiting, self._waiting = self._waiting, []
        producer = await self._connected() if waiting else None
        if producer is None:
            return
        futures: list[asyncio.Future[Any] | None] = []
        for again in waiting:
            try:
                with translated(f"send to {self._topic}"):
                    futures.append(await self._hand_over(producer, again))
            except EpisodeFault as fault:
                self.refused.append((again.letter, str(fault)))
                futures.append(None)
        was_refused = False
        for again, future in zip(waiting, futures, strict=True):
            if future is None:
                continue
            try:
                with translated(f"send to {self._topic}"):
                    await future
            except EpisodeFault as fault:
                was_refused = True
                self.refused.append((again.letter, str(fault)))
            else:
                self.sent.append(again.letter)
        if was_refused:
            await self._disconnect()  # a refused batch took sequence numbers with it

    async def _hand_over(self, producer: AIOKafkaProducer, again: Again) -> asyncio.Future[Any]:
        """Give a record to the producer and return the future of its delivery."""
        record = again.record
        position = again.letter.position
        place = f"{self._settings.dead_letter_topic}/{position.partition}/{position.offset}"
        # Where its group was when it was read; elsewhere, and on a topic made anew with fewer, by the key.
        is_at_home = self._topic == record.topic and record.partition < self._partitions
        sent: asyncio.Future[Any] = await producer.send(
            self._topic,
            key=record.key,
            value=record.value,
            headers=[*(h for h in record.headers if h[0] != REPLAYED_FROM), (REPLAYED_FROM, place.encode())],
            timestamp_ms=record.timestamp_ms,
            partition=record.partition if is_at_home else None,
        )
        return sent

    async def _connected(self) -> AIOKafkaProducer:
        """Return the producer, connected; a new one when there is none."""
        if self._producer is None:
            producer = durable_producer(self._settings, max_request_bytes=_MOST_REQUEST_BYTES)
            try:
                await connect(producer, self._settings)
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _disconnect(self) -> None:
        """Stop the producer, if there is one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()


def is_sendable(record: Record) -> bool:
    """Whether the client sends it: not a record without key and value, which means nothing to a consumer either."""
    return record.key is not None or record.value is not None
