"""How long dividing a group takes, and a whole build with reading and writing; and how near an incremental one comes.

The graph has planted circles of fifty entities, four fifths of the facts inside them, and as many facts as asked for;
equal arguments give equal graphs. The builder is the product's; names get vectors by hash, so that no model is timed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from consumer.app.community_build import CommunityBuilder, rules_of
from consumer.communities.network import Network
from consumer.communities.planning import Before, Division, draft
from consumer.graph import Neo4jGraphStore, apply_schema, connect
from consumer.model.community import Community, GroupEntity, GroupGraph, Prints
from consumer.model.episode import Embedded, Episode, LogPosition, Removal
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Assertion, complete
from consumer.settings import CommunitySettings, Settings
from consumer.testing.fakes import FakeEmbedder

CIRCLE = 50
INSIDE = 0.8
NEW_FACTS = 100
"""Facts that come before an incremental build, about the entities of a few circles."""
CIRCLES_OF_NEWS = 5
FACTS_AN_EPISODE = 50
EPISODES_A_BATCH = 20
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SEED = 1

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One size. Seconds; `is_same`: dividing twice gave the same; modularity of the planted, the full, the incremental.

    `build_s` and what follows: the whole build on the real graph, by step; empty where only dividing was asked for.
    """

    entities: int
    facts: int
    communities: int
    divide_s: float
    divide_cpu_s: float
    is_same: bool
    planted_modularity: float
    modularity: float
    incremental_s: float
    incremental_share: float
    incremental_modularity: float
    full_modularity_then: float
    fill_s: float = 0.0
    build_s: dict[str, float] = field(default_factory=dict)
    build_cpu_s: float = 0.0
    unchanged_s: float = 0.0
    incremental_build_s: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, with totals."""
        return asdict(self) | {
            "build_total_s": sum(self.build_s.values()),
            "incremental_build_total_s": sum(self.incremental_build_s.values()),
        }


def planted(entities: int, facts: int, rng: random.Random) -> list[tuple[int, int]]:
    """Return ties of a graph with planted circles; no entity is without one, where there are facts enough."""
    ties = [(n, n + 1 if (n + 1) % CIRCLE and n + 1 < entities else n // CIRCLE * CIRCLE) for n in range(entities)]
    return [*ties, *ties_among(entities, max(facts - entities, 0), rng)]


def ties_among(entities: int, count: int, rng: random.Random) -> list[tuple[int, int]]:
    """Return `count` ties, most of them inside circles."""
    found: list[tuple[int, int]] = []
    while len(found) < count:
        one = rng.randrange(entities)
        other = one // CIRCLE * CIRCLE + rng.randrange(CIRCLE) if rng.random() < INSIDE else rng.randrange(entities)
        if one != other and other < entities:
            found.append((one, other))
    return found


def news(entities: int, rng: random.Random) -> list[tuple[int, int]]:
    """Return ties of a few circles, as the next episodes bring them: a fifth of them lead out."""
    circles = [start for start in range(0, entities, CIRCLE) if start + CIRCLE <= entities] or [0]
    about = [circles[rng.randrange(len(circles))] for _ in range(CIRCLES_OF_NEWS)]
    found: list[tuple[int, int]] = []
    while len(found) < NEW_FACTS:
        start = about[len(found) % len(about)]
        one = start + rng.randrange(min(CIRCLE, entities))
        other = start + rng.randrange(min(CIRCLE, entities)) if rng.random() < INSIDE else rng.randrange(entities)
        if one != other:
            found.append((one, other))
    return found


def graph_of(ties: Sequence[tuple[int, int]]) -> GroupGraph:
    """Return the group graph of ties, as the builder would read it."""
    numbers = sorted({number for tie in ties for number in tie})
    return GroupGraph(
        tuple(GroupEntity(_name(number), _name(number), "Person", number) for number in numbers),
        tuple(
            (f"f{place}", _name(one), _name(other), "KNOWS", place, place) for place, (one, other) in enumerate(ties)
        ),
    )


def modularity(network: Network, sets: Iterable[Iterable[str]], resolution: float = 1.0) -> float:
    """Return the modularity of a division; nodes in no set are alone."""
    place = {uuid: node for node, uuid in enumerate(network.uuids)}
    labels = np.arange(len(network)) + len(network)
    for number, uuids in enumerate(sets):
        labels[[place[uuid] for uuid in uuids]] = number
    rows, total = network.rows, float(network.weights.sum())
    inside = float(network.weights[labels[rows] == labels[network.indices]].sum())
    strength = np.bincount(labels[rows], network.weights, minlength=2 * len(network))
    return inside / total - resolution * float(((strength / total) ** 2).sum())


def measure_algorithm(entities: int, facts: int, settings: CommunitySettings) -> Measured:
    """Divide a graph in memory, again in another order, and once more after some new facts."""
    rng, rules = random.Random(_SEED), rules_of(settings)  # noqa: S311 - a graph, not a secret
    ties = planted(entities, facts, rng)
    whole = graph_of(ties)
    since, cpu_since = time.perf_counter(), time.process_time()
    found = draft("bench", whole, rules)
    divide_s, divide_cpu_s = time.perf_counter() - since, time.process_time() - cpu_since
    mixed = graph_of(ties)
    shuffled = GroupGraph(_shuffled(mixed.entities, rng), _shuffled(mixed.facts, rng))
    is_same = draft("bench", shuffled, rules) == found
    more = [*ties, *news(entities, rng)]
    graph = graph_of(more)
    since = time.perf_counter()
    later = draft("bench", graph, rules, _standing(found))
    incremental_s = time.perf_counter() - since
    network, after = _network(ties), _network(more)
    return Measured(
        entities=entities,
        facts=len(ties),
        communities=len(found.drafts),
        divide_s=divide_s,
        divide_cpu_s=divide_cpu_s,
        is_same=is_same,
        planted_modularity=modularity(network, _circles(entities)),
        modularity=modularity(network, _sets(found)),
        incremental_s=incremental_s,
        incremental_share=later.divided / max(later.entities, 1),
        incremental_modularity=modularity(after, _sets(later)),
        full_modularity_then=modularity(after, _sets(draft("bench", graph, rules))),
    )


async def measure_build(measured: Measured, settings: Settings, group_id: str, on_progress: Progress) -> Measured:
    """Write the same graph through the store, build its communities, again, and after some new facts.

    Raises:
        WorldFault: the database is down.
    """
    rng = random.Random(_SEED)  # noqa: S311 - a graph, not a secret
    ties = planted(measured.entities, measured.facts, rng)
    embedder = FakeEmbedder()
    async with aclosing(connect(settings.neo4j.model_copy(update={"transaction_timeout_s": 300.0}))) as database:
        await apply_schema(database, None)
        store = Neo4jGraphStore(database, resolves_by_rules=False, sums_up=False)
        builder = CommunityBuilder(database, settings.communities, lambda _model: embedder)
        try:
            since = time.perf_counter()
            episodes = await _write(store, group_id, ties, 0, on_progress)
            fill_s = time.perf_counter() - since
            on_progress(f"{len(ties)} facts written; building")
            cpu_since = time.process_time()
            first = await builder.build(group_id)
            build_cpu_s = time.process_time() - cpu_since
            since = time.perf_counter()
            await builder.build(group_id)
            unchanged_s = time.perf_counter() - since
            more = news(measured.entities, rng)
            await _write(store, group_id, more, episodes, on_progress)
            later = await builder.build(group_id)
        finally:
            await store.write([Removal(group_id, None, _position(1_000_000))])
    figures = {name: getattr(measured, name) for name in Measured.__slots__}
    figures |= {"fill_s": fill_s, "unchanged_s": unchanged_s, "build_cpu_s": build_cpu_s}
    return Measured(**figures | {"build_s": dict(first.seconds), "incremental_build_s": dict(later.seconds)})


async def _write(
    store: Neo4jGraphStore,
    group_id: str,
    ties: Sequence[tuple[int, int]],
    first: int,
    on_progress: Progress,
) -> int:
    """Write ties as given facts, some episodes a batch; return the number of the next episode."""
    episodes = [
        _episode(group_id, first + place, ties[start : start + FACTS_AN_EPISODE])
        for place, start in enumerate(range(0, len(ties), FACTS_AN_EPISODE))
    ]
    for start in range(0, len(episodes), EPISODES_A_BATCH):
        await store.write(episodes[start : start + EPISODES_A_BATCH])
        on_progress(f"{min(start + EPISODES_A_BATCH, len(episodes))} of {len(episodes)} episodes written")
    return first + len(episodes)


def _episode(group_id: str, number: int, ties: Sequence[tuple[int, int]]) -> Embedded:
    # Each tie is a relation of its own, as far as an episode has them: two facts of a pair stay two.
    assertions = [
        Assertion(_name(one), f"KNOWS_{number % 7}", _name(other), f"{_name(one)} knows {_name(other)} ({number})")
        for one, other in ties
    ]
    event_id = f"e{number}"
    episode = Episode(
        uuid=episode_uuid(group_id, event_id),
        group_id=group_id,
        event_id=event_id,
        name=event_id,
        source="text",
        source_description="bench",
        content=event_id,
        reference_time=_START + timedelta(minutes=number),
        position=_position(number),
    )
    vectors = {} if number else {_name(ties[0][0]): np.ones(FakeEmbedder().dimension, np.float32)}
    return Embedded(episode, complete((), tuple(assertions)), vectors, FakeEmbedder().model)


def _position(number: int) -> LogPosition:
    return LogPosition(_START + timedelta(seconds=number), 0, number)


def _name(number: int) -> str:
    return f"E{number:07}"


def _network(ties: Sequence[tuple[int, int]]) -> Network:
    return Network.of((_name(one), _name(other)) for one, other in ties)


def _circles(entities: int) -> list[list[str]]:
    return [[_name(n) for n in range(start, min(start + CIRCLE, entities))] for start in range(0, entities, CIRCLE)]


def _sets(division: Division) -> list[tuple[str, ...]]:
    return [each.members for each in division.drafts if each.level == 0]


def _standing(division: Division) -> Before:
    return Before(
        tuple(Community(each.uuid, each.level, "", "", 0, each.members) for each in division.drafts),
        {each.uuid: Prints(each.shape, "") for each in division.drafts},
    )


def _shuffled(rows: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    found = list(rows)
    rng.shuffle(found)
    return tuple(found)
