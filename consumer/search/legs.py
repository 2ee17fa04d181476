"""Asks the legs of a search, side by side where they do not need each other, and tells how each went."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TypeVar

from consumer.errors import WorldFault
from consumer.graph import Candidates, FactFilter, GroupState, What
from consumer.model.episode import Vector
from consumer.ports import Embedder
from consumer.search.pools import Pool, behind, best, seeds, walked
from consumer.search.reading import Reader
from consumer.search.request import Kind, Leg, SearchRequest
from consumer.search.result import LegReport

T = TypeVar("T")
logger = logging.getLogger(__name__)

EPISODES_OF = 50
"""Facts and entities, the best of each, whose episodes are looked at."""


@dataclass(slots=True)
class Asked:
    """One search under way: what is asked, of which groups, and what the legs found so far."""

    request: SearchRequest
    query: str
    wanted: FactFilter
    window: int
    states: Mapping[str, GroupState]
    pools: dict[Kind, Pool] = field(default_factory=lambda: defaultdict(Pool))
    reports: list[LegReport] = field(default_factory=list)
    vectors: list[tuple[Vector, tuple[str, ...]]] = field(default_factory=list)
    """The question's vector by each model, with the groups that hold its vectors."""

    def asks(self, leg: Leg) -> bool:
        """Return whether a leg is wanted and counts."""
        return leg in self.request.legs and self.request.ranking.weights.get(leg, 1.0) > 0

    @property
    def parts(self) -> frozenset[Kind]:
        """What the legs look for: for episodes also the facts and entities that lead to them."""
        kinds = set(self.request.kinds)
        if Kind.EPISODE in kinds and (self.asks(Leg.GRAPH) or self.asks(Leg.VECTOR)):
            kinds |= {Kind.FACT, Kind.ENTITY}
        return frozenset(kinds)


class Legs:
    """Runs the legs against a reader; holds no state of a search."""

    def __init__(self, reader: Reader, embedder: Embedder, embedder_of: Callable[[str], Embedder | None]) -> None:
        self._reader = reader
        self._embedder = embedder
        self._embedder_of = embedder_of

    async def run(self, asked: Asked) -> None:
        """Fill the pools of `asked`.

        Raises:
            WorldFault: the database or an embedding model is down.
        """
        has_words, has_meaning = bool(asked.query), bool(asked.query) or asked.request.vector is not None
        await together(
            [self._text(asked, kind) for kind in sorted(asked.parts) if has_words and asked.asks(Leg.FULL_TEXT)]
            + ([self._by_meaning(asked)] if has_meaning and asked.asks(Leg.VECTOR) else [])
        )
        if asked.asks(Leg.GRAPH) and asked.parts & {Kind.FACT, Kind.ENTITY}:
            await self._walk(asked)
        if Kind.EPISODE in asked.parts:
            await self._behind(asked)

    async def _by_meaning(self, asked: Asked) -> None:
        """Embed the question, while the words are asked for already, and find what is near to it."""
        asked.vectors = await self._vectors(asked)
        if asked.vectors:
            await together([self._nearest(asked, kind) for kind in sorted(asked.parts)])

    async def _text(self, asked: Asked, kind: Kind) -> None:
        begun = time.perf_counter()
        found = await self._reader.by_text(What(kind), asked.query, asked.wanted, asked.window)
        asked.pools[kind].add(Leg.FULL_TEXT, found)
        await self._report(asked, Leg.FULL_TEXT, kind, found, begun)

    async def _nearest(self, asked: Asked, kind: Kind) -> None:
        """Find the nearest of all groups, those of several models in turn: their scores don't compare."""
        begun = time.perf_counter()
        lists = [
            await self._reader.by_vector(
                What(kind), vector, replace(asked.wanted, group_ids=groups), asked.window, asked.states
            )
            for vector, groups in asked.vectors
        ]
        found = lists[0] if len(lists) == 1 else _in_turn(lists, asked.window)
        asked.pools[kind].add(Leg.VECTOR, found)
        await self._report(asked, Leg.VECTOR, kind, found, begun)

    async def _walk(self, asked: Asked) -> None:
        begun = time.perf_counter()
        starts = seeds(asked.pools, asked.request.ranking, asked.request.origins)
        if not starts or asked.request.depth < 1:
            return
        steps = await self._reader.walk(list(starts), asked.wanted, asked.request.depth)
        facts, entities = walked(steps, starts, asked.window)
        if Kind.FACT in asked.parts:
            pool = asked.pools[Kind.FACT]
            pool.legs[Leg.GRAPH] = facts
        if Kind.ENTITY in asked.parts and not _narrows(asked.wanted):
            asked.pools[Kind.ENTITY].legs[Leg.GRAPH] = entities
        spent = (time.perf_counter() - begun) * 1_000
        asked.reports.append(LegReport(Leg.GRAPH, Kind.FACT, "walk", len(facts), spent))

    async def _behind(self, asked: Asked) -> None:
        """Find the episodes behind the best facts and entities, and those behind near facts if none has a vector."""
        begun = time.perf_counter()
        ranking = asked.request.ranking
        facts = asked.pools[Kind.FACT].fused(ranking)[:EPISODES_OF]
        entities = asked.pools[Kind.ENTITY].fused(ranking)[:EPISODES_OF]
        if not facts and not entities:
            return
        told = await self._reader.episodes_behind(
            [one.uuid for one in facts], [one.uuid for one in entities], asked.wanted
        )
        pool = asked.pools[Kind.EPISODE]
        if asked.asks(Leg.VECTOR) and not pool.legs.get(Leg.VECTOR):
            near = {one.uuid: one.scores[Leg.VECTOR] for one in facts if Leg.VECTOR in one.scores}
            pool.legs[Leg.VECTOR] = best(behind(facts, told, near), asked.window)
        if asked.asks(Leg.GRAPH):
            both = [*facts, *entities]
            worth = {one.uuid: one.score for one in both}
            pool.legs[Leg.GRAPH] = best(behind(both, told, worth), asked.window)
        spent = (time.perf_counter() - begun) * 1_000
        asked.reports.append(LegReport(Leg.GRAPH, Kind.EPISODE, "behind", len(pool.legs.get(Leg.GRAPH, ())), spent))

    async def _vectors(self, asked: Asked) -> list[tuple[Vector, tuple[str, ...]]]:
        """Return the question's vector by each model of the groups; who has no record is taken to hold our own.

        A vector that was given is of the model whose dimension it has: groups of another are searched by words alone.
        """
        groups: dict[str, list[str]] = defaultdict(list)
        given = asked.request.vector
        for group_id in asked.wanted.group_ids:
            known = asked.states.get(group_id, GroupState())
            if known.is_switching or (given is not None and known.dimension not in {None, len(given)}):
                continue
            groups["" if given is not None else known.model or self._embedder.model].append(group_id)
        found: list[tuple[Vector, tuple[str, ...]]] = []
        for model, members in groups.items():
            if given is not None:
                vector = given
            elif (embedder := self._embedder_of(model)) is None:
                continue
            else:
                vector = (await embedder.embed([asked.query], is_query=True))[0]
            if vector.any():
                found.append((vector, tuple(members)))
        return found

    async def _report(self, asked: Asked, leg: Leg, kind: Kind, found: Candidates, begun: float) -> None:
        spent = (time.perf_counter() - begun) * 1_000
        plan = {}
        if asked.request.explain and found.asked:
            plan = dict(await self._reader.plan(*found.asked[-1]))
        asked.reports.append(LegReport(leg, kind, found.method, len(found), spent, plan))


def _narrows(wanted: FactFilter) -> bool:
    """Return whether entities must pass conditions that a walk does not check of its ends."""
    return bool(wanted.types or wanted.episodes or wanted.sources or wanted.relations or wanted.known_by)


def _in_turn(lists: Sequence[Candidates], most: int) -> Candidates:
    """Return the best of each list before the second of any, with scores that fall with the place."""
    found = [one for rank in zip_longest(*lists) for one in rank if one is not None][:most]
    scaled = [replace(one, score=1 - place / len(found)) for place, one in enumerate(found)]
    joined = Candidates(scaled, lists[0].method if lists else Candidates().method)
    joined.asked = [asked for each in lists for asked in each.asked]
    return joined


async def together(work: Iterable[Awaitable[None]]) -> None:
    """Return when all is done; an outage leaves as itself, not in a group of exceptions.

    Raises:
        WorldFault: the first of them.
    """

    async def done(one: Awaitable[None]) -> None:
        await one

    try:
        async with asyncio.TaskGroup() as group:
            for number, one in enumerate(work):
                group.create_task(done(one), name=f"leg {number}")
    except ExceptionGroup as failed:
        world, other = failed.split(WorldFault)
        if world is None or other is not None:
            raise
        raise world.exceptions[0] from failed
