"""Summaries, sagas and `entity_edges` after every kind of change, each worked out here from the graph itself."""

import random
from collections import defaultdict
from itertools import pairwise

import pytest
from plugins.graph import fact, person
from plugins.graph_dump import wipe
from plugins.random_tales import random_episode

from consumer.graph.deciding import EntityDesk
from consumer.graph.store import Neo4jGraphStore
from consumer.graph.summaries import KEPT, SENTENCES, summed_up
from consumer.model.knowledge import Exclusive, Mention, Polarity


async def records(database, text, group_id):
    """The rows of a query on the group."""
    found, _, _ = await database.driver.execute_query(text, g=group_id)
    return [dict(record) for record in found]


def summary_of(description, current):
    """What was said of an entity and its current facts amount to; the facts in any order."""
    latest = sorted(current, key=lambda told: told[2])
    latest.sort(key=lambda told: told[:2], reverse=True)
    return summed_up(description, [sentence for *_, sentence in latest[:SENTENCES]])


async def check_summaries(database, group_id, described):
    """Every entity's summary is that of its description and of the facts that the graph shows as current."""
    facts = await records(
        database,
        "MATCH (s)-[r:RELATES_TO {group_id: $g}]->(o) WHERE r.invalid_at IS NULL RETURN s.uuid AS s, o.uuid AS o, "
        "r.uuid AS uuid, r.fact AS fact, r.valid_at AS valid_at, r.created_at AS created_at",
        group_id,
    )
    current = defaultdict(set)
    for row in facts:
        for end in (row["s"], row["o"]):
            dates = (row["valid_at"].to_native(), row["created_at"].to_native())
            current[end].add((*dates, row["uuid"], row["fact"]))
    nodes = await records(database, "MATCH (e:Entity {group_id: $g}) RETURN e.uuid AS uuid, e.name AS name, "
                                    "e.summary AS summary", group_id)  # fmt: skip
    for node in nodes:
        assert node["summary"] == summary_of(described.get(node["name"].casefold(), ""), current[node["uuid"]])
        assert len(node["summary"]) <= 1_000
    return {node["name"]: node["summary"] for node in nodes}


async def check_edges_and_sagas(database, narrator, items):
    """`entity_edges` are the facts that name the episode; each saga is one chain in log order, its ends on the node."""
    group_id = narrator.group_id
    told = await records(
        database,
        "MATCH (p:Episodic {group_id: $g}) RETURN p.uuid AS uuid, p.entity_edges AS edges, "
        "COLLECT { MATCH ()-[r:RELATES_TO {group_id: $g}]->() WHERE p.uuid IN r.episodes RETURN r.uuid } AS facts",
        group_id,
    )
    assert {row["uuid"] for row in told} == {item.episode.uuid for item in items}
    for row in told:
        assert row["edges"] == sorted(row["facts"])
    chains = defaultdict(list)
    for item in sorted(items, key=lambda each: each.episode.position):
        if item.episode.saga:
            chains[item.episode.saga].append(item.episode.uuid)
    links = await records(
        database,
        "MATCH (a:Episodic {group_id: $g})-[:NEXT_EPISODE]->(b) RETURN a.uuid AS a, b.uuid AS b",
        group_id,
    )
    assert {(row["a"], row["b"]) for row in links} == {pair for chain in chains.values() for pair in pairwise(chain)}
    assert len(links) == sum(len(chain) - 1 for chain in chains.values())
    sagas = await records(
        database,
        "MATCH (s:Saga {group_id: $g}) RETURN s.name AS name, s.first_episode_uuid AS first, s.last_episode_uuid AS "
        "last, COLLECT { MATCH (s)-[:HAS_EPISODE]->(p) RETURN p.uuid } AS members",
        group_id,
    )
    assert {row["name"]: (row["first"], row["last"], sorted(row["members"])) for row in sagas} == {
        name: (chain[0], chain[-1], sorted(chain)) for name, chain in chains.items()
    }
    assert len(sagas) == len(chains)


def described(items):
    """What the last episode that says something says of each name."""
    found = {}
    for item in sorted(items, key=lambda each: each.episode.position):
        for mention in item.knowledge.mentions:
            if mention.summary.strip():
                found[mention.name.casefold()] = mention.summary.strip()
    return found


@pytest.mark.parametrize("seed", range(5))
async def test_after_every_change_they_are_those_of_the_graph(database, store, narrator, seed):
    """Batches in any order of arrival, then removals: looked at after each transaction."""
    rng = random.Random(100 + seed)
    items = [random_episode(rng, narrator, number) for number in range(14)]
    rest, there = rng.sample(items, len(items)), []
    while rest:
        batch, rest = rest[:4], rest[4:]
        await store.write(batch)
        there += batch
        await check_edges_and_sagas(database, narrator, there)
        await check_summaries(database, narrator.group_id, described(there))
    for number in rng.sample(range(14), 6):
        await store.write([narrator.removed(number, at=50 + number)])
        there = [item for item in there if item.episode.event_id != f"e{number}"]
        await check_edges_and_sagas(database, narrator, there)
        await check_summaries(database, narrator.group_id, described(there))


async def test_an_ended_and_a_removed_fact_leave_the_summary(database, store, narrator):
    """Of both ends; a newer employer takes the place of the older; what ended it removed, the fact is back."""
    ada = person("Ada", summary="An engineer.")
    works = [
        narrator.said(1, fact("Ada", "WORKS_AT", "Initech", exclusive=Exclusive.SUBJECT), mentions=[ada]),
        narrator.said(2, fact("Ada", "WORKS_AT", "Globex", exclusive=Exclusive.SUBJECT)),
        narrator.said(3, fact("Ada", "LIKES", "Tea")),
        narrator.said(4, fact("Ada", "LIKES", "Tea", polarity=Polarity.ENDS, sentence="Ada is off tea")),
    ]
    await store.write(works)
    found = await check_summaries(database, narrator.group_id, {"ada": "An engineer."})
    assert found == {
        "Ada": "An engineer. Ada works at Globex",
        "Globex": "Ada works at Globex",
        "Initech": "",
        "Tea": "",
    }
    await store.write([narrator.removed(number, at=50 + number) for number in (2, 4)])
    found = await check_summaries(database, narrator.group_id, {"ada": "An engineer."})
    assert found["Ada"] == "An engineer. Ada likes Tea Ada works at Initech"
    assert found["Initech"] == "Ada works at Initech"


async def test_merged_by_hand_and_split_again(database, store, narrator):
    """The summary, the facts and `entity_edges` are those of one entity, then of two."""
    items = [
        narrator.said(1, fact("Ada", "LIKES", "Tea"), mentions=[person("Ada", summary="One.")], saga="s"),
        narrator.said(2, fact("Countess", "LIKES", "Maths"), mentions=[person("Countess", summary="Two.")], saga="s"),
    ]
    await store.write(items)
    desk = EntityDesk(database)
    moment = items[0].episode.reference_time
    await desk.merge(narrator.group_id, ["Ada", "Countess"], now=moment, reason="test", writes=True)
    found = await check_summaries(database, narrator.group_id, {"ada": "Two."})
    assert found["Ada"] == "Two. Countess likes Maths Ada likes Tea"
    await check_edges_and_sagas(database, narrator, items)
    await desk.split(narrator.group_id, ["Countess"], now=moment, reason="test", writes=True)
    found = await check_summaries(database, narrator.group_id, {"ada": "One.", "countess": "Two."})
    assert found["Ada"] == "One. Ada likes Tea"
    await check_edges_and_sagas(database, narrator, items)
    await wipe(database, narrator.group_id)


async def test_a_summary_is_bounded(database, store, narrator):
    """Whole sentences within a thousand characters, the latest so many."""
    long = [
        narrator.said(n, fact("Ada", "SAID", f"Thing {n}", sentence=f"{n:03d} " + "x" * 200))
        for n in range(SENTENCES + 4)
    ]
    await store.write(long)
    found = await check_summaries(database, narrator.group_id, {})
    assert found["Ada"].startswith(f"{SENTENCES + 3:03d} x")
    assert 800 < len(found["Ada"]) <= 1_000


@pytest.mark.parametrize("stands_by", ["kept facts", "a graph read again"])
async def test_a_hub_is_summed_up_by_its_latest_whatever_ended(database, store, narrator, stands_by):
    """More facts than are kept, then the latest of them end or are removed, few or most of what is kept."""
    many = KEPT + 16
    await store.write([narrator.said(n, fact(f"P{n}", "LIVES_IN", "Ulm")) for n in range(many)])
    ending = 3 if stands_by == "kept facts" else KEPT - 4
    ended = [
        narrator.said(many + n, fact(f"P{many - 1 - n}", "LIVES_IN", "Ulm", polarity=Polarity.ENDS))
        for n in range(ending)
    ]
    await store.write(ended)
    found = await check_summaries(database, narrator.group_id, {})
    assert found["Ulm"].startswith(f"P{many - 1 - ending} ")
    await store.write([narrator.removed(number, at=200 + number) for number in range(many - 8 - ending, many)])
    await check_summaries(database, narrator.group_id, {})
    late = narrator.said(500, fact("Z", "LIVES_IN", "Ulm"), mentions=[Mention("Ulm", "City", "A city.")])
    await store.write([late])
    found = await check_summaries(database, narrator.group_id, {"ulm": "A city."})
    assert found["Ulm"].startswith("A city. Z ")


async def test_what_changes_while_nobody_sums_up_is_found_again(database, store, narrator):
    """A pod that does not sum up leaves the summary as it is; the next that does has all facts in it."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    silent = Neo4jGraphStore(database, sums_up=False)
    await silent.write([narrator.said(2, fact("Ada", "LIKES", "Tea", polarity=Polarity.ENDS))])
    await silent.write([narrator.said(3, fact("Ada", "LIKES", "Rum"))])
    await store.write([narrator.said(4, fact("Ada", "LIKES", "Milk"))])
    query = "MATCH (e:Entity {group_id: $g, name: 'Ada'}) RETURN e.summary AS s"
    assert (await records(database, query, narrator.group_id))[0]["s"] == "Ada likes Milk Ada likes Rum"
