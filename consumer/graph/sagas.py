"""How a saga's chain of episodes is knit, in log order, when some come and some go. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_SEPARATOR = "|"
AFTER_ALL = "~"
"""Sorts after every place of a saga."""


def saga_place(saga: str, position: str, episode: str) -> str:
    """Return the indexed place of an episode in its saga: sorts by saga, then log position, then uuid."""
    return _SEPARATOR.join((saga, position, episode))


def saga_of(place: str) -> str:
    """Return the saga's uuid."""
    return place.split(_SEPARATOR, 2)[0]


def position_in(place: str) -> str:
    """Return the text of the log position."""
    return place.split(_SEPARATOR, 2)[1]


def episode_in(place: str) -> str:
    """Return the episode's uuid."""
    return place.split(_SEPARATOR, 2)[2]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The stored places next to a pivot (an added or removed one), those that go not counted."""

    pivot: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class Knitting:
    """Links to cut and to make (older, newer), by episode uuid."""

    cut: list[tuple[str, str]] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)
    first: str | None = None
    last: str | None = None


def knit(added: Iterable[str], neighbours: Sequence[Neighbours], ends: tuple[str | None, str | None]) -> Knitting:
    """Return how to re-knit one saga; `ends` are its first and last stored place that stay (places, not uuids)."""
    new = set(added)
    pivots = sorted(item.pivot for item in neighbours if item.pivot not in new)
    around = {place for item in neighbours for place in (item.before, item.after) if place}
    chain = sorted(around | new)
    result = Knitting()
    for older, newer in pairwise(chain):
        if older in new or newer in new or any(older < pivot < newer for pivot in pivots):
            result.made.append((episode_in(older), episode_in(newer)))
    made = set(result.made)
    for item in neighbours:
        if item.before and item.after and item.pivot in new:
            link = (episode_in(item.before), episode_in(item.after))
            if link not in made and link not in result.cut:
                result.cut.append(link)
    everything = sorted(new | {place for place in ends if place})
    result.first, result.last = (everything[0], everything[-1]) if everything else (None, None)
    return result
