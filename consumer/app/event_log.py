"""Publishing single events for the doors (HTTP, MCP): checked by the code that decides at intake, then durable."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault
from consumer.kafka.admin import ensure_topics
from consumer.kafka.producer import Publisher
from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.instants import iso, to_millis
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import KafkaSettings, PipelineSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """An event that is durable in the log; `episode_uuid` is the node that an added episode will be."""

    topic: str
    partition: int
    offset: int
    group_id: str
    event_id: str
    episode_uuid: str = ""


class EventLog:
    """Publishes events one by one; connects at the first one, and anew after a failure. Closed by `async with`.

    L1: an event that intake would reject is never sent.
    L2: an added episode is sent with its event id, so that what is answered is what will be in the graph.
    """

    def __init__(self, kafka: KafkaSettings, limits: PipelineSettings, clock: Clock | None = None) -> None:
        self._kafka = kafka
        self._limits = limits
        self._clock = clock or SystemClock()
        self._lock = asyncio.Lock()
        self._publisher: Publisher | None = None
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Connect later."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._close()

    async def publish(self, event: Mapping[str, Any]) -> Published:
        """Return where the event is, once it is durable.

        Raises:
            EpisodeFault: intake would reject it; nothing was sent.
            WorldFault: no broker answers, or it went away: the event may or may not be in the log.
            UserError: the broker refuses us.
        """
        now = self._clock.now()
        checked, value = self._checked(event, to_millis(now))
        publisher = await self._connected()
        try:
            delivery = await (await publisher.send(checked.group_id, value, timestamp_ms=to_millis(now)))
        except Exception:
            await self._give_up(publisher)
            raise
        return Published(
            topic=self._kafka.topic,
            partition=delivery.partition,
            offset=delivery.offset,
            group_id=checked.group_id,
            event_id=checked.event_id or "",
            episode_uuid=checked.uuid if isinstance(checked, Episode) else "",
        )

    def _checked(self, event: Mapping[str, Any], now_ms: int) -> tuple[Episode | Removal, bytes]:
        """Return what intake will make of the event, and its value with the event id in it (L1, L2)."""
        found = self._decoded(event, now_ms)
        if isinstance(found, Episode) and not event.get("event_id"):
            event = {**event, "event_id": found.event_id}
            found = self._decoded(event, now_ms)
        return found, _bytes(event)

    def _decoded(self, event: Mapping[str, Any], now_ms: int) -> Episode | Removal:
        group_id = event.get("group_id")
        key = group_id.encode(errors="surrogatepass") if isinstance(group_id, str) else b""
        found = decode(Record(self._kafka.topic, 0, 0, now_ms, key, _bytes(event)), self._limits)
        if isinstance(found, Rejected):
            raise EpisodeFault(found.reason, found.detail)
        return found

    async def _connected(self) -> Publisher:
        async with self._lock:
            if self._publisher is None:
                await ensure_topics(self._kafka)
                self._publisher = await self._opened.enter_async_context(Publisher(self._kafka))
            return self._publisher

    async def _give_up(self, failed: Publisher) -> None:
        """Let go of a publisher that failed (it sends nothing more): the next event makes a new one."""
        async with self._lock:
            if self._publisher is failed:
                await self._close()

    async def _close(self) -> None:
        self._publisher = None
        opened, self._opened = self._opened, AsyncExitStack()
        try:
            await opened.aclose()
        except Exception as error:  # noqa: BLE001 - a broker that is away: what was not delivered has been told
            logger.info("closing the publisher: %s", error)


def removal(group_id: str, event_id: str) -> dict[str, str]:
    """Return the event that takes one episode out."""
    return {"type": "episode.removed", "group_id": group_id, "event_id": event_id}


def group_removal(group_id: str) -> dict[str, str]:
    """Return the event that takes a group out."""
    return {"type": "group.removed", "group_id": group_id}


def _bytes(event: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode()
    except (ValueError, TypeError) as error:
        raise EpisodeFault("invalid-json", str(error)) from error


def _plain(value: object) -> str:
    """Return an instant as text; nothing else is no JSON by now."""
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
