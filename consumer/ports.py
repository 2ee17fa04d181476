"""The protocols between the pipeline and the world; each has a fake in `consumer.testing` and a contract suite.

An implementation raises only the families of `consumer.errors`; anything else is taken for a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from consumer.model.episode import Embedded, Episode, LogPosition, Rejected, Removal
from consumer.model.knowledge import Knowledge
from consumer.model.work import Record

IS_STARTABLE: ContextVar[Callable[[], bool]] = ContextVar("is_startable", default=lambda: True)
"""Whether the work that a call is made for may still be started. An extractor that lets a call wait asks again when its
turn comes, and raises `AssignmentLost` in place of the call: a drain starts nothing more."""


@runtime_checkable
class Prepares(Protocol):
    """What loads packages or opens a client before its first call, or wraps something that does."""

    async def prepare(self) -> None:
        """Be ready for the first call; makes none itself. May be left out, or called again."""
        ...


async def prepare(one: object) -> None:
    """Do beforehand what would hold up the first call of `one`, if there is anything to do."""
    if isinstance(one, Prepares):
        await one.prepare()


class Extractor(Protocol):
    """Turns an episode into knowledge."""

    @property
    def name(self) -> str:
        """Identifies engine, model and prompt version, e.g. `openai/gpt-4.1-mini/extract-1`."""
        ...

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what `episode` says, without its given facts.

        Equal input gives equal output as far as the model allows. Cancellation leaves no state behind.

        Raises:
            EpisodeFault: this episode can't be extracted (refusal, unusable answer after all attempts).
            WorldFault: the model is down, throttled or too slow; the same call may succeed later.
            AssignmentLost: the call had to wait, and `IS_STARTABLE` said no when its turn came.
        """
        ...

    async def aclose(self) -> None:
        """Release connections and threads."""
        ...


class Vocabulary(Protocol):
    """The types and relations that events may name; what it means for facts that an event gives."""

    def given(self, episode: Episode) -> Knowledge:
        """Return the facts that `episode` gives, as its ontology has them.

        Raises:
            EpisodeFault: `unknown-ontology`.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def model(self) -> str:
        """Identifies model and dimension, e.g. `text-embedding-3-small/1024`; vectors of two models never mix."""
        ...

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        ...

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> NDArray[np.float32]:
        """Return (n, d) float32, rows of unit length, in the order of `texts` (never empty strings).

        `is_query` marks a search query, which asymmetric models (e5) embed differently from what is stored.

        Raises:
            WorldFault: the model is down, throttled or too slow.
        """
        ...

    async def aclose(self) -> None:
        """Release connections and threads."""
        ...


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What one call did. `present` are the places of the episodes that were there, or removed, already."""

    episodes_written: int = 0
    present: frozenset[LogPosition] = frozenset()
    entities_created: int = 0
    facts_created: int = 0
    facts_changed: int = 0
    removals: int = 0

    @property
    def episodes_present(self) -> int:
        """How many episodes changed nothing."""
        return len(self.present)


class Reach(Protocol):
    """How far something reaches in the log: compared with a position it says whether that is within."""

    def __ge__(self, position: LogPosition, /) -> bool:
        """Return whether `position` is within."""
        ...


class GraphStore(Protocol):
    """The temporal knowledge graph."""

    async def present(self, episodes: Mapping[str, str]) -> set[str]:
        """Return which of the episode uuids (keys; values are their groups) are in the graph or were removed.

        Raises:
            WorldFault: the database is down.
        """
        ...

    async def removed_up_to(self, group_ids: Iterable[str]) -> Mapping[str, Reach]:
        """Return up to where in the log groups were removed: their episodes up to there would change nothing.

        Raises:
            WorldFault: the database is down.
        """
        ...

    async def write(self, batch: Sequence[Embedded | Removal]) -> WriteReport:
        """Write the batch, in its order, in one transaction; what is there already changes nothing.

        On return everything of the batch is durable. On an exception or cancellation nothing of it is, or
        all of it (a lost commit acknowledgement): the same call again is safe either way.

        Raises:
            EpisodeFault: the batch as it is can never be written; the caller writes it one by one to find which.
            WorldFault: the database is down or a lock timed out.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


class DeadLetterSink(Protocol):
    """Keeps records that cannot be written, with the reason."""

    async def send(self, record: Record, verdict: Rejected, trace: Mapping[str, str]) -> None:
        """Return when the dead letter is durable (acks=all).

        Raises:
            WorldFault: Kafka is down.
        """
        ...
