"""Runs of one case side by side, and how they stand to what is usual."""

import pytest

from consumer.bench.arithmetic import distribution
from consumer.bench.cases import figure, latency_figures, merged, ratios
from consumer.bench.results import Baseline, Better, Case


def case(rate, p50, *notes, **changes):
    """Return one run."""
    figures = (figure("episodes/s", "1/s", rate, Better.HIGHER), figure("p50", "s", p50))
    return Case(
        scenario="ingest",
        figures=figures,
        notes=notes,
        settings={"run": str(rate)},
        distributions=(distribution("d", [p50], "s", (1.0, 2.0)),),
        **changes,
    )


def test_runs_are_side_by_side_and_the_middle_one_is_shown():
    """Values in the order of the runs; buckets are summed; every note is told once."""
    whole = merged([case(30, 0.5, "same"), case(10, 1.5, "same"), case(20, 3.0, "slow")])
    assert whole.figure("episodes/s").runs == (30, 10, 20)
    assert whole.figure("p50").value == 1.5
    assert whole.settings == {"run": "20"}
    assert whole.distributions[0].counts == (1, 1, 1)
    assert sorted(whole.notes) == ["same", "slow"]


def test_one_run_is_itself():
    """Nothing is lost on the way."""
    assert merged([case(30, 0.5, "n")]) == case(30, 0.5, "n")


def test_runs_of_two_cases_are_not_mixed():
    """Nor are none."""
    other = case(1, 1).model_copy(update={"variant": "other"})
    with pytest.raises(ValueError, match="one case"):
        merged([case(1, 1), other])
    with pytest.raises(ValueError, match="one case"):
        merged([])


def test_a_ratio_above_one_is_always_better():
    """Half the time and twice the rate are both two times better; what was not measured or is no better has none."""
    usual = Baseline(name="usual", figures={"p50": 1.0, "episodes/s": 5.0, "p99": 2.0})
    assert ratios(case(10, 0.5, baselines=(usual,))) == {"usual": {"p50": 2.0, "episodes/s": 2.0}}
    assert ratios(case(10, 4.0, baselines=(usual,)))["usual"]["p50"] == 0.25


def test_figures_of_latencies():
    """All in seconds; none of nothing."""
    assert [each.name for each in latency_figures([0.1, 0.2], "search ")][:2] == ["search mean", "search p50"]
    assert latency_figures([]) == ()
