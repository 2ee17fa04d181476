"""The headers of a dead letter: written after those of the original record, and told apart from them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pydantic import BaseModel, ValidationError

from consumer.model.dead_letter import Origin, PartHeaders
from consumer.model.episode import Rejected
from consumer.model.events import DeadLetterHeaders
from consumer.model.instants import iso, to_utc
from consumer.model.work import Record
from consumer.telemetry.propagation import trace_id_of

OURS = "episodes."
"""Every header that we add is named so."""
DETAIL_CHARS = 2_000
_SHORT_CHARS = 500
Header: TypeAlias = tuple[str, bytes | None]
"""A record's header; Kafka allows null as its value."""
_FIRST = str(DeadLetterHeaders.model_fields["reason"].alias)


@dataclass(frozen=True, slots=True)
class Told:
    """What the headers of a dead letter say; `part` only of one in parts."""

    headers: DeadLetterHeaders
    origin: Origin
    attempts: int
    first_at: datetime
    failed_at: datetime
    part: PartHeaders | None
    original: tuple[Header, ...]


def letter_headers(record: Record, verdict: Rejected, trace: Mapping[str, str], now: datetime) -> list[Header]:
    """Return our headers of a letter in one record, by the names of the contract; `reason` is the first."""
    failed_at = iso(now)
    model = DeadLetterHeaders(
        reason=verdict.reason,
        detail=verdict.detail[:DETAIL_CHARS],
        family=verdict.family,
        stage=verdict.stage[:_SHORT_CHARS],
        attempts=str(verdict.attempts),
        first_at=failed_at if verdict.first_at is None else iso(verdict.first_at),
        failed_at=failed_at,
        traceback_digest=verdict.traceback_digest[:_SHORT_CHARS],
        origin_topic=record.topic,
        origin_partition=str(record.partition),
        origin_offset=str(record.offset),
        origin_timestamp=str(record.timestamp_ms),
        trace_id=trace_id_of(trace),
    )
    return _encoded(model)


def part_headers(record: Record, index: int, count: int, size: int, sha256: str) -> list[Header]:
    """Return the headers that part `index` of `count` has besides."""
    of = f"{record.topic}/{record.partition}/{record.offset}"
    return _encoded(PartHeaders(of=of, index=str(index), count=str(count), size=str(size), sha256=sha256))


def read_headers(headers: Sequence[Header]) -> Told:
    """Return what the headers of a dead letter say.

    The original record may have carried headers of our names (a letter copied by hand), so ours begin at the last
    `reason`.

    Raises:
        ValueError: they are not those of a dead letter; says what is missing or wrong.
    """
    begins = [index for index, (name, _) in enumerate(headers) if name == _FIRST]
    if not begins:
        raise ValueError(f"no header {_FIRST}")
    ours = {
        name: (value or b"").decode(errors="replace") for name, value in headers[begins[-1] :] if name.startswith(OURS)
    }
    foreign = tuple(header for header in headers[begins[-1] :] if not header[0].startswith(OURS))
    try:
        model = DeadLetterHeaders.model_validate(ours)
        has_parts = any(field.alias in ours for field in PartHeaders.model_fields.values())
        part = PartHeaders.model_validate(ours) if has_parts else None
    except ValidationError as error:
        raise ValueError(f"no header {error.errors()[0]['loc'][0]}") from error
    failed_at = to_utc(datetime.fromisoformat(model.failed_at))
    if part is not None and not 0 <= int(part.index) < int(part.count):
        raise ValueError(f"part {part.index} of {part.count}")
    return Told(
        headers=model,
        origin=Origin(
            model.origin_topic, int(model.origin_partition), int(model.origin_offset), int(model.origin_timestamp)
        ),
        attempts=int(model.attempts),
        first_at=to_utc(datetime.fromisoformat(model.first_at)) if model.first_at else failed_at,
        failed_at=failed_at,
        part=part,
        original=(*headers[: begins[-1]], *foreign),
    )


def _encoded(model: BaseModel) -> list[Header]:
    """Return the fields as headers; text that came from broken bytes may hold lone surrogates."""
    return [(name, text.encode(errors="replace")) for name, text in model.model_dump(by_alias=True).items()]
