"""Vectors in 8 or 16 bits a number, and back: symmetric, with a scale for each vector. Pure.

A number differs afterwards by at most half a step (plus float32's own rounding), and a step is the largest number of
the vector, divided by 127 or 32,767.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_LEVELS: Final = {8: 127, 16: 32_767}
_TYPES: Final[dict[int, np.dtype[Any]]] = {8: np.dtype("<i1"), 16: np.dtype("<i2"), 32: np.dtype("<f4")}
_SCALE: Final = np.dtype("<f4")

EXACT = 32
"""Bits of a float32: packed as it is."""


def packed_bytes(dimension: int, bits: int) -> int:
    """Return how many bytes a packed vector has."""
    return dimension * _TYPES[bits].itemsize + (0 if bits == EXACT else _SCALE.itemsize)


def error_bound(row: NDArray[np.float32], bits: int) -> float:
    """Return the most by which a number of `row` differs after `pack` and `unpack`."""
    if bits == EXACT:
        return 0.0
    largest = float(np.abs(row).max(initial=0.0))
    return largest / _LEVELS[bits] / 2 + largest * 2.0**-22


def pack(row: NDArray[np.float32], bits: int) -> bytes:
    """Return the finite numbers of `row` (d,) as a float32 scale and d integers; with 32 bits as they are."""
    numbers = np.asarray(row, dtype=np.float32)
    if bits == EXACT:
        return numbers.astype(_TYPES[EXACT]).tobytes()
    largest = np.float32(np.abs(numbers).max(initial=0.0))
    if largest == 0.0:
        return bytes(packed_bytes(numbers.size, bits))
    steps = np.rint(numbers.astype(np.float64) / float(largest) * _LEVELS[bits])
    return largest.astype(_SCALE).tobytes() + steps.astype(_TYPES[bits]).tobytes()


def unpack(packed: bytes, bits: int) -> NDArray[np.float32]:
    """Return the vector (d,) that `packed` stands for, of the length it had before."""
    if bits == EXACT:
        return np.frombuffer(packed, dtype=_TYPES[EXACT]).astype(np.float32)
    largest = float(np.frombuffer(packed[: _SCALE.itemsize], dtype=_SCALE)[0])
    steps = np.frombuffer(packed[_SCALE.itemsize :], dtype=_TYPES[bits]).astype(np.float64)
    numbers: NDArray[np.float32] = (steps * (largest / _LEVELS[bits])).astype(np.float32)
    return numbers
