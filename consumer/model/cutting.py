"""The beginning of a text within a bound, behind a sentence of any script: half a thought may say another one. Pure."""

from __future__ import annotations

import numpy as np

from consumer.model.sentences import is_grapheme_start, sentence_ends, word_cut
from consumer.model.token_estimate import QUARTERS, exceeds, token_quarters


def within_tokens(text: str, most: int) -> str:
    """Return `text`, or its sentences that have at most `most` LLM tokens by the estimate of its script.

    The estimate can be too low for what no language writes: keys, numbers, base64. See `within_bytes`.
    """
    if not exceeds(text, most):
        return text
    sums = token_quarters(text[: most * QUARTERS + 1])
    return cut(text, int(np.searchsorted(sums, most * QUARTERS, side="right")) - 1)


def within_bytes(text: str, most: int) -> str:
    """Return `text`, or its sentences within so many bytes of UTF-8: no tokenizer makes more tokens than bytes."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= most else cut(text, len(encoded[:most].decode("utf-8", "ignore")))


def cut(text: str, most_chars: int) -> str:
    """Return the sentences of `text` within `most_chars`; words where that leaves under half, else characters."""
    if len(text) <= most_chars:
        return text
    window = text[: most_chars + 1]
    end = max((at for at in sentence_ends(window) if at <= most_chars), default=0)
    if end * 2 < most_chars:
        end = word_cut(window, 0, most_chars, most_chars + 1) or most_chars
    while end > 1 and not is_grapheme_start(text, end):
        end -= 1
    return text[:end].rstrip() or text[:most_chars]
