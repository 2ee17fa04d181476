"""How many LLM tokens a text is likely to have, by the script of its characters. Pure, and linear in compiled loops.

No tokenizer: each model has its own, and the usual ones fetch their tables over the network at run time. The estimate
counts in quarters of a token: a Latin letter is one (four characters a token), a letter of a script that tokenizers
know less well is more. It sizes chunks and says what calls will cost, and errs on the large side. What a server really
counted is learned elsewhere (`consumer.llm.token_count`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUARTERS = 4
"""Quarters of a token in a token."""

_WEIGHTS = (
    (0x0000, 1),  # Latin with its accents
    (0x0250, 2),  # Greek, Cyrillic, Armenian, Hebrew, Arabic
    (0x0900, 3),  # the scripts of India, Thai, Lao, Tibetan, Burmese, Georgian
    (0x1100, 4),  # Hangul letters, Ethiopic, Khmer and others
    (0x1E00, 2),  # more Latin and Greek, punctuation
    (0x2070, 4),  # symbols, CJK, Hangul
)
_ASTRAL = 8  # emoji and rare ideographs
_TABLE = np.full(0x10000, _ASTRAL, np.int32)
for _first, _weight in _WEIGHTS:
    _TABLE[_first:0xFFFF] = _weight


def token_quarters(text: str) -> NDArray[np.int32]:
    """Return (n + 1,) int32: at place i the quarters of a token that `text[:i]` has by the estimate."""
    if text.isascii():
        return np.arange(len(text) + 1, dtype=np.int32)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    sums = np.zeros(len(text) + 1, np.int32)
    np.cumsum(_TABLE[np.minimum(points, 0xFFFF)], out=sums[1:])
    return sums


def estimated_tokens(text: str) -> int:
    """Return how many tokens `text` is likely to have, rounded up."""
    if text.isascii():  # what most of every prompt is: no array is made for it
        return -(-len(text) // QUARTERS)
    return -(-int(token_quarters(text)[-1]) // QUARTERS)


def exceeds(text: str, tokens: int) -> bool:
    """Return whether `text` is likely to have more than `tokens`; a short one is not looked at."""
    return len(text) * _ASTRAL > tokens * QUARTERS and estimated_tokens(text) > tokens
