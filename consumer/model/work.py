"""The envelope: one record on its way through the stages.

`Work[T]` is the one dataclass that travels. Its origin, assignment epoch and trace context never change; the type
of its payload says how far it has come. `with_payload` is the only way to change that type (dataclasses.replace
cannot, for a type checker).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", covariant=True)
U = TypeVar("U")


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """What Kafka delivered, raw: kept whole so that a dead letter is the original."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def topic_partition(self) -> TopicPartition:
        """The partition it came from."""
        return TopicPartition(self.topic, self.partition)

    @property
    def size(self) -> int:
        """Bytes of key, value and headers: what the admission budget counts."""
        return len(self.key or b"") + len(self.value or b"") + self.header_bytes

    @property
    def header_bytes(self) -> int:
        """Bytes of the headers, values and names (a name counted in characters)."""
        return sum(len(name) + len(value or b"") for name, value in self.headers)

    def header(self, name: str) -> str | None:
        """Return the last header of that name as text, or None (undecodable bytes are replaced)."""
        for key, value in reversed(self.headers):
            if key == name:
                return (value or b"").decode(errors="replace")
        return None


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of the monotonic clock at which the work was received and last handed on; for spans and delays."""

    received: float
    handed_on: float


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """One record in flight.

    `epoch` is the assignment epoch it was fetched in: stale work is discarded. `lane` is the key of its order:
    works of one lane are written in log order. `trace` is the carrier (W3C traceparent) of its `process` span.
    """

    record: Record
    epoch: int
    lane: str
    payload: T
    timings: Timings
    trace: Mapping[str, str] = field(default_factory=dict)

    def with_payload(self, payload: U, handed_on: float | None = None) -> Work[U]:
        """Return the same work with another payload, and the monotonic instant it was handed on, if given."""
        timings = self.timings if handed_on is None else Timings(self.timings.received, handed_on)
        return Work(self.record, self.epoch, self.lane, payload, timings, self.trace)
