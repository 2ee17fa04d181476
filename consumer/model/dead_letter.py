"""The dead letter as a reader sees it: where it stands, whose record it is and why it was given up.

The original record itself is read when it is asked for: a list of many letters holds no values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

REPLAYED_FROM = "episodes.replayed_from"
"""Header of a record that was published again: `topic/partition/offset` of its dead letter."""


class Position(NamedTuple):
    """A place in the dead-letter topic."""

    partition: int
    offset: int

    def __str__(self) -> str:
        """Return `partition:offset`, as the command takes it."""
        return f"{self.partition}:{self.offset}"


class Origin(NamedTuple):
    """The record that was given up. Its timestamp is part of it: a topic made anew counts its offsets from 0 again."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int

    def __str__(self) -> str:
        """Return `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class PartHeaders(BaseModel):
    """Headers of a dead letter that its topic does not take in one record: several records hold its bytes in parts.

    The parts joined are 4 bytes big-endian length n, n bytes of JSON `{"key", "headers", "has_value"}` (key and
    header values in base64, or null), and the value. They stand in one partition, in order, perhaps more than once.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, populate_by_name=True)

    of: str = Field(alias="episodes.part.of")
    """Which letter: topic/partition/offset of its origin."""
    index: str = Field(alias="episodes.part.index")
    """Number of this part, from 0."""
    count: str = Field(alias="episodes.part.count")
    """How many parts there are."""
    size: str = Field(alias="episodes.part.bytes")
    """Bytes of all parts together."""
    sha256: str = Field(alias="episodes.part.sha256")
    """SHA-256 of all parts together, in hex."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One rejected record and the verdict on it.

    `offsets` are those of its parts in order (one for a letter in one record); `expected_parts` says how many there
    must be, and `is_complete` that they are. `size` is the bytes of its value (in parts: of key and headers too).
    `is_superseded`: a newer letter of the same record is there, for a crash may have it rejected twice. `key` is None
    too where it is too long to be a part's key.
    """

    position: Position
    offsets: tuple[int, ...]
    expected_parts: int
    key: bytes | None
    size: int
    reason: str
    detail: str
    family: str
    stage: str
    attempts: int
    first_at: datetime
    failed_at: datetime
    origin: Origin
    trace_id: str = ""
    traceback_digest: str = ""
    sha256: str = ""
    is_complete: bool = True
    is_superseded: bool = False

    @property
    def group(self) -> str:
        """The key as text."""
        return (self.key or b"").decode(errors="replace")

    @property
    def last_offset(self) -> int:
        """Offset of the last record that belongs to it."""
        return max(self.offsets)


@dataclass(frozen=True, slots=True)
class Stray:
    """A record of the dead-letter topic that is no dead letter, and `why` it is taken for none."""

    position: Position
    size: int
    timestamp_ms: int
    why: str
