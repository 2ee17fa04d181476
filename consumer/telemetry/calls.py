"""One call of a client (model, database, broker): its span, its duration, its error mark.

The adapters wrap each call in `client_call`; it is the only thing of telemetry that they need. Nothing is
recorded, and next to nothing spent, while no provider is installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue as _AttributeValue

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, WorldFault
from consumer.telemetry import names, providers
from consumer.telemetry.catalogue import METRICS
from consumer.telemetry.labels import with_labels

AttributeValue: TypeAlias = _AttributeValue

_CLOCK: Clock = SystemClock()
_DETAIL_CHARS = 300
_LINKED: ContextVar[tuple[tuple[Span, ...], bool]] = ContextVar("linked", default=((), False))
_TOKEN_TYPES = ((names.GEN_AI_INPUT_TOKENS, "input"), (names.GEN_AI_OUTPUT_TOKENS, "output"))


class Call:
    """What a running call may say about itself; attributes go to the span and, where allowed, to the metric."""

    __slots__ = ("attributes", "span")

    def __init__(self, span: Span | None, attributes: Mapping[str, AttributeValue]) -> None:
        self.span = span
        self.attributes = dict(attributes)

    def set(self, name: str, value: AttributeValue) -> None:
        """Add an attribute of `consumer.telemetry.names`, e.g. the tokens that the answer used."""
        self.attributes[name] = value
        if self.span is not None:
            self.span.set_attribute(name, value)


class _Unheard(Call):
    """The call while nobody listens: keeps nothing."""

    __slots__ = ()

    def set(self, name: str, value: AttributeValue) -> None:
        """Keep nothing."""


_UNHEARD = _Unheard(None, {})


@contextmanager
def linked(spans: Sequence[Span], *, both_ways: bool = False) -> Iterator[None]:
    """Link the spans of the calls made inside to `spans`: a call made for several episodes is a child of one only.

    `both_ways`: each of `spans` that is still open is linked to the call as well, so that it is found from there.
    """
    token = _LINKED.set((tuple(span for span in spans if span.get_span_context().is_valid), both_ways))
    try:
        yield
    finally:
        _LINKED.reset(token)


@contextmanager
def client_call(
    span_name: str,
    attributes: Mapping[str, AttributeValue],
    *,
    metric: str | None = None,
    kind: SpanKind = SpanKind.CLIENT,
) -> Iterator[Call]:
    """Record what happens inside as one span and, in the histogram `metric`, its duration in seconds.

    The span is the current one inside, child of the current one outside. An exception marks both with
    `error.type` and leaves as it came. `metric` is a name of `consumer.telemetry.names`; token usage set on the
    call is counted too.
    """
    if not providers.in_use.is_on:
        yield _UNHEARD
        return
    attributes = with_labels(attributes)
    span = _opened(span_name, kind, attributes)
    call = Call(span, attributes)
    started = _CLOCK.monotonic()
    try:
        if span is None:
            yield call
        else:
            with trace.use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
                yield call
    except BaseException as error:
        call.attributes[names.ERROR_TYPE] = error_type(error)
        if span is not None:
            mark_error(span, error)
        raise
    finally:
        if metric is not None:
            _measure(metric, call, _CLOCK.monotonic() - started)
        if span is not None:
            span.end()


def _opened(name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue]) -> Span | None:
    """Return the call's span, linked as `linked` says; None when nobody traces."""
    tracer = providers.tracer()
    if tracer is None:
        return None
    others, both_ways = _LINKED.get()
    links = [Link(other.get_span_context()) for other in others if other.get_span_context().trace_flags.sampled]
    span = tracer.start_span(name, kind=kind, attributes=attributes, links=links)
    if both_ways and span.is_recording():
        for other in others:
            if other.is_recording():
                other.add_link(span.get_span_context())
    return span


def error_type(error: BaseException) -> str:
    """Return the low-cardinality name of `error`: its class, `cancelled`, or `world.neo4j` and `episode.<reason>`."""
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "cancelled"
    if isinstance(error, WorldFault):
        return f"world.{error.dependency}"
    if isinstance(error, EpisodeFault):
        return f"episode.{error.reason}"
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def mark_error(span: Span, error: BaseException) -> None:
    """Set `error.type` and the error status of `span`; a cancelled call is no error.

    Only our own families' messages are told: a foreign exception may quote content or a credential.
    """
    kind = error_type(error)
    span.set_attribute(names.ERROR_TYPE, kind)
    if kind == "cancelled":
        return
    detail = error.detail[:_DETAIL_CHARS] if isinstance(error, WorldFault) else kind
    span.set_status(Status(StatusCode.ERROR, detail))


def measure(metric: str, value: float, attributes: Mapping[str, AttributeValue], *, span: Span | None = None) -> None:
    """Record `value` in the histogram `metric`, with those attributes that its definition allows.

    Its exemplar names `span`, or else the current one, if that is sampled.
    """
    histogram = providers.histogram(metric)
    if histogram is not None:
        context = None if span is None else trace.set_span_in_context(span)
        histogram.record(value, allowed(metric, attributes), context)


def count(metric: str, attributes: Mapping[str, AttributeValue], value: float = 1) -> None:
    """Add `value` to the counter `metric`, with those attributes that its definition allows."""
    counter = providers.counter(metric)
    if counter is not None:
        counter.add(value, allowed(metric, attributes))


def mark(name: str, value: AttributeValue) -> None:
    """Set an attribute on the span that is current, if one is: that of the stage, or of the call, we are in."""
    if providers.in_use.is_on:
        trace.get_current_span().set_attribute(name, value)


def event(name: str, attributes: Mapping[str, AttributeValue]) -> None:
    """Add an event to the span that is current, if one is: what happened there besides what was asked for."""
    if providers.in_use.is_on:
        trace.get_current_span().add_event(name, attributes)


def level(metric: str, value: float, attributes: Mapping[str, AttributeValue]) -> None:
    """Record `value` as where the level `metric` stands now, with those attributes that its definition allows."""
    gauge = providers.level(metric)
    if gauge is not None:
        gauge.set(value, allowed(metric, attributes))


def allowed(metric: str, attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Return the attributes that a measurement of `metric` may carry: bounded in number of values."""
    labels = METRICS[metric].labels
    return {name: value for name, value in attributes.items() if name in labels}


def _measure(metric: str, call: Call, seconds: float) -> None:
    """Record the call's duration, and its tokens when it told any."""
    measure(metric, seconds, call.attributes, span=call.span)
    for attribute, token_type in _TOKEN_TYPES:
        tokens = call.attributes.get(attribute)
        if isinstance(tokens, int):
            attributes = {**call.attributes, names.GEN_AI_TOKEN_TYPE: token_type}
            measure(names.GEN_AI_TOKENS, tokens, attributes, span=call.span)
