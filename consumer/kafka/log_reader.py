"""Reading a topic from its begin to its end at the moment of the call, in no consumer group: nothing is committed."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition

from consumer.errors import UserError, WorldFault
from consumer.kafka import odd_headers
from consumer.kafka.connection import client_options, connect
from consumer.kafka.dead_letter_topic import partitions_of
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.settings import KafkaSettings

FETCH_BYTES = 4_194_304
_FETCH_RECORDS = 500
_POLL_MS = 1_000
_SILENT_POLLS = 30


class LogReader:
    """A client for one topic; `async with` connects.

    `begin` and `end` are the offsets at which each partition begins and ended when it was opened.
    """

    def __init__(self, settings: KafkaSettings, topic: str, *, if_missing: str) -> None:
        """Store where to read; `if_missing` is what a user may make of a topic that is not there."""
        self._settings = settings
        self._topic = topic
        self._if_missing = if_missing
        self._client: AIOKafkaConsumer | None = None
        self.begin: dict[int, int] = {}
        self.end: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        """Connect, and learn where the log begins and ends.

        Raises:
            WorldFault: no broker answers.
            UserError: the topic is not there, or the broker refuses us.
        """
        count = await partitions_of(self._settings, self._topic)
        if count is None:
            raise UserError(f"topic {self._topic!r} does not exist{self._if_missing}")
        self._client = AIOKafkaConsumer(
            **client_options(self._settings),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        try:
            await connect(self._client, self._settings)
            everything = [KafkaPartition(self._topic, number) for number in range(count)]
            with translated(f"log bounds of {self._topic}"):
                begins = await self._client.beginning_offsets(everything)
                ends = await self._client.end_offsets(everything)
        except BaseException:
            await self._client.stop()
            raise
        self.begin = {partition.partition: offset for partition, offset in begins.items()}
        self.end = {partition.partition: offset for partition, offset in ends.items()}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        if self._client is not None:
            await self._client.stop()

    @property
    def offsets(self) -> int:
        """Offsets between begin and end, transaction markers and gaps counted too."""
        return sum(end - self.begin[partition] for partition, end in self.end.items())

    async def _fetch(self, partition: KafkaPartition, end: int) -> list[ConsumerRecord[bytes | None, bytes | None]]:
        """Return what comes next; nothing at `end`, also when only transaction markers are left before it."""
        for _ in range(_SILENT_POLLS):
            with translated(f"read {self._topic}"):
                if await self._started.position(partition) >= end:
                    return []
                try:
                    batch = await self._started.getmany(partition, timeout_ms=_POLL_MS, max_records=_FETCH_RECORDS)
                except UnicodeDecodeError:
                    if odd_headers.are_readable():
                        raise
                    odd_headers.read()
                    continue
            if found := batch.get(partition):
                return list(found)
        raise WorldFault(
            DEPENDENCY, f"{self._topic}: no record in {_SILENT_POLLS} s, {partition.partition} ends at {end}"
        )

    @property
    def _started(self) -> AIOKafkaConsumer:
        """Return the connected client."""
        if self._client is None:
            raise RuntimeError(f"{type(self).__name__} is used outside `async with`")
        return self._client
