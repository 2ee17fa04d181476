"""Carrying a trace where no call stack does: over queues, headers and callbacks.

A carrier is a mapping with the W3C `traceparent` (and perhaps `tracestate`); {} means nobody traces.
Source: W3C Trace Context, https://www.w3.org/TR/trace-context/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from consumer.clock import Clock, SystemClock
from consumer.telemetry import providers
from consumer.telemetry.calls import AttributeValue, count, error_type, linked, mark_error, measure
from consumer.telemetry.names import ERROR_TYPE

PROPAGATOR = TraceContextTextMapPropagator()
TRACE_HEADERS = ("traceparent", "tracestate")

_CLOCK: Clock = SystemClock()


def context_of(carrier: Mapping[str, str], *, is_ours: bool = False) -> Context:
    """Return the context a carrier names; an empty one when it is empty or broken.

    `is_ours`: the span is one of this process, which took the way over the carrier inside it.
    """
    context = PROPAGATOR.extract(carrier, Context()) if carrier else Context()
    if is_ours:
        told = trace.get_current_span(context).get_span_context()
        own = SpanContext(told.trace_id, told.span_id, False, told.trace_flags, told.trace_state)
        return trace.set_span_in_context(NonRecordingSpan(own), Context()) if told.is_valid else context
    return context


def carrier_of(span: Span) -> dict[str, str]:
    """Return the carrier of `span`; {} when it is not recorded."""
    if not span.is_recording():
        return {}
    context = span.get_span_context()
    # As the propagator writes it, which would need a context of its own to be told the span.
    carrier = {"traceparent": f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"}
    if context.trace_state:
        carrier["tracestate"] = context.trace_state.to_header()
    return carrier


def trace_id_of(carrier: Mapping[str, str]) -> str:
    """Return the trace id in a carrier, 32 hexadecimal digits, or an empty text."""
    context = trace.get_current_span(context_of(carrier)).get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


@contextmanager
def within(carrier: Mapping[str, str], *, is_ours: bool = False) -> Iterator[None]:
    """Make the carrier's span the parent of what is recorded inside; an empty carrier changes nothing."""
    if not carrier:
        yield
        return
    token = otel_context.attach(context_of(carrier, is_ours=is_ours))
    try:
        with linked(()):  # what shares a stage with this one is not of its trace
            yield
    finally:
        otel_context.detach(token)


class PendingCall:
    """A call that ends in a callback: its span, and the measurement of its duration.

    Invariant: nothing is recorded while nobody listens, and `end` counts once.
    """

    __slots__ = ("_attributes", "_counter", "_histogram", "_span", "_started", "carrier")

    def __init__(
        self,
        span_name: str,
        attributes: Mapping[str, AttributeValue],
        *,
        kind: SpanKind,
        histogram: str,
        counter: str,
    ) -> None:
        """Open the span, child of the current one; `carrier` is its context for the other side."""
        self._attributes = attributes
        self._histogram = histogram
        self._counter = counter
        self._span: Span | None = None
        self.carrier: Mapping[str, str] = {}
        self._started = _CLOCK.monotonic()
        tracer = providers.tracer()
        if tracer is not None:
            self._span = tracer.start_span(span_name, kind=kind, attributes=attributes)
            self.carrier = carrier_of(self._span)

    def end(self, error: BaseException | None = None, found: Mapping[str, AttributeValue] | None = None) -> None:
        """End the span and measure, marked with `error` when there is one; `found` is what the answer told."""
        if self._span is not None:
            self._span.set_attributes(found or {})
            if error is not None:
                mark_error(self._span, error)
            self._span.end()
        if providers.is_metering():
            told = self._attributes if error is None else {**self._attributes, ERROR_TYPE: error_type(error)}
            measure(self._histogram, _CLOCK.monotonic() - self._started, told)
            count(self._counter, told)
