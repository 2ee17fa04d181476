"""The quantile of a model's latest latencies, with and without regard to the size of a request."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.llm.latency import AT_LEAST, WINDOW, LatencyWindow


def window(calls, quantile=0.95):
    """A window that has seen these (size, seconds)."""
    seen = LatencyWindow(quantile)
    for size, seconds in calls:
        seen.observe(size, seconds)
    return seen


def test_q1_nothing_is_told_of_a_few_calls():
    """One call fewer than enough: None; then a number."""
    calls = [(100, 1.0)] * AT_LEAST
    assert window(calls[1:]).late_after_s(100) is None
    assert window(calls).late_after_s(100) == pytest.approx(1.0)


@given(st.lists(st.floats(0.001, 300), min_size=AT_LEAST, max_size=2 * WINDOW), st.floats(0.5, 0.99))
def test_q2_q3_it_is_the_quantile_of_the_latest_calls(latencies, quantile):
    """Calls of one size: the value that a sort finds, up to what a refit may still lack."""
    seen = LatencyWindow(quantile)
    for seconds in latencies:
        seen.observe(7, seconds)
    latest = sorted(latencies[-WINDOW:])
    assert seen.late_after_s(7) == pytest.approx(latest[max(math.ceil(quantile * len(latest)) - 1, 0)])


def test_a_provider_that_changes_is_followed():
    """Slow calls are forgotten after a window of quick ones."""
    seen = window([(100, 9.0)] * WINDOW)
    assert seen.late_after_s(100) == pytest.approx(9.0)
    for _ in range(WINDOW):
        seen.observe(100, 0.5)
    assert seen.late_after_s(100) == pytest.approx(0.5)


def test_a_large_request_is_late_later():
    """Latency that grows with size, with noise: each size has its own limit, near its own 95th percentile."""
    rng = random.Random(1)
    calls = [(size, size / 1_000 * math.exp(rng.gauss(0, 0.2))) for size in rng.choices([200, 1_000, 8_000], k=WINDOW)]
    seen = window(calls)
    for size in (200, 1_000, 8_000):
        assert seen.late_after_s(size) == pytest.approx(size / 1_000 * math.exp(0.2 * 1.645), rel=0.2)


def test_size_does_not_count_where_it_explains_nothing():
    """Chance, and latency that falls with size, are no law."""
    rng = random.Random(2)
    chance = window([(rng.randrange(100, 9_000), math.exp(rng.gauss(0, 0.5))) for _ in range(WINDOW)])
    assert chance.late_after_s(100) == chance.late_after_s(9_000)
    falling = window([(size, 10_000 / size) for size in range(100, 100 + WINDOW)])
    assert falling.late_after_s(100) == falling.late_after_s(600)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1e4)), min_size=AT_LEAST, max_size=200),
    st.lists(st.integers(0, 10**7), min_size=2, max_size=5),
)
def test_q3_it_never_falls_as_size_grows(calls, sizes):
    """Finite, positive, and flat beyond the sizes seen; sizes and latencies of zero too."""
    seen = window(calls)
    told = [seen.late_after_s(size) for size in sorted(sizes)]
    assert all(math.isfinite(seconds) and seconds > 0 for seconds in told)
    assert told == sorted(told)
    largest = max(1, *(size for size, _ in calls))
    assert seen.late_after_s(largest * 10) == seen.late_after_s(largest)
