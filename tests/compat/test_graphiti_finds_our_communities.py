"""graphiti-core, unchanged, on communities that we built: its recipes find them, its models read them whole."""

import uuid

import pytest
from plugins.graph import DIMENSION, FakeEmbedder, fact, person

graphiti_core = pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from compat.scripted import opened  # noqa: E402 - after the check that it is there
from graphiti_core.edges import CommunityEdge  # noqa: E402
from graphiti_core.nodes import CommunityNode, EntityNode  # noqa: E402
from graphiti_core.search import search_config_recipes as recipes  # noqa: E402

from consumer.app.community_build import CommunityBuilder  # noqa: E402
from consumer.settings import CommunitySettings  # noqa: E402

CIRCLES = (("Ada", "Bob", "Cem", "Dan"), ("Uma", "Vic", "Wes", "Xia"))
RECIPES = sorted(name for name in dir(recipes) if name.startswith(("COMMUNITY_HYBRID", "COMBINED_HYBRID")))


@pytest.fixture
async def graphiti(neo4j_uri, database, monkeypatch):
    """Graphiti on the same database."""
    async with opened(neo4j_uri, monkeypatch) as (found, script):
        yield found
    assert script.asked == [], "a read asked for a model"


@pytest.fixture
async def built(store, database, narrator):
    """Two circles with their communities; the group id is one token, as Graphiti's full-text search needs it."""
    narrator.group_id = f"compat{uuid.uuid4().hex[:12]}"
    for number, names in enumerate(CIRCLES, start=1):
        facts = [fact(a, "KNOWS", b) for place, a in enumerate(names) for b in names[place + 1 :]]
        await store.write([narrator.said(number, *facts, mentions=[person(name) for name in names])])
    builder = CommunityBuilder(database, CommunitySettings(), lambda _model: FakeEmbedder())
    assert (await builder.build(narrator.group_id)).communities == 2
    return narrator


@pytest.mark.parametrize("name", RECIPES)
async def test_every_recipe_finds_the_community_by_its_name(graphiti, built, name):
    """Full text and vector both lead there, and each reranker keeps it first."""
    config = getattr(recipes, name).model_copy(deep=True)
    found = await graphiti.search_("Ada, Bob, Cem", config=config, group_ids=[built.group_id])
    assert found.communities[0].name == "Ada, Bob, Cem"
    assert {each.group_id for each in found.communities} == {built.group_id}


async def test_communities_are_graphitis(graphiti, built):
    """Its node and edge models read every property."""
    nodes = await CommunityNode.get_by_group_ids(graphiti.driver, [built.group_id])
    assert {node.name for node in nodes} == {"Ada, Bob, Cem", "Uma, Vic, Wes"}
    for node in nodes:
        assert node.summary.startswith("4 entities: 4 Person.")
        assert node.created_at.tzinfo is not None
        await node.load_name_embedding(graphiti.driver)
        assert len(node.name_embedding) == DIMENSION
    edges = await CommunityEdge.get_by_group_ids(graphiti.driver, [built.group_id])
    assert len(edges) == 8
    assert {edge.source_node_uuid for edge in edges} == {node.uuid for node in nodes}
    people = await EntityNode.get_by_group_ids(graphiti.driver, [built.group_id])
    assert {edge.target_node_uuid for edge in edges} == {person.uuid for person in people}
