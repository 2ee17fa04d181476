"""The one wrapper through which the pipeline reports: no stage knows a span or a counter.

One trace an episode: `process {topic}` continues the producer's trace and stays open from intake until the commit
that covers it; `extract`, `embed`, `write` and `commit {topic}` are its children. The context travels with the work,
never with the task: queues lie between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from consumer.clock import Clock, SystemClock
from consumer.model.work import Record, TopicPartition, Work
from consumer.telemetry import names, providers
from consumer.telemetry.calls import count, measure
from consumer.telemetry.metrics import Snapshot, observe
from consumer.telemetry.propagation import TRACE_HEADERS, carrier_of, context_of
from consumer.telemetry.stage_span import StageSpan

Outcome: TypeAlias = Literal["written", "present", "ignored", "removed", "rejected", "discarded"]

_UNHEARD: AbstractContextManager[None] = nullcontext()
_DETAIL_CHARS = 300


@dataclass(slots=True)
class _Open:
    """A record whose offset is not committed yet; `commit` is open since it was finished."""

    timestamp_ms: int
    process: Span | None
    commit: Span | None = None
    is_finished: bool = False


class PipelineTelemetry:
    """Spans and measurements of the episodes of one process.

    P1: one table of at most `max_open` entries and one more a partition; beyond, a partition's oldest is closed early.
    P2: a span that was opened is ended once: by `committed`, `dropped`, a discard, or P1.
    P3: while nobody listens, no state is kept of a record and nothing is allocated for it.
    """

    def __init__(self, consumer_group: str = "", *, max_open: int = 50_000, clock: Clock | None = None) -> None:
        self._consumer_group = consumer_group
        self._max_open = max_open
        self._clock = clock or SystemClock()
        self._open: dict[TopicPartition, dict[int, _Open]] = {}
        self._count = 0
        self.retries: Counter[str] = Counter()
        """Calls tried again, by dependency."""
        self.last_drain_s: float | None = None
        """How long the last revoke or stop took to drain, in seconds."""

    def received(self, record: Record, lane: str) -> Mapping[str, str]:
        """Open the record's `process` span and return the carrier of its context; {} when nothing is recorded.

        The span is a child of the producer's `traceparent` header, which the conventions allow for single messages;
        a broken header is ignored. A record received again (after a reassignment) closes its older span first.
        """
        if not providers.in_use.is_on:
            return {}
        tracer = providers.tracer()
        process: Span | None = None
        carrier: dict[str, str] = {}
        if tracer is not None:
            process = tracer.start_span(
                names.process(record.topic),
                context=_producer_context(record),
                kind=SpanKind.CONSUMER,
                attributes=self._process_attributes(record, lane),
            )
            carrier = carrier_of(process)
        partition = self._open.setdefault(record.topic_partition, {})
        if record.offset in partition:
            self._end_discarded(record.topic_partition, record.offset)
        elif self._count >= self._max_open and partition:
            self._end_early(record.topic_partition)
        self._open.setdefault(record.topic_partition, partition)[record.offset] = _Open(record.timestamp_ms, process)
        self._count += 1
        return carrier

    def stage(self, stage: str, works: Sequence[Work[Any]]) -> AbstractContextManager[None]:
        """Record one call of a stage: a span for each work, the wait before it, its duration and its outcome.

        Inside, the first work's span is current, so model and database calls nest under it; the others link to it.
        """
        if not providers.in_use.is_on or not works:
            return _UNHEARD
        return StageSpan(stage, works, [self._context(work) for work in works], self._clock)

    def finished(self, record: Record, outcome: Outcome, detail: str = "") -> None:
        """Say what became of the record; its trace stays open until the commit, unless it was discarded."""
        if not providers.in_use.is_on and not self._count:
            return
        count(names.FINISHED, {names.TOPIC: record.topic, names.OUTCOME: outcome})
        entry = self._open.get(record.topic_partition, {}).get(record.offset)
        if entry is None:
            return
        if outcome == "discarded":
            self._end_discarded(record.topic_partition, record.offset, detail)
            return
        entry.is_finished = True
        if entry.process is None:
            return
        _tell_outcome(entry.process, outcome, detail)
        tracer = providers.tracer()
        if tracer is not None and entry.commit is None:
            entry.commit = tracer.start_span(
                names.commit(record.topic),
                context=trace.set_span_in_context(entry.process, Context()),
                kind=SpanKind.CLIENT,
                attributes={
                    names.MESSAGING_SYSTEM: "kafka",
                    names.MESSAGING_DESTINATION: record.topic,
                    names.MESSAGING_PARTITION: str(record.partition),
                    names.MESSAGING_CONSUMER_GROUP: self._consumer_group,
                    names.MESSAGING_OPERATION_NAME: "commit",
                    names.MESSAGING_OPERATION_TYPE: "settle",
                },
            )

    def committed(self, topic: str, partition: int, next_offset: int) -> None:
        """End the traces of all records below `next_offset`, and measure their delay from timestamp to commit."""
        if not self._count:
            return
        key = TopicPartition(topic, partition)
        entries = self._open.get(key, {})
        now = self._clock.now()
        for offset in [offset for offset in entries if offset < next_offset]:
            entry = self._pop(key, offset)
            if entry.is_finished:
                delay_s = now.timestamp() - entry.timestamp_ms / 1_000  # any timestamp, also one that is no date
                measure(names.DELAY, max(0.0, delay_s), {names.TOPIC: topic})
            if entry.commit is not None:
                entry.commit.set_attribute(names.MESSAGING_OFFSET, next_offset)
                entry.commit.end()
            if entry.process is not None:
                entry.process.end()

    def dropped(self, topic: str, partition: int) -> None:
        """End what is still open of a partition that is no longer ours, as discarded."""
        key = TopicPartition(topic, partition)
        for offset in list(self._open.get(key, ())):
            self._end_discarded(key, offset)
        self._open.pop(key, None)

    def retried(self, stage: str, dependency: str) -> None:
        """Count a call that is tried again because `dependency` failed."""
        self.retries[dependency] += 1
        count(names.RETRIES, {names.STAGE: stage, names.DEPENDENCY: dependency})

    def outage(self, dependency: str) -> None:
        """Count a breaker that opened."""
        count(names.BREAKER_OPENED, {names.DEPENDENCY: dependency})

    def rebalanced(self, topic: str) -> None:
        """Count an assignment received."""
        count(names.REBALANCES, {names.TOPIC: topic})

    def unread_lost(self, topic: str, records: int) -> None:
        """Count offsets that were removed from the log before they were read."""
        count(names.UNREAD_LOST, {names.TOPIC: topic}, records)

    def drained(self, topic: str, seconds: float) -> None:
        """Record how long a revoke or stop took to drain."""
        self.last_drain_s = seconds
        measure(names.DRAIN_DURATION, seconds, {names.TOPIC: topic})

    def observe_gauges(self, snapshot: Snapshot) -> None:
        """Read the gauges of `names` from `snapshot` at each export; call it once, after telemetry is configured.

        Keys: a metric name, or a tuple of the name and its label values, e.g. `(names.LAG, topic, partition)`.
        `snapshot` runs on the exporter's thread and must only read.
        """
        meter = providers.meter()
        if meter is not None:
            observe(meter, snapshot)

    @property
    def open_records(self) -> int:
        """Records whose trace is open."""
        return self._count

    def _process_attributes(self, record: Record, lane: str) -> dict[str, str | int | bool]:
        """Return the messaging attributes of one record."""
        attributes: dict[str, str | int | bool] = {
            names.MESSAGING_SYSTEM: "kafka",
            names.MESSAGING_DESTINATION: record.topic,
            names.MESSAGING_PARTITION: str(record.partition),
            names.MESSAGING_CONSUMER_GROUP: self._consumer_group,
            names.MESSAGING_OFFSET: record.offset,
            names.MESSAGING_OPERATION_NAME: "process",
            names.MESSAGING_OPERATION_TYPE: "process",
            names.MESSAGING_BODY_SIZE: len(record.value or b""),
            names.LANE: lane,
        }
        if record.key is not None:
            attributes[names.MESSAGING_KEY] = record.key.decode(errors="replace")
        if record.value is None:
            attributes[names.MESSAGING_TOMBSTONE] = True
        return attributes

    def _context(self, work: Work[Any]) -> Context | None:
        """Return the context of the work's process span, from the table or else from its carrier."""
        entry = self._open.get(work.record.topic_partition, {}).get(work.record.offset)
        if entry is not None and entry.process is not None:
            # Also when it is not sampled: then the calls inside must not start traces of their own.
            return trace.set_span_in_context(entry.process, Context())
        return context_of(work.trace) if work.trace else None

    def _pop(self, key: TopicPartition, offset: int) -> _Open:
        """Take an entry out of the table."""
        self._count -= 1
        return self._open[key].pop(offset)

    def _end_discarded(self, key: TopicPartition, offset: int, detail: str = "") -> None:
        """End the trace of a record that another member will read again; its commit span is never told."""
        entry = self._pop(key, offset)
        if entry.process is not None:
            if not entry.is_finished:
                _tell_outcome(entry.process, "discarded", detail)
            entry.process.end()

    def _end_early(self, key: TopicPartition) -> None:
        """Close the oldest trace of a partition because the table is full (P1)."""
        entry = self._pop(key, next(iter(self._open[key])))
        if entry.process is not None:
            entry.process.end()


def _producer_context(record: Record) -> Context:
    """Return the context that the producer's headers name, or an empty one."""
    return context_of({name: text for name in TRACE_HEADERS if (text := record.header(name)) is not None})


def _tell_outcome(process: Span, outcome: Outcome, detail: str) -> None:
    """Set outcome and detail on the process span; a rejection is an error."""
    process.set_attribute(names.OUTCOME, outcome)
    if detail:
        process.set_attribute(names.OUTCOME_DETAIL, detail[:_DETAIL_CHARS])
    if outcome == "rejected":
        process.set_attribute(names.ERROR_TYPE, "rejected")
        process.set_status(Status(StatusCode.ERROR, detail[:_DETAIL_CHARS]))
