"""Episodes on a real Neo4j: near by their whole text, found by forms of English words, lifted by their neighbours."""

import pytest
from plugins.graph import DIMENSION, FakeEmbedder, vector

from consumer.graph import GraphReader
from consumer.search import Kind, Leg, Ranking, Search, SearchRequest
from consumer.testing.fakes import FakeClock

TURNS = [
    "the harbour was full of fishing boats",
    "she is researching old lighthouses",
    "nobody spoke of the weather",
    "the ferry to the islands was late",
    "a gull stole the sandwich",
    "then it rained for a week",
]


@pytest.fixture
async def search(database, store, narrator):
    """A search over six turns that tell no fact, each with the vector of its text."""
    await store.write(
        [
            narrator.said(number, content=turn, vectors={turn: vector(turn)})
            for number, turn in enumerate(TURNS, start=1)
        ]
    )
    return Search(GraphReader(database, FakeClock()), FakeEmbedder(), FakeClock())


async def found(search, group_id, query, *legs, bonus=0.0, limit=3):
    """The contents of the episodes that answer, best first."""
    request = SearchRequest(
        query,
        (group_id,),
        limit=limit,
        kinds=(Kind.EPISODE,),
        legs=legs,
        ranking=Ranking(neighbour_bonus=bonus),
        include_invalid=True,
    )
    return [hit.excerpt for hit in (await search.search(request)).episodes]


async def test_an_episode_without_facts_is_near_by_its_text(search, narrator):
    """No word leg, no fact: the vector of the whole text alone."""
    assert (await found(search, narrator.group_id, "ferry islands", Leg.VECTOR))[0] == TURNS[3]


async def test_an_english_question_finds_other_forms_of_its_words(search, narrator):
    """Research is found in researching, boat in boats; what the question shares with all others finds nothing."""
    assert await found(search, narrator.group_id, "What did she research?", Leg.FULL_TEXT) == [TURNS[1]]
    assert await found(search, narrator.group_id, "Where was the boat?", Leg.FULL_TEXT) == [TURNS[0]]


async def test_neighbours_up_to_two_steps_away_are_lifted(search, narrator):
    """Nothing else was found, so what stands beside comes next, the nearer first."""
    lifted = await found(search, narrator.group_id, "late ferry", Leg.FULL_TEXT, bonus=0.4, limit=6)
    assert lifted[0] == TURNS[3]
    assert set(lifted[1:3]) == {TURNS[2], TURNS[4]}
    assert set(lifted[3:]) == {TURNS[1], TURNS[5]}


async def test_a_removed_episode_takes_its_vector_with_it(search, database, store, narrator):
    """And the last one the group's model."""
    await store.write([narrator.removed(4, at=50)])
    assert TURNS[3] not in await found(search, narrator.group_id, "ferry islands", Leg.VECTOR, limit=6)
    record, _, _ = await database.driver.execute_query(
        "MATCH (c:ConsumerEpisode {group_id: $g}) WHERE c.content_embedding IS NOT NULL "
        "RETURN count(c) AS n, min(size(c.content_embedding)) AS size",
        g=narrator.group_id,
    )
    assert (record[0]["n"], record[0]["size"]) == (5, DIMENSION)
    await store.write([narrator.removed(number, at=50 + number) for number in (1, 2, 3, 5, 6)])
    group, _, _ = await database.driver.execute_query(
        "MATCH (g:ConsumerGroup {group_id: $g}) RETURN g.embedding_model AS model", g=narrator.group_id
    )
    assert group[0]["model"] is None
