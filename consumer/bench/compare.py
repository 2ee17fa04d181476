"""What changed between two reports beyond noise. Pure.

A figure changed when its medians differ by at least `threshold` (of the one nearer to zero) and, besides:
- with four runs or more on each side, the Mann-Whitney test, exact and two-sided, finds so clear a separation of the
  runs in at most 5 % of all ways to deal them into two heaps. Of a hundred figures that did not change, about five pass
  that test by chance; the threshold is what keeps small ones of those out;
- with fewer, no run of one side lies within the range of the other's. That is weaker: of three runs against three it
  happens by chance once in ten times, of two against two once in three, and single runs tell nothing of noise at all.
  Such verdicts are marked as weak. Repeat the runs to be sure.

C1: a report compared with itself has no change.
C2: with the sides swapped, better is worse and worse is better, and all else is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from consumer.bench.results import Better, Case, Figure, Report

THRESHOLD = 0.05
"""Least relative change of the medians that is told."""
P_MOST = 0.05
"""Most chance of so clear a separation when nothing changed."""
RUNS_TO_TEST = 4
"""Runs on each side from which the test can find anything at all: four against four reach 0.029."""


class Verdict(StrEnum):
    """What became of a figure, seen from the first report to the second."""

    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    """Of a figure that only describes."""
    SAME = "same"
    ONLY_FIRST = "only in the first"
    ONLY_SECOND = "only in the second"
    NOT_COMPARABLE = "not comparable"
    """Measured in another unit."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one case on both sides; None where it is missing."""

    case: str
    figure: str
    unit: str
    verdict: Verdict
    first: Figure | None = None
    second: Figure | None = None
    p: float | None = None
    """Of the test; None where there were too few runs for it."""

    @property
    def share(self) -> float | None:
        """The change relative to the first report's median; None without both, and from zero."""
        if self.first is None or self.second is None or not self.first.value:
            return None
        return (self.second.value - self.first.value) / abs(self.first.value)

    @property
    def is_weak(self) -> bool:
        """Whether there were too few runs to tell a change from noise with confidence."""
        return self.p is None and self.verdict in {Verdict.BETTER, Verdict.WORSE, Verdict.CHANGED}

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        sides = {"first": self.first, "second": self.second}
        return {
            "case": self.case,
            "figure": self.figure,
            "unit": self.unit,
            "verdict": str(self.verdict),
            **{name: None if side is None else _side(side) for name, side in sides.items()},
            "change": self.share,
            "p": self.p,
            "is_weak": self.is_weak,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, and what the reader must know besides."""

    threshold: float
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()

    def of(self, *verdicts: Verdict) -> list[Change]:
        """Return the changes with one of `verdicts`, the greatest first."""
        return sorted(
            (change for change in self.changes if change.verdict in verdicts),
            key=lambda change: -abs(change.share) if change.share is not None else float("-inf"),
        )

    @property
    def is_regression(self) -> bool:
        """Whether anything is worse."""
        return any(change.verdict is Verdict.WORSE for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        counts = {str(verdict): len(self.of(verdict)) for verdict in Verdict}
        return {
            "threshold": self.threshold,
            "is_regression": self.is_regression,
            "counts": counts,
            "warnings": list(self.warnings),
            "changes": [change.as_dict() for change in self.changes],
        }


def compared(first: Report, second: Report, threshold: float = THRESHOLD) -> Comparison:
    """Return what changed from `first` to `second`, case by case and figure by figure, in the order of the reports."""
    changes: list[Change] = []
    before, after = ({case.title: case for case in report.cases} for report in (first, second))
    for title in dict.fromkeys([*before, *after]):
        changes.extend(_changes(title, before.get(title), after.get(title), threshold))
    return Comparison(threshold, tuple(changes), tuple(_warnings(first, second, changes)))


def verdict_of(first: Figure, second: Figure, threshold: float) -> tuple[Verdict, float | None]:
    """Return what became of a figure, and the test's p where there were runs enough."""
    p = mann_whitney(first.runs, second.runs) if _can_test(first, second) else None
    if not _is_large(first.value, second.value, threshold):
        return Verdict.SAME, p
    is_clear = p <= P_MOST if p is not None else first.high < second.low or second.high < first.low
    if not is_clear:
        return Verdict.SAME, p
    better = first.better if first.better is second.better else Better.NEITHER
    if better is Better.NEITHER:
        return Verdict.CHANGED, p
    has_grown = second.value > first.value
    return (Verdict.BETTER if has_grown is (better is Better.HIGHER) else Verdict.WORSE), p


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the exact two-sided p of the Mann-Whitney test, ties by mean ranks.

    The share of ways to deal all values into heaps of these sizes in which the first heap's ranks sum to something at
    least as far from their mean. Source: H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947).
    """
    values = np.array([*first, *second], dtype=float)
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    doubled = (2 * last - counts + 1)[places]  # twice the mean rank, so that it is whole
    size, whole = len(first), int(doubled.sum())
    ways = np.zeros((size + 1, whole + 1))  # ways[k, s]: heaps of k values whose doubled ranks sum to s
    ways[0, 0] = 1
    for rank in doubled.tolist():
        for count in range(size, 0, -1):
            ways[count, rank:] += ways[count - 1, : whole + 1 - rank]
    sums = np.arange(whole + 1)
    mean = whole * size / len(values)
    far = abs(float(doubled[:size].sum()) - mean) - 1e-9
    heaps = ways[size]
    return float(heaps[np.abs(sums - mean) >= far].sum() / heaps.sum())


def _changes(title: str, before: Case | None, after: Case | None, threshold: float) -> Iterable[Change]:
    figures = [figure for case in (before, after) if case is not None for figure in case.figures]
    for name in dict.fromkeys(figure.name for figure in figures):
        first = before.figure(name) if before is not None else None
        second = after.figure(name) if after is not None else None
        known = first or second
        unit = known.unit if known is not None else ""
        if first is None or second is None:
            verdict = Verdict.ONLY_SECOND if first is None else Verdict.ONLY_FIRST
            yield Change(title, name, unit, verdict, first, second)
        elif first.unit != second.unit:
            yield Change(title, name, f"{first.unit}, {second.unit}", Verdict.NOT_COMPARABLE, first, second)
        else:
            verdict, p = verdict_of(first, second, threshold)
            yield Change(title, name, unit, verdict, first, second, p)


def _can_test(first: Figure, second: Figure) -> bool:
    return min(len(first.runs), len(second.runs)) >= RUNS_TO_TEST


def _is_large(first: float, second: float, threshold: float) -> bool:
    """Whether two medians differ by `threshold` of the one nearer to zero; from zero every step is large."""
    return first != second and abs(second - first) >= threshold * min(abs(first), abs(second))


def _warnings(first: Report, second: Report, changes: Sequence[Change]) -> Iterable[str]:
    differing = sorted(
        name for name in {*first.machine, *second.machine} if first.machine.get(name) != second.machine.get(name)
    )
    if differing:
        told = ", ".join(
            f"{name} {first.machine.get(name, 'unknown')} and {second.machine.get(name, 'unknown')}"
            for name in differing
        )
        yield f"The machines differ: {told}."
    settings = {case.title: case.settings for case in first.cases}
    other = [case.title for case in second.cases if case.title in settings and settings[case.title] != case.settings]
    if other:
        yield f"The settings differ in {', '.join(other)}."
    weak = sum(change.is_weak for change in changes)
    if weak:
        yield (
            f"{weak} of the changes rest on fewer than {RUNS_TO_TEST} runs a side: repeat the runs to tell them from "
            "noise with confidence."
        )
    missing = sum(change.verdict in {Verdict.ONLY_FIRST, Verdict.ONLY_SECOND} for change in changes)
    if missing:
        yield f"{missing} figures are in one report only, so nothing is said of them."
    strange = sum(change.verdict is Verdict.NOT_COMPARABLE for change in changes)
    if strange:
        yield f"{strange} figures are in another unit than before, so nothing is said of them."


def _side(figure: Figure) -> dict[str, Any]:
    return {"median": figure.value, "low": figure.low, "high": figure.high, "runs": list(figure.runs)}
