"""A span as somebody tells it: the SDK in this process, or a Jaeger that kept it. What `waterfall` draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT, StatusCode


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """Something that happened at `at_ns` (nanoseconds since 1970)."""

    name: str
    at_ns: int
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToldSpan:
    """One ended span; ids in hexadecimal, `parent_id` empty for a root, `links` as (trace id, span id)."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    began_ns: int
    ended_ns: int
    kind: str = "internal"
    is_error: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[ToldEvent, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_ns - self.began_ns) / 1_000_000_000


def of_sdk(span: ReadableSpan) -> ToldSpan:
    """Return an ended span of the SDK."""
    own = span.get_span_context() or INVALID_SPAN_CONTEXT
    began = span.start_time or 0
    return ToldSpan(
        name=span.name,
        trace_id=f"{own.trace_id:032x}",
        span_id=f"{own.span_id:016x}",
        parent_id="" if span.parent is None else f"{span.parent.span_id:016x}",
        began_ns=began,
        ended_ns=span.end_time or began,
        kind=span.kind.name.lower(),
        is_error=span.status.status_code is StatusCode.ERROR,
        attributes=dict(span.attributes or {}),
        events=tuple(ToldEvent(each.name, each.timestamp, dict(each.attributes or {})) for each in span.events),
        links=tuple((f"{each.context.trace_id:032x}", f"{each.context.span_id:016x}") for each in span.links),
    )
