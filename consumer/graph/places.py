"""Places: where in the log something was said, as a value to compare and as a text the database can sort.

A place decides every tie of the graph (which name is shown, which fact wins), so it must be total: log position,
then the number within the episode, then the episode's uuid. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from consumer.model.episode import LogPosition

_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """A log position, refined: `ordinal` numbers what one episode says."""

    position: LogPosition
    ordinal: int
    episode: str

    @property
    def logged_at(self) -> datetime:
        """The record's log time: the transaction time of what was said here."""
        return from_micros(self.position.offset) or _YEAR_ONE if self.is_adopted else self.position.logged_at

    @property
    def is_adopted(self) -> bool:
        """Whether it stands before all of the log: what Graphiti had written, in the order in which it did."""
        return self.position.logged_at == _YEAR_ONE


def adopted_place(uuid: str, created_at: datetime) -> Place:
    """Return the place of what Graphiti wrote: before the log, by its time, then by its id; no two are the same."""
    return Place(LogPosition(_YEAR_ONE, 0, (created_at - _YEAR_ONE) // _MICROSECOND), 0, uuid)


@dataclass(frozen=True, slots=True)
class GroupRemovals:
    """How far the removals of a group reach: for each partition that had one, its latest time and highest offset.

    Within a partition its order decides, by offset: two producers' clocks may disagree, and what stands before the
    removal must go, what stands after it must stay. Only between partitions log times decide.
    """

    reaches: tuple[LogPosition, ...]

    def covers(self, position: LogPosition) -> bool:
        """Return whether what stands at `position` is removed."""
        return any(_reaches(reach, position) for reach in self.reaches)

    def __ge__(self, position: LogPosition, /) -> bool:
        """Return `covers`, so that `position <= removals` reads as it does for a single position."""
        return self.covers(position)

    def and_at(self, position: LogPosition) -> GroupRemovals:
        """Return the removals with one more at `position`."""
        known = {reach.partition: reach for reach in self.reaches}
        before = known.get(position.partition, position)
        known[position.partition] = LogPosition(
            max(before.logged_at, position.logged_at), position.partition, max(before.offset, position.offset)
        )
        return GroupRemovals(tuple(known[partition] for partition in sorted(known)))

    @property
    def texts(self) -> list[str]:
        """The form that the database keeps."""
        return [position_text(reach) for reach in self.reaches]


def removals_of(texts: Iterable[str]) -> GroupRemovals:
    """Return the removals that `GroupRemovals.texts` wrote."""
    return GroupRemovals(tuple(position_of(text) for text in texts))


def _reaches(reach: LogPosition, position: LogPosition) -> bool:
    if reach.partition == position.partition:
        return position.offset <= reach.offset
    return position <= reach


def to_micros(instant: datetime | None) -> int | None:
    """Return microseconds since year 1 of an aware instant (never negative, so its digits sort)."""
    return None if instant is None else (instant - _YEAR_ONE) // _MICROSECOND


def from_micros(micros: int | None) -> datetime | None:
    """Return the UTC instant of `to_micros`."""
    return None if micros is None else _YEAR_ONE + timedelta(microseconds=micros)


def position_text(position: LogPosition) -> str:
    """Return `position` as text of fixed width that sorts as positions do."""
    return f"{to_micros(position.logged_at):018d}-{position.partition:010d}-{position.offset:019d}"


def position_of(text: str) -> LogPosition:
    """Return the position that `position_text` wrote."""
    micros, partition, offset = text.split("-", 2)
    return LogPosition(_YEAR_ONE + timedelta(microseconds=int(micros)), int(partition), int(offset))


def place_text(place: Place) -> str:
    """Return `place` as text; for keeping, not for sorting in the database."""
    return f"{position_text(place.position)}/{place.ordinal}/{place.episode}"


def place_of(text: str) -> Place:
    """Return the place that `place_text` wrote."""
    position, ordinal, episode = text.split("/", 2)
    return Place(position_of(position), int(ordinal), episode)
