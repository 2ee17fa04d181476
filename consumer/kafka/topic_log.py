"""The records of a topic, from its begin to its end at the moment of the call, or of a stretch of time.

One partition after the other, a fetch at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition

from consumer.kafka.faults import translated
from consumer.kafka.log_reader import LogReader
from consumer.model.work import Record
from consumer.settings import KafkaSettings


class TopicLog(LogReader):
    """The records of a topic; `async with` connects."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        """Store where to read."""
        super().__init__(settings, topic, if_missing=", and there is no file of that name")

    async def records(self, since_ms: int | None = None, until_ms: int | None = None) -> AsyncIterator[Record]:
        """Yield the records, partition by partition, whose timestamp is `since_ms` or later and before `until_ms`.

        Raises:
            WorldFault: the broker does not answer.
        """
        for number in sorted(self.end):
            partition = KafkaPartition(self._topic, number)
            start = await self._start(partition, since_ms)
            if start is None or start >= self.end[number]:
                continue
            self._started.assign([partition])
            self._started.seek(partition, start)
            while batch := await self._fetch(partition, self.end[number]):
                for record in batch:
                    is_late = until_ms is not None and record.timestamp >= until_ms
                    is_early = since_ms is not None and record.timestamp < since_ms
                    if record.offset < self.end[number] and not is_late and not is_early:
                        yield record_of(record)

    async def _start(self, partition: KafkaPartition, since_ms: int | None) -> int | None:
        """Return the first offset to read, or None when nothing is so late; all before it is older."""
        if since_ms is None:
            return self.begin[partition.partition]
        with translated(f"offsets of {self._topic} by time"):
            found = (await self._started.offsets_for_times({partition: since_ms}))[partition]
        return None if found is None else int(found.offset)


def record_of(found: ConsumerRecord[bytes | None, bytes | None]) -> Record:
    """Return what the client delivered as a record of ours."""
    return Record(
        topic=found.topic,
        partition=found.partition,
        offset=found.offset,
        timestamp_ms=found.timestamp,
        key=found.key,
        value=found.value,
        headers=tuple(found.headers),
    )
