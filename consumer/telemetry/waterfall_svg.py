"""The rows of `waterfall` as a picture: SVG that needs nothing beside it, for documents and for a browser.

Pure: takes rows, returns text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from consumer.telemetry.waterfall import Row

_WIDTH, _ROW, _TOP, _MARGIN = 1_000, 26, 58, 16
_LABELS = 250
_CHAR = 6.3
"""Width of a character of the notes, in pixels, nearly."""
_TICKS = 5
_LEAST_S = 1e-6
_KINDS = {
    "send": "log",
    "poll": "log",
    "process": "log",
    "commit": "log",
    "chat": "model",
    "embeddings": "model",
    "neo4j": "graph",
}
_STYLE = """
text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 } .dim { fill: #6e7781; font-size: 11px }
.inside { fill: #ffffff; font-size: 11px }
.grid { stroke: #d8dee4; stroke-width: 1 } .log { fill: #8c959f } .stage { fill: #2da44e } .model { fill: #8250df }
.graph { fill: #bf8700 } .wait { fill: #d8dee4 } .error { fill: #cf222e } .event { fill: #cf222e }
"""


def picture(rows: Sequence[Row], title: str) -> str:
    """Return an SVG with a bar for each row on one time axis; waits in front of a stage are pale, errors red."""
    total_s = max((row.start_s + row.duration_s for row in rows), default=0.0)
    total_s = max(total_s, _LEAST_S)
    height = _TOP + _ROW * len(rows) + 34
    plot = _WIDTH - _LABELS - 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        f'<text class="title" x="{_MARGIN}" y="24">{escape(title)}</text>',
    ]
    for tick in range(_TICKS + 1):
        x = _MARGIN + _LABELS + plot * tick / _TICKS
        anchor = "end" if tick == _TICKS else "middle"
        parts += [
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{height - 30}"/>',
            _dim(x, _TOP - 13, f"{total_s * 1_000 * tick / _TICKS:.0f} ms", anchor),
        ]
    for number, row in enumerate(rows):
        parts += _bar(row, _TOP + _ROW * number, plot / total_s)
    parts += _legend(height - 12)
    return "\n".join([*parts, "</svg>", ""])


def _bar(row: Row, top: int, pixels_a_second: float) -> list[str]:
    left = _MARGIN + _LABELS
    x = left + row.start_s * pixels_a_second
    width = max(2.0, row.duration_s * pixels_a_second)
    wait = min(x - left, row.queue_wait_s * pixels_a_second)
    kind = "error" if row.is_error else _KINDS.get(row.name.split(" ")[0], "stage")
    said = f"{row.duration_s * 1_000:.1f} ms" + (f" · {row.note}" if row.note else "")
    parts = [f'<text x="{_MARGIN + 14 * row.depth}" y="{top + 14}">{escape(row.name)}</text>']
    if wait >= 1:
        parts.append(f'<rect class="wait" x="{x - wait:.1f}" y="{top + 7}" width="{wait:.1f}" height="6"/>')
    parts.append(
        f'<rect class="{kind}" x="{x:.1f}" y="{top + 3}" width="{width:.1f}" height="14" rx="2">'
        f"<title>{escape(f'{row.name}: {said}')}</title></rect>"
    )
    for name, at_s in row.events:
        at = left + at_s * pixels_a_second
        parts.append(
            f'<circle class="event" cx="{at:.1f}" cy="{top + 10}" r="3.5"><title>{escape(name)}</title></circle>'
        )
    needed = _CHAR * len(said) + 8
    if x + width + needed < _WIDTH - _MARGIN:
        parts.append(_dim(x + width + 6, top + 14, said))
    elif x - wait - needed > left:
        parts.append(_dim(x - wait - 6, top + 14, said, "end"))
    else:
        parts.append(_dim(x + width - 6, top + 14, said, "end", "inside"))
    return parts


def _dim(x: float, y: int, text: str, anchor: str = "start", kind: str = "dim") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _legend(y: int) -> list[str]:
    parts = []
    x = float(_MARGIN)
    for kind, text in (
        ("log", "Kafka"),
        ("stage", "stage"),
        ("model", "model call"),
        ("graph", "Neo4j"),
        ("wait", "waiting in a queue"),
        ("error", "error, or what happened"),
    ):
        parts += [
            f'<rect class="{kind}" x="{x:.0f}" y="{y - 9}" width="12" height="10" rx="2"/>',
            _dim(x + 18, y, text),
        ]
        x += 34 + _CHAR * len(text)
    return parts
