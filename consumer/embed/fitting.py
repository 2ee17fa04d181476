"""What of texts fits into an embedding request: each text within what the model reads, a call within what it takes.

A text is cut for its vector only; the graph holds all of it. Cut at a sentence, for half a thought may say another one.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from consumer.model.sentences import is_grapheme_start, sentence_ends, word_cut
from consumer.model.token_estimate import QUARTERS, estimated_tokens, exceeds, token_quarters


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


def batches(texts: Sequence[str], most_texts: int, most_tokens: int, text_tokens: int) -> Iterator[slice]:
    """Yield the slices of `texts` that are one call each, in order.

    B1: they cover every text once. B2: none has more texts, or more estimated tokens, than the most; a text alone may.
    A text counts for `text_tokens` at most: what is longer is cut before it is sent.
    """
    start = tokens = 0
    for number, text in enumerate(texts):
        own = min(estimated_tokens(text), text_tokens)
        if number > start and (number - start == most_texts or tokens + own > most_tokens):
            yield slice(start, number)
            start, tokens = number, 0
        tokens += own
    if start < len(texts):
        yield slice(start, len(texts))
