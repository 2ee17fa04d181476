"""Cases put together: figures of one run, the runs of one case, and what the field says is usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from consumer.bench.arithmetic import summary
from consumer.bench.results import Better, Case, Distribution, Figure

LATENCY = ("mean", "p50", "p95", "p99", "min", "max")


def figure(name: str, unit: str, value: float, better: Better = Better.LOWER) -> Figure:
    """Return a figure of one run."""
    return Figure(name=name, unit=unit, better=better, runs=(value,))


def latency_figures(seconds: Sequence[float], prefix: str = "") -> tuple[Figure, ...]:
    """Return mean, percentiles and extremes of one run's latencies; none where there are no latencies."""
    if not seconds:
        return ()
    found = summary(seconds)
    return tuple(figure(f"{prefix}{name}", "s", found[name]) for name in LATENCY)


def merged(cases: Sequence[Case]) -> Case:
    """Return the runs of one case as one: figures side by side, buckets summed, series and notes of the middle run.

    A figure that not every run has keeps the runs that have it. The middle run is that whose first figure is the
    median.

    Raises:
        ValueError: there are none, or they are not of one case.
    """
    if len({(case.scenario, case.variant) for case in cases}) != 1:
        raise ValueError("these are not the runs of one case")
    names = list(dict.fromkeys(figure.name for case in cases for figure in case.figures))
    figures = []
    for name in names:
        found = [one for case in cases if (one := case.figure(name)) is not None]
        figures.append(found[0].model_copy(update={"runs": tuple(run for one in found for run in one.runs)}))
    middle = sorted(cases, key=_first)[(len(cases) - 1) // 2]
    notes = tuple(dict.fromkeys((*middle.notes, *(note for case in cases for note in case.notes))))
    return middle.model_copy(
        update={
            "figures": tuple(figures),
            "distributions": _summed([each for case in cases for each in case.distributions]),
            "notes": notes,
        }
    )


def _first(case: Case) -> float:
    return case.figures[0].value if case.figures else 0.0


def _summed(distributions: Iterable[Distribution]) -> tuple[Distribution, ...]:
    total: dict[tuple[str, str, tuple[float, ...]], Distribution] = {}
    for each in distributions:
        key = (each.name, each.unit, each.bounds)
        if key in total:
            counts = tuple(one + other for one, other in zip(total[key].counts, each.counts, strict=True))
            total[key] = each.model_copy(update={"counts": counts})
        else:
            total[key] = each
    return tuple(total.values())


def ratios(case: Case) -> dict[str, dict[str, float]]:
    """Return, by baseline and figure, how many times better than the baseline was measured (under 1: worse).

    Figures that are neither better low nor high, and those of 0, have no ratio.
    """
    return {each.name: _ratios(case, each.figures) for each in case.baselines}


def _ratios(case: Case, usual: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in usual.items():
        measured = case.figure(name)
        if measured is None or measured.better is Better.NEITHER or not measured.value or not value:
            continue
        found[name] = value / measured.value if measured.better is Better.LOWER else measured.value / value
    return found
