"""The episode: content with a reference time, decoded and checked, with its place in the log.

And what becomes of it stage by stage: `Episode` → `Extraction` → `Embedded`; or `Rejected`; a removal event travels the
same way as `Removal`, and what is not ours any more as `Discarded`. Each payload says at its stage what is known; none
has optional fields that are filled in later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from consumer.model.knowledge import Knowledge

Vector: TypeAlias = NDArray[np.float32]
"""Shape (d,) float32, unit length."""


@dataclass(frozen=True, slots=True, order=True)
class LogPosition:
    """Where a record stands in the log; the later position wins a tie between facts.

    Ordered by log time first, so that a re-partitioned topic keeps its order, then partition and offset.
    """

    logged_at: datetime
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class ContextEpisode:
    """An earlier episode of the group, shown to the extractor so that "she" and "there" can be resolved."""

    name: str
    content: str
    reference_time: datetime


@dataclass(frozen=True, slots=True)
class Episode:
    """One event of type `episode.added`, ready to be extracted.

    `content` is text as the graph will hold it (JSON content as compact JSON). `reference_time` and
    `position.logged_at` are UTC. `given` is knowledge the producer supplied, taken as it is. `utc_offset` is that of
    the zone in which the producer wrote the reference time: "yesterday" is a day of that zone.
    """

    uuid: str
    group_id: str
    event_id: str
    name: str
    source: str
    source_description: str
    content: str
    reference_time: datetime
    position: LogPosition
    saga: str | None = None
    wants_extraction: bool = True
    given: Knowledge = field(default_factory=Knowledge)
    ontology: str | None = None
    context: tuple[ContextEpisode, ...] = ()
    utc_offset: timedelta = timedelta()

    @property
    def local_reference_time(self) -> datetime:
        """The reference time on the clock of whoever wrote it (aware): what relative dates count from."""
        try:
            return self.reference_time.astimezone(timezone(self.utc_offset))
        except OverflowError:  # the first and last days of the calendar have no neighbours
            return self.reference_time


@dataclass(frozen=True, slots=True)
class Extraction:
    """An episode and what it says (given facts included)."""

    episode: Episode
    knowledge: Knowledge

    @property
    def group_id(self) -> str:
        """The tenant."""
        return self.episode.group_id


@dataclass(frozen=True, slots=True)
class Embedded:
    """An extraction with the vectors of its texts: entity names, fact sentences, the episode's content.

    A text that could not or need not be embedded is absent from `vectors`; the graph then has no such
    property (never a zero vector). `embedding_model` names the model all vectors come from.
    """

    episode: Episode
    knowledge: Knowledge
    vectors: Mapping[str, Vector]
    embedding_model: str

    @property
    def group_id(self) -> str:
        """The tenant."""
        return self.episode.group_id


@dataclass(frozen=True, slots=True)
class Removal:
    """Takes one episode (`event_id`) or, with None, the whole group out of the graph."""

    group_id: str
    event_id: str | None
    position: LogPosition


@dataclass(frozen=True, slots=True)
class Rejected:
    """The verdict on an episode that cannot be written: it goes to the dead-letter topic.

    `family` is `episode` (its own fault), `world` (its calls keep failing while those of others succeed) or
    `unexpected` (an exception no table knows; `traceback_digest` then names the place, equal for equal bugs).
    `first_at` is when its first failed try ended, None when it had one try only.
    """

    group_id: str
    reason: str
    detail: str
    stage: str
    attempts: int = 1
    family: str = "episode"
    first_at: datetime | None = None
    traceback_digest: str = ""


@dataclass(frozen=True, slots=True)
class Discarded:
    """Nothing is done with this record here: it is fetched again by whoever owns its partition next."""

    group_id: str = ""
