"""S3 where others and late writers come in: Graphiti's communities and saga summaries, and pods that lost the group."""

import asyncio
from dataclasses import replace

import pytest
from plugins.graph import day, fact, person
from plugins.graph_dump import full_dump, remembered, wipe

from consumer.graph import Neo4jGraphStore, connect, digest
from consumer.graph.group_removal import GroupRemoval
from consumer.graph.places import position_text
from consumer.model.episode import LogPosition, Removal
from consumer.model.knowledge import Exclusive
from consumer.settings import Neo4jSettings

SECRET = "Ada hides at Globex"


@pytest.fixture
async def rival(neo4j_uri):
    """The store of another pod, with a driver of its own."""
    opened = connect(Neo4jSettings(uri=neo4j_uri))
    yield Neo4jGraphStore(opened)
    await opened.aclose()


def tale(narrator):
    """Three episodes; the second closes a fact of the first and says something of Ada that nobody else does."""
    said = narrator.said
    return [
        said(1, fact("Ada", "WORKS_AT", "Initech", exclusive=Exclusive.SUBJECT), mentions=[person("Ada")], saga="s"),
        said(
            2,
            fact("ADA", "WORKS_AT", "Globex", exclusive=Exclusive.SUBJECT, sentence=SECRET),
            mentions=[person("ADA", summary=SECRET, attributes={"hides": SECRET})],
            saga="s",
        ),
        said(3, fact("Bob", "LIKES", "Tea"), saga="s"),
    ]


async def run(database, cypher, **values):
    found, _, _ = await database.driver.execute_query(cypher, **values)
    return [record.data() for record in found]


async def without_the_second(database, narrator, store):
    """The dump of a graph that never saw the second episode."""
    await wipe(database, narrator.group_id)
    first, _, third = tale(narrator)
    await store.write([first, third])
    return await full_dump(database, narrator.group_id)


async def test_every_property_is_as_if_it_had_never_been(database, store, narrator):
    """Bounds, summary, label, attributes, saga links, entity_edges, vectors and bookkeeping: a full dump is equal."""
    await store.write(tale(narrator))
    await store.write([narrator.removed(2, at=50)])
    found, digested = await full_dump(database, narrator.group_id), await digest(database, narrator.group_id)
    assert found == await without_the_second(database, narrator, store)
    assert digested == await digest(database, narrator.group_id)


@pytest.mark.parametrize("order", ["before", "after", "between", "alone first"])
async def test_removed_in_the_batch_of_its_addition(database, store, narrator, order):
    """Whether the removal stands before or after the episode, in one transaction or two, it is not there."""
    first, second, third = tale(narrator)
    removal = narrator.removed(2, at=50)
    batches = {
        "before": [[removal, first, second, third]],
        "after": [[first, second, third, removal]],
        "between": [[first, second, removal, second, third]],
        "alone first": [[removal], [first, second, third]],
    }
    for batch in batches[order]:
        await store.write(batch)
    found = await full_dump(database, narrator.group_id)
    assert len(await remembered(database, narrator.group_id)) == 1
    assert found == await without_the_second(database, narrator, store)


async def test_the_model_of_vectors_goes_with_the_last_of_them(store, narrator):
    """A group whose only episode was removed takes vectors of another model, as one that never had any."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    await store.write([narrator.removed(1, at=5)])
    again = narrator.said(6, fact("Ada", "LIKES", "Tea"), model="other/384")
    assert (await store.write([again])).episodes_written == 1


async def test_a_new_telling_under_a_removed_id_is_ignored_until_the_group_is_removed(store, narrator):
    """By id, for ever: only the removal of the whole group lets an id be told anew."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea")), narrator.removed(1, at=2)])
    anew = narrator.said(1, fact("Ada", "LIKES", "Mate"))
    late = replace(anew, episode=replace(anew.episode, position=narrator.at(9)))
    assert (await store.write([late])).episodes_present == 1
    await store.write([narrator.group_removed(at=5)])
    assert (await store.write([late])).episodes_written == 1


# --- what Graphiti has made of it ---


async def with_communities(database, narrator):
    """Communities as Graphiti builds them: of Ada, of Bob, and one over the first; and a summary of the saga."""
    await run(
        database,
        """
        MATCH (ada:Entity {group_id: $g}) WHERE ada.name IN ['Ada', 'ADA']
        MATCH (bob:Entity {group_id: $g, name: 'Bob'})
        CREATE (one:Community {uuid: $g + '1', group_id: $g, name: $secret, summary: $secret, created_at: datetime()})
        CREATE (two:Community {uuid: $g + '2', group_id: $g, name: 'Bob', summary: 'Bob', created_at: datetime()})
        CREATE (top:Community {uuid: $g + '3', group_id: $g, name: $secret, summary: $secret, created_at: datetime()})
        CREATE (one)-[:HAS_MEMBER {uuid: $g + 'a', group_id: $g}]->(ada)
        CREATE (two)-[:HAS_MEMBER {uuid: $g + 'b', group_id: $g}]->(bob)
        CREATE (top)-[:HAS_MEMBER {uuid: $g + 'c', group_id: $g}]->(one)
        WITH 1 AS done
        MATCH (s:Saga {group_id: $g})
        SET s.summary = $secret, s.last_summarized_at = datetime(), s.last_summarized_episode_valid_at = datetime()
        """,
        g=narrator.group_id,
        secret=SECRET,
    )


async def group_node(database, narrator):
    found = await run(database, "MATCH (g:ConsumerGroup {group_id: $g}) RETURN g {.*} AS g", g=narrator.group_id)
    return found[0]["g"]


async def test_communities_that_may_quote_it_go_and_the_group_says_that_they_are_stale(database, store, narrator):
    """Those of its entities go, at every level; others stay; the group's node holds the version of the removal."""
    await store.write(tale(narrator))
    await with_communities(database, narrator)
    await store.write([narrator.said(4, fact("Ada", "LIKES", "Tea"))])
    assert "communities_stale" not in await group_node(database, narrator)
    await store.write([narrator.removed(2, at=50)])
    left = await run(database, "MATCH (c:Community {group_id: $g}) RETURN c.name AS name", g=narrator.group_id)
    assert [row["name"] for row in left] == ["Bob"]
    node = await group_node(database, narrator)
    assert node["communities_stale"] == node["version"] == 3
    assert SECRET not in "\n".join(await full_dump(database, narrator.group_id))


async def test_a_removal_that_touches_no_community_leaves_them(database, store, narrator):
    """The group does not say that they are stale."""
    await store.write([*tale(narrator), narrator.said(4, fact("Zoe", "LIKES", "Mate"))])
    await with_communities(database, narrator)
    await store.write([narrator.removed(4, at=50)])
    assert len(await run(database, "MATCH (c:Community {group_id: $g}) RETURN c", g=narrator.group_id)) == 3
    assert "communities_stale" not in await group_node(database, narrator)


@pytest.mark.parametrize("later", [False, True])
async def test_a_groups_removal_takes_its_communities(database, store, narrator, later):
    """All of them when nothing came later; those of removed episodes when something did."""
    await store.write(tale(narrator))
    await with_communities(database, narrator)
    if later:
        await store.write([narrator.said(30, fact("Zoe", "LIKES", "Mate"))])
    await store.write([narrator.group_removed(at=20)])
    assert not await run(database, "MATCH (c:Community {group_id: $g}) RETURN c", g=narrator.group_id)
    assert ("communities_stale" in await group_node(database, narrator)) is later


async def test_an_entity_that_graphitis_own_episode_mentions_keeps_its_name_alone(database, store, narrator):
    """It stays for their sake, without the summary, type and attributes that the removed episode gave."""
    await store.write(tale(narrator))
    await run(
        database,
        "MATCH (e:Entity {group_id: $g, name: 'Globex'}) SET e.summary = $secret "
        "CREATE (:Episodic {uuid: $g, group_id: $g, content: 'theirs'})-[:MENTIONS {uuid: $g, group_id: $g}]->(e)",
        g=narrator.group_id,
        secret=SECRET,
    )
    await store.write([narrator.removed(2, at=50)])
    kept = await run(database, "MATCH (e:Entity {group_id: $g, name: 'Globex'}) RETURN e", g=narrator.group_id)
    assert (kept[0]["e"]["summary"], kept[0]["e"]["labels"]) == ("", ["Entity"])
    await store.write([narrator.said(60, fact("Globex", "SELLS", "Tea"))])
    assert SECRET not in "\n".join(await full_dump(database, narrator.group_id))


# --- late writers ---


async def test_a_late_write_of_a_lost_partition_changes_nothing(database, store, rival, narrator):
    """The new owner wrote the episodes and the removal; the old owner's batch comes after."""
    await rival.write([*tale(narrator), narrator.removed(2, at=50)])
    before = await full_dump(database, narrator.group_id)
    report = await store.write(tale(narrator))
    assert (report.episodes_written, report.episodes_present) == (0, 3)
    assert await full_dump(database, narrator.group_id) == before


async def test_a_late_write_after_the_groups_removal_changes_nothing(database, store, rival, narrator):
    """Nor does a late removal reach what was told anew under the same id."""
    await rival.write([*tale(narrator), narrator.group_removed(at=20), narrator.said(21, fact("Ada", "LIKES", "Tea"))])
    before = await full_dump(database, narrator.group_id)
    report = await store.write([*tale(narrator), narrator.removed(21, at=19)])
    assert (report.episodes_written, report.removals) == (0, 1)
    assert await full_dump(database, narrator.group_id) == before


@pytest.mark.parametrize("last", ["removal", "group removal"])
async def test_a_write_that_waits_for_the_lock_sees_what_the_rival_committed(database, store, rival, narrator, last):
    """Blocked in its transaction while the rival's, which holds the group's lock, writes and commits."""
    await rival.write(tale(narrator)[:1])
    async with database.driver.session() as session, asyncio.TaskGroup() as tasks:
        holder = await session.begin_transaction()
        lock = "MATCH (g:ConsumerGroup {group_id: $g}) SET g.locks = g.locks + 1"
        await (await holder.run(lock, g=narrator.group_id)).consume()
        late = tasks.create_task(store.write(tale(narrator)))
        await waits_for_a_lock(database, narrator)
        if last == "removal":
            await (
                await holder.run(
                    "UNWIND $uuids AS uuid MERGE (c:ConsumerEpisode {uuid: uuid}) "
                    "SET c = {uuid: uuid, group_id: $g, is_removed: true, position: $p}",
                    uuids=[item.episode.uuid for item in tale(narrator)[1:]],
                    g=narrator.group_id,
                    p=position_text(narrator.at(50)),
                )
            ).consume()
        else:
            await (
                await holder.run(
                    "MATCH (g:ConsumerGroup {group_id: $g}) SET g.removals = [$p]",
                    g=narrator.group_id,
                    p=position_text(narrator.at(50)),
                )
            ).consume()
        await holder.commit()
        report = await late
    assert (report.episodes_written, report.episodes_present) == (0, 3)


async def waits_for_a_lock(database, narrator):
    """Return once a transaction of this group's writer is blocked."""
    async with asyncio.timeout(120):
        while not await run(
            database,
            "SHOW TRANSACTIONS YIELD status, currentQuery, parameters WHERE status STARTS WITH 'Blocked' "
            "AND currentQuery CONTAINS 'ConsumerGroup' AND parameters.rows[0].group_id = $g RETURN status",
            g=narrator.group_id,
        ):
            await asyncio.sleep(0.02)


async def test_a_pod_that_wakes_within_a_groups_removal_takes_nothing_that_came_later(
    database, store, rival, narrator, monkeypatch
):
    """It decided that the group is empty, slept, and another pod finished and wrote what came later in the log."""
    await store.write(tale(narrator))
    removal = GroupRemoval(database, store._remove_episodes)
    fetch = database.fetch

    async def fetch_and_sleep(name, **values):
        found = await fetch(name, **values)
        if name == "later_episodes":
            await rival.write([narrator.said(30, fact("Zoe", "LIKES", "Mate"))])
        return found

    monkeypatch.setattr(database, "fetch", fetch_and_sleep)
    await removal.remove(narrator.group_id, narrator.at(20))
    monkeypatch.undo()
    names = await run(
        database, "MATCH (e:Entity {group_id: $g}) RETURN e.name AS name ORDER BY name", g=narrator.group_id
    )
    assert [row["name"] for row in names] == ["Mate", "Zoe"]
    assert (await rival.write([narrator.said(30)])).episodes_present == 1


async def test_what_is_remembered_of_a_removed_episode_is_its_id_and_place(database, store, narrator):
    """Four properties, whatever the episode held: some hundred bytes."""
    await store.write([narrator.said(1, content="x" * 100_000), narrator.removed(1, at=2)])
    found = await remembered(database, narrator.group_id)
    assert [sorted(node) for node in found] == [["group_id", "is_removed", "position", "uuid"]]
    assert sum(len(str(value)) for value in found[0].values()) < 200


@pytest.mark.parametrize("removal_last", [False, True])
async def test_within_a_partition_the_offset_says_what_a_groups_removal_takes(database, store, narrator, removal_last):
    """Producers' clocks disagree by a day: what stands before the removal goes, what stands after it stays."""

    def at(item, clock, partition, offset):
        return replace(item, episode=replace(item.episode, position=LogPosition(day(clock), partition, offset)))

    ahead = at(narrator.said(1, fact("Ada", "LIKES", "Tea")), 105, 0, 10)
    behind = at(narrator.said(2, fact("Bob", "LIKES", "Tea")), 103, 0, 12)
    elsewhere = [
        at(narrator.said(3, fact("Cem", "LIKES", "Tea")), 103, 1, 500),
        at(narrator.said(4, fact("Dan", "LIKES", "Tea")), 105, 1, 2),
    ]
    removal = Removal(narrator.group_id, None, LogPosition(day(104), 0, 11))
    episodes = [ahead, behind, *elsewhere]
    for batch in (episodes, [removal]) if removal_last else ([removal], episodes):
        await store.write(batch)
    names = await run(database, "MATCH (e:Entity {group_id: $g}) RETURN e.name AS name", g=narrator.group_id)
    assert {row["name"] for row in names} == {"Bob", "Dan", "Tea"}
