"""Figures beside their baselines: which beats which, by how much, and the sentences that say so. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consumer.bench.report.numbers import quantity, times
from consumer.bench.results import Baseline, Better, Case, Figure, Report, Series

_MANY_TIMES = 5.0
_TOLD = 5
_UTILISATION = ("in use", "utilisation")
_NAMES_BOTTLENECK = ("bottleneck", "busiest stage")


class Standing(StrEnum):
    """How a figure stands beside a baseline."""

    BEATS = "better"
    """In every run."""
    EVEN = "about the same"
    """Some runs are better and some are not."""
    LOSES = "worse"
    """In every run."""


@dataclass(frozen=True, slots=True)
class Against:
    """A figure beside one baseline; `ratio` is how many times better it is, under 1 when it is worse."""

    case: str
    figure: Figure
    baseline: str
    usual: float
    ratio: float
    standing: Standing

    def told(self) -> str:
        """Return the comparison without a verb: `p95 of search, 21 ms against 300 ms (14 × better)`."""
        unit = self.figure.unit
        values = f"{quantity(self.figure.value, unit)} against {quantity(self.usual, unit)}"
        return f"{self.figure.name} of {_quoted(self.case)}, {values} ({times(self.ratio)})"


def against(case: Case, figure: Figure, baseline: Baseline) -> Against | None:
    """Return how `figure` stands beside `baseline`; None where there is nothing to compare, or no better and worse."""
    usual = baseline.figures.get(figure.name)
    if usual is None or figure.better is Better.NEITHER:
        return None
    ratios = [_ratio(run, usual, figure.better) for run in figure.runs]
    standing = Standing.BEATS if min(ratios) > 1 else Standing.LOSES if max(ratios) < 1 else Standing.EVEN
    ratio = _ratio(figure.value, usual, figure.better)
    return Against(case.title, figure, baseline.name, usual, ratio, standing)


def all_against(report: Report) -> list[Against]:
    """Return each figure beside each of its baselines, in the order of the report."""
    return [
        found
        for case in report.cases
        for figure in case.figures
        for baseline in case.baselines
        if (found := against(case, figure, baseline)) is not None
    ]


def summary(report: Report) -> list[str]:
    """Return what a reader in a hurry must know, in whole sentences: baselines, what is worse, bottlenecks."""
    found = all_against(report)
    told = list(_of_baselines(found)) if found else ["No figure of this report has a baseline to be held against."]
    told.extend(_of_bottlenecks(report))
    single = [case.title for case in report.cases if case.figures and max(len(f.runs) for f in case.figures) == 1]
    if single:
        which = "all cases" if len(single) == len(report.cases) else ", ".join(single)
        told.append(f"Measured in one run only: {which}; how much the figures vary is not known.")
    return told


def _ratio(value: float, usual: float, better: Better) -> float:
    if value == usual:
        return 1.0
    good, bad = (usual, value) if better is Better.LOWER else (value, usual)
    return math.inf if bad == 0 else good / bad


def _of_baselines(found: Sequence[Against]) -> Iterable[str]:
    beaten, even, worse = (
        [each for each in found if each.standing is standing]
        for standing in (Standing.BEATS, Standing.EVEN, Standing.LOSES)
    )
    if len(beaten) == len(found):
        yield f"Every figure that has a baseline beats it, in every run: {len(found)} of {len(found)}."
    else:
        yield (
            f"Of {len(found)} figures beside a baseline, {len(beaten)} are better in every run, {len(even)} about the "
            f"same and {len(worse)} worse."
        )
    for name in dict.fromkeys(each.baseline for each in found):
        yield _of_baseline(name, [each for each in found if each.baseline == name])
    if worse:
        yield f"Worse than the baseline: {_listed(sorted(worse, key=lambda each: each.ratio))}."
    if even:
        yield f"About the same, better in some runs and not in others: {_listed(even)}."


def _of_baseline(name: str, found: Sequence[Against]) -> str:
    ordered = sorted(found, key=lambda each: -each.ratio)
    best, least = ordered[0], ordered[-1]
    if len(found) == 1:
        return f"{_beside(name)}: {best.told()}."
    beaten = sum(each.standing is Standing.BEATS for each in found)
    many = sum(each.ratio >= _MANY_TIMES for each in found)
    told = f"{_beside(name)}: {beaten} of {len(found)} better"
    told += f", {many} by {_MANY_TIMES:.0f} times or more" if many else ""
    return f"{told}; the most, {best.told()}; the least, {least.told()}."


def _beside(name: str) -> str:
    return "Against what is usual" if name == "usual" else f"Against {name}"


def names_bottleneck(note: str) -> bool:
    """Whether a case's note says what its stages wait for."""
    return any(word in note.lower() for word in _NAMES_BOTTLENECK)


def _of_bottlenecks(report: Report) -> Iterable[str]:
    for case in report.cases:
        notes = [note for note in case.notes if names_bottleneck(note)]
        if notes:
            yield f"{_quoted(case.title)}: {notes[0]}"
            continue
        used = [each for each in case.series if each.values and _is_utilisation(each)]
        if used:
            busiest = max(used, key=lambda each: sum(each.values) / len(each.values))
            mean = sum(busiest.values) / len(busiest.values)
            told = mean if busiest.unit == "%" else 100 * mean
            stage = busiest.name.partition(":")[0]
            yield f"{_quoted(case.title)}: the busiest was {stage}, {told:.0f} % of it in use on average."


def _is_utilisation(series: Series) -> bool:
    return series.unit in {"%", "1"} and any(word in series.name.lower() for word in _UTILISATION)


def _quoted(case: str) -> str:
    """Return a case's title so that it can stand within a sentence."""
    return f"‘{case}’" if any(mark in case for mark in ":,;") else case


def _listed(found: Sequence[Against]) -> str:
    told = "; ".join(each.told() for each in found[:_TOLD])
    return f"{told}; and {len(found) - _TOLD} more" if len(found) > _TOLD else told
