"""A bonus for episodes beside good ones: what answers a question is often said in the turn before or after. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from consumer.search.fusion import Fused, ordered

NEIGHBOUR = "neighbour"
"""The leg that is named for an episode that is there for its neighbour alone."""


def with_neighbours(fused: Sequence[Fused], neighbours: Mapping[str, Sequence[str]], share: float) -> list[Fused]:
    """Return episodes, best first, each with `share` of the better neighbour's score on top of its own.

    A neighbour that nothing found itself is there too, with the bonus alone.
    """
    score = {one.uuid: one.score for one in fused}
    bonus: dict[str, float] = {}
    for uuid, beside in neighbours.items():
        for other in beside:
            if uuid in score:
                bonus[other] = max(bonus.get(other, 0.0), share * score[uuid])
    found = [replace(one, score=one.score + bonus.get(one.uuid, 0.0)) for one in fused]
    found += [Fused(uuid, more, {NEIGHBOUR: 1}, {NEIGHBOUR: more}) for uuid, more in bonus.items() if uuid not in score]
    return ordered(found)
