"""Reading the dead-letter topic: from its begin to its end at the moment of the call, in no consumer group.

One partition at a time, a fetch at a time: a scan holds no values, and reading a letter holds that letter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition

from consumer.errors import UserError
from consumer.kafka.dead_letter_assembly import Assembly, Found
from consumer.kafka.dead_letter_headers import Told, read_headers
from consumer.kafka.dead_letter_parts import join
from consumer.kafka.faults import translated
from consumer.kafka.log_reader import LogReader
from consumer.model.dead_letter import DeadLetter, Position
from consumer.model.work import Record
from consumer.settings import KafkaSettings

_NEAR = 1_000
"""A letter so many offsets ahead is read on to; a farther one is sought."""


class DeadLetterLog(LogReader):
    """The records of the dead-letter topic; `async with` connects."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Store where to read."""
        why = ": nothing was rejected yet, or EPISODES_KAFKA__TOPIC is another"
        super().__init__(settings, settings.dead_letter_topic, if_missing=why)
        self._at: Position | None = None
        self._ahead: deque[ConsumerRecord[bytes | None, bytes | None]] = deque()

    async def scan(self, begin: Position | None = None) -> AsyncIterator[Found]:
        """Yield each letter without its value, and what is none, partition by partition, as its last record is read.

        With `begin` only what stands there and after it in its partition.

        Raises:
            WorldFault: the broker does not answer.
        """
        for partition in sorted(self.end) if begin is None else [begin.partition]:
            assembly = Assembly(partition)
            first = self.begin[partition] if begin is None else begin.offset
            async for record in self._records(Position(partition, first)):
                for found in assembly.add(
                    record.offset, record.timestamp, record.key, len(record.value or b""), record.headers
                ):
                    yield found
            for found in assembly.finish():
                yield found

    async def original(self, letter: DeadLetter) -> tuple[Record, Told]:
        """Return the record that was rejected, as it was, and all that its letter's headers say.

        Letters asked for in the order of their positions are read in one go.

        Raises:
            UserError: parts are missing or not what was sent, or the letter was removed meanwhile.
            WorldFault: the broker does not answer.
        """
        if not letter.is_complete:
            raise UserError(
                f"dead letter {letter.position} has {len(letter.offsets)} of its {letter.expected_parts} parts: "
                "the crash that cut it short had the record rejected again, see `episodes dead-letters list --all`"
            )
        parts: list[bytes] = []
        for offset in letter.offsets:
            kept = await self._read(Position(letter.position.partition, offset))
            parts.append(kept.value or b"")
        told = read_headers(kept.headers)
        key, value, headers = kept.key, kept.value, told.original
        if told.part is not None:
            try:
                key, value, headers = join(parts, told.part.sha256)
            except ValueError as error:
                raise UserError(f"dead letter {letter.position} can't be read: {error}") from error
        return Record(*letter.origin, key, value, headers), told

    async def _records(self, begin: Position) -> AsyncIterator[ConsumerRecord[bytes | None, bytes | None]]:
        """Yield the records of a partition."""
        end = self.end[begin.partition]
        if end <= begin.offset:
            return
        self._seek(begin)
        self._at = None  # not kept while scanning: the next letter is sought
        kafka_partition = KafkaPartition(self._topic, begin.partition)
        while True:
            while self._ahead:
                record = self._ahead.popleft()
                if record.offset < end:
                    yield record
            with translated("position"):
                if await self._started.position(kafka_partition) >= end:
                    break
            self._ahead.extend(await self._fetch(kafka_partition, end))

    async def _read(self, position: Position) -> ConsumerRecord[bytes | None, bytes | None]:
        """Return the record at `position`, reading on when it is near."""
        at = self._at
        if at is None or at.partition != position.partition or not at.offset <= position.offset <= at.offset + _NEAR:
            self._seek(position)
        while True:
            while self._ahead:
                record = self._ahead.popleft()
                self._at = Position(position.partition, record.offset + 1)
                if record.offset == position.offset:
                    return record
                if record.offset > position.offset:
                    raise UserError(f"dead letter {position} is not there any more")
            kafka_partition = KafkaPartition(self._topic, position.partition)
            found = await self._fetch(kafka_partition, position.offset + 1)
            if not found:
                raise UserError(f"dead letter {position} is not there any more")
            self._ahead.extend(found)

    def _seek(self, position: Position) -> None:
        """Read on at `position`."""
        partition = KafkaPartition(self._topic, position.partition)
        if self._at is None or self._at.partition != position.partition:
            self._started.assign([partition])
        self._started.seek(partition, position.offset)
        self._ahead.clear()
        self._at = position
