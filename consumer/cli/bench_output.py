"""How `episodes bench` prints cases: a table each, with what is usual beside it; progress; files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.cli.output import is_interactive, note, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.results import Case, Figure, Report


def tell_progress(what: str) -> None:
    """Tell what is being done, where a person watches."""
    if is_interactive():
        note(what)


def command_line() -> str:
    """Return the command as it was given, without the path of the program."""
    return " ".join(["episodes", *sys.argv[1:]])


def write_report(report: Report, out: Path | None) -> None:
    """Write the report as JSON, if to anywhere.

    Raises:
        UserError: the file cannot be written.
    """
    from consumer.errors import UserError  # noqa: PLC0415 - heavy

    if out is None:
        return
    try:
        out.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from error
    note(f"written: {out}")


def is_right(report: Report) -> bool:
    """Whether every graph that was compared with the right one was it, in every run."""
    wrong = ("duplicate entities", "duplicate facts", "wrong entities", "wrong facts")
    found = [case.figure(name) for case in report.cases for name in wrong]
    return not any(figure.high for figure in found if figure is not None)


def show_cases(cases: tuple[Case, ...]) -> None:
    """Print each case as a table: figure, value, spread, and what is usual with the ratio."""
    for case in cases:
        print_line("")
        print_line(case.title)
        _show(case)
        for text in case.notes:
            print_line(f"  {text}")


def _show(case: Case) -> None:
    from consumer.bench.cases import ratios  # noqa: PLC0415 - heavy

    beside = ratios(case)
    headings = ["figure", "value", "spread", *(each.name for each in case.baselines)]
    rows = []
    for figure in case.figures:
        cells = [figure.name, value_text(figure), _spread(figure)]
        for each in case.baselines:
            usual, ratio = each.figures.get(figure.name), beside[each.name].get(figure.name)
            cells.append("" if usual is None else number(usual) + ("" if ratio is None else f" ({ratio_text(ratio)})"))
        rows.append(cells)
    print_table(headings, rows)


def value_text(figure: Figure) -> str:
    """Return the median with its unit."""
    return number(figure.value) + ("" if figure.unit == "1" else f" {figure.unit}")


def _spread(figure: Figure) -> str:
    return "" if len(figure.runs) == 1 else f"{number(figure.low)} to {number(figure.high)}"


def ratio_text(ratio: float) -> str:
    """Return a ratio in words: `3.2 times better`, or `1.5 times worse`."""
    return f"{ratio:.1f} times better" if ratio >= 1 else f"{1 / ratio:.1f} times worse"


def number(value: float) -> str:
    """Return a number with three digits that count, more where it is whole."""
    if value == int(value) and abs(value) < 1e9:  # noqa: PLR2004 - no more digits than a person reads
        return f"{int(value)}"
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:.0f}"  # noqa: PLR2004 - from there on no fraction counts
