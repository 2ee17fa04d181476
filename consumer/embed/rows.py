"""What an embedder hands on: rows of unit length, or all zeros where there is no usable vector. Pure.

The port returns one row a text, so a text that cannot be embedded needs a mark: a row of zeros. Whoever stores
vectors leaves such a text out (`pipeline.embed_stage` does); a zero vector in the graph would break every search of
its group, and NaN would too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SMALLEST_NORM = 1e-6


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `rows` (n, d) as float32 with unit length; rows without direction (zero, NaN, infinite) as zeros."""
    clean = np.array(rows, dtype=np.float32, copy=True)
    usable = np.isfinite(clean).all(axis=1)
    clean[~usable] = 0.0
    norms = np.linalg.norm(clean.astype(np.float64), axis=1)
    usable &= norms > _SMALLEST_NORM
    clean[~usable] = 0.0
    norms[~usable] = 1.0
    unit: NDArray[np.float32] = (clean / norms[:, None]).astype(np.float32)
    return unit
