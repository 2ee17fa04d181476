"""graphiti-core's own search on many episodes about many people: their current facts, and none that is over."""

import random
import uuid

import pytest
from plugins.graph_dump import wipe
from plugins.told_facts import embedded

pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from compat.scripted import opened
from graphiti_core.nodes import EntityNode
from graphiti_core.search import search_config_recipes as recipes
from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, SearchFilters

from consumer.graph import Neo4jGraphStore
from consumer.testing.generate import generate
from consumer.testing.gold import gold

BATCH = 100
MOST = 200
"""Facts of one person that are asked for; more than anybody has."""


def log(episodes, groups):
    """The events; each group's id is one token, because Graphiti's full-text search needs that."""
    name = f"search{uuid.uuid4().hex[:8]}"
    events = generate(seed=21, n=episodes, groups=groups, people=50)
    return [event | {"group_id": f"{name}g{event['group_id'].rsplit('-', 1)[1]}"} for event in events]


async def check(graphiti, group, wanted, rng, people):
    """Search for some people of a group by name, among facts that nothing has ended; return how many they have."""
    names = {node.uuid: node.name for node in await EntityNode.get_by_group_ids(graphiti.driver, [group])}
    assert sorted(names.values()) == sorted(wanted.entities)
    current = [fact for fact in wanted.facts if fact.invalid_at is None]
    over = {(fact.subject, fact.relation, fact.object, fact.valid_at) for fact in wanted.facts} - {
        (fact.subject, fact.relation, fact.object, fact.valid_at) for fact in current
    }
    is_open = SearchFilters(invalid_at=[[DateFilter(date=None, comparison_operator=ComparisonOperator.is_null)]])
    config = recipes.EDGE_HYBRID_SEARCH_RRF.model_copy(deep=True)
    config.limit = MOST
    total = 0
    for person in rng.sample(sorted(wanted.entities), min(people, len(wanted.entities))):
        found = await graphiti.search_(person, config=config, group_ids=[group], search_filter=is_open)
        got = [(names[e.source_node_uuid], e.name, names[e.target_node_uuid], e.valid_at) for e in found.edges]
        assert len(got) == len(set(got))
        assert not set(got) & over
        theirs = {(f.subject, f.relation, f.object, f.valid_at) for f in current if person in {f.subject, f.object}}
        assert theirs <= set(got), person
        total += len(theirs)
    return total


async def run(database, uri, monkeypatch, *, episodes, groups, people):
    """Write the log, then search in each group; return how many current facts were looked for."""
    events, store, rng = log(episodes, groups), Neo4jGraphStore(database), random.Random(21)
    items = [embedded(event, number) for number, event in enumerate(events)]
    for start in range(0, len(items), BATCH):
        await store.write(items[start : start + BATCH])
    await database.driver.execute_query("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()")
    total = 0
    async with opened(uri, monkeypatch) as (graphiti, script):
        for group, graph in sorted(gold(events).items()):
            total += await check(graphiti, group, graph, rng, people)
            await wipe(database, group)
        assert script.asked == []
    print(f"episodes={episodes} groups={groups} people_a_group={people} current_facts={total}")
    return total


@pytest.mark.timeout(2_400)
async def test_graphiti_finds_the_current_facts(database, neo4j_uri, monkeypatch):
    """A short form of the long one."""
    assert await run(database, neo4j_uri, monkeypatch, episodes=2_000, groups=4, people=5) > 20


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_graphiti_finds_the_current_facts_of_a_thousand_people(database, neo4j_uri, monkeypatch):
    """20,000 episodes, 20 groups of 50 people, ten people a group."""
    assert await run(database, neo4j_uri, monkeypatch, episodes=20_000, groups=20, people=10) > 500
