"""`episodes bench report` and `episodes bench compare`: a report to read, and what changed between two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.compare import Change, Comparison
    from consumer.bench.results import Report

REPORT_EPILOG = "Example: episodes bench report results.json --out report.html"
COMPARE_EPILOG = "Example: episodes bench compare before.json after.json --threshold 10"
_UNREADABLE = 2
_TOLD_PLACES = 3

Results = Annotated[Path, typer.Argument(metavar="RESULTS.json", help="A report that `episodes bench` wrote.")]


def register(bench: typer.Typer) -> None:
    """Add the commands to `bench`."""
    bench.command("report", epilog=REPORT_EPILOG)(report)
    bench.command("compare", epilog=COMPARE_EPILOG)(compare)


def report(
    results: Results,
    *,
    out: Annotated[Path, typer.Option(help="File to write; - prints the page.")] = Path("report.html"),
) -> None:
    """Write a report as one HTML file: a summary in sentences, figures beside baselines, plots, flame graphs.

    The file needs nothing else: it can be mailed, kept, printed and opened without a network.
    """
    from consumer.bench.report.page import report_page  # noqa: PLC0415 - heavy
    from consumer.bench.report.standing import summary  # noqa: PLC0415

    read = _read(results)
    page = report_page(read)
    if str(out) == "-":
        print_line(page)
        return
    _write(out, page)
    for line in summary(read):
        print_line(line)
    note(f"written to {out}")


def compare(
    first: Annotated[Path, typer.Argument(metavar="A.json", help="The report to compare with.")],
    second: Annotated[Path, typer.Argument(metavar="B.json", help="The report to judge.")],
    *,
    threshold: Annotated[
        float, typer.Option(min=0, help="Least change of a median that counts, in per cent of the smaller one.")
    ] = 5.0,
    html: Annotated[Path | None, typer.Option(help="Write the comparison as one HTML file too.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List the figures within noise too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole comparison as JSON.")] = False,
) -> None:
    """Tell what changed from report A to report B beyond noise; exit code 1 when something is worse.

    With four runs or more on each side a figure changed when an exact Mann-Whitney test says so (p at most 0.05),
    with fewer when the runs do not overlap; and in either case when the medians differ by the threshold. A report that
    can't be read is exit code 2.
    """
    from consumer.bench.compare import compared  # noqa: PLC0415 - heavy
    from consumer.bench.report.comparison_page import comparison_page  # noqa: PLC0415

    before, after = _read(first), _read(second)
    comparison = compared(before, after, threshold / 100)
    if html is not None:
        _write(html, comparison_page(before, after, comparison))
    if as_json:
        print_json(comparison.as_dict())
    else:
        _tell(comparison, every=every)
    if html is not None:
        note(f"written to {html}")
    if comparison.is_regression:
        raise typer.Exit(1)


def _tell(comparison: Comparison, *, every: bool) -> None:
    from consumer.bench.compare import Verdict  # noqa: PLC0415 - heavy
    from consumer.bench.report.comparison_page import sentence  # noqa: PLC0415

    shown = [verdict for verdict in Verdict if every or verdict is not Verdict.SAME]
    rows = [_row(change) for verdict in shown for change in comparison.of(verdict)]
    if rows:
        print_table(["verdict", "case", "figure", "first", "second", "change", "p"], rows)
    print_line(sentence(comparison))
    for warning in comparison.warnings:
        note(warning)


def _row(change: Change) -> list[str]:
    from consumer.bench.report.numbers import quantity  # noqa: PLC0415 - heavy

    sides = ["–" if side is None else quantity(side.value, side.unit) for side in (change.first, change.second)]
    share = "–" if change.share is None else f"{100 * change.share:+.1f} %"
    p = "few runs" if change.is_weak else "–" if change.p is None else f"{change.p:.3f}"
    return [str(change.verdict), change.case, change.figure, *sides, share, p]


def _read(path: Path) -> Report:
    """Return the report in a file.

    Raises:
        UserError: there is no such file, or it holds something else; exit code 2.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - heavy

    from consumer.bench.results import Report  # noqa: PLC0415
    from consumer.errors import UserError  # noqa: PLC0415

    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}", exit_code=_UNREADABLE) from error
    except ValidationError as error:
        places = [
            f"{'.'.join(str(part) for part in detail['loc']) or 'file'}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        told = "; ".join(places[:_TOLD_PLACES])
        more = f"; and {len(places) - _TOLD_PLACES} more" if len(places) > _TOLD_PLACES else ""
        raise UserError(f"{path}: no report of `episodes bench`: {told}{more}", exit_code=_UNREADABLE) from error


def _write(path: Path, text: str) -> None:
    """Write a file, its folder too.

    Raises:
        UserError: it can't be written.
    """
    from consumer.errors import UserError  # noqa: PLC0415 - heavy

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
