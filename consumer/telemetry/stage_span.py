"""One call of a stage on one or several works, as spans and measurements; used by `observed` only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from consumer.clock import Clock
from consumer.model.episode import Rejected
from consumer.model.work import Record, Work
from consumer.telemetry import names, providers
from consumer.telemetry.calls import count, error_type, linked, mark_error, measure

_CURRENT: ContextVar[StageSpan | None] = ContextVar("stage", default=None)


class StageSpan(AbstractContextManager["StageSpan"]):
    """A span for each work while the stage runs; the first that is recorded is current, the others link to it.

    `contexts` are those of the works' `process` spans; None (a work nobody traces) gets no span. What is called inside
    is a child of the current one and linked to the others.
    """

    __slots__ = ("_clock", "_contexts", "_inside", "_links", "_spans", "_stage", "_started", "_token", "_works")

    def __init__(
        self, stage: str, works: Sequence[Work[Any]], contexts: Sequence[Context | None], clock: Clock
    ) -> None:
        self._stage = stage
        self._works = works
        self._contexts = contexts
        self._clock = clock
        self._spans: dict[int, Span] = {}  # by the place of the work
        self._links: AbstractContextManager[None] | None = None
        self._token: Token[Context] | None = None
        self._inside: Token[StageSpan | None] | None = None
        self._started = 0.0

    def __enter__(self) -> Self:
        """Open the spans and make one current."""
        self._started = self._clock.monotonic()
        tracer = providers.tracer()
        first: Span | None = None
        for place, (work, context) in enumerate(zip(self._works, self._contexts, strict=True)):
            wait_s = max(0.0, self._started - work.timings.handed_on)
            measure(names.STAGE_QUEUE_WAIT, wait_s, {names.STAGE: self._stage})
            if tracer is None or context is None:
                continue
            span = tracer.start_span(
                self._stage,
                context=context,
                kind=SpanKind.INTERNAL,
                links=None if first is None else (Link(first.get_span_context()),),
                attributes={
                    names.STAGE: self._stage,
                    names.QUEUE_WAIT: wait_s,
                    names.BATCH_SIZE: len(self._works),
                },
            )
            self._spans[place] = span
            if first is None and span.is_recording():
                first = span
        if self._spans:
            self._make_current(first or next(iter(self._spans.values())))
        self._inside = _CURRENT.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the spans, marked with the exception if one leaves, and measure."""
        if self._inside is not None:
            _CURRENT.reset(self._inside)
        if self._links is not None:
            self._links.__exit__(None, None, None)
        if self._token is not None:
            otel_context.detach(self._token)
        for span in self._spans.values():
            if error is not None:
                mark_error(span, error)
            span.end()
        attributes = {names.STAGE: self._stage}
        outcome = "ok"
        if error is not None:
            attributes[names.ERROR_TYPE] = error_type(error)
            outcome = "cancelled" if attributes[names.ERROR_TYPE] == "cancelled" else "failed"
        measure(names.STAGE_BATCH_SIZE, len(self._works), {names.STAGE: self._stage})
        first = next(iter(self._spans.values()), None)
        measure(names.STAGE_DURATION, self._clock.monotonic() - self._started, attributes, span=first)
        count(names.STAGE_WORKS, {names.STAGE: self._stage, names.OUTCOME: outcome}, len(self._works))

    def done(self, results: Sequence[Work[Any]]) -> None:
        """Mark the spans of those works that this stage has rejected."""
        for result in results:
            if isinstance(result.payload, Rejected):
                self.rejected(result.record, result.payload)

    def rejected(self, record: Record, verdict: Rejected) -> None:
        """Mark the span of `record` if it is this stage that has rejected it: the error is told where it arose."""
        if verdict.stage != self._stage:
            return
        for place, span in self._spans.items():
            if self._works[place].record is record:
                span.set_attribute(names.ERROR_TYPE, f"{verdict.family}.{verdict.reason}")
                span.set_status(Status(StatusCode.ERROR, verdict.reason))

    def event(self, name: str, attributes: Mapping[str, AttributeValue]) -> None:
        """Add an event to the spans of all its works."""
        for span in self._spans.values():
            span.add_event(name, attributes)

    def _make_current(self, current: Span) -> None:
        self._token = otel_context.attach(trace.set_span_in_context(current, Context()))
        others = [span for span in self._spans.values() if span is not current]
        if others:
            self._links = linked(others)
            self._links.__enter__()


class Unheard:
    """A stage's call while nobody listens."""

    def __enter__(self) -> Self:
        """Open nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def done(self, results: Sequence[Work[Any]]) -> None:
        """Mark nothing."""


def current_stage() -> StageSpan | None:
    """Return the stage's call that we are in."""
    return _CURRENT.get()
