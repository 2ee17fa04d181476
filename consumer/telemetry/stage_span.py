"""One call of a stage on one or several works, as spans and measurements; used by `observed` only."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextvars import Token
from types import TracebackType
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from consumer.clock import Clock
from consumer.model.work import Work
from consumer.telemetry import names, providers
from consumer.telemetry.calls import count, error_type, mark_error, measure


class StageSpan(AbstractContextManager[None]):
    """A span for each work while the stage runs; the first is current, the others link to it.

    `contexts` are those of the works' `process` spans; None (a work nobody traces) gets no span.
    """

    __slots__ = ("_clock", "_contexts", "_spans", "_stage", "_started", "_token", "_works")

    def __init__(
        self, stage: str, works: Sequence[Work[Any]], contexts: Sequence[Context | None], clock: Clock
    ) -> None:
        self._stage = stage
        self._works = works
        self._contexts = contexts
        self._clock = clock
        self._spans: list[Span] = []
        self._token: Token[Context] | None = None
        self._started = 0.0

    def __enter__(self) -> None:
        """Open the spans and make the first one current."""
        self._started = self._clock.monotonic()
        tracer = providers.tracer()
        for work, context in zip(self._works, self._contexts, strict=True):
            wait_s = max(0.0, self._started - work.timings.handed_on)
            measure(names.STAGE_QUEUE_WAIT, wait_s, {names.STAGE: self._stage})
            if tracer is None or context is None:
                continue
            span = tracer.start_span(
                self._stage,
                context=context,
                kind=SpanKind.INTERNAL,
                links=[Link(self._spans[0].get_span_context())] if self._spans else None,
                attributes={
                    names.STAGE: self._stage,
                    names.QUEUE_WAIT: wait_s,
                    names.BATCH_SIZE: len(self._works),
                },
            )
            if not self._spans:
                self._token = otel_context.attach(trace.set_span_in_context(span, context))
            self._spans.append(span)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the spans, marked with the exception if one leaves, and measure."""
        if self._token is not None:
            otel_context.detach(self._token)
        for span in self._spans:
            if error is not None:
                mark_error(span, error)
            span.end()
        attributes = {names.STAGE: self._stage}
        outcome = "ok"
        if error is not None:
            attributes[names.ERROR_TYPE] = error_type(error)
            outcome = "cancelled" if attributes[names.ERROR_TYPE] == "cancelled" else "failed"
        measure(names.STAGE_BATCH_SIZE, len(self._works), {names.STAGE: self._stage})
        measure(names.STAGE_DURATION, self._clock.monotonic() - self._started, attributes)
        count(names.STAGE_WORKS, {names.STAGE: self._stage, names.OUTCOME: outcome}, len(self._works))
