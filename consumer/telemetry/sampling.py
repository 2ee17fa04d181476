"""Which traces leave the process: a share of them, and of the rest those that tell of an error or were slow.

The share is decided when a trace begins, and for a trace that a producer began by the producer. What is not of the
share is recorded all the same, held back until its root in this process ends, and then passed on or dropped. Only
what happens here can be judged: a collector that sees the producer too decides better (`ops/otel-collector/`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, SpanKind, StatusCode, TraceState
from opentelemetry.util.types import Attributes

from consumer.telemetry import names

MAX_HELD_SPANS = 8_192
"""Ended spans that wait for the end of their trace: some 20 MB."""
_OPEN_SHARE = 16
"""Open spans that are known, for each that may be held: an episode in flight has few, and most wait."""
_REMEMBERED = 10_000
_NANOSECONDS = 1_000_000_000


def share_sampler(ratio: float) -> Sampler:
    """Return a sampler that picks `ratio` of the traces that begin here, and does as the parent did with the others."""
    return ParentBased(TraceIdRatioBased(ratio))


class RecordAll(Sampler):
    """Has everything recorded; roots that `inner` would drop are marked, for `KeepTelling` to decide in the end."""

    def __init__(self, inner: Sampler) -> None:
        """Take the sampler that picks the share."""
        self._inner = inner

    def should_sample(  # noqa: PLR0917 - the SDK's interface
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Return the decision to record, with a mark on a root if it is not that of `inner`."""
        parent = trace.get_current_span(parent_context).get_span_context()
        if parent.is_valid and not parent.is_remote:  # one of ours, so it is recorded, and decided about by its root
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, parent.trace_state)
        result = self._inner.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is not Decision.DROP:
            return result
        marked = {**(attributes or {}), names.SAMPLING: "tail"}
        return SamplingResult(Decision.RECORD_AND_SAMPLE, marked, result.trace_state)

    def get_description(self) -> str:
        """Return what it is, and around what."""
        return f"RecordAll{{{self._inner.get_description()}}}"


@dataclass(eq=False, slots=True)
class _Part:
    """The spans of one trace below one root of this process: those that ended, until it is decided about them."""

    trace_id: int
    root_id: int
    began: int
    held: list[ReadableSpan] = field(default_factory=list)
    has_error: bool = False
    is_kept: bool | None = None


class KeepTelling(SpanProcessor):
    """In front of the processors that export: of marked traces only those pass that tell of an error or were slow.

    K1: at most `max_spans` spans are held; beyond, it is decided about the oldest part by what is known of it.
    K2: a part is passed on whole or not at all, but for spans that began before K1 decided.
    K3: nothing is held of a trace that is not marked.
    """

    def __init__(
        self, following: Sequence[SpanProcessor], *, errors: bool, slow_s: float | None, max_spans: int = MAX_HELD_SPANS
    ) -> None:
        """Take the processors to pass on to, owned from now on; `slow_s` is a root's duration, None: never slow."""
        self._following = tuple(following)
        self._errors = errors
        self._slow_ns = None if slow_s is None else int(slow_s * _NANOSECONDS)
        self._max_spans = max_spans
        self._lock = threading.Lock()
        self._part_of: dict[int, _Part] = {}
        self._holding: OrderedDict[int, _Part] = OrderedDict()  # parts with something held, by root, oldest first
        self._dropped: OrderedDict[int, None] = OrderedDict()
        self.held = 0
        """Ended spans that are held."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Note which part a span belongs to."""
        for processor in self._following:
            processor.on_start(span, parent_context)
        parent, own = span.parent, span.get_span_context()
        if parent is None or parent.is_remote:
            if names.SAMPLING not in (span.attributes or {}):
                return
            part = _Part(own.trace_id, own.span_id, span.start_time or 0)
        elif (known := self._part_of.get(parent.span_id)) is not None:
            part = known
        else:
            return
        with self._lock:
            self._part_of[own.span_id] = part
            if len(self._part_of) > _OPEN_SHARE * self._max_spans:  # spans that nobody ends
                del self._part_of[next(iter(self._part_of))]

    def on_end(self, span: ReadableSpan) -> None:
        """Hold the span, or pass it on, or forget it; at a root's end it is decided."""
        own = span.get_span_context() or INVALID_SPAN_CONTEXT
        with self._lock:
            part = self._part_of.pop(own.span_id, None)
            passed = self._passed(part, own.trace_id, own.span_id, span)
        for each in passed:
            for processor in self._following:
                processor.on_end(each)

    def shutdown(self) -> None:
        """Forget what is held (its roots never ended), and shut the others down."""
        with self._lock:
            self._holding.clear()
            self._part_of.clear()
            self.held = 0
        for processor in self._following:
            processor.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have sent what was passed on."""
        return all(processor.force_flush(timeout_millis) for processor in self._following)

    def _passed(self, part: _Part | None, trace_id: int, span_id: int, span: ReadableSpan) -> Sequence[ReadableSpan]:
        """Return what goes on now that `span` has ended."""
        if part is None:  # of a trace that was picked, or begun after its part was decided about
            return () if trace_id in self._dropped else (span,)
        if part.is_kept is not None:
            return (span,) if part.is_kept else ()
        part.held.append(span)
        self._holding[part.root_id] = part
        self.held += 1
        part.has_error = part.has_error or span.status.status_code is StatusCode.ERROR
        if span_id == part.root_id:
            return self._decided(part, span.end_time or 0)
        if self.held > self._max_spans:
            return self._decided(next(iter(self._holding.values())), span.end_time or 0)
        return ()

    def _decided(self, part: _Part, now: int) -> Sequence[ReadableSpan]:
        """Decide about a part at `now` (nanoseconds); return its spans if it is kept."""
        is_slow = self._slow_ns is not None and now - part.began >= self._slow_ns
        part.is_kept = is_slow or (self._errors and part.has_error)
        self._holding.pop(part.root_id, None)
        held, part.held = part.held, []
        self.held -= len(held)
        if part.is_kept:
            return held
        self._dropped[part.trace_id] = None
        if len(self._dropped) > _REMEMBERED:
            self._dropped.popitem(last=False)
        return ()
