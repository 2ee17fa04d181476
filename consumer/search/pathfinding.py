"""The shortest ways from one entity to another over facts that hold at once. Pure.

Invariants (tests/property/test_graph_questions.py):
    W1: no entity is twice on a path, and each step has a fact in the direction that was asked for.
    W2: all facts of a path hold together at some instant, and the path tells the whole stretch around it.
    W3: of a length all paths are found, in order of the names on them, unless `MOST_LOOKS` ends the search.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from consumer.graph.reading.edges import Direction, EntityNode, FactEdge
from consumer.search.intervals import Interval, intersection, union

MOST_LOOKS = 2_000_000
"""Neighbours that are looked at for the paths of one length, at most: about a second."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path by ids: entities from source to target, the facts of each step, and when all hold together."""

    entities: tuple[str, ...]
    steps: tuple[tuple[FactEdge, ...], ...]
    holds: Interval


class Web:
    """The facts that are known of a graph so far, by the entities they lead from and to."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._links: dict[str, dict[str, dict[str, FactEdge]]] = defaultdict(lambda: defaultdict(dict))
        self._back: dict[str, set[str]] = defaultdict(set)
        self._times: dict[tuple[str, str], list[Interval]] = {}

    def add(self, facts: Iterable[FactEdge]) -> None:
        """Take facts; one that holds at no instant is none, and one that is known already changes nothing."""
        for fact in facts:
            if not interval_of(fact).is_empty:
                if self._direction.has_out:
                    self._link(fact.subject_uuid, fact.object_uuid, fact)
                if self._direction.has_in:
                    self._link(fact.object_uuid, fact.subject_uuid, fact)

    def _link(self, start: str, end: str, fact: FactEdge) -> None:
        self._links[start][end][fact.uuid] = fact
        self._back[end].add(start)
        self._times.pop((start, end), None)

    def next_of(self, uuid: str) -> Mapping[str, Mapping[str, FactEdge]]:
        """Return the entities that facts lead to from `uuid`, with those facts."""
        return self._links.get(uuid, {})

    def times(self, start: str, end: str) -> list[Interval]:
        """Return when any fact leads from `start` to `end`."""
        key = (start, end)
        if key not in self._times:
            self._times[key] = union(interval_of(fact) for fact in self._links[start][end].values())
        return self._times[key]

    def distances(self, target: str, most: int) -> dict[str, int]:
        """Return how many steps are needed to `target`, where `most` are enough."""
        found = {target: 0}
        waiting = deque([target])
        while waiting:
            uuid = waiting.popleft()
            if found[uuid] < most:
                for other in self._back.get(uuid, ()):
                    if other not in found:
                        found[other] = found[uuid] + 1
                        waiting.append(other)
        return found


def interval_of(fact: FactEdge) -> Interval:
    """Return when a fact holds; one whose start is not known, ever before its end."""
    return Interval(fact.valid_at, fact.invalid_at)


@dataclass(slots=True)
class Search:
    """Looks for the paths of one length after the other; `is_cut` once it gave up."""

    web: Web
    source: str
    target: str
    nodes: Mapping[str, EntityNode]
    as_of: datetime | None = None
    is_cut: bool = False
    _left: int = 0
    _found: list[Route] = field(default_factory=list)
    _distances: dict[str, int] = field(default_factory=dict)

    def routes(self, length: int, count: int) -> list[Route]:
        """Return the first `count` paths of exactly `length` steps, in order of the names on them."""
        self._left, self._found = MOST_LOOKS, []
        self._distances = self.web.distances(self.target, length)
        if count > 0 and self.source in self._distances:
            self._visit([self.source], [Interval(None, None)], length, count)
        return self._found

    def _visit(self, way: list[str], held: list[Interval], left: int, count: int) -> None:
        """Go on from the end of `way`, which holds in `held`, by `left` steps."""
        last = way[-1]
        if left == 0:
            self._found.append(self._route(way, held))
            return
        options = self.web.next_of(last)
        self._left -= len(options)
        if self._left < 0:
            self.is_cut = True
            return
        near = [
            other
            for other in options
            if self._distances.get(other, left) < left and other not in way and (other != self.target or left == 1)
        ]
        for other in sorted(near, key=self._by_name):
            both = intersection(held, self.web.times(last, other))
            if both:
                self._visit([*way, other], both, left - 1, count)
            if len(self._found) >= count or self._left < 0:
                return

    def _route(self, way: list[str], held: list[Interval]) -> Route:
        holds = held[-1] if self.as_of is None else next(each for each in held if each.holds_at(self.as_of))
        steps = [
            tuple(
                sorted(
                    (
                        fact
                        for fact in self.web.next_of(start)[end].values()
                        if intersection([holds], [interval_of(fact)])
                    ),
                    key=lambda fact: (fact.relation, interval_of(fact).low, fact.uuid),
                )
            )
            for start, end in pairwise(way)
        ]
        return Route(tuple(way), tuple(steps), holds)

    def _by_name(self, uuid: str) -> tuple[str, str]:
        node = self.nodes.get(uuid)
        return (node.name if node else "", uuid)
