"""Vectors on their way into the graph: checked, and in the driver's compact type.

One zero or odd-length vector makes every Graphiti search of its group raise, so none is ever written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from neo4j.vector import Vector as DriverVector

from consumer.errors import EpisodeFault, UserError
from consumer.model.episode import Embedded, Vector


def check_vectors(batch: Iterable[Embedded]) -> None:
    """Return if every vector is one-dimensional, finite and not zero.

    Raises:
        EpisodeFault: one is not (`unwritable`, with the episode and the text).
    """
    for item in batch:
        for text, vector in item.vectors.items():
            # NaN and infinities survive a sum of squares, so one number tells finite, not zero and flat.
            norm = float(np.dot(vector, vector)) if vector.ndim == 1 else 0.0
            if not 0.0 < norm < math.inf:
                raise EpisodeFault(
                    "unwritable",
                    f"vector of {text[:80]!r} is not finite, zero or not flat: episode={item.episode.uuid}",
                )


def check_models(batch: Iterable[Embedded], groups: Mapping[str, tuple[str | None, int | None]]) -> None:
    """Return if all vectors come from the model, and have the dimension, that each group has; its first sets both.

    Raises:
        UserError: they do not. It is the pod's configuration that is wrong, neither the episode nor the world, so
            nothing may be dead-lettered and no retry helps: the pod must stop loudly. The operator sets the group's
            model, or moves the group to the pod's (`episodes reembed`).
    """
    known = dict(groups)
    for item in batch:
        for text, vector in item.vectors.items():
            model, dimension = known.get(item.group_id, (None, None))
            if model is None:
                known[item.group_id] = (item.embedding_model, len(vector))
            elif model != item.embedding_model or dimension != len(vector):
                raise UserError(
                    f"group {item.group_id!r} holds vectors of {model} (dimension {dimension}), but this pod embeds "
                    f"with {item.embedding_model} (dimension {len(vector)} for {text[:40]!r}): set "
                    "EPISODES_EMBEDDING__MODEL to the group's model, or move the group to the pod's with "
                    f"`episodes reembed {item.group_id}`"
                )


def sendable(rows: Sequence[dict[str, Any]], *, as_lists: bool = False) -> Sequence[dict[str, Any]]:
    """Return `rows` with each numpy `vector` in the driver's type: a twelfth of the client CPU of a list.

    All vectors are turned to the wire's byte order at once, which costs a tenth of doing it one by one. `as_lists` is
    for servers that do not know the type.
    """
    where = [index for index, row in enumerate(rows) if row.get("vector") is not None]
    if not where:
        return rows
    found = list(rows)
    swapped = np.stack([rows[index]["vector"] for index in where]).astype(">f4")
    for index, vector in zip(where, swapped, strict=True):
        sent = vector.tolist() if as_lists else DriverVector.from_bytes(vector.tobytes(), "f32")
        found[index] = {**rows[index], "vector": sent}
    return found


def to_driver(vector: Vector) -> DriverVector:
    """Return the driver's vector of 32-bit floats."""
    return DriverVector.from_numpy(np.ascontiguousarray(vector, dtype=np.float32))
