"""A bonus for episodes beside good ones: what answers a question is often said in the turn before or after. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from consumer.search.fusion import Fused, ordered

NEIGHBOUR = "neighbour"
"""The leg that is named for an episode that is there for its neighbour alone."""


def with_neighbours(
    fused: Sequence[Fused], neighbours: Mapping[str, Sequence[tuple[str, int]]], share: float
) -> list[Fused]:
    """Return episodes, best first, each with a share of its neighbours' scores on top of its own.

    Neighbours come with their distance in steps: `share` is what the better one right beside counts, half of it the
    better one two steps away. A neighbour that nothing found itself is there too, with the bonus alone.
    """
    score = {one.uuid: one.score for one in fused}
    best: dict[tuple[str, int], float] = {}
    for uuid, beside in neighbours.items():
        for other, steps in beside:
            if uuid in score:
                best[other, steps] = max(best.get((other, steps), 0.0), share * score[uuid] / 2 ** (steps - 1))
    bonus: dict[str, float] = {}
    for (other, _), more in sorted(best.items()):
        bonus[other] = bonus.get(other, 0.0) + more
    found = [replace(one, score=one.score + bonus.get(one.uuid, 0.0)) for one in fused]
    found += [Fused(uuid, more, {NEIGHBOUR: 1}, {NEIGHBOUR: more}) for uuid, more in bonus.items() if uuid not in score]
    return ordered(found)
