"""What episodes asserted, entities resolved: the triple, the claim, and when a claim is another's rival. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from consumer.graph.places import Place
from consumer.model.episode import LogPosition
from consumer.model.knowledge import Exclusive, Polarity


class Triple(NamedTuple):
    """What a fact is about: entities by uuid; of a symmetric relation in their order, whoever was named first."""

    group_id: str
    subject: str
    relation: str
    object: str
    is_symmetric: bool = False

    def in_order(self) -> Triple:
        """Return the triple under which both tellings of a symmetric relation are one."""
        if not self.is_symmetric or self.subject <= self.object:
            return self
        return self._replace(subject=self.object, object=self.subject)

    @property
    def ends(self) -> frozenset[str]:
        """Subject and object."""
        return frozenset((self.subject, self.object))


@dataclass(frozen=True, slots=True)
class TheirFact:
    """What a fact that Graphiti wrote has beside its dates, as it was when one of our episodes first said the same."""

    uuid: str
    episodes: tuple[str, ...]
    expired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssertionRow:
    """One claim of one episode on a triple, entities resolved; instants UTC."""

    triple: Triple
    sentence: str
    valid_at: datetime | None
    invalid_at: datetime | None
    exclusive: Exclusive
    polarity: Polarity
    episode: str
    reference_time: datetime
    position: LogPosition
    ordinal: int
    said_subject: str = ""
    """The name it was said under, where that is not its entity's first; so a resolution can be taken back."""
    said_object: str = ""
    is_turned: bool = False
    """Whether the relation is symmetric and the episode named the object first."""
    instead_of: datetime | None = None
    """A correction: the date told before that its own replaces."""
    corrected_at: datetime | None = None
    """Log time of the correction that its dates come from; never stored."""
    is_retold: bool = False
    """Whether its start comes from a correction; never stored."""
    theirs: TheirFact | None = None
    """Of a claim that stands for a fact of Graphiti's: that fact, which is then the one that is shown."""
    said_end: datetime | None = field(init=False, compare=False)
    """The instant at which it says the fact was over, if that is all it says or it says so outright."""
    start: datetime | None = field(init=False, compare=False)
    """Since when it says the fact holds; None when it knows only the end."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "said_end", self._said_end())
        object.__setattr__(self, "start", self._start())

    @property
    def place(self) -> Place:
        """Where it was said; unique."""
        return Place(self.position, self.ordinal, self.episode)

    @property
    def learnt_at(self) -> datetime:
        """Log time at which its dates were known."""
        if self.theirs is not None:
            return self.theirs.expired_at or self.place.logged_at
        return max(self.position.logged_at, self.corrected_at or self.position.logged_at)

    @property
    def episodes(self) -> tuple[str, ...]:
        """The episodes that told it."""
        return (self.episode,) if self.theirs is None else self.theirs.episodes

    @property
    def subject_name(self) -> str:
        """The uuid of the name that its subject was said under."""
        return self.said_subject or self.triple.subject

    @property
    def object_name(self) -> str:
        """The uuid of the name that its object was said under."""
        return self.said_object or self.triple.object

    @property
    def key(self) -> tuple[str, int]:
        """What makes it one: cheaper to hash than its place."""
        return self.episode, self.ordinal

    def _said_end(self) -> datetime | None:
        if self.polarity is Polarity.ENDS:
            return self.invalid_at or self.reference_time
        if self.valid_at is None and self.invalid_at is not None and self.invalid_at <= self.reference_time:
            return self.invalid_at
        return None

    def _start(self) -> datetime | None:
        ended = self.said_end
        if ended is None:
            return self.valid_at or self.reference_time
        return self.valid_at if self.valid_at is not None and self.valid_at < ended else None


def is_rival(row: AssertionRow, triple: Triple) -> bool:
    """Return whether a start of `row` can close intervals of `triple`."""
    return row.start is not None and shares_side(row.triple, triple, row.exclusive)


def shares_side(other: Triple, triple: Triple, exclusive: Exclusive) -> bool:
    """Return whether two triples of one relation share a side of which `exclusive` speaks."""
    is_like = other.relation == triple.relation and other.is_symmetric == triple.is_symmetric
    if other == triple or other.group_id != triple.group_id or not is_like:
        return False
    if triple.is_symmetric:
        return exclusive is not Exclusive.NONE and not other.ends.isdisjoint(triple.ends)
    shares_subject = exclusive.on_subject and other.subject == triple.subject
    return shares_subject or (exclusive.on_object and other.object == triple.object)
