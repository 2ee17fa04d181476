"""Places: where in the log something was said, as a value to compare and as a text the database can sort.

A place decides every tie of the graph (which name is shown, which fact wins), so it must be total: log position,
then the number within the episode, then the episode's uuid. Pure.
"""

from __future__ import annotations

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
        return self.position.logged_at


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
