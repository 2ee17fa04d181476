"""One trace as rows of text: who called whom, when, for how long; for a terminal without Jaeger.

Pure: takes ended spans, returns rows or lines. `waterfall_svg` makes a picture of the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from consumer.telemetry import names
from consumer.telemetry.told_span import ToldSpan, of_sdk

_NANOSECONDS = 1_000_000_000

AnySpan: TypeAlias = ReadableSpan | ToldSpan


@dataclass(frozen=True, slots=True)
class Row:
    """One span of a trace: `start_s` and `duration_s` in seconds since the trace began, `depth` below its root.

    `note` is what its attributes tell a person; `events` are names and seconds since the trace began.
    """

    name: str
    depth: int
    start_s: float
    duration_s: float
    queue_wait_s: float
    is_error: bool
    note: str = ""
    events: tuple[tuple[str, float], ...] = ()


def traces(spans: Iterable[ReadableSpan]) -> dict[int, list[ReadableSpan]]:
    """Return the spans by trace id, each list by start."""
    grouped: dict[int, list[ReadableSpan]] = defaultdict(list)
    for span in spans:
        grouped[(span.get_span_context() or INVALID_SPAN_CONTEXT).trace_id].append(span)
    return {trace_id: sorted(members, key=lambda span: span.start_time or 0) for trace_id, members in grouped.items()}


def rows(spans: Sequence[AnySpan]) -> list[Row]:
    """Return the rows of one trace, children under their parent, siblings by start.

    A span whose parent is not among `spans` (the producer's, or one still open) stands at the left.
    """
    told = sorted((_told(span) for span in spans), key=lambda span: span.began_ns)
    if not told:
        return []
    began = told[0].began_ns
    known = {span.span_id for span in told}
    children: dict[str, list[ToldSpan]] = defaultdict(list)
    for span in told:
        children[span.parent_id if span.parent_id in known else ""].append(span)
    found: list[Row] = []
    waiting = [(span, 0) for span in reversed(children[""])]
    while waiting:
        span, depth = waiting.pop()
        wait = span.attributes.get(names.QUEUE_WAIT, 0.0)
        found.append(
            Row(
                name=span.name,
                depth=depth,
                start_s=(span.began_ns - began) / _NANOSECONDS,
                duration_s=span.seconds,
                queue_wait_s=float(wait) if isinstance(wait, int | float) else 0.0,
                is_error=span.is_error,
                note=note(span),
                events=tuple((event.name, (event.at_ns - began) / _NANOSECONDS) for event in span.events),
            )
        )
        waiting.extend((child, depth + 1) for child in reversed(children[span.span_id]))
    return found


def note(span: ToldSpan) -> str:
    """Return what the attributes of a span tell a person in a few words: outcome, company, LLM tokens, error."""
    told = span.attributes
    said = []
    if outcome := told.get(names.OUTCOME):
        said.append(str(outcome))
    batch = told.get(names.BATCH_SIZE, 1)
    if isinstance(batch, int) and batch > 1:
        said.append(f"one of {batch} in the batch")
    if span.kind == "client" and span.links and span.parent_id:
        said.append(f"for {len(span.links) + 1} episodes")
    if (given := told.get(names.GEN_AI_INPUT_TOKENS)) is not None:
        answered = told.get(names.GEN_AI_OUTPUT_TOKENS)
        said.append(f"{given} LLM tokens" if answered is None else f"{given} → {answered} LLM tokens")
    if span.is_error and (kind := told.get(names.ERROR_TYPE)):
        said.append(str(kind))
    return ", ".join(said)


def draw(spans: Sequence[AnySpan], width: int = 48, *, with_notes: bool = False) -> list[str]:
    """Return one line a span: indented name, bar on a time axis `width` characters long, duration; `!` marks errors.

    The wait in front of a stage is drawn as dots before its bar. `with_notes` tells in words what is known besides.
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
        line = f"{label:<{label_width}}  {bar:<{width}}  {row.duration_s * 1_000:9.1f} ms{mark}"
        if with_notes:
            said = [row.note] if row.note else []
            said += [f"{name} at {at_s * 1_000:.0f} ms" for name, at_s in row.events]
            line = f"{line}  {'; '.join(said)}".rstrip()
        lines.append(line)
    return lines


def _told(span: AnySpan) -> ToldSpan:
    return span if isinstance(span, ToldSpan) else of_sdk(span)
