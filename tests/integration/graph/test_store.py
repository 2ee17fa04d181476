"""The store on a real Neo4j: S1 to S3, and that what is written is Graphiti's model."""

import asyncio
import random
from dataclasses import replace

import numpy as np
import pytest
from plugins.graph import DIMENSION, Narrator, day, fact, person, vector

from consumer.errors import EpisodeFault, UserError
from consumer.graph import Neo4jGraphStore, digest, digest_lines, statistics
from consumer.graph.places import position_text
from consumer.model.knowledge import Exclusive, Mention, Polarity

SUBJECT, BOTH, OBJECT = Exclusive.SUBJECT, Exclusive.BOTH, Exclusive.OBJECT


def story(narrator):
    """Twelve episodes that widen, close, tie, split and repeat facts, with spellings, sagas, summaries."""
    said = narrator.said
    return [
        said(1, fact("Ada", "WORKS_AT", "Initech", exclusive=SUBJECT), mentions=[person("Ada")], saga="work"),
        said(
            2, fact("ADA", "WORKS_AT", "Globex", exclusive=SUBJECT), mentions=[Mention("ADA", summary="An engineer.")]
        ),
        said(
            3, fact("ada", "WORKS_AT", "Initech", exclusive=SUBJECT, valid_at=10, sentence="ada is back"), saga="work"
        ),
        said(4, fact("Bob", "LIKES", "Tea"), fact("Bob", "LIKES", "Tea", sentence="Bob loves tea"), saga="work"),
        said(5, fact("Bob", "LIKES", "Tea", polarity=Polarity.ENDS, sentence="Bob is off tea")),
        said(6, fact("Bob", "LIKES", "Tea", valid_at=20, sentence="Bob likes tea again")),
        said(7, fact("Eve", "MAYOR_OF", "Ulm", exclusive=BOTH, valid_at=3), mentions=[Mention("Ulm", "City")]),
        said(8, fact("Bob", "MAYOR_OF", "Ulm", exclusive=BOTH, valid_at=3), mentions=[Mention("ULM", "Town")]),
        said(9, fact("Ada", "WORKS_AT", "Hooli", exclusive=SUBJECT, valid_at=0, invalid_at=1), saga="work"),
        said(10, fact("Zoe", "LEFT", "Mir", polarity=Polarity.ENDS), mentions=[person("Zoe", attributes={"age": 7})]),
        said(11, fact("Ada", "WORKS_AT", "Globex", sentence="Ada still at Globex", valid_at=4), saga="play"),
        said(12, mentions=[person("Zoe", attributes={"age": 8}, summary="Eight.")], saga="play"),
    ]


async def empty(database, group_id):
    """Take everything of the group away, our bookkeeping and the removal position too."""
    for label in (
        "Episodic",
        "Entity",
        "Saga",
        "ConsumerEpisode",
        "ConsumerName",
        "ConsumerAssertion",
        "ConsumerGroup",
    ):
        await database.driver.execute_query(f"MATCH (n:{label} {{group_id: $g}}) DETACH DELETE n", g=group_id)


@pytest.mark.parametrize("seed", range(4))
async def test_s2_any_batching_and_order_of_arrival_gives_the_same_graph(database, store, narrator, seed):
    """Shuffled and cut into batches anyhow, the same events give the same digest as one by one in log order."""
    items = story(narrator)
    for item in items:
        await store.write([item])
    expected = await digest_lines(database, narrator.group_id)
    await empty(database, narrator.group_id)
    rng = random.Random(seed)
    rng.shuffle(items)
    while items:
        size = rng.randint(1, 6)
        await store.write(items[:size])
        items = items[size:]
    assert await digest_lines(database, narrator.group_id) == expected


async def test_s1_redelivery_changes_nothing(database, store, narrator):
    """Written again, alone or within a batch, an episode is present and the graph is what it was."""
    items = story(narrator)
    report = await store.write(items + items[:3])
    assert (report.episodes_written, report.episodes_present) == (12, 3)
    before, versions = await digest(database, narrator.group_id), await store.versions([narrator.group_id])
    assert (await store.write(items)).episodes_present == 12
    assert await digest(database, narrator.group_id) == before
    assert await store.versions([narrator.group_id]) == versions
    assert await store.present({i.episode.uuid: narrator.group_id for i in items} | {"x": narrator.group_id}) == {
        i.episode.uuid for i in items
    }


async def test_s1_two_pods_write_the_same_group_at_once(database, narrator, neo4j_uri):
    """Two stores with the same episodes in different batches leave each episode once, and no duplicate."""
    one, two = Neo4jGraphStore(database), Neo4jGraphStore(database)
    items = story(narrator)
    async with asyncio.TaskGroup() as group:
        for index in range(0, 12, 4):
            group.create_task(one.write(items[index : index + 4]))
            group.create_task(two.write(list(reversed(items[index : index + 4]))))
    found = await statistics(database, narrator.group_id)
    assert (found.episodes, found.duplicates) == (12, 0)
    together = await digest_lines(database, narrator.group_id)
    await empty(database, narrator.group_id)
    await one.write(items)
    assert await digest_lines(database, narrator.group_id) == together


@pytest.mark.parametrize("seed", range(4))
async def test_s3_a_removed_episode_was_never_there(database, store, narrator, seed):
    """Whatever is removed, and in whatever order with the rest, the digest is that of a log without it."""
    items = story(narrator)
    rng = random.Random(seed)
    gone = set(rng.sample(range(12), 4))
    await store.write([item for index, item in enumerate(items) if index not in gone])
    expected = await digest_lines(database, narrator.group_id)
    await empty(database, narrator.group_id)
    events = list(items)
    for index in gone:
        removal = narrator.removed(index + 1, at=50 + index)
        events.insert(rng.randint(0, len(events)), removal)
    while events:
        size = rng.randint(1, 5)
        await store.write(events[:size])
        events = events[size:]
    assert await digest_lines(database, narrator.group_id) == expected
    await store.write(items)
    assert await digest_lines(database, narrator.group_id) == expected


async def test_s3_nothing_of_a_removed_episode_is_left_in_the_bookkeeping(database, store, narrator):
    """After the removal of all episodes only remembered ids are there, without content."""
    await store.write(story(narrator))
    await store.write([narrator.removed(number, at=50) for number in range(1, 13)])
    found, _, _ = await database.driver.execute_query(
        # Sorted: the server gives a node's keys in the order in which they happen to be stored.
        "MATCH (n {group_id: $g}) RETURN labels(n)[0] AS label, "
        "COLLECT { UNWIND keys(n) AS key RETURN key ORDER BY key } AS keys, count(*) AS times",
        g=narrator.group_id,
    )
    rows = {record["label"]: (record["keys"], record["times"]) for record in found}
    assert set(rows) == {"ConsumerGroup", "ConsumerEpisode"}
    assert rows["ConsumerEpisode"] == (["group_id", "is_removed", "position", "uuid"], 12)


async def test_group_removal_takes_all_and_earlier_episodes_stay_away(database, store, narrator):
    """The group is empty after its removal; a redelivery from before does nothing, a later episode is written."""
    items = story(narrator)
    await store.write(items)
    await store.write([narrator.group_removed(at=20)])
    assert (await statistics(database, narrator.group_id)).episodes == 0
    assert (await store.write(items)).episodes_present == 12
    assert narrator.at(20) <= (await store.removed_up_to([narrator.group_id]))[narrator.group_id]
    later = narrator.said(21, fact("Ada", "LIKES", "Tea"))
    assert (await store.write([later, narrator.group_removed(at=20)])).episodes_written == 1
    assert (await statistics(database, narrator.group_id)).episodes == 1


async def test_group_removal_spares_what_came_later_in_the_log(database, store, narrator):
    """A group removal that arrives after later episodes leaves exactly those."""
    items = story(narrator)
    await store.write([item for item in items if item.episode.position > narrator.at(6)])
    expected = await digest_lines(database, narrator.group_id)
    await empty(database, narrator.group_id)
    await store.write(items)
    await store.write([narrator.group_removed(at=6)])
    assert await digest_lines(database, narrator.group_id) == expected


async def test_a_writer_finishes_a_group_removal_that_was_interrupted(database, store, narrator):
    """A pod that died within a group's removal is finished by the next writer."""
    await store.write(story(narrator))
    await database.driver.execute_query(
        "MATCH (g:ConsumerGroup {group_id: $g}) SET g.is_being_removed = true, g.removals = [$p]",
        g=narrator.group_id,
        p=position_text(narrator.at(30)),
    )
    await store.write([narrator.said(31, fact("Ada", "LIKES", "Tea"))])
    assert (await statistics(database, narrator.group_id)).episodes == 1


async def test_a_removal_in_the_middle_of_a_batch(database, store, narrator):
    """Episodes before a group's removal in the same batch go, those after it stay."""
    items = story(narrator)
    await store.write([*items[:6], narrator.group_removed(at=6), *items[6:]])
    assert (await statistics(database, narrator.group_id)).episodes == 6


async def test_groups_of_one_batch_do_not_touch(database, store, narrator):
    """The same names in two groups are different entities."""
    other = Narrator(narrator.group_id + "-other")
    await store.write([story(narrator)[0], story(other)[0], story(other)[1]])
    assert (await statistics(database, narrator.group_id)).entities == 2
    assert (await statistics(database, other.group_id)).entities == 3


async def facts_of(database, narrator):
    """(subject, relation, object) → list of (valid_at, invalid_at) by start."""
    found, _, _ = await database.driver.execute_query(
        "MATCH (s)-[r:RELATES_TO {group_id: $g}]->(o) RETURN s.name + ' ' + r.name + ' ' + o.name AS triple, "
        "toString(r.valid_at) AS valid_at, toString(r.invalid_at) AS invalid_at, r.expired_at IS NOT NULL AS expired "
        "ORDER BY triple, valid_at",
        g=narrator.group_id,
    )
    return [
        (r["triple"], r["valid_at"] and r["valid_at"][5:10], r["invalid_at"] and r["invalid_at"][5:10]) for r in found
    ]


async def test_a_newer_exclusive_fact_closes_the_older(database, store, narrator):
    """One employer at a time: the new start is the old end; a late older fact is closed by the next start."""
    await store.write([narrator.said(2, fact("Ada", "WORKS_AT", "Initech", exclusive=SUBJECT))])
    await store.write([narrator.said(9, fact("Ada", "WORKS_AT", "Globex", exclusive=SUBJECT))])
    await store.write([narrator.said(10, fact("Ada", "WORKS_AT", "Hooli", exclusive=SUBJECT, valid_at=5))])
    assert await facts_of(database, narrator) == [
        ("Ada WORKS_AT Globex", "01-10", None),
        ("Ada WORKS_AT Hooli", "01-06", "01-10"),
        ("Ada WORKS_AT Initech", "01-03", "01-06"),
    ]


async def test_vectors_are_there_and_follow_their_text(database, store, narrator):
    """Every entity and fact has the vector of what it shows, also after the first spelling or sentence went."""
    items = story(narrator)
    await store.write(items)
    await store.write([narrator.removed(number, at=60) for number in (1, 4, 7)])
    nodes, _, _ = await database.driver.execute_query(
        "MATCH (n:Entity {group_id: $g}) RETURN n.name AS text, n.name_embedding AS v "
        "UNION ALL MATCH ()-[r:RELATES_TO {group_id: $g}]->() RETURN r.fact AS text, r.fact_embedding AS v",
        g=narrator.group_id,
    )
    assert len(nodes) > 8
    for record in nodes:
        np.testing.assert_allclose(record["v"], vector(record["text"]), atol=1e-6)


async def test_a_bad_vector_is_never_written(database, store, narrator):
    """Zero, NaN or nested vectors are the episode's fault, and nothing of the batch is written."""
    for bad in (np.zeros(DIMENSION), np.full(DIMENSION, np.nan), np.ones((1, DIMENSION))):
        item = narrator.said(1, fact("Ada", "LIKES", "Tea"), vectors={"Ada": bad.astype(np.float32)})
        with pytest.raises(EpisodeFault):
            await store.write([narrator.said(2, fact("Bob", "LIKES", "Tea")), item])
    assert (await statistics(database, narrator.group_id)).episodes == 0


async def test_another_embedding_model_stops_the_pod(store, narrator):
    """A group's vectors are of one model: another model or dimension is the operator's error."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    with pytest.raises(UserError, match="other/384"):
        await store.write([narrator.said(2, fact("Bob", "LIKES", "Tea"), model="other/384")])
    with pytest.raises(UserError, match="dimension 3"):
        await store.write([narrator.said(2, fact("B", "LIKES", "T"), vectors={"B": np.ones(3, dtype=np.float32)})])


@pytest.mark.parametrize("text", ["lone \ud800 surrogate"])
async def test_text_the_database_cannot_hold_is_the_episodes_fault(store, narrator, text):
    """A lone surrogate cannot be sent: EpisodeFault, and the connection is usable after."""
    with pytest.raises(EpisodeFault):
        await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"), content=text)])
    assert (await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])).episodes_written == 1


async def test_names_and_relations_of_any_length_and_script_can_be_written(database, store, narrator):
    """Names are cut to the limit; a relation of thousands of letters breaks no index."""
    long = "ﷺ" * 3_000
    await store.write([narrator.said(1, fact(long, "Ж" * 5_000, "北京", sentence="s" * 40_000), saga="📚" * 400)])
    found = await statistics(database, narrator.group_id)
    assert (found.entities, found.facts) == (2, 1)


async def test_attributes_survive_but_never_overwrite_the_model(database, store, narrator):
    """Reserved attribute names are prefixed; a huge integer becomes text; an unusable type is no label."""
    attributes = {"uuid": "evil", "age": 2**70, "height": 1.8, "ok": True, "": "x"}
    mention = Mention("Ada", "Not A Label!", attributes=attributes)
    await store.write([narrator.said(1, mentions=[mention])])
    found, _, _ = await database.driver.execute_query(
        "MATCH (n:Entity {group_id: $g}) RETURN n {.*, labels_: labels(n)} AS n", g=narrator.group_id
    )
    node = found[0]["n"]
    assert node["uuid"] != "evil"
    assert (node["attribute_uuid"], node["age"], node["height"], node["ok"]) == ("evil", str(2**70), 1.8, True)
    assert node["labels_"] == ["Entity"]


async def test_graph_times_are_log_times(database, store, narrator):
    """created_at is the record's log time, valid_at of an episode its reference time; all of them UTC instants."""
    await store.write([narrator.said(3, fact("Ada", "LIKES", "Tea"), reference=1)])
    found, _, _ = await database.driver.execute_query(
        "MATCH (e:Episodic {group_id: $g}) MATCH (e)-[m:MENTIONS]->(n)-[r:RELATES_TO]->() "
        "RETURN e.created_at AS a, m.created_at AS b, n.created_at AS c, r.created_at AS d, e.valid_at AS v, "
        "r.valid_at AS w, r.reference_time AS x",
        g=narrator.group_id,
    )
    row = {key: value.to_native() for key, value in found[0].items()}
    assert [row[key] for key in "abcd"] == [day(103)] * 4
    assert [row[key] for key in "vwx"] == [day(1)] * 3


async def test_cancellation_leaves_all_or_nothing(database, store, narrator):
    """Cancelled at any moment, the batch is there or not, and the next call completes it."""
    items = story(narrator)
    for delay in (0.0, 0.005, 0.02, 0.06, 0.12):
        task = asyncio.ensure_future(store.write(items))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.wait([task])
        assert (await statistics(database, narrator.group_id)).episodes in {0, 12}
    await store.write(items)
    assert (await statistics(database, narrator.group_id)).episodes == 12


async def test_an_empty_and_a_blank_episode(database, store, narrator):
    """An episode without knowledge, and one whose names are blank, are written without entities."""
    item = narrator.said(1)
    blank = replace(narrator.said(2), knowledge=replace(item.knowledge, mentions=(Mention("  "),)))
    assert (await store.write([item, blank])).episodes_written == 2
    assert (await store.write([])).episodes_written == 0
    assert (await statistics(database, narrator.group_id)).entities == 0
