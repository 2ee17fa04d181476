"""What changed between two reports: invariants, the test against every way to deal, and what is told besides."""

from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.bench.compare import Verdict, compared, mann_whitney, verdict_of
from consumer.bench.results import Better, Case, Figure, Report

VALUES = st.one_of(st.integers(0, 6).map(float), st.floats(-1e6, 1e6, allow_nan=False))
RUNS = st.lists(VALUES, min_size=1, max_size=7).map(tuple)
FIGURES = st.builds(
    Figure,
    name=st.sampled_from("pqr"),
    unit=st.sampled_from(["s", "1/s"]),
    better=st.sampled_from(list(Better)),
    runs=RUNS,
)
CASES = st.builds(
    Case,
    scenario=st.sampled_from(["ingest", "search"]),
    figures=st.lists(FIGURES, max_size=3, unique_by=lambda figure: figure.name).map(tuple),
)
REPORTS = st.builds(
    Report,
    made_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    command=st.just("episodes bench"),
    version=st.just("1"),
    cases=st.lists(CASES, max_size=2, unique_by=lambda case: case.title).map(tuple),
)
SWAPPED = {
    Verdict.BETTER: Verdict.WORSE,
    Verdict.WORSE: Verdict.BETTER,
    Verdict.ONLY_FIRST: Verdict.ONLY_SECOND,
    Verdict.ONLY_SECOND: Verdict.ONLY_FIRST,
}


def figure(*runs, better=Better.LOWER, unit="s", name="p95"):
    """A figure with these runs."""
    return Figure(name=name, unit=unit, better=better, runs=tuple(float(run) for run in runs))


def report(*figures, machine=None, scenario="search", settings=None):
    """A report of one case."""
    return Report(
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        command="episodes bench",
        version="1",
        machine=machine or {},
        cases=(Case(scenario=scenario, figures=figures, settings=settings or {}),),
    )


def verdict(first, second, threshold=0.05):
    """What became of one figure."""
    return verdict_of(first, second, threshold)[0]


@given(REPORTS, st.floats(0, 2))
def test_c1_a_report_beside_itself_has_no_change(one, threshold):
    """Whatever the threshold, zero included."""
    comparison = compared(one, one, threshold)
    assert {change.verdict for change in comparison.changes} <= {Verdict.SAME}
    assert not comparison.is_regression
    assert comparison.warnings == ()


@given(REPORTS, REPORTS, st.floats(0, 2))
def test_c2_swapped_sides_swap_the_verdicts(one, other, threshold):
    """Better is worse, missing here is missing there, all else is the same."""
    there = {(c.case, c.figure): c.verdict for c in compared(one, other, threshold).changes}
    back = {(c.case, c.figure): c.verdict for c in compared(other, one, threshold).changes}
    assert back == {key: SWAPPED.get(found, found) for key, found in there.items()}


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=5),
    st.lists(st.integers(0, 5), min_size=1, max_size=5),
)
def test_p_is_the_share_of_all_ways_to_deal(first, second):
    """Counted here one by one, with mean ranks for ties."""
    values = [*first, *second]
    ranks = [sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2 for value in values]
    mean = sum(ranks) * len(first) / len(values)
    found = abs(sum(ranks[: len(first)]) - mean)
    ways = [abs(sum(heap) - mean) >= found - 1e-9 for heap in combinations(ranks, len(first))]
    assert mann_whitney(first, second) == pytest.approx(sum(ways) / len(ways))


def test_four_runs_that_are_apart_are_enough():
    """2 of 70 ways; three against three never are."""
    assert mann_whitney([1, 2, 3, 4], [5, 6, 7, 8]) == pytest.approx(2 / 70)
    assert mann_whitney([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)


def test_many_runs_are_counted_exactly_too():
    """Forty a side, in no time: near the normal approximation."""
    first, second = range(40), range(12, 52)
    assert 2e-5 < mann_whitney(first, second) < 2e-4  # the normal approximation says 5e-5


def test_the_direction_says_what_is_worse():
    """Slower is worse, more a second is better, and what only describes has changed."""
    slow, fast = figure(1, 2, 3, 4), figure(11, 12, 13, 14)
    assert verdict(slow, fast) is Verdict.WORSE
    rate = {"better": Better.HIGHER, "unit": "1/s"}
    assert verdict(figure(1, 2, 3, 4, **rate), figure(11, 12, 13, 14, **rate)) is Verdict.BETTER
    neither = {"better": Better.NEITHER}
    assert verdict(figure(1, 2, 3, 4, **neither), figure(11, 12, 13, 14, **neither)) is Verdict.CHANGED


def test_small_changes_and_overlapping_runs_are_noise():
    """However clear the one, and however large the other."""
    assert verdict(figure(100, 100, 100, 100), figure(102, 102, 102, 102)) is Verdict.SAME
    assert verdict(figure(100, 100, 100, 100), figure(102, 102, 102, 102), 0.01) is Verdict.WORSE
    assert verdict(figure(1, 9, 5, 5), figure(2, 14, 8, 5)) is Verdict.SAME
    assert verdict(figure(1, 3), figure(2, 9)) is Verdict.SAME


def test_few_runs_give_a_weak_verdict():
    """Told as such, in the change and in a warning."""
    comparison = compared(report(figure(1, 1.1)), report(figure(2, 2.1)))
    (change,) = comparison.changes
    assert (change.verdict, change.p, change.is_weak) == (Verdict.WORSE, None, True)
    assert "fewer than 4 runs" in comparison.warnings[0]


def test_from_zero_every_step_is_large():
    """Duplicates that were none."""
    (change,) = compared(report(figure(0, 0, 0, 0)), report(figure(1, 1, 2, 1))).changes
    assert (change.verdict, change.share) == (Verdict.WORSE, None)


def test_what_is_missing_on_one_side_is_told():
    """And is no regression; another unit is not compared."""
    comparison = compared(
        report(figure(1, name="gone"), figure(1, name="same", unit="s")),
        report(figure(1, name="new"), figure(1_000, name="same", unit="ms")),
    )
    verdicts = {change.figure: change.verdict for change in comparison.changes}
    assert verdicts == {"gone": Verdict.ONLY_FIRST, "new": Verdict.ONLY_SECOND, "same": Verdict.NOT_COMPARABLE}
    assert not comparison.is_regression
    assert any("2 figures are in one report only" in warning for warning in comparison.warnings)
    assert any("another unit" in warning for warning in comparison.warnings)


def test_another_machine_and_other_settings_are_warned_about():
    """The figures may differ for that reason."""
    warnings = compared(
        report(figure(1), machine={"cores": "2"}, settings={"pods": "1"}),
        report(figure(1), machine={"cores": "8"}, settings={"pods": "2"}),
    ).warnings
    assert warnings == ("The machines differ: cores 2 and 8.", "The settings differ in search.")


def test_the_greatest_change_comes_first():
    """A step from zero before all."""
    comparison = compared(
        report(figure(1, name="a"), figure(1, name="b"), figure(0, name="c")),
        report(figure(2, name="a"), figure(5, name="b"), figure(1, name="c")),
    )
    assert [change.figure for change in comparison.of(Verdict.WORSE)] == ["c", "b", "a"]
    assert comparison.as_dict()["counts"]["worse"] == 3
