"""An embedder behind a cache: each text is embedded once, in batches, whoever asks and how often.

Most entity names of a log have been seen before; this is where that saves calls. Wraps any `Embedder` and is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from aiocache.base import BaseCache
from numpy.typing import NDArray

from consumer.cache import MemoryCache, SingleFlight
from consumer.ports import Embedder
from consumer.settings import EmbeddingSettings


class CachedEmbedder:
    """Dedupes the texts of a call, asks the cache, and embeds what is left in batches; concurrent calls share.

    A cached vector is float32 as the model gave it: an answer from the cache equals a fresh one bit for bit.
    """

    def __init__(self, embedder: Embedder, settings: EmbeddingSettings, cache: BaseCache | None = None) -> None:
        """Take the embedder, owned from now on, and the cache; by default one in memory of `cache_bytes`."""
        self._embedder = embedder
        self._batch_size = settings.batch_size
        self._cache = cache if cache is not None else MemoryCache(settings.cache_bytes)
        self._flight: SingleFlight[bytes] = SingleFlight()

    @property
    def model(self) -> str:
        """The wrapped embedder's model and dimension."""
        return self._embedder.model

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._embedder.dimension

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> NDArray[np.float32]:
        """Return (n, d) float32 in the order of `texts`; raises what the wrapped embedder raises."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        text_of = {self._key(text, is_query): text for text in texts}
        keys = list(text_of)
        found: dict[str, bytes] = {
            key: value
            for key, value in zip(keys, await self._cache.multi_get(keys), strict=True)
            if value is not None and len(value) == self.dimension * 4
        }

        async def load(missing: Sequence[str]) -> Mapping[str, bytes]:
            return await self._embed_missing([text_of[key] for key in missing], missing, is_query=is_query)

        found.update(await self._flight.fetch([key for key in keys if key not in found], load))
        rows = np.frombuffer(b"".join(found[self._key(text, is_query)] for text in texts), dtype=np.float32)
        return rows.reshape(len(texts), self.dimension).copy()

    async def aclose(self) -> None:
        """Close the wrapped embedder and the cache."""
        await self._embedder.aclose()
        await self._cache.close()

    async def _embed_missing(self, texts: Sequence[str], keys: Sequence[str], *, is_query: bool) -> dict[str, bytes]:
        """Embed batch after batch; what a batch gave is cached even if a later one fails."""
        vectors: dict[str, bytes] = {}
        for start in range(0, len(texts), self._batch_size):
            batch = slice(start, start + self._batch_size)
            rows = await self._embedder.embed(texts[batch], is_query=is_query)
            fresh = {
                key: row.astype(np.float32, copy=False).tobytes() for key, row in zip(keys[batch], rows, strict=True)
            }
            await self._cache.multi_set(list(fresh.items()))
            vectors.update(fresh)
        return vectors

    def _key(self, text: str, is_query: bool) -> str:
        """Return the cache key: hashed, so that it is short and tells nothing of the text."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return f"embedding:{self.model}:{'q' if is_query else 'p'}:{digest}"
