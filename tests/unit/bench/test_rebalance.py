"""Pauses are told by what was written, whatever the order it is told in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.bench.rebalance import longest_pause


@pytest.mark.parametrize(
    ("moments", "pause"),
    [([], 10.0), ([5.0], 5.0), ([8.0, 2.0, 5.0], 3.0), ([-5.0, 4.0, 99.0], 6.0), ([0.0, 10.0], 10.0)],
)
def test_the_longest_stretch_in_which_nothing_is_written(moments, pause):
    """Between the ends; what lies outside does not shorten it."""
    assert longest_pause(moments, 0.0, 10.0) == pause


@given(st.lists(st.integers(-5, 105), max_size=30))
def test_no_longer_stretch_is_empty(moments):
    """Looked for second by second."""
    found = longest_pause(moments, 0, 100)
    empty = [
        length
        for begin in range(100)
        for length in range(1, 101 - begin)
        if not any(begin < moment < begin + length for moment in moments)
    ]
    assert found == max(empty)
