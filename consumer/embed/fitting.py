"""Which texts fit into one embedding request. Pure.

Each is cut to what the model reads (`consumer.model.cutting`), for its vector only; the graph holds all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consumer.model.token_estimate import estimated_tokens


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
