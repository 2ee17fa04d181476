"""Embedding by an OpenAI-compatible model, a batch of texts a call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from consumer.embed.rows import unit_rows
from consumer.llm.embedding_model import EmbeddingModel

MAX_TEXTS = 2_048
"""What OpenAI takes in one request; `CachedEmbedder` sends less at a time."""

MAX_CHARS = 24_000
"""Of a longer text the beginning is embedded: models take 8,192 LLM tokens, some 3 characters each at least."""


class OpenAiEmbedder:
    """Unit rows from an embedding model."""

    def __init__(self, embeddings: EmbeddingModel) -> None:
        """Take the model, owned from now on: `aclose` closes it."""
        self._embeddings = embeddings

    @property
    def model(self) -> str:
        """Model and dimension, e.g. `text-embedding-3-small/1024`."""
        return f"{self._embeddings.name}/{self._embeddings.dimension}"

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._embeddings.dimension

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> NDArray[np.float32]:
        """Return (n, d) float32, unit rows, or zeros for a text without a usable vector.

        OpenAI's models embed queries like what is stored, so `is_query` changes nothing.

        Raises:
            EpisodeFault: a text is refused.
            WorldFault: the model is down, throttled or too slow.
            UserError: key, model or dimension is wrong.
        """
        del is_query
        parts = [
            await self._embeddings.embed([_sendable(text) for text in texts[start : start + MAX_TEXTS]])
            for start in range(0, len(texts), MAX_TEXTS)
        ]
        return unit_rows(np.vstack(parts)) if parts else np.zeros((0, self.dimension), dtype=np.float32)

    async def aclose(self) -> None:
        """Close the model's connections."""
        await self._embeddings.aclose()


def _sendable(text: str) -> str:
    """Return what the endpoint takes: not blank (it refuses the whole batch), not too long, valid Unicode."""
    return text[:MAX_CHARS].encode("utf-8", "replace").decode() if text.strip() else "-"
