"""Names without a vector on a real Neo4j: absent, never zero, and the graph stays a function of its events."""

import random
from dataclasses import replace

import pytest
from plugins.graph import Narrator, fact, person
from plugins.graph_dump import full_dump, wipe
from plugins.random_tales import random_episode

from consumer.model.episode import Extraction
from consumer.model.knowledge import Mention
from consumer.pipeline.embed_stage import texts_of

THRESHOLD = 0.5


def weighed(item):
    """The item with the vectors that the embed stage would have made at the threshold."""
    kept = set(texts_of(Extraction(item.episode, item.knowledge), THRESHOLD))
    return replace(item, vectors={text: row for text, row in item.vectors.items() if text in kept})


async def names_with_vectors(database, group_id):
    """The names of the group's entities that have one, and how many vectors are zero."""
    found, _, _ = await database.driver.execute_query(
        "MATCH (n:Entity {group_id: $g}) WHERE n.name_embedding IS NOT NULL "
        "RETURN n.name AS name, all(x IN n.name_embedding WHERE x = 0) AS is_zero",
        g=group_id,
    )
    assert not any(record["is_zero"] for record in found)
    return {record["name"] for record in found}


async def test_only_what_matters_has_a_vector(database, store, narrator):
    """A type of its own, or a summary that says something; facts have theirs whatever their ends are worth."""
    mentions = [person("Ada"), Mention("Oslo", summary="The town on the fjord where the ship had been built by hand.")]
    said = narrator.said(1, fact("Ada", "SAW", "ship"), fact("ship", "LEFT", "Oslo"), mentions=mentions)
    await store.write([weighed(said)])
    assert await names_with_vectors(database, narrator.group_id) == {"Ada", "Oslo"}
    facts, _, _ = await database.driver.execute_query(
        "MATCH ()-[r:RELATES_TO {group_id: $g}]->() RETURN r.fact_embedding IS NOT NULL AS has", g=narrator.group_id
    )
    assert [record["has"] for record in facts] == [True, True]
    every = Narrator(f"{narrator.group_id}-every")
    await store.write([replace(said, episode=replace(said.episode, group_id=every.group_id, uuid=every.group_id))])
    assert await names_with_vectors(database, every.group_id) == {"Ada", "Oslo", "ship"}


@pytest.mark.parametrize("seed", range(4))
async def test_with_a_threshold_increments_equal_the_whole_too(database, store, narrator, seed):
    """Random batches, order and removals: every property and vector is as in a log of the survivors alone."""
    rng = random.Random(seed)
    items = [weighed(random_episode(rng, narrator, number)) for number in range(20)]
    gone = set(rng.sample(range(20), 6))
    events = [*items]
    rng.shuffle(events)
    for number in gone:
        events.insert(rng.randint(0, len(events)), narrator.removed(number, at=90 + number))
    while events:
        size = rng.randint(1, 5)
        await store.write(events[:size])
        events = events[size:]
    after = await full_dump(database, narrator.group_id)
    await wipe(database, narrator.group_id)
    await store.write([item for number, item in enumerate(items) if number not in gone])
    assert await full_dump(database, narrator.group_id) == after
