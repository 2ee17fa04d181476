"""What the legs found of each kind, and the lists that come of it. Pure.

The graph leg starts from the best of the others: facts around their entities, entities around those, episodes behind
all of them. Its scores fall with each step and with the place of the start, so a fact that joins two good starts is
ahead of one beside a single one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consumer.graph import Candidate, Step
from consumer.search.fusion import Fused, Scored, fused_by_ranks, fused_by_scores
from consumer.search.request import Fusion, Kind, Leg, Ranking

SEEDS = 5
"""The best facts and entities of the other legs whose surroundings the graph leg looks at."""


@dataclass(slots=True)
class Pool:
    """Candidates of one kind by leg, best first."""

    legs: dict[Leg, list[Scored]] = field(default_factory=dict)
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of a fact: its two entities."""

    def add(self, leg: Leg, found: Iterable[Candidate]) -> None:
        """Put what a leg found into the pool."""
        kept = list(found)
        self.legs[leg] = [(one.uuid, one.score) for one in kept]
        self.ends |= {one.uuid: (one.subject, one.object) for one in kept if one.subject}

    def fused(self, ranking: Ranking) -> list[Fused]:
        """Return all candidates, best first, by the request's fusion."""
        legs = {leg.value: found for leg, found in self.legs.items()}
        weights = {leg.value: weight for leg, weight in ranking.weights.items()}
        if ranking.fusion is Fusion.SCORES:
            return fused_by_scores(legs, weights)
        return fused_by_ranks(legs, weights, ranking.rank_constant)


def seeds(pools: Mapping[Kind, Pool], ranking: Ranking, origins: Sequence[str]) -> dict[str, float]:
    """Return the entities that the graph leg starts from, each with its weight: 1 for an origin, 1 / place else."""
    found: dict[str, float] = dict.fromkeys(origins, 1.0)
    if (facts := pools.get(Kind.FACT)) is not None:
        for place, one in enumerate(facts.fused(ranking)[:SEEDS], start=1):
            for end in facts.ends.get(one.uuid, ()):
                found[end] = max(found.get(end, 0.0), 1 / place)
    if (entities := pools.get(Kind.ENTITY)) is not None:
        for place, one in enumerate(entities.fused(ranking)[:SEEDS], start=1):
            found[one.uuid] = max(found.get(one.uuid, 0.0), 1 / place)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def walked(steps: Sequence[Step], starts: Mapping[str, float], most: int) -> tuple[list[Scored], list[Scored]]:
    """Return facts and entities that a walk met, best first: a start's weight, halved at each step beyond the first.

    An entity is worth what led to it; a start itself what it was worth at the start.
    """
    worth = dict(starts)
    facts: dict[str, float] = {}
    for step in sorted(steps, key=lambda one: one.number):
        weight = worth.get(step.source, 0.0)
        facts[step.fact] = facts.get(step.fact, 0.0) + weight
        if step.target not in starts:
            worth[step.target] = max(worth.get(step.target, 0.0), weight / 2)
    return _best(facts, most), _best(worth, most)


def behind(
    found: Sequence[Fused], told: Mapping[str, tuple[int, Sequence[str]]], scores: Mapping[str, float]
) -> dict[str, float]:
    """Return episodes by the best score of what they tell of.

    `scores` are those to spread, by uuid. What very many episodes tell of says little about each, so a score counts
    by the square root of their number less.
    """
    spread: dict[str, float] = {}
    for one in found:
        if one.uuid in scores and one.uuid in told:
            mentions, episodes = told[one.uuid]
            share = scores[one.uuid] / max(mentions, 1) ** 0.5
            for episode in episodes:
                spread[episode] = max(spread.get(episode, 0.0), share)
    return spread


def best(scores: Mapping[str, float], most: int) -> list[Scored]:
    """Return the `most` with the highest scores, best first, ties by uuid."""
    return _best(scores, most)


def _best(scores: Mapping[str, float], most: int) -> list[Scored]:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:most]
