"""Watches the committed offsets of a seed's group: how soon work goes on after an outage."""

from __future__ import annotations

import asyncio
import contextlib
import time

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from plugins.end_to_end import Log

_EVERY_S = 0.25
_ASK_S = 5.0


class Progress:
    """Samples the sum of committed offsets; a broker that is away gives no sample."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.samples: list[tuple[float, int]] = []

    @property
    def committed(self) -> int:
        """The last sum seen."""
        return self.samples[-1][1] if self.samples else 0

    async def watch(self) -> None:
        """Sample until cancelled."""
        kafka = self._log.settings.kafka
        while True:
            # Any failure means the broker is away just now, which is what this suite does to it.
            with contextlib.suppress(Exception):
                client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers, request_timeout_ms=3_000)
                await asyncio.wait_for(client.start(), _ASK_S)
                try:
                    while True:
                        offsets = await asyncio.wait_for(
                            client.list_consumer_group_offsets(kafka.consumer_group), _ASK_S
                        )
                        self._take({p: o.offset for p, o in offsets.items() if o.offset > 0})
                        await asyncio.sleep(_EVERY_S)
                finally:
                    await asyncio.wait_for(client.close(), _ASK_S)
            await asyncio.sleep(_EVERY_S)

    def recovery_s(self, since: float) -> float | None:
        """Return seconds from monotonic `since` to the first new commit after it; None when there is none."""
        before = max((total for at, total in self.samples if at <= since), default=0)
        return next((at - since for at, total in self.samples if at > since and total > before), None)

    def _take(self, offsets: dict[TopicPartition, int]) -> None:
        self.samples.append((time.monotonic(), sum(offsets.values())))
