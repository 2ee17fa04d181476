"""Deterministic unit vectors without a model: texts that share words get near vectors.

Each word gives a fixed vector of signs from its hash; a text is the normed sum of its words'. Characters of scripts
without spaces count as words. Good enough to test ranking and plumbing; knows no meaning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[぀-ヿ㐀-䶿一-鿿가-힯฀-๿]|[^\W_]+")


def hash_vectors(texts: Sequence[str], dimension: int) -> NDArray[np.float32]:
    """Return (n, dimension) float32, rows of unit length; equal texts and equal bags of words give equal rows."""
    rows = np.empty((len(texts), dimension), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        words = _WORD.findall(text.casefold()) or [text]
        row[:] = np.sum([_signs(word, dimension) for word in words], axis=0, dtype=np.float32)
        norm = float(np.linalg.norm(row))
        if norm == 0.0:
            row[:] = _signs("\x00" + text, dimension)
            norm = dimension**0.5
        np.divide(row, norm, out=row)
    return rows


@lru_cache(maxsize=8_192)
def _signs(word: str, dimension: int) -> NDArray[np.int8]:
    """Return `dimension` entries of -1 or 1 that only `word` decides."""
    digest = hashlib.shake_128(word.encode("utf-8", "surrogatepass")).digest((dimension + 7) // 8)
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))[:dimension]
    return bits.astype(np.int8) * np.int8(2) - np.int8(1)
