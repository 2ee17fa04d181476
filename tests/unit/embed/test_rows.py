"""Rows handed on: unit length, or zeros where there is no direction."""

import numpy as np

from consumer.embed.rows import unit_rows


def test_rows_have_unit_length():
    """Whatever the model's norm, the direction stays."""
    rows = unit_rows(np.array([[3, 4], [0, 0.001]], dtype=np.float32))
    assert rows.dtype == np.float32
    assert np.allclose(rows, [[0.6, 0.8], [0, 1]])


def test_a_row_without_direction_is_zeros_and_never_nan():
    """Zero, NaN, infinite and vanishing rows are marked as `no vector`; their neighbours are untouched."""
    odd = [[0, 0], [np.nan, 1], [np.inf, 1], [1e-30, 0], [3e38, 3e38], [1, 0]]
    rows = unit_rows(np.array(odd, dtype=np.float32))
    assert np.isfinite(rows).all()
    assert rows[:4].any() == np.False_
    assert np.allclose(np.linalg.norm(rows[4:], axis=1), 1)


def test_the_input_is_left_alone():
    """Normalising is not done in place."""
    given = np.array([[3, 4]], dtype=np.float32)
    unit_rows(given)
    assert given.tolist() == [[3, 4]]
