"""A comparison of two reports as one HTML document: the verdict first, then each figure with its runs drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from consumer.bench.compare import RUNS_TO_TEST, Change, Comparison, Verdict
from consumer.bench.report.numbers import quantity
from consumer.bench.report.page import document
from consumer.bench.results import Report

_WIDTH, _HEIGHT, _EDGE = 220, 30, 6
_CLASSES = {Verdict.BETTER: "beats", Verdict.WORSE: "loses", Verdict.CHANGED: "even"}
_MARKS = {Verdict.BETTER: "▲", Verdict.WORSE: "▼", Verdict.CHANGED: "●"}
_ORDER = (
    (Verdict.WORSE, "Worse"),
    (Verdict.BETTER, "Better"),
    (Verdict.CHANGED, "Changed, for better or worse"),
    (Verdict.SAME, "Within noise"),
    (Verdict.ONLY_FIRST, "Only in the first report"),
    (Verdict.ONLY_SECOND, "Only in the second report"),
    (Verdict.NOT_COMPARABLE, "In another unit than before"),
)


def comparison_page(first: Report, second: Report, comparison: Comparison) -> str:
    """Return the comparison as an HTML document."""
    parts = "".join(
        _section(heading, comparison.of(verdict), is_open=verdict is not Verdict.SAME) for verdict, heading in _ORDER
    )
    told = "".join(f"<li>{escape(line)}</li>" for line in (sentence(comparison), *comparison.warnings))
    body = (
        '<header class="top"><p class="label">Benchmark comparison</p><h1>What changed beyond noise</h1>'
        f'<dl class="about">{_side("first", first)}{_side("second", second)}</dl></header>'
        f'<section class="summary"><ul>{told}</ul></section>{parts}'
        f'<p class="dim">A change is told when the medians differ by {comparison.threshold:.0%} or more and, with '
        f"{RUNS_TO_TEST} runs or more a side, an exact Mann-Whitney test finds the runs apart (p at most 0.05), with "
        "fewer runs, no run of one side lies within the other’s range. Dots are runs, the bar is the median.</p>"
    )
    return document("Benchmark comparison", body)


def sentence(comparison: Comparison) -> str:
    """Return the whole comparison in one sentence."""
    worse, better, same = (len(comparison.of(verdict)) for verdict in (Verdict.WORSE, Verdict.BETTER, Verdict.SAME))
    changed = len(comparison.of(Verdict.CHANGED))
    told = f"{worse} worse, {better} better, {same} within noise"
    told += f", {changed} changed with no direction that is better" if changed else ""
    if worse:
        most = comparison.of(Verdict.WORSE)[0]
        return f"{told}. The largest step back: {most.case}, {most.figure}, {step(most)}."
    return f"{told}. Nothing is worse."


def step(change: Change) -> str:
    """Return the step from one median to the other: `21 ms to 35 ms (+67 %)`."""
    if change.first is None or change.second is None:
        side = change.first or change.second
        return "" if side is None else quantity(side.value, side.unit)
    told = f"{quantity(change.first.value, change.first.unit)} to {quantity(change.second.value, change.second.unit)}"
    return told if change.share is None else f"{told} ({100 * change.share:+.0f} %)"


def _side(name: str, report: Report) -> str:
    told = f"{report.made_at:%d %B %Y, %H:%M}, version {report.version}: {report.command}"
    return f"<div><dt>{name}</dt><dd>{escape(told)}</dd></div>"


def _section(heading: str, changes: Sequence[Change], *, is_open: bool) -> str:
    if not changes:
        return ""
    rows = "".join(_row(change) for change in changes)
    return (
        f'<details class="card"{" open" if is_open else ""}><summary><h2>{escape(heading)} '
        f"<small>{len(changes)}</small></h2></summary>"
        '<div class="wide"><table class="figures compared"><thead><tr><th scope="col">figure</th>'
        '<th scope="col">first</th><th scope="col">second</th><th scope="col">change</th><th scope="col">p</th>'
        f'<td aria-hidden="true"></td></tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _row(change: Change) -> str:
    sides = "".join(
        f"<td>{'–' if side is None else escape(quantity(side.value, side.unit))}</td>"
        for side in (change.first, change.second)
    )
    share = "–" if change.share is None else f"{100 * change.share:+.1f} %"
    mark = _MARKS.get(change.verdict, "")
    p = "few runs" if change.is_weak else "–" if change.p is None else f"{change.p:.3f}"
    return (
        f'<tr class="{_CLASSES.get(change.verdict, "")}"><th scope="row">'
        f'<span class="dim">{escape(change.case)}</span> {escape(change.figure)}</th>'
        f'{sides}<td class="verdict">{mark} {share}</td><td>{p}</td>'
        f"<td>{_runs_drawn(change)}</td></tr>"
    )


def _runs_drawn(change: Change) -> str:
    """Return the runs of both sides as dots on one axis, the first side above."""
    if change.first is None or change.second is None or change.verdict is Verdict.NOT_COMPARABLE:
        return ""
    values = [*change.first.runs, *change.second.runs]
    low, high = min(values), max(values)
    reach = (high - low) or 1.0

    def across(value: float) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * (value - low) / reach if high > low else _WIDTH / 2

    drawn = ""
    for row, (side, kind) in enumerate(((change.first, "a"), (change.second, "b"))):
        y = 9 + 13 * row
        drawn += "".join(f'<circle class="{kind}" cx="{across(run):.1f}" cy="{y}" r="3"/>' for run in side.runs)
        drawn += f'<path class="{kind}" d="M{across(side.value):.1f} {y - 6}v12"/>'
    told = f"runs of the first: {_listed(change.first.runs)}; of the second: {_listed(change.second.runs)}"
    return (
        f'<svg class="runs" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{escape(told)} {escape(change.unit)}'
        f"</title>{drawn}</svg>"
    )


def _listed(runs: Sequence[float]) -> str:
    return ", ".join(f"{run:g}" for run in runs)
