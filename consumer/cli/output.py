"""How commands print: JSON for scripts, plain aligned text for people, progress only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

UNITS = ("B", "kB", "MB", "GB")
_STEP = 1_000


def print_json(value: Any) -> None:
    """Print `value` as one JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_line(text: str) -> None:
    """Print one line on standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Print one line on standard error: for people, out of the way of scripts."""
    sys.stderr.write(text + "\n")


def is_interactive() -> bool:
    """Whether a person watches standard error."""
    return sys.stderr.isatty()


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings: a drawn table on a terminal, tab-separated elsewhere."""
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            print_line("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console  # noqa: PLC0415 - drawn for people only
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*headings)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: what comes from the graph is no markup
    Console().print(table)


def bytes_text(count: int) -> str:
    """Return a byte count for people, e.g. `12.3 MB`."""
    value = float(count)
    for unit in UNITS:
        if value < _STEP or unit == UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= _STEP
    raise AssertionError(count)
