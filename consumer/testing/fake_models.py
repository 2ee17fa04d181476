"""An extractor and an embedder without a model: by the test grammar, by hashed words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from consumer.clock import Clock
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.testing.hash_vectors import hash_vectors
from consumer.testing.script import FaultScript
from consumer.testing.sentences import parse


class FakeExtractor:
    """Reads the test grammar. Keeps the event ids of its calls, in order, and the most calls at once.

    `delay` gives the seconds of `clock` that an episode takes. `faults` is told what goes wrong, by event id.
    """

    def __init__(self, clock: Clock | None = None, delay: Callable[[Episode], float] | None = None) -> None:
        """Answer at once, or after `delay` on `clock`."""
        self._clock = clock
        self._delay = delay
        self._running = 0
        self.faults = FaultScript()
        self.calls: list[str] = []
        self.max_concurrency = 0
        self.is_closed = False

    @property
    def name(self) -> str:
        """`fake/grammar`."""
        return "fake/grammar"

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what the grammar reads in `episode`; raise what the script says."""
        self.calls.append(episode.event_id)
        self._running += 1
        self.max_concurrency = max(self.max_concurrency, self._running)
        try:
            await self.faults.play(episode.event_id)
            if self._clock is not None and self._delay is not None:
                await self._clock.sleep(self._delay(episode))
        finally:
            self._running -= 1
        return parse(episode.content, episode.local_reference_time, source=episode.source)

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


class FakeEmbedder:
    """Hashes words into unit vectors. Keeps the texts of its calls."""

    def __init__(self, dimension: int = 64) -> None:
        """Give vectors of length `dimension`."""
        self._dimension = dimension
        self.faults = FaultScript()
        self.calls: list[tuple[str, ...]] = []
        self.is_closed = False

    @property
    def model(self) -> str:
        """`fake-hash/` and the dimension."""
        return f"fake-hash/{self._dimension}"

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._dimension

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> NDArray[np.float32]:
        """Return (n, d) float32, rows of unit length; a query is embedded like what is stored."""
        del is_query
        self.calls.append(tuple(texts))
        await self.faults.play(*texts)
        return hash_vectors(texts, self._dimension)

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.is_closed = True
