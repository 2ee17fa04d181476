"""Embedding by an OpenAI-compatible model, a batch of texts a call, each text within what the model reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from consumer.embed.fitting import batches
from consumer.embed.rows import unit_rows
from consumer.errors import EpisodeFault
from consumer.llm.embedding_model import EmbeddingModel
from consumer.model.cutting import within_bytes, within_tokens
from consumer.settings import EmbeddingSettings

MAX_TEXTS = 2_048
"""What OpenAI takes in one request; `CachedEmbedder` sends less at a time."""

TOO_LONG = "context-length"
"""Reason of a refusal for length."""


class OpenAiEmbedder:
    """Unit rows from an embedding model."""

    def __init__(self, embeddings: EmbeddingModel, settings: EmbeddingSettings | None = None) -> None:
        """Take the model, owned from now on: `aclose` closes it. Of `settings` the limits of texts and calls count."""
        limits = settings or EmbeddingSettings()
        self._embeddings = embeddings
        self._text_tokens = limits.max_text_tokens
        self._request_tokens = limits.max_request_tokens

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
        sent = [_sendable(within_tokens(text, self._text_tokens)) for text in texts]
        parts = [
            await self._ask(sent[batch]) for batch in batches(sent, MAX_TEXTS, self._request_tokens, self._text_tokens)
        ]
        return unit_rows(np.vstack(parts)) if parts else np.zeros((0, self.dimension), dtype=np.float32)

    async def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        """Return the rows of one call; refused for its length, cut the texts where no estimate counts, then the call.

        Raises:
            EpisodeFault: a text is refused, alone and at its shortest.
        """
        try:
            return await self._embeddings.embed(texts)
        except EpisodeFault as fault:
            if fault.reason != TOO_LONG:
                raise
            shorter = [within_bytes(text, self._text_tokens) for text in texts]
            if shorter != texts:
                return await self._ask(shorter)
            if len(texts) == 1:
                raise
            half = len(texts) // 2
            return np.vstack([await self._ask(texts[:half]), await self._ask(texts[half:])])

    async def aclose(self) -> None:
        """Close the model's connections."""
        await self._embeddings.aclose()


def _sendable(text: str) -> str:
    """Return what the endpoint takes: not blank (it refuses the whole batch), valid Unicode."""
    return text.encode("utf-8", "replace").decode() if text.strip() else "-"
