"""Percentiles, buckets and rates against definitions computed another way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.bench.arithmetic import distribution, percentile, rate_over_time, slope, summary

VALUES = st.lists(st.floats(0, 1_000, allow_nan=False), min_size=1, max_size=60)


@given(VALUES, st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(values, share):
    """By counting, for every candidate."""
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert not any(
        value < found and sum(other <= value for other in values) >= share * len(values) > 0 for value in values
    )


def test_percentiles_of_a_hundred():
    """Nearest rank: the 95th of 1 to 100 is 95."""
    values = list(range(100, 0, -1))
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    found = summary(values)
    assert (found["mean"], found["min"], found["max"], found["p95"]) == (50.5, 1, 100, 95)


def test_there_is_no_percentile_of_nothing():
    """Nor one beyond all."""
    with pytest.raises(ValueError, match="0 values"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match=r"1\.5"):
        percentile([1.0], 1.5)


@given(VALUES)
def test_every_value_is_in_one_bucket(values):
    """At or under its bound and above the one before."""
    bounds = (0.0, 1.0, 10.0, 500.0)
    found = distribution("d", values, "s", bounds)
    assert sum(found.counts) == len(values)
    for number, count in enumerate(found.counts):
        low = bounds[number - 1] if number else float("-inf")
        high = bounds[number] if number < len(bounds) else float("inf")
        assert count == sum(low < value <= high for value in values)


def test_rates_are_counts_a_second_and_the_last_stretch_is_cut():
    """What lies outside is left out."""
    series = rate_over_time("r", [-1.0, 0.0, 0.5, 1.0, 2.2, 2.4, 2.5, 9.0], 2.5, width_s=1.0)
    assert series.at_s == (1.0, 2.0, 2.5)
    assert series.values == (2.0, 1.0, 4.0)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20, unique=True), st.floats(-5, 5), st.floats(-100, 100))
def test_the_slope_of_a_line_is_its_own(at, grows, start):
    """Whatever moments are looked at, unless they are one."""
    if max(at) - min(at) < 1e-3:
        return
    assert slope(at, [start + grows * moment for moment in at]) == pytest.approx(grows, abs=1e-6)


def test_no_slope_of_a_point():
    """Nothing can be told of it."""
    assert slope([1.0], [3.0]) == slope([], []) == slope([1.0, 1.0], [2.0, 5.0]) == 0.0
