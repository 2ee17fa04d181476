"""Producers of one seed: a log of test events, and what bad producers do with them.

Every record has a timestamp of its own, so that a record of the graph can be traced back to the log.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from plugins.end_to_end import BASE_MS

from consumer.testing.generate import Event, generate

_STEP_S = 0.4

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Sent:
    """One record as it is sent: what it is, and for an invalid one the reason that its dead letter must have."""

    timestamp_ms: int
    key: bytes
    value: bytes | None
    headers: Headers = ()
    event: tuple[str, str] | None = None
    removes: tuple[str, str] | None = None
    reason: str | None = None


def events_of(seed: int, episodes: int, groups: int) -> list[Event]:
    """Return the seed's events; each belongs to its group's saga, so that the chain of a saga is under test."""
    return [{**event, "saga": f"saga of {event['group_id']}"} for event in generate(seed, episodes, groups)]


def invalid_records(group: str, number: int) -> tuple[bytes, bytes | None, Headers, str]:
    """Return key, value, headers and the reason that a dead letter must give, a sort by `number`."""
    key = group.encode()
    event = {"event_id": f"bad-{number}", "group_id": group, "name": "bad", "content": "Nothing to see."}
    sorts: list[tuple[bytes, bytes | None, Headers, str]] = [
        (key, b"{not json", (), "invalid-json"),
        (key, b"\xff\xfe\x00", (), "invalid-json"),
        (key, json.dumps({**event, "content": 7, "source": "text", "reference_time": "yesterday"}).encode(), (),
         "invalid-event"),
        (key, json.dumps({**event, "type": "episode.exploded"}).encode(), (), "unknown-type"),
        (b"somebody-else", json.dumps(event).encode(), (), "wrong-key"),
        (key, json.dumps({**event, "content": "a\x00b"}).encode(), (), "nul-character"),
        (key, None, (), "tombstone-without-event-id"),
        (key, json.dumps({**event, "content": "x" * 1_100_000}).encode(), (), "value-too-large"),
    ]  # fmt: skip
    return sorts[number % len(sorts)]


class Producer:
    """Sends a seed's events over time; what it has sent is in `sent`."""

    def __init__(self, bootstrap: str, topic: str, events: Sequence[Event]) -> None:
        self.sent: list[Sent] = []
        self.shuffled: random.Random | None = None
        self._bootstrap, self._topic = bootstrap, topic
        self._waiting = list(events)
        self.events = list(events)
        self._extra: list[Sent] = []
        self._number = 0
        self._seconds: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Send a sixth, wait until told to `go`, send the rest evenly over its seconds and whatever faults have added.

        However long the broker is away meanwhile, everything is sent.
        """
        client = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            max_request_size=4_000_000,
            metadata_max_age_ms=1_000,
            linger_ms=2,
        )
        await client.start()
        try:
            await self._send(client, len(self._waiting) // 6)
            seconds = await self._seconds
            ends = time.monotonic() + seconds
            size = len(self._waiting) * _STEP_S // seconds + 1
            while self._waiting or self._extra or time.monotonic() < ends:
                if self.shuffled is not None:
                    self.shuffled.shuffle(self._waiting)
                await self._send(client, int(size))
                await asyncio.sleep(_STEP_S)
        finally:
            await client.stop()

    def go(self, seconds: float) -> None:
        """Let the rest be sent over so many seconds."""
        self._seconds.set_result(seconds)

    def repeat(self, count: int, rng: random.Random) -> None:
        """Send so many of the events sent so far again."""
        earlier = [sent for sent in self.sent if sent.event]
        for sent in rng.sample(earlier, min(count, len(earlier))):
            self._extra.append(Sent(self._now(), sent.key, sent.value, sent.headers, event=sent.event))

    def spoil(self, count: int, rng: random.Random) -> None:
        """Send records that are no events."""
        groups = sorted({event["group_id"] for event in self.events})
        for _ in range(count):
            key, value, headers, reason = invalid_records(rng.choice(groups), rng.randrange(1_000))
            self._extra.append(Sent(self._now(), key, value, headers, reason=reason))

    def take_back(self, count: int, rng: random.Random) -> None:
        """Remove so many of the events sent so far, all of one group, by event or by tombstone."""
        earlier = [sent.event for sent in self.sent if sent.event]
        group = rng.choice(earlier)[0] if earlier else ""
        own = sorted({event for event in earlier if event[0] == group})
        for removed in rng.sample(own, min(count, len(own))):
            if rng.random() < 0.5:
                headers = (("event_id", removed[1].encode()),)
                self._extra.append(Sent(self._now(), group.encode(), None, headers, removes=removed))
            else:
                value = {"type": "episode.removed", "group_id": group, "event_id": removed[1]}
                self._extra.append(Sent(self._now(), group.encode(), json.dumps(value).encode(), removes=removed))

    async def _send(self, client: AIOKafkaProducer, count: int) -> None:
        """Send so many of the events that wait, and all extra records."""
        batch = [self._record(event) for event in self._waiting[:count]]
        del self._waiting[:count]
        extra, self._extra = self._extra, []
        for record in [*batch, *extra]:
            await client.send(
                self._topic,
                record.value,
                key=record.key,
                timestamp_ms=record.timestamp_ms,
                headers=list(record.headers),
            )
            self.sent.append(record)

    def _record(self, event: Event) -> Sent:
        return Sent(
            self._now(),
            event["group_id"].encode(),
            json.dumps(event).encode(),
            event=(event["group_id"], event["event_id"]),
        )

    def _now(self) -> int:
        self._number += 1
        return BASE_MS + self._number
