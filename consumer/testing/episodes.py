"""Records and episodes out of wire events, as Kafka and intake would make them: for tests that begin behind either."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from consumer.model.episode import Episode
from consumer.model.instants import to_millis
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import PipelineSettings

LOG_START = datetime(2026, 1, 1, tzinfo=UTC)
"""Log time of offset 0; each offset is a second later."""

_ROOMY = PipelineSettings(max_value_bytes=64_000_000)


def record_of(event: Mapping[str, Any], offset: int = 0, partition: int = 0, topic: str = "episodes") -> Record:
    """Return the record that publishes `event`: keyed by its group, its log time a second an offset."""
    return Record(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp_ms=to_millis(LOG_START + timedelta(seconds=offset)),
        key=str(event["group_id"]).encode(),
        value=json.dumps(event, ensure_ascii=False).encode(),
    )


def episode_of(event: Mapping[str, Any], offset: int = 0, partition: int = 0) -> Episode:
    """Return the episode of an `episode.added` event that stands at `offset`.

    Raises:
        ValueError: the event is not a valid `episode.added`.
    """
    decoded = decode(record_of(event, offset, partition), _ROOMY)
    if not isinstance(decoded, Episode):
        raise ValueError(f"no episode: {decoded}")  # noqa: TRY004 - the event has the wrong value, not the wrong type
    return decoded
