"""graphiti-core, unchanged, on a graph that our store wrote: its searches and reads return what was written."""

import uuid

import pytest
from plugins.graph import DIMENSION, day, fact, person

graphiti_core = pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from compat.scripted import opened  # noqa: E402 - after the check that it is there
from graphiti_core.edges import EntityEdge  # noqa: E402
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode, SagaNode  # noqa: E402
from graphiti_core.search import search_config_recipes as recipes  # noqa: E402
from graphiti_core.search.search_filters import SearchFilters  # noqa: E402

from consumer.graph import apply_schema  # noqa: E402
from consumer.model.knowledge import Exclusive, Mention  # noqa: E402

ALL_RECIPES = sorted(name for name in dir(recipes) if name.isupper() and "SEARCH" in name)


@pytest.fixture
async def graphiti(neo4j_uri, database, monkeypatch):
    """Graphiti on the same database, its indexes built: all of them are there already, ours (`database`) came first."""
    async with opened(neo4j_uri, monkeypatch) as (found, script):
        yield found
    assert script.asked == [], "a read asked for a model"


@pytest.fixture
async def written(store, narrator):
    """Six episodes in a saga; the group id is one token, because Graphiti's full-text search needs that."""
    narrator.group_id = f"compat{uuid.uuid4().hex[:12]}"
    items = [
        narrator.said(
            1,
            fact("Ada", "WORKS_AT", "Initech", exclusive=Exclusive.SUBJECT),
            mentions=[person("Ada", summary="An engineer.", attributes={"age": 41}), Mention("Initech", "Company")],
            saga="work",
        ),
        narrator.said(2, fact("Ada", "WORKS_AT", "Globex", exclusive=Exclusive.SUBJECT), saga="work"),
        narrator.said(3, fact("Bob", "LIKES", "Green Tea"), saga="work"),
        narrator.said(4, fact("Bob", "LIKES", "Green Tea", sentence="Bob likes green tea a lot"), saga="work"),
        narrator.said(5, mentions=[person("Zoe")], vectors={}),
        narrator.said(6, fact("Bob", "KNOWS", "Bob"), saga="work"),
    ]
    await store.write(items)
    return narrator


async def test_search_finds_the_facts(graphiti, written):
    """`search()` returns the facts, with dates and episodes."""
    found = await graphiti.search("Bob likes green tea", group_ids=[written.group_id])
    best = found[0]
    assert (best.name, best.fact, best.valid_at, best.invalid_at) == ("LIKES", "Bob likes Green Tea", day(3), None)
    assert len(best.episodes) == 2
    assert best.attributes == {}
    closed = (await graphiti.search("Ada works at Initech", group_ids=[written.group_id]))[0]
    assert (closed.invalid_at, closed.expired_at) == (day(2), day(102))


async def test_search_around_a_centre(graphiti, written):
    """`search()` by node distance works, since endpoints and uuids are Graphiti's."""
    (bob,) = [n for n in await EntityNode.get_by_group_ids(graphiti.driver, [written.group_id]) if n.name == "Bob"]
    found = await graphiti.search("who works where", center_node_uuid=bob.uuid, group_ids=[written.group_id])
    assert found


def test_there_are_sixteen_recipes():
    """So that the next test, one a recipe, leaves none out."""
    assert len(ALL_RECIPES) == 16


@pytest.mark.parametrize("name", ALL_RECIPES)
async def test_every_recipe_runs(graphiti, written, name):
    """Each shipped `search_` recipe runs on our graph and returns what it is for."""
    config = getattr(recipes, name).model_copy(deep=True)
    (ada,) = [n for n in await EntityNode.get_by_group_ids(graphiti.driver, [written.group_id]) if n.name == "Ada"]
    found = await graphiti.search_(
        "Ada works at Globex", config=config, group_ids=[written.group_id], center_node_uuid=ada.uuid
    )
    if config.edge_config:
        assert "Ada works at Globex" in [edge.fact for edge in found.edges]
    if config.node_config:
        assert "Ada" in [node.name for node in found.nodes]
    if config.episode_config:
        assert found.episodes


async def test_search_filters_by_label_type_and_date(graphiti, written):
    """Labels, edge types and dates are stored so that Graphiti's filters compare."""
    from datetime import timedelta

    from graphiti_core.search.search_filters import ComparisonOperator, DateFilter

    open_facts = SearchFilters(
        edge_types=["WORKS_AT"],
        invalid_at=[[DateFilter(date=None, comparison_operator=ComparisonOperator.is_null)]],
        valid_at=[
            [DateFilter(date=day(2) + timedelta(hours=1), comparison_operator=ComparisonOperator.less_than_equal)]
        ],
    )
    found = await graphiti.search("Ada works at", group_ids=[written.group_id], search_filter=open_facts)
    assert [edge.fact for edge in found] == ["Ada works at Globex"]
    nodes = await graphiti.search_(
        "Ada",
        config=recipes.NODE_HYBRID_SEARCH_RRF,
        group_ids=[written.group_id],
        search_filter=SearchFilters(node_labels=["Person"]),
    )
    assert {node.name for node in nodes.nodes} <= {"Ada", "Zoe"}


async def test_entities_are_graphitis(graphiti, written):
    """Attributes hold the attributes alone, labels the type, nothing of ours leaks."""
    nodes = {n.name: n for n in await EntityNode.get_by_group_ids(graphiti.driver, [written.group_id])}
    assert nodes["Ada"].attributes == {"age": 41}
    assert sorted(nodes["Ada"].labels) == ["Entity", "Person"]
    assert nodes["Ada"].summary == "An engineer. Ada works at Globex"
    await nodes["Ada"].load_name_embedding(graphiti.driver)
    assert len(nodes["Ada"].name_embedding) == DIMENSION
    edges = await EntityEdge.get_by_group_ids(graphiti.driver, [written.group_id])
    assert all(edge.attributes == {} for edge in edges)


async def test_retrieve_episodes_in_order(graphiti, written):
    """`retrieve_episodes` returns the last ones before an instant, oldest first; by saga too."""
    found = await graphiti.retrieve_episodes(day(5), last_n=3, group_ids=[written.group_id])
    assert [episode.name for episode in found] == ["episode 3", "episode 4", "episode 5"]
    assert {episode.source for episode in found} == {EpisodeType.text}
    in_saga = await graphiti.retrieve_episodes(day(9), last_n=3, group_ids=[written.group_id], saga="work")
    assert [episode.name for episode in in_saga] == ["episode 3", "episode 4", "episode 6"]


async def test_an_episode_leads_to_its_facts(graphiti, written):
    """`get_nodes_and_edges_by_episode` finds what `entity_edges` and MENTIONS name."""
    episodes = await EpisodicNode.get_by_group_ids(graphiti.driver, [written.group_id])
    by_name = {episode.name: episode for episode in episodes}
    found = await graphiti.get_nodes_and_edges_by_episode([by_name["episode 4"].uuid])
    assert [edge.fact for edge in found.edges] == ["Bob likes Green Tea"]
    assert {node.name for node in found.nodes} == {"Bob", "Green Tea"}


async def test_sagas_are_graphitis(graphiti, written):
    """A saga is read, with its first and last episode."""
    (saga,) = await SagaNode.get_by_group_ids(graphiti.driver, [written.group_id])
    assert saga.name == "work"
    assert saga.first_episode_uuid != saga.last_episode_uuid


async def test_graphitis_index_building_leaves_our_schema_whole(graphiti, database):
    """After Graphiti built its indexes nothing of ours is missing or replaced."""
    report = await apply_schema(database, None, dry_run=True)
    assert report.is_complete
    assert report.statements == []
