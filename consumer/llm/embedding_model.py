"""Embedding models: the interface that limits wrap. `consumer.llm.embeddings` has the implementation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class EmbeddingModel(Protocol):
    """Turns texts into vectors, one request a call; calls may run concurrently."""

    @property
    def name(self) -> str:
        """The model, without the provider."""
        ...

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        ...

    async def embed(
        self, texts: Sequence[str], *, on_usage: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return (n, d) float32 in the order of `texts`: finite, of any norm, zero included.

        `on_usage` is told the LLM tokens of each answer that came, of use or not; 0 when the server does not say.

        Raises:
            EpisodeFault: a text is too long, or refused.
            WorldFault: the model is down, throttled or too slow, or sent other than it was asked for.
            UserError: key, model or dimension is wrong.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...
