"""The one wrapper through which the pipeline reports: no stage knows a span or a counter.

One trace an episode: `process {topic}` continues the producer's trace and stays open from intake until the commit
that covers it; `intake`, `extract`, `embed`, `write` and `commit {topic}` are its children. The context travels with
the work, never with the task: queues lie between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode

from consumer.clock import Clock, SystemClock
from consumer.model.episode import Rejected
from consumer.model.work import Record, TopicPartition, Work
from consumer.telemetry import names, providers
from consumer.telemetry.calls import AttributeValue, count, error_type, measure
from consumer.telemetry.metrics import Snapshot, observe
from consumer.telemetry.propagation import TRACE_HEADERS, carrier_of, context_of
from consumer.telemetry.stage_span import StageSpan, Unheard, current_stage

Outcome: TypeAlias = Literal["written", "present", "ignored", "removed", "rejected", "discarded"]

_UNHEARD = Unheard()
_MOST_POLLED = 1_000
"""Producers' spans that are kept to link one fetch to them."""


@dataclass(slots=True)
class _Open:
    """A record whose offset is not committed yet; `finished_ns` is when its last stage was done, 0 before."""

    timestamp_ms: int
    process: Span | None
    context: Context | None
    finished_ns: int = 0


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
        self._fixed: dict[TopicPartition, Mapping[str, str]] = {}
        self._polled: list[Link] = []
        self.retries: Counter[str] = Counter()
        """Calls tried again, by dependency."""
        self.last_drain_s: float | None = None
        """How long the last revoke or stop took to drain, in seconds."""

    def polled(self, topic: str, began_ns: int, records: int) -> None:
        """Record a fetch that brought so many records, begun at `began_ns` (nanoseconds since 1970).

        Its span is linked to the producers' spans of those that were `received` since the last one.
        """
        tracer = providers.tracer()
        if tracer is None:
            return
        links, self._polled = self._polled, []
        span = tracer.start_span(
            names.poll(topic),
            context=Context(),
            kind=SpanKind.CLIENT,
            links=links,
            start_time=began_ns,
            attributes={
                names.MESSAGING_SYSTEM: "kafka",
                names.MESSAGING_DESTINATION: topic,
                names.MESSAGING_CONSUMER_GROUP: self._consumer_group,
                names.MESSAGING_OPERATION_NAME: "poll",
                names.MESSAGING_OPERATION_TYPE: "receive",
                names.MESSAGING_BATCH_COUNT: records,
            },
        )
        span.end()

    def received(self, record: Record) -> Mapping[str, str]:
        """Open the record's `process` span and return the carrier of its context; {} when nothing is recorded.

        The span is a child of the producer's `traceparent` header, which the conventions allow for single messages;
        a broken header is ignored. A record received again (after a reassignment) closes its older span first.
        """
        if not providers.in_use.is_on:
            return {}
        tracer = providers.tracer()
        process: Span | None = None
        context: Context | None = None
        carrier: dict[str, str] = {}
        if tracer is not None:
            producer = _producer_context(record)
            self._note_polled(producer)
            process = tracer.start_span(
                names.process(record.topic),
                context=producer,
                kind=SpanKind.CONSUMER,
                attributes=self._process_attributes(record),
            )
            # Also when it is not recorded: then the calls inside must not start traces of their own.
            context = trace.set_span_in_context(process, Context())
            carrier = carrier_of(process)
        partition = self._open.setdefault(record.topic_partition, {})
        if record.offset in partition:
            self._end_discarded(record.topic_partition, record.offset)
        elif self._count >= self._max_open and partition:
            self._end_early(record.topic_partition)
        self._open.setdefault(record.topic_partition, partition)[record.offset] = _Open(
            record.timestamp_ms, process, context
        )
        self._count += 1
        return carrier

    def stage(self, stage: str, works: Sequence[Work[Any]]) -> StageSpan | Unheard:
        """Record one call of a stage: a span for each work, the wait before it, its duration and its outcome.

        Inside, one work's span is current, so model and database calls nest under it, linked to the others.
        """
        if not providers.in_use.is_on or not works:
            return _UNHEARD
        return StageSpan(stage, works, [self._context(work) for work in works], self._clock)

    def finished(self, record: Record, outcome: Outcome, verdict: Rejected | None = None) -> None:
        """Say what became of the record; its trace stays open until the commit, unless it was discarded."""
        if not providers.in_use.is_on and not self._count:
            return
        count(names.FINISHED, {names.TOPIC: record.topic, names.OUTCOME: outcome})
        entry = self._open.get(record.topic_partition, {}).get(record.offset)
        if entry is None:
            return
        if outcome == "discarded":
            self._end_discarded(record.topic_partition, record.offset)
            return
        entry.finished_ns = entry.finished_ns or self.now_ns()
        if entry.process is not None:
            entry.process.set_attribute(names.OUTCOME, outcome)
            if verdict is not None:
                _tell_verdict(entry.process, record, verdict)

    def committed(self, topic: str, partition: int, next_offset: int) -> None:
        """End the traces of all records below `next_offset`, and measure their delay from timestamp to commit."""
        if not self._count:
            return
        key = TopicPartition(topic, partition)
        entries = self._open.get(key, {})
        now = self._clock.now()
        for offset in [offset for offset in entries if offset < next_offset]:
            entry = self._pop(key, offset)
            if entry.finished_ns:
                delay_s = now.timestamp() - entry.timestamp_ms / 1_000  # any timestamp, also one that is no date
                measure(names.DELAY, max(0.0, delay_s), {names.TOPIC: topic}, span=entry.process)
            if entry.process is not None:
                self._tell_commit(entry, key, next_offset)
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

    def try_failed(self, dependency: str, error: Exception, attempt: int, wait_s: float) -> None:
        """Tell in the stage's spans that a try failed and another one follows."""
        _event(
            names.RETRY,
            {
                names.DEPENDENCY: dependency,
                names.ERROR_TYPE: error_type(error),
                names.ATTEMPT: attempt,
                names.WAIT: wait_s,
            },
        )

    def let_go(self, dependency: str, waited_s: float) -> None:
        """Tell in the stage's spans that a call waited for a breaker."""
        _event(names.BREAKER_WAIT, {names.DEPENDENCY: dependency, names.WAIT: waited_s})

    def outage(self, dependency: str) -> None:
        """Count a breaker that opened, and tell it in the spans of the stage whose call opened it."""
        count(names.BREAKER_OPENED, {names.DEPENDENCY: dependency})
        _event(names.BREAKER_OPEN, {names.DEPENDENCY: dependency})

    def rejected(self, topic: str, stage: str, reason: str) -> None:
        """Count a dead letter; `reason` is one of a list, for it becomes a label."""
        count(names.DEAD_LETTERS, {names.TOPIC: topic, names.STAGE: stage, names.REASON: reason})

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

    def _process_attributes(self, record: Record) -> dict[str, str | int | bool]:
        """Return the messaging attributes of one record."""
        attributes: dict[str, str | int | bool] = {
            **self._fixed_attributes(record.topic_partition),
            names.MESSAGING_OFFSET: record.offset,
            names.MESSAGING_OPERATION_NAME: "process",
            names.MESSAGING_OPERATION_TYPE: "process",
            names.MESSAGING_BODY_SIZE: len(record.value or b""),
        }
        if record.key is not None:
            attributes[names.MESSAGING_KEY] = record.key.decode(errors="replace")
        if record.value is None:
            attributes[names.MESSAGING_TOMBSTONE] = True
        return attributes

    def _fixed_attributes(self, key: TopicPartition) -> Mapping[str, str]:
        """Return what all spans of a partition say."""
        found = self._fixed.get(key)
        if found is None:
            found = self._fixed[key] = {
                names.MESSAGING_SYSTEM: "kafka",
                names.MESSAGING_DESTINATION: key.topic,
                names.MESSAGING_PARTITION: str(key.partition),
                names.MESSAGING_CONSUMER_GROUP: self._consumer_group,
            }
        return found

    def _note_polled(self, producer: Context) -> None:
        """Keep the producer's span for the fetch that is under way."""
        context = trace.get_current_span(producer).get_span_context()
        if context.is_valid and context.trace_flags.sampled and len(self._polled) < _MOST_POLLED:
            self._polled.append(Link(context))

    def _tell_commit(self, entry: _Open, key: TopicPartition, next_offset: int) -> None:
        """Leave the span from the end of a record's last stage to the commit that covers it."""
        tracer = providers.tracer()
        if tracer is None or not entry.finished_ns:
            return
        commit = tracer.start_span(
            names.commit(key.topic),
            context=entry.context,
            kind=SpanKind.CLIENT,
            start_time=entry.finished_ns,
            attributes={
                **self._fixed_attributes(key),
                names.MESSAGING_OFFSET: next_offset,
                names.MESSAGING_OPERATION_NAME: "commit",
                names.MESSAGING_OPERATION_TYPE: "settle",
            },
        )
        commit.end()

    def now_ns(self) -> int:
        """Return nanoseconds since 1970."""
        return int(self._clock.now().timestamp() * 1_000_000) * 1_000

    def _context(self, work: Work[Any]) -> Context | None:
        """Return the context of the work's process span, from the table or else from its carrier."""
        entry = self._open.get(work.record.topic_partition, {}).get(work.record.offset)
        if entry is not None and entry.context is not None:
            return entry.context
        return context_of(work.trace, is_ours=True) if work.trace else None

    def _pop(self, key: TopicPartition, offset: int) -> _Open:
        """Take an entry out of the table."""
        self._count -= 1
        return self._open[key].pop(offset)

    def _end_discarded(self, key: TopicPartition, offset: int) -> None:
        """End the trace of a record that another member will read again: it has no commit."""
        entry = self._pop(key, offset)
        if entry.process is not None:
            if not entry.finished_ns:
                entry.process.set_attribute(names.OUTCOME, "discarded")
            entry.process.end()

    def _end_early(self, key: TopicPartition) -> None:
        """Close the oldest trace of a partition because the table is full (P1)."""
        entry = self._pop(key, next(iter(self._open[key])))
        if entry.process is not None:
            entry.process.end()


def _producer_context(record: Record) -> Context:
    """Return the context that the producer's headers name, or an empty one."""
    return context_of({name: text for name in TRACE_HEADERS if (text := record.header(name)) is not None})


def _tell_verdict(process: Span, record: Record, verdict: Rejected) -> None:
    """Mark the process span, and that of the stage that rejected the record if we are in it, as an error."""
    process.set_attribute(names.OUTCOME_DETAIL, verdict.reason)
    process.set_attribute(names.ERROR_TYPE, f"{verdict.family}.{verdict.reason}")
    process.set_status(Status(StatusCode.ERROR, verdict.reason))
    if (stage := current_stage()) is not None:
        stage.rejected(record, verdict)


def _event(name: str, attributes: Mapping[str, AttributeValue]) -> None:
    """Add an event to the spans of the stage that we are in."""
    if (stage := current_stage()) is not None:
        stage.event(name, attributes)
