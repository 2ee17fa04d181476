"""graphiti-core, unchanged, writes to and removes from a graph of ours; and we go on after it."""

import uuid

import pytest
from plugins.graph import FakeEmbedder, day, fact

pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from compat.scripted import opened
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode

from consumer.graph import GraphReader, digest
from consumer.search import Search, SearchRequest


@pytest.fixture
async def graphiti(neo4j_uri, database, monkeypatch):
    """Graphiti on the database that has our schema."""
    async with opened(neo4j_uri, monkeypatch) as (found, script):
        found.script = script
        yield found


@pytest.fixture
async def written(store, narrator):
    """Three episodes of ours; the group id is one token, because Graphiti's full-text search needs that."""
    narrator.group_id = f"compat{uuid.uuid4().hex[:12]}"
    await store.write(
        [
            narrator.said(1, fact("Ada", "WORKS_AT", "Initech")),
            narrator.said(2, fact("Bob", "LIKES", "Green Tea")),
            narrator.said(3, fact("Bob", "LIKES", "Green Tea"), fact("Bob", "KNOWS", "Ada")),
        ]
    )
    return narrator


async def add(graphiti, group_id, name, *facts):
    """Let Graphiti add an episode that says these facts."""
    graphiti.script.tell(*facts)
    return await graphiti.add_episode(
        name,
        " ".join(each[3] for each in facts),
        "test",
        day(9),
        source=EpisodeType.text,
        group_id=group_id,
    )


async def names(graphiti, group_id):
    """How often each entity's name is there."""
    found = [node.name for node in await EntityNode.get_by_group_ids(graphiti.driver, [group_id])]
    return {name: found.count(name) for name in sorted(found)}


async def test_graphiti_adds_an_episode_to_our_entities(graphiti, written):
    """It finds Ada by name among ours, hangs its fact on her, and makes only whom it does not know."""
    done = await add(
        graphiti, written.group_id, "theirs", ("Ada", "LIVES_IN", "Paris", "Ada lives in Paris", "2024-01-05T00:00:00Z")
    )
    assert [edge.fact for edge in done.edges] == ["Ada lives in Paris"]
    assert await names(graphiti, written.group_id) == {"Ada": 1, "Bob": 1, "Green Tea": 1, "Initech": 1, "Paris": 1}
    found = await graphiti.search("Ada lives in Paris", group_ids=[written.group_id])
    assert found[0].fact == "Ada lives in Paris"


async def test_graphiti_says_again_what_we_hold(graphiti, written):
    """The same sentence between the same entities gets its episode and no second fact."""
    await add(graphiti, written.group_id, "theirs", ("Bob", "LIKES", "Green Tea", "Bob likes Green Tea", None))
    facts = [edge.fact for edge in await EntityEdge.get_by_group_ids(graphiti.driver, [written.group_id])]
    assert facts.count("Bob likes Green Tea") == 1


async def test_our_search_finds_what_graphiti_added(graphiti, written, database):
    """With its dates and its episode."""
    await add(
        graphiti, written.group_id, "theirs", ("Ada", "LIVES_IN", "Paris", "Ada lives in Paris", "2024-01-05T00:00:00Z")
    )
    search = Search(GraphReader(database), FakeEmbedder())
    answer = await search.facts(SearchRequest("Ada lives in Paris", (written.group_id,)))
    best = answer.hits[0]
    assert (best.fact, best.valid_at) == ("Ada lives in Paris", day(4))


async def test_we_go_on_after_graphiti(graphiti, written, store):
    """New episodes of ours, told again and removed, in a group that Graphiti has written to."""
    await add(graphiti, written.group_id, "theirs", ("Ada", "LIVES_IN", "Paris", "Ada lives in Paris", None))
    items = [written.said(4, fact("Ada", "LIKES", "Coffee")), written.said(5, fact("Ada", "VISITED", "Rome"))]
    assert (await store.write(items)).episodes_written == 2
    assert (await store.write(items)).episodes_written == 0
    await store.write([written.removed(5, at=6)])
    found = await names(graphiti, written.group_id)
    assert found == {"Ada": 1, "Bob": 1, "Coffee": 1, "Green Tea": 1, "Initech": 1, "Paris": 1}


async def test_what_graphiti_still_tells_survives_our_removal(graphiti, written, store):
    """An entity that only Graphiti's episode mentions any more stays, with its facts."""
    await add(graphiti, written.group_id, "theirs", ("Initech", "BASED_IN", "Austin", "Initech is in Austin", None))
    await store.write([written.removed(1, at=7)])
    facts = {edge.fact for edge in await EntityEdge.get_by_group_ids(graphiti.driver, [written.group_id])}
    assert "Initech is in Austin" in facts
    assert "Ada works at Initech" not in facts


async def test_graphiti_removes_an_episode_of_ours(graphiti, written):
    """What only that episode told goes; what others tell too stays."""
    by_name = {e.name: e for e in await EpisodicNode.get_by_group_ids(graphiti.driver, [written.group_id])}
    await graphiti.remove_episode(by_name["episode 1"].uuid)
    facts = {edge.fact for edge in await EntityEdge.get_by_group_ids(graphiti.driver, [written.group_id])}
    assert facts == {"Bob likes Green Tea", "Bob knows Ada"}
    assert await names(graphiti, written.group_id) == {"Ada": 1, "Bob": 1, "Green Tea": 1}
    await graphiti.remove_episode(by_name["episode 3"].uuid)
    (left,) = await EntityEdge.get_by_group_ids(graphiti.driver, [written.group_id])
    assert (left.fact, left.episodes) == ("Bob likes Green Tea", [by_name["episode 2"].uuid])


async def test_graphiti_removes_its_own_episode(graphiti, written, database):
    """And leaves ours as they were."""
    before = await digest(database, written.group_id)
    done = await add(graphiti, written.group_id, "theirs", ("Eve", "LIVES_IN", "Oslo", "Eve lives in Oslo", None))
    assert await digest(database, written.group_id) != before
    await graphiti.remove_episode(done.episode.uuid)
    assert await digest(database, written.group_id) == before
