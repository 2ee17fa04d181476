"""The records of stretches of a topic in the order in which they were logged, partitions merged.

The order is a function of the log alone, not of how fetches come in: that of the timestamps where partitions differ,
that of the offsets within a partition whatever the timestamps say.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TypeAlias

from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition

from consumer.errors import UserError, WorldFault
from consumer.kafka import odd_headers
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.kafka.log_reader import LogReader
from consumer.kafka.topic_log import record_of
from consumer.model.replay import Stretch
from consumer.model.work import Record
from consumer.settings import KafkaSettings

_FETCH_RECORDS = 2_000
_POLL_MS = 1_000
_SILENT_POLLS = 30
_Fetched: TypeAlias = "ConsumerRecord[bytes | None, bytes | None]"


class MergedLog(LogReader):
    """The records of a topic; `async with` connects. One reader at a time."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        """Store where to read."""
        super().__init__(settings, topic, if_missing="")
        self._waiting: dict[int, deque[_Fetched]] = {}

    async def first_since(self, since_ms: int) -> dict[int, int]:
        """Return per partition the first offset of that instant or later, its end where there is none.

        Raises:
            WorldFault: the broker does not answer.
        """
        wanted = {KafkaPartition(self._topic, number): since_ms for number in self.end}
        with translated(f"offsets of {self._topic} by time"):
            found = await self._started.offsets_for_times(wanted)
        return {
            number: self.end[number] if place is None else min(int(place.offset), self.end[number])
            for number in self.end
            for place in (found[KafkaPartition(self._topic, number)],)
        }

    async def merged(self, stretches: Mapping[int, Stretch]) -> AsyncIterator[Record]:
        """Yield the records that each stretch has left, merged by timestamp, then partition.

        Raises:
            WorldFault: the broker does not answer.
            UserError: the log does not hold all of it any more.
        """
        self._require(stretches)
        open_ends = {number: stretch.end for number, stretch in stretches.items() if not stretch.is_done}
        self._waiting = {number: deque() for number in open_ends}
        if not open_ends:
            return
        self._started.assign([KafkaPartition(self._topic, number) for number in open_ends])
        for number in open_ends:
            self._started.seek(KafkaPartition(self._topic, number), stretches[number].at)
        heads: list[tuple[int, int]] = []
        await self._fill(set(open_ends), open_ends, heads)
        while heads:
            _, number = heads[0]
            waiting = self._waiting[number]
            yield record_of(waiting.popleft())
            if waiting:
                heapq.heapreplace(heads, (waiting[0].timestamp, number))
            else:
                heapq.heappop(heads)
                await self._fill({number}, open_ends, heads)

    def _require(self, stretches: Mapping[int, Stretch]) -> None:
        """Refuse what retention has taken, and the topic of the same name that was made anew."""
        for number, stretch in stretches.items():
            begin, end = self.begin.get(number, 0), self.end.get(number, 0)
            if not stretch.is_done and not begin <= stretch.at <= stretch.end <= end:
                raise UserError(
                    f"{self._topic} does not hold offsets {stretch.at} to {stretch.end - 1} of partition {number} any "
                    f"more: it holds {begin} to {end - 1}"
                )

    async def _fill(self, missing: set[int], ends: Mapping[int, int], heads: list[tuple[int, int]]) -> None:
        """Fetch until each partition of `missing` has a record in `heads`, or is at its end."""
        silent = 0
        while silent < _SILENT_POLLS:
            for number in sorted(missing):
                with translated(f"read {self._topic}"):
                    if await self._started.position(KafkaPartition(self._topic, number)) >= ends[number]:
                        missing.discard(number)
            if not missing:
                return
            wanted = [KafkaPartition(self._topic, number) for number in sorted(missing)]
            with translated(f"read {self._topic}"):
                try:
                    batch = await self._started.getmany(*wanted, timeout_ms=_POLL_MS, max_records=_FETCH_RECORDS)
                except UnicodeDecodeError:
                    if odd_headers.are_readable():
                        raise
                    odd_headers.read()
                    continue
            silent = 0 if any(batch.values()) else silent + 1
            for partition, records in batch.items():
                number = partition.partition
                inside = [record for record in records if record.offset < ends[number]]
                if inside:
                    self._waiting[number].extend(inside)
                    heapq.heappush(heads, (inside[0].timestamp, number))
                    missing.discard(number)
        raise WorldFault(DEPENDENCY, f"{self._topic}: no record in {_SILENT_POLLS} s, partitions {sorted(missing)}")
