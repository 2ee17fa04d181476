"""An embedder behind a cache: each text is embedded once, in batches, whoever asks and how often.

Most entity names of a log have been seen before; this is where that saves calls. Wraps any `Embedder` and is one.
Vectors are kept in few bits a number, and what is returned is what is kept, whether it was kept before or not: a run
with a warm cache writes the same vectors as one with a cold one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from aiocache.base import BaseCache
from numpy.typing import NDArray

from consumer.cache import SingleFlight
from consumer.cache.keys import cache_key
from consumer.cache.levels import VECTOR, tiered
from consumer.embed.call_size import CallSize
from consumer.embed.fitting import batches
from consumer.embed.quantise import EXACT, pack, packed_bytes, unpack
from consumer.embed.rows import unit_rows
from consumer.errors import EpisodeFault
from consumer.ports import Embedder
from consumer.settings import EmbeddingSettings
from consumer.telemetry import names
from consumer.telemetry.calls import measure


class CachedEmbedder:
    """Dedupes the texts of a call, asks the cache, and embeds what is left in batches; concurrent calls share.

    E1: the row of a text is the same bit for bit from the cache and fresh, and of unit length (or zeros).
    E2: a text without a usable vector is not kept: it is asked for again.
    """

    def __init__(
        self,
        embedder: Embedder,
        settings: EmbeddingSettings,
        cache: BaseCache | None = None,
        *,
        scope: Sequence[str | int | float | None] = (),
        size: CallSize | None = None,
    ) -> None:
        """Take the embedder and the cache (by default one in memory of `cache_bytes`), both owned from now on.

        `scope` is what decides its vectors beside model and text: the endpoint. `size` is told by whoever makes the
        calls how long each took; without it every call has up to `batch_size` texts.
        """
        self._embedder = embedder
        self._size = size or call_size(settings)
        self._most_tokens = settings.max_request_tokens
        self._text_tokens = settings.max_text_tokens
        self._bits = settings.vector_bits
        self._cache = cache if cache is not None else tiered(VECTOR, settings.cache_bytes)
        self._scope = tuple(scope)
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
        keys_of = {text: self._key(text, is_query) for text in dict.fromkeys(texts)}
        text_of = {key: text for text, key in keys_of.items()}
        keys = list(text_of)
        size = packed_bytes(self.dimension, self._bits)
        found: dict[str, bytes] = {
            key: value
            for key, value in zip(keys, await self._cache.multi_get(keys), strict=True)
            if value is not None and len(value) == size
        }

        async def load(missing: Sequence[str]) -> Mapping[str, bytes]:
            return await self._embed_missing([text_of[key] for key in missing], missing, is_query=is_query)

        found.update(await self._flight.fetch([key for key in keys if key not in found], load))
        rows = np.vstack([unpack(found[keys_of[text]], self._bits) for text in texts])
        return rows if self._bits == EXACT else unit_rows(rows)

    async def aclose(self) -> None:
        """Close the wrapped embedder and the cache."""
        await self._embedder.aclose()
        await self._cache.close()

    async def _embed_missing(self, texts: Sequence[str], keys: Sequence[str], *, is_query: bool) -> dict[str, bytes]:
        """Embed batch after batch; what a batch gave is cached even if a later one fails."""
        vectors: dict[str, bytes] = {}
        done = 0
        while done < len(texts):
            # Looked at anew for each call: the last one may have changed it.
            first = next(batches(texts[done:], self._size.limit, self._most_tokens, self._text_tokens))
            batch = slice(done, done + first.stop)
            measure(names.EMBEDDING_BATCH_SIZE, first.stop, {})
            try:
                rows = await self._embedder.embed(texts[batch], is_query=is_query)
            except EpisodeFault:
                if self._size.refused(first.stop):
                    continue  # it may be too many for the endpoint; a text that is refused is refused again
                raise
            fresh = {key: pack(row, self._bits) for key, row in zip(keys[batch], rows, strict=True)}
            usable = [(key, fresh[key]) for key, row in zip(keys[batch], rows, strict=True) if row.any()]
            if usable:
                await self._cache.multi_set(usable)
            vectors.update(fresh)
            done = batch.stop
        return vectors

    def _key(self, text: str, is_query: bool) -> str:
        """Return the cache key: hashed, so that it is short and tells nothing of the text."""
        return cache_key(VECTOR, [self.model, *self._scope, self._bits, "query" if is_query else "passage", text])


def call_size(settings: EmbeddingSettings) -> CallSize:
    """Return the size of calls that the settings begin with."""
    return CallSize(settings.batch_size, settings.max_batch_size, settings.batch_target_s)
