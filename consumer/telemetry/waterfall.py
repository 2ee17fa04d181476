"""One trace as rows of text: who called whom, when, for how long; for a terminal without Jaeger.

Pure: takes ended spans, returns rows or lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, StatusCode

from consumer.telemetry import names

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One span of a trace: `start_s` and `duration_s` in seconds since the trace began, `depth` below its root."""

    name: str
    depth: int
    start_s: float
    duration_s: float
    queue_wait_s: float
    is_error: bool


def traces(spans: Iterable[ReadableSpan]) -> dict[int, list[ReadableSpan]]:
    """Return the spans by trace id, each list by start."""
    grouped: dict[int, list[ReadableSpan]] = defaultdict(list)
    for span in spans:
        grouped[_context(span).trace_id].append(span)
    return {trace_id: sorted(members, key=_start) for trace_id, members in grouped.items()}


def rows(spans: Sequence[ReadableSpan]) -> list[Row]:
    """Return the rows of one trace, children under their parent, siblings by start.

    A span whose parent is not among `spans` (the producer's, or one still open) stands at the left.
    """
    if not spans:
        return []
    began = min(_start(span) for span in spans)
    known = {_context(span).span_id for span in spans}
    children: dict[int | None, list[ReadableSpan]] = defaultdict(list)
    for span in sorted(spans, key=_start):
        parent = span.parent.span_id if span.parent is not None else None
        children[parent if parent in known else None].append(span)
    found: list[Row] = []
    waiting = [(span, 0) for span in reversed(children[None])]
    while waiting:
        span, depth = waiting.pop()
        start = _start(span)
        wait = (span.attributes or {}).get(names.QUEUE_WAIT, 0.0)
        found.append(
            Row(
                name=span.name,
                depth=depth,
                start_s=(start - began) / _NANOSECONDS,
                duration_s=((span.end_time or start) - start) / _NANOSECONDS,
                queue_wait_s=float(wait) if isinstance(wait, int | float) else 0.0,
                is_error=span.status.status_code is StatusCode.ERROR,
            )
        )
        waiting.extend((child, depth + 1) for child in reversed(children[_context(span).span_id]))
    return found


def draw(spans: Sequence[ReadableSpan], width: int = 48) -> list[str]:
    """Return one line a span: indented name, bar on a time axis `width` characters long, duration; `!` marks errors.

    The wait in front of a stage is drawn as dots before its bar.
    """
    drawn = rows(spans)
    if not drawn:
        return []
    total_s = max((row.start_s + row.duration_s for row in drawn), default=0.0) or 1e-9
    label_width = max(len(row.name) + 2 * row.depth for row in drawn)
    lines = []
    for row in drawn:
        start = min(width - 1, round(row.start_s / total_s * width))
        length = max(1, min(width - start, round(row.duration_s / total_s * width)))
        dots = min(start, round(row.queue_wait_s / total_s * width))
        bar = " " * (start - dots) + "·" * dots + "█" * length
        label = "  " * row.depth + row.name
        mark = " !" if row.is_error else ""
        lines.append(f"{label:<{label_width}}  {bar:<{width}}  {row.duration_s * 1_000:9.1f} ms{mark}")
    return lines


def _context(span: ReadableSpan) -> SpanContext:
    """Return the span's identity; an ended span of the SDK always has one."""
    return span.get_span_context() or INVALID_SPAN_CONTEXT


def _start(span: ReadableSpan) -> int:
    """Return when the span began, nanoseconds since 1970."""
    return span.start_time or 0
