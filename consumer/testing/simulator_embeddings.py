"""What the simulated embedding model gives: hashed words as vectors, and vectors that are of no use. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consumer.testing.hash_vectors import hash_vectors
from consumer.testing.simulator_profile import Decision, Fault, Profile

_CHARS_PER_TOKEN = 4


def embeddings(
    model: str, texts: Sequence[str], dimension: int, profile: Profile, decision: Decision, *, as_base64: bool
) -> dict[str, Any]:
    """Return the body of an answer with a vector of each text, spoilt by the decision's fault."""
    if decision.fault is Fault.WRONG_SCHEMA:
        return {"object": "list", "data": [{"text": text, "score": 1.0} for text in texts], "model": model}
    rows = hash_vectors(list(texts), dimension)
    rows[[profile.has_zero_vector(text) for text in texts]] = 0.0
    match decision.fault:
        case Fault.WRONG_DIMENSION:
            rows = np.hstack([rows, np.ones((len(rows), 1), np.float32)])
        case Fault.WRONG_COUNT:
            rows = rows[:-1]
        case Fault.NAN_VECTOR:
            rows[-1] = np.nan
        case _:
            pass
    is_null = decision.fault is Fault.NAN_VECTOR and decision.coin
    tokens = max(sum(len(text) for text in texts) // _CHARS_PER_TOKEN, 1)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _sent(row, as_base64=as_base64, is_null=is_null)}
            for index, row in enumerate(rows)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _sent(row: NDArray[np.float32], *, as_base64: bool, is_null: bool) -> str | list[float | None]:
    """Return a row as it travels; not-a-number as JSON's null, or as the bytes or the literal `NaN`."""
    if is_null and np.isnan(row).any():
        return [None] * len(row)
    if as_base64:
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    numbers: list[float | None] = row.tolist()
    return numbers
