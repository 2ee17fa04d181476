"""Where the log of each owned partition ends: for lag, and for offsets at its end that hold no record."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from consumer.clock import Clock
from consumer.errors import WorldFault
from consumer.kafka.faults import translated
from consumer.model.work import TopicPartition
from consumer.pipeline.assignments import Assignments

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


class LogEnds:
    """Asks the broker for log ends, also of partitions that are paused or idle."""

    def __init__(self, assignments: Assignments, clock: Clock) -> None:
        """Know nothing yet."""
        self._assignments = assignments
        self._clock = clock
        self._ends: dict[TopicPartition, int] = {}
        self._looked_at = float("-inf")

    @property
    def age_s(self) -> float:
        """Seconds since the broker last told the ends; infinite when it has not yet."""
        return self._clock.monotonic() - self._looked_at

    def lag(self) -> dict[TopicPartition, int]:
        """Return records between the watermark and the log's end per owned partition (where the end is known)."""
        offsets = self._assignments.next_offsets()
        return {p: max(0, self._ends[p] - offset) for p, offset in offsets.items() if p in self._ends}

    def is_reached(self) -> bool:
        """Whether the end of every owned partition is known and all before it is written."""
        lag = self.lag()
        return len(lag) == len(self._assignments.partitions) and not any(lag.values())

    def forget(self) -> None:
        """Know nothing: a new assignment begins."""
        self._ends.clear()

    async def watch(self, client: AIOKafkaConsumer, fetched: Mapping[TopicPartition, int], stop: asyncio.Event) -> None:
        """Look every second until `stop`; `fetched` holds the offset after the last admitted record per partition."""
        while not await is_set_within(stop, LOOK_EVERY_S):
            try:
                await self.look(client, fetched)
            except WorldFault as fault:
                logger.warning("log ends unknown: %s", fault)

    async def look(self, client: AIOKafkaConsumer, fetched: Mapping[TopicPartition, int]) -> None:
        """Learn the log ends now, and let idle partitions pass transaction markers, which hold no record.

        Raises:
            WorldFault: the broker does not answer.
        """
        partitions = [KafkaPartition(*p) for p in self._assignments.partitions]
        if not partitions:
            return
        with translated("log ends"):
            ends = await client.end_offsets(partitions)
        self._looked_at = self._clock.monotonic()
        for partition, end in ends.items():
            own = TopicPartition(partition.topic, partition.partition)
            self._ends[own] = end
            # Behind the start there is context to be read first. At it there may be a marker alone: a restart between a
            # transaction's last record and its end.
            if partition in client.assignment() and fetched.get(own, 0) >= (self._assignments.start_of(own) or 0):
                with translated("position"):
                    self._assignments.skip_to(own, await client.position(partition))


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Return whether `event` is set, after waiting `seconds` for it at most; a stop must not wait for a sleep."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
