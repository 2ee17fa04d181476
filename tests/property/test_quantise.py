"""Quantised vectors: the stated error holds for any vector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.embed.quantise import error_bound, pack, packed_bytes, unpack
from consumer.embed.rows import unit_rows

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**99), max_value=2.0**99)
VECTORS = st.lists(NUMBERS, min_size=1, max_size=64).map(lambda values: np.array(values, dtype=np.float32))


@given(VECTORS, st.sampled_from([8, 16, 32]))
def test_each_number_is_within_half_a_step(vector, bits):
    """The bound that the module states, for any finite vector; the length of the packed form is as told."""
    packed = pack(vector, bits)
    assert len(packed) == packed_bytes(vector.size, bits)
    back = unpack(packed, bits)
    assert back.dtype == np.float32
    smallest = float(np.finfo(np.float32).tiny)
    assert np.abs(back.astype(np.float64) - vector.astype(np.float64)).max() <= error_bound(vector, bits) + smallest
    assert pack(back, bits) == packed or bits != 32


@pytest.mark.parametrize(("bits", "most"), [(8, 1e-4), (16, 2e-9)])
def test_the_cosine_error_of_vectors_like_those_of_models(bits, most):
    """The figures of docs/guides/caching.md, on 1,536 normal numbers of unit length."""
    rows = unit_rows(np.random.default_rng(1).normal(size=(300, 1_536)).astype(np.float32))
    back = unit_rows(np.vstack([unpack(pack(row, bits), bits) for row in rows])).astype(np.float64)
    exact = rows.astype(np.float64)
    cosine = (back * exact).sum(axis=1) / np.linalg.norm(back, axis=1) / np.linalg.norm(exact, axis=1)
    assert 1 - cosine.min() < most
